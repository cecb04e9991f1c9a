# SPDX-License-Identifier: MIT
libregistry_a_SOURCES += \
	%D%/arena.c %D%/arena.h \
	%D%/blob_store.c %D%/blob_store.h \
	%D%/blob_store_memory.c \
	%D%/file_hash.c %D%/file_hash.h \
	%D%/generator_hash.c %D%/generator_hash.h \
	%D%/ingest.c %D%/ingest.h \
	%D%/manifest.c \
	%D%/memory_limit.c %D%/memory_limit.h \
	%D%/meta_store.h \
	%D%/meta_store_memory.c \
	%D%/order.c %D%/order.h \
	%D%/repository.c %D%/repository.h \
	%D%/repository_blobs.c \
	%D%/repository_manifests.c \
	%D%/repository_referrers.c \
	%D%/repository_tags.c \
	%D%/table.h
EXTRA_DIST += %D%/README.md

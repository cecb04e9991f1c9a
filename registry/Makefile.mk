# SPDX-License-Identifier: MIT
noinst_LIBRARIES += libregistry.a
libregistry_a_SOURCES = \
	%D%/accept.c %D%/accept.h \
	%D%/access.c %D%/access.h \
	%D%/access_log.c %D%/access_log.h \
	%D%/archive.c %D%/archive.h \
	%D%/base.c \
	%D%/blob.c \
	%D%/call.c %D%/call.h \
	%D%/catalog.c \
	%D%/content.c %D%/content.h \
	%D%/content_range.c %D%/content_range.h \
	%D%/control_api.c %D%/control_api.h \
	%D%/deletion.c %D%/deletion.h \
	%D%/fault_effects.c %D%/fault_effects.h \
	%D%/faults.c %D%/faults.h \
	%D%/gate.c %D%/gate.h \
	%D%/import.c %D%/import.h \
	%D%/import_docker.c %D%/import_docker.h \
	%D%/import_graph.c %D%/import_graph.h \
	%D%/import_layout.c %D%/import_layout.h \
	%D%/import_members.c %D%/import_members.h \
	%D%/import_name.c %D%/import_name.h \
	%D%/import_path.c %D%/import_path.h \
	%D%/import_plan.c %D%/import_plan.h \
	%D%/import_store.c %D%/import_store.h \
	%D%/magic.c %D%/magic.h \
	%D%/magic_call.c %D%/magic_call.h \
	%D%/magic_name.c %D%/magic_name.h \
	%D%/magic_words.c %D%/magic_words.h \
	%D%/manifest_commit.c %D%/manifest_commit.h \
	%D%/manifest_doc.c %D%/manifest_doc.h \
	%D%/manifest_get.c \
	%D%/manifest_member.c %D%/manifest_member.h \
	%D%/manifest_put.c %D%/manifest_put.h \
	%D%/members.c %D%/members.h \
	%D%/oci_error.c %D%/oci_error.h %D%/oci_error.tbl.h \
	%D%/op.tbl.h \
	%D%/page.c %D%/page.h \
	%D%/pending.c %D%/pending.h \
	%D%/ports.c %D%/ports.h \
	%D%/record.c %D%/record.h \
	%D%/reference.c %D%/reference.h \
	%D%/redirect.c %D%/redirect.h \
	%D%/reset.c %D%/reset.h \
	%D%/referrers.c \
	%D%/registry.c %D%/registry.h \
	%D%/route.c %D%/route.h \
	%D%/retag.c %D%/retag.h \
	%D%/state.c %D%/state.h \
	%D%/state_gate.c %D%/state_gate.h \
	%D%/state_entry.c %D%/state_entry.h \
	%D%/tags.c \
	%D%/token.c \
	%D%/world_metrics.c %D%/world_metrics.h \
	%D%/world_route.c %D%/world_route.h \
	%D%/words.c %D%/words.h \
	%D%/upload.c %D%/upload.h \
	%D%/upload_api.c \
	%D%/upload_request.c %D%/upload_request.h \
	%D%/upload_settle.c %D%/upload_settle.h \
	%D%/upload_start.c \
	%D%/world.c
EXTRA_DIST += %D%/README.md
include %D%/store/Makefile.mk

# SPDX-License-Identifier: MIT
noinst_LIBRARIES += libhttp.a
libhttp_a_SOURCES = \
	%D%/byteranges.c %D%/byteranges.h \
	%D%/loop.c %D%/loop.h \
	%D%/range.c %D%/range.h

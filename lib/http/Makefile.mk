# SPDX-License-Identifier: MIT
noinst_LIBRARIES += libhttp.a
libhttp_a_SOURCES = \
	%D%/body.c %D%/body.h \
	%D%/body_rate.c \
	%D%/byteranges.c %D%/byteranges.h \
	%D%/chunked.c %D%/chunked.h \
	%D%/conn.c \
	%D%/exchange.c %D%/exchange.h \
	%D%/head.c %D%/head.h \
	%D%/hook.h \
	%D%/input.c \
	%D%/internal.h \
	%D%/limits.h \
	%D%/listener.c \
	%D%/loop.c %D%/loop.h \
	%D%/range.c %D%/range.h \
	%D%/reply.c \
	%D%/request.c %D%/request.h \
	%D%/server.c %D%/server.h \
	%D%/status.c %D%/status.h %D%/status.tbl.h \
	%D%/tls.c %D%/tls.h \
	%D%/transport.c %D%/transport.h \
	%D%/uri.c %D%/uri.h \
	%D%/writer.c

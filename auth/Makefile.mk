# SPDX-License-Identifier: MIT
noinst_LIBRARIES += libauth.a
EXTRA_DIST += %D%/README.md
libauth_a_SOURCES = \
	%D%/auth.h \
	%D%/base64.c %D%/base64.h \
	%D%/base_url.c %D%/base_url.h \
	%D%/challenge.h \
	%D%/challenge_format.c %D%/challenge_format.h \
	%D%/form.c %D%/form.h \
	%D%/identity.h \
	%D%/scope.c %D%/scope.h \
	%D%/scope_internal.h %D%/scope_json.c \
	%D%/token.h \
	%D%/token_ask.c %D%/token_ask.h

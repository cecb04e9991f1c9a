# SPDX-License-Identifier: MIT
# All but main.c is a library, so that tests can link it.
bin_PROGRAMS += ocimock
ocimock_SOURCES = %D%/main.c
ocimock_LDADD = libcli.a $(PROGRAM_LIBS)

noinst_LIBRARIES += libcli.a
libcli_a_SOURCES = \
	%D%/auth_schema.c %D%/auth_schema.h \
	%D%/client.c %D%/client.h \
	%D%/command.c %D%/command.h \
	%D%/gen_cert.c \
	%D%/hash_password.c \
	%D%/healthcheck.c \
	%D%/keys.c \
	%D%/ready.c %D%/ready.h \
	%D%/registry_environment.c %D%/registry_environment.h \
	%D%/serve.c \
	%D%/serve_auth.c %D%/serve_auth.h \
	%D%/serve_auth_options.tbl.h \
	%D%/serve_options.c \
	%D%/serve_settings.c %D%/serve_settings.h \
	%D%/serve_tls.c %D%/serve_tls.h \
	%D%/signing.c %D%/signing.h \
	%D%/token.c %D%/token.h \
	%D%/token_inspect.c \
	%D%/token_mint.c \
	%D%/version.c
EXTRA_DIST += %D%/README.md

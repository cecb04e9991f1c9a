# SPDX-License-Identifier: MIT
noinst_LIBRARIES += libutil.a
EXTRA_DIST += %D%/README.md
libutil_a_SOURCES = \
	%D%/base64.c %D%/base64.h \
	%D%/buf.c %D%/buf.h \
	%D%/certificate.c %D%/certificate.h \
	%D%/cidr.c %D%/cidr.h \
	%D%/clock.c %D%/clock.h \
	%D%/conf.c %D%/conf.h \
	%D%/conf_print.c %D%/conf_print.h \
	%D%/conf_scalar.c %D%/conf_scalar.h \
	%D%/conf_yaml.c %D%/conf_yaml.h \
	%D%/digest.c %D%/digest.h \
	%D%/err.c %D%/err.h %D%/err.tbl.h \
	%D%/file.c %D%/file.h \
	%D%/json.c %D%/json.h \
	%D%/library.c %D%/library.h \
	%D%/log.c %D%/log.h \
	%D%/option.c %D%/option.h %D%/option_set.h \
	%D%/option_flags.c \
	%D%/option_print.c \
	%D%/option_secret.c \
	%D%/parameter.c %D%/parameter.h \
	%D%/rng.c %D%/rng.h \
	%D%/schema.c %D%/schema.h \
	%D%/schema_json.c \
	%D%/schema_value.c \
	%D%/text.c %D%/text.h \
	%D%/units.c %D%/units.h \
	%D%/util.c %D%/util.h

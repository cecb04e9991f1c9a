# SPDX-License-Identifier: MIT
# Fuzz targets. `make check` replays the files of corpus/NAME/ with each; with --enable-fuzzers the same
# programs are linked with libFuzzer instead, `make fuzzers` builds them and scripts/fuzz runs them.
#
# One block per target: fuzz-NAME.c and files in corpus/NAME/.

check_LIBRARIES += %D%/libfuzz.a
%C%_libfuzz_a_SOURCES = %D%/fuzz.h %D%/text.c
EXTRA_DIST += %D%/corpus %D%/head.dict %D%/manifest.dict

if FUZZERS
FUZZ_LIBS = $(FUZZER_LDFLAGS) %D%/libfuzz.a $(PROGRAM_LIBS)
else
check_LIBRARIES += %D%/libreplay.a
%C%_libreplay_a_SOURCES = %D%/fuzz.h %D%/replay.c
FUZZ_LIBS = %D%/libreplay.a %D%/libfuzz.a $(UNIT_LIBS)
FUZZ_TESTS += $(FUZZ_TARGETS)
endif

FUZZ_TARGETS =
check_PROGRAMS += $(FUZZ_TARGETS)

.PHONY: fuzzers fuzz-targets
fuzzers: $(FUZZ_TARGETS)
fuzz-targets:
	@echo $(FUZZ_TARGETS)

# lib/util
FUZZ_TARGETS += %D%/fuzz-digest
%C%_fuzz_digest_LDADD = $(FUZZ_LIBS)

FUZZ_TARGETS += %D%/fuzz-conf
%C%_fuzz_conf_LDADD = $(FUZZ_LIBS)

FUZZ_TARGETS += %D%/fuzz-json
%C%_fuzz_json_LDADD = $(FUZZ_LIBS)

FUZZ_TARGETS += %D%/fuzz-option
%C%_fuzz_option_LDADD = $(FUZZ_LIBS)

# lib/control
FUZZ_TARGETS += %D%/fuzz-verify
%C%_fuzz_verify_LDADD = $(FUZZ_LIBS)

# lib/http
FUZZ_TARGETS += %D%/fuzz-head
%C%_fuzz_head_LDADD = $(FUZZ_LIBS)

FUZZ_TARGETS += %D%/fuzz-range
%C%_fuzz_range_LDADD = $(FUZZ_LIBS)

FUZZ_TARGETS += %D%/fuzz-uri
%C%_fuzz_uri_LDADD = $(FUZZ_LIBS)

# fixtures
FUZZ_TARGETS += %D%/fuzz-recipe
%C%_fuzz_recipe_LDADD = $(FUZZ_LIBS)

# auth
FUZZ_TARGETS += %D%/fuzz-jwks
%C%_fuzz_jwks_LDADD = $(FUZZ_LIBS)

FUZZ_TARGETS += %D%/fuzz-jwt
%C%_fuzz_jwt_LDADD = $(FUZZ_LIBS)

FUZZ_TARGETS += %D%/fuzz-pem
%C%_fuzz_pem_LDADD = $(FUZZ_LIBS)

FUZZ_TARGETS += %D%/fuzz-scope
%C%_fuzz_scope_LDADD = $(FUZZ_LIBS)

FUZZ_TARGETS += %D%/fuzz-authorization
%C%_fuzz_authorization_LDADD = $(FUZZ_LIBS)

FUZZ_TARGETS += %D%/fuzz-htpasswd
%C%_fuzz_htpasswd_LDADD = $(FUZZ_LIBS)

# lib/fault
FUZZ_TARGETS += %D%/fuzz-rules
%C%_fuzz_rules_SOURCES = %D%/fuzz-rules.c tests/unit/fault_help.c
%C%_fuzz_rules_LDADD = $(FUZZ_LIBS) tests/tap/libtap.a

# registry
FUZZ_TARGETS += %D%/fuzz-accept
%C%_fuzz_accept_LDADD = $(FUZZ_LIBS)

FUZZ_TARGETS += %D%/fuzz-effects
%C%_fuzz_effects_LDADD = $(FUZZ_LIBS)

FUZZ_TARGETS += %D%/fuzz-magic
%C%_fuzz_magic_LDADD = libcli.a $(FUZZ_LIBS)

FUZZ_TARGETS += %D%/fuzz-manifest
%C%_fuzz_manifest_LDADD = $(FUZZ_LIBS)

FUZZ_TARGETS += %D%/fuzz-reference
%C%_fuzz_reference_LDADD = $(FUZZ_LIBS)

FUZZ_TARGETS += %D%/fuzz-route
%C%_fuzz_route_LDADD = $(FUZZ_LIBS)

# auth
FUZZ_TARGETS += %D%/fuzz-host
%C%_fuzz_host_LDADD = $(FUZZ_LIBS)

FUZZ_TARGETS += %D%/fuzz-token
%C%_fuzz_token_LDADD = $(FUZZ_LIBS)

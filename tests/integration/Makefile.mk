# SPDX-License-Identifier: MIT
# Programs that talk to the real server over real sockets. One line per program, as in tests/unit,
# and one that says what it links.

INTEGRATION_LIBS = %D%/libintegration.a $(UNIT_LIBS)

EXTRA_DIST += %D%/README.md

check_LIBRARIES += %D%/libintegration.a
%C%_libintegration_a_SOURCES = \
	%D%/lib/bail.c %D%/lib/bail.h \
	%D%/lib/cert.c %D%/lib/cert.h \
	%D%/lib/client.c %D%/lib/client.h \
	%D%/lib/raw.c %D%/lib/raw.h \
	%D%/lib/registry.c %D%/lib/registry.h \
	%D%/lib/response.c %D%/lib/response.h \
	%D%/lib/script.c %D%/lib/script.h \
	%D%/lib/server.c %D%/lib/server.h \
	%D%/lib/steer.c %D%/lib/steer.h \
	%D%/lib/tokens.c %D%/lib/tokens.h \
	%D%/lib/vars.c %D%/lib/vars.h

INTEGRATION_TESTS += %D%/test-auth-matrix
%C%_test_auth_matrix_LDADD = $(INTEGRATION_LIBS)
INTEGRATION_TESTS += %D%/test-bad-content
%C%_test_bad_content_LDADD = $(INTEGRATION_LIBS)
INTEGRATION_TESTS += %D%/test-bad-http
%C%_test_bad_http_LDADD = $(INTEGRATION_LIBS)
INTEGRATION_TESTS += %D%/test-challenge
%C%_test_challenge_LDADD = $(INTEGRATION_LIBS)
INTEGRATION_TESTS += %D%/test-common
%C%_test_common_LDADD = $(INTEGRATION_LIBS)
INTEGRATION_TESTS += %D%/test-delete
%C%_test_delete_LDADD = $(INTEGRATION_LIBS)
INTEGRATION_TESTS += %D%/test-faults
%C%_test_faults_LDADD = $(INTEGRATION_LIBS)
INTEGRATION_TESTS += %D%/test-faults-auth
%C%_test_faults_auth_LDADD = $(INTEGRATION_LIBS)
INTEGRATION_TESTS += %D%/test-faults-upload
%C%_test_faults_upload_LDADD = $(INTEGRATION_LIBS)
INTEGRATION_TESTS += %D%/test-faults-wire
%C%_test_faults_wire_LDADD = $(INTEGRATION_LIBS)
INTEGRATION_TESTS += %D%/test-http
%C%_test_http_LDADD = $(INTEGRATION_LIBS)
INTEGRATION_TESTS += %D%/test-import
%C%_test_import_LDADD = $(INTEGRATION_LIBS)
INTEGRATION_TESTS += %D%/test-journal
%C%_test_journal_LDADD = $(INTEGRATION_LIBS)
INTEGRATION_TESTS += %D%/test-manifest
%C%_test_manifest_LDADD = $(INTEGRATION_LIBS)
INTEGRATION_TESTS += %D%/test-ports
%C%_test_ports_LDADD = $(INTEGRATION_LIBS)
INTEGRATION_TESTS += %D%/test-pressure
%C%_test_pressure_LDADD = $(INTEGRATION_LIBS)
INTEGRATION_TESTS += %D%/test-pull
%C%_test_pull_LDADD = $(INTEGRATION_LIBS)
INTEGRATION_TESTS += %D%/test-race
%C%_test_race_LDADD = $(INTEGRATION_LIBS)
INTEGRATION_TESTS += %D%/test-redirect
%C%_test_redirect_LDADD = $(INTEGRATION_LIBS)
INTEGRATION_TESTS += %D%/test-referrers
%C%_test_referrers_LDADD = $(INTEGRATION_LIBS)
INTEGRATION_TESTS += %D%/test-resume
%C%_test_resume_LDADD = $(INTEGRATION_LIBS)
INTEGRATION_TESTS += %D%/test-routes
%C%_test_routes_LDADD = $(INTEGRATION_LIBS)
INTEGRATION_TESTS += %D%/test-states
%C%_test_states_LDADD = $(INTEGRATION_LIBS)
INTEGRATION_TESTS += %D%/test-states-auth
%C%_test_states_auth_LDADD = $(INTEGRATION_LIBS)
INTEGRATION_TESTS += %D%/test-stop
%C%_test_stop_LDADD = $(INTEGRATION_LIBS)
INTEGRATION_TESTS += %D%/test-tags
%C%_test_tags_LDADD = $(INTEGRATION_LIBS)
INTEGRATION_TESTS += %D%/test-time
%C%_test_time_LDADD = $(INTEGRATION_LIBS)
INTEGRATION_TESTS += %D%/test-tls
%C%_test_tls_LDADD = $(INTEGRATION_LIBS)
INTEGRATION_TESTS += %D%/test-token
%C%_test_token_LDADD = $(INTEGRATION_LIBS)
INTEGRATION_TESTS += %D%/test-toggles
%C%_test_toggles_LDADD = $(INTEGRATION_LIBS)
INTEGRATION_TESTS += %D%/test-worlds
%C%_test_worlds_LDADD = $(INTEGRATION_LIBS)
INTEGRATION_TESTS += %D%/test-worlds-many
%C%_test_worlds_many_LDADD = $(INTEGRATION_LIBS)
INTEGRATION_TESTS += %D%/test-upload-start
%C%_test_upload_start_LDADD = $(INTEGRATION_LIBS)
INTEGRATION_TESTS += %D%/test-upload
%C%_test_upload_LDADD = $(INTEGRATION_LIBS)

# The command line, with the program itself.
INTEGRATION_BATS += %D%/account.bats
INTEGRATION_BATS += %D%/accounts.bats
INTEGRATION_BATS += %D%/certificate.bats
INTEGRATION_BATS += %D%/cli.bats
INTEGRATION_BATS += %D%/completion.bats
INTEGRATION_BATS += %D%/control.bats
INTEGRATION_BATS += %D%/fixtures.bats
INTEGRATION_BATS += %D%/generated.bats
INTEGRATION_BATS += %D%/journal.bats
INTEGRATION_BATS += %D%/program.bats
INTEGRATION_BATS += %D%/magic.bats
INTEGRATION_BATS += %D%/pull-policy.bats
INTEGRATION_BATS += %D%/pull-policy-kube.bats
INTEGRATION_BATS += %D%/rules.bats
INTEGRATION_BATS += %D%/scenarios.bats
INTEGRATION_BATS += %D%/token.bats
EXTRA_DIST += $(INTEGRATION_BATS) %D%/lib/server.bash %D%/lib/hello.bash %D%/lib/kubectl %D%/lib/pull-policy.bash

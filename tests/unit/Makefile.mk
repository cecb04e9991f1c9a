# SPDX-License-Identifier: MIT
# One line per program: UNIT_TESTS += %D%/test-x builds test-x.c, links $(UNIT_LIBS), runs in `check`.
# A program that needs more says so under its line: %C%_test_x_LDADD = extra.a $(UNIT_LIBS)

# lib/util
UNIT_TESTS += %D%/test-base64
UNIT_TESTS += %D%/test-buf
UNIT_TESTS += %D%/test-cidr
UNIT_TESTS += %D%/test-certificate
UNIT_TESTS += %D%/test-conf
UNIT_TESTS += %D%/test-conf_print
UNIT_TESTS += %D%/test-digest
UNIT_TESTS += %D%/test-err
UNIT_TESTS += %D%/test-file
UNIT_TESTS += %D%/test-json
UNIT_TESTS += %D%/test-library
UNIT_TESTS += %D%/test-log
UNIT_TESTS += %D%/test-option
UNIT_TESTS += %D%/test-option_flags
UNIT_TESTS += %D%/test-option_print
UNIT_TESTS += %D%/test-parameter
UNIT_TESTS += %D%/test-rng
UNIT_TESTS += %D%/test-option_secret
UNIT_TESTS += %D%/test-schema
UNIT_TESTS += %D%/test-schema_json
UNIT_TESTS += %D%/test-schema_value
UNIT_TESTS += %D%/test-text
UNIT_TESTS += %D%/test-units
UNIT_TESTS += %D%/test-util

# fixtures
UNPACK_HELP = %D%/unpack_help.c %D%/unpack_help.h
UNIT_TESTS += %D%/test-generated
%C%_test_generated_SOURCES = %D%/test-generated.c $(UNPACK_HELP)
%C%_test_generated_LDADD = $(UNIT_LIBS) $(ARCHIVE_LIBS)
UNIT_TESTS += %D%/test-noise
UNIT_TESTS += %D%/test-program
UNIT_TESTS += %D%/test-scenario
SINK_HELP = %D%/sink_help.c %D%/sink_help.h
UNIT_TESTS += %D%/test-fixture
%C%_test_fixture_SOURCES = %D%/test-fixture.c $(SINK_HELP) $(UNPACK_HELP)
%C%_test_fixture_LDADD = $(UNIT_LIBS) $(ARCHIVE_LIBS)
UNIT_TESTS += %D%/test-fixture_archive
%C%_test_fixture_archive_SOURCES = %D%/test-fixture_archive.c $(UNPACK_HELP) $(LAYOUT_HELP)
%C%_test_fixture_archive_LDADD = libcli.a $(UNIT_LIBS) $(ARCHIVE_LIBS)
UNIT_TESTS += %D%/test-fixture_layout
%C%_test_fixture_layout_SOURCES = %D%/test-fixture_layout.c $(LAYOUT_HELP)
%C%_test_fixture_layout_LDADD = libcli.a $(UNIT_LIBS) $(ARCHIVE_LIBS)
UNIT_TESTS += %D%/test-fixture_image
%C%_test_fixture_image_SOURCES = %D%/test-fixture_image.c $(SINK_HELP)
%C%_test_fixture_image_LDADD = libcli.a $(UNIT_LIBS)
UNIT_TESTS += %D%/test-golden
%C%_test_golden_SOURCES = %D%/test-golden.c $(SINK_HELP)
UNIT_TESTS += %D%/test-noise
UNIT_TESTS += %D%/test-recipe
%C%_test_recipe_SOURCES = %D%/test-recipe.c $(SINK_HELP)
UNIT_TESTS += %D%/test-stored
%C%_test_stored_SOURCES = %D%/test-stored.c $(UNPACK_HELP)
%C%_test_stored_LDADD = $(UNIT_LIBS) $(ARCHIVE_LIBS)
UNIT_TESTS += %D%/test-tar
%C%_test_tar_SOURCES = %D%/test-tar.c $(UNPACK_HELP)
%C%_test_tar_LDADD = $(UNIT_LIBS) $(ARCHIVE_LIBS)
UNIT_TESTS += %D%/test-wrong
%C%_test_wrong_SOURCES = %D%/test-wrong.c $(SINK_HELP) $(UNPACK_HELP)
%C%_test_wrong_LDADD = $(UNIT_LIBS) $(ARCHIVE_LIBS)

# lib/control
JOURNAL_HELP = %D%/journal_help.c %D%/journal_help.h
UNIT_TESTS += %D%/test-control
UNIT_TESTS += %D%/test-control_journal
%C%_test_control_journal_SOURCES = %D%/test-control_journal.c $(JOURNAL_HELP)
UNIT_TESTS += %D%/test-journal
%C%_test_journal_SOURCES = %D%/test-journal.c $(JOURNAL_HELP)
UNIT_TESTS += %D%/test-journal_events
%C%_test_journal_events_SOURCES = %D%/test-journal_events.c $(JOURNAL_HELP)
UNIT_TESTS += %D%/test-journal_stream
%C%_test_journal_stream_SOURCES = %D%/test-journal_stream.c $(JOURNAL_HELP)
UNIT_TESTS += %D%/test-metrics
UNIT_TESTS += %D%/test-metrics_process
UNIT_TESTS += %D%/test-pulls
%C%_test_pulls_SOURCES = %D%/test-pulls.c $(JOURNAL_HELP)
UNIT_TESTS += %D%/test-verify
%C%_test_verify_SOURCES = %D%/test-verify.c $(JOURNAL_HELP)
UNIT_TESTS += %D%/test-wait
%C%_test_wait_SOURCES = %D%/test-wait.c $(JOURNAL_HELP)

# lib/http
UNIT_TESTS += %D%/test-body
UNIT_TESTS += %D%/test-byteranges
WIRE = %D%/wire_help.c %D%/wire_help.h
UNIT_TESTS += %D%/test-body_rate
%C%_test_body_rate_SOURCES = %D%/test-body_rate.c $(WIRE)
UNIT_TESTS += %D%/test-exchange
%C%_test_exchange_SOURCES = %D%/test-exchange.c $(WIRE)
UNIT_TESTS += %D%/test-head
UNIT_TESTS += %D%/test-listener
UNIT_TESTS += %D%/test-loop
UNIT_TESTS += %D%/test-range
UNIT_TESTS += %D%/test-server
%C%_test_server_SOURCES = %D%/test-server.c %D%/server_app.c %D%/server_app.h

# lib/fault
EXTRA_DIST += %D%/fault_words.h
FAULT_HELP = %D%/fault_help.c %D%/fault_help.h
UNIT_TESTS += %D%/test-effect
UNIT_TESTS += %D%/test-effect_parse
%C%_test_effect_parse_SOURCES = %D%/test-effect_parse.c $(FAULT_HELP)
UNIT_TESTS += %D%/test-engine_list
%C%_test_engine_list_SOURCES = %D%/test-engine_list.c $(FAULT_HELP)
UNIT_TESTS += %D%/test-engine_match
%C%_test_engine_match_SOURCES = %D%/test-engine_match.c $(FAULT_HELP)
UNIT_TESTS += %D%/test-explain
%C%_test_explain_SOURCES = %D%/test-explain.c $(FAULT_HELP)
UNIT_TESTS += %D%/test-extra
%C%_test_extra_SOURCES = %D%/test-extra.c $(FAULT_HELP)
UNIT_TESTS += %D%/test-index
%C%_test_index_SOURCES = %D%/test-index.c $(FAULT_HELP)
UNIT_TESTS += %D%/test-match
UNIT_TESTS += %D%/test-pattern
UNIT_TESTS += %D%/test-rule
%C%_test_rule_SOURCES = %D%/test-rule.c $(FAULT_HELP)
UNIT_TESTS += %D%/test-rule_schema
%C%_test_rule_schema_SOURCES = %D%/test-rule_schema.c $(FAULT_HELP)
UNIT_TESTS += %D%/test-tally

# auth: scopes, keys, tokens
EXTRA_DIST += %D%/key_help.h
UNIT_TESTS += %D%/test-claims
UNIT_TESTS += %D%/test-jwks
UNIT_TESTS += %D%/test-jws
UNIT_TESTS += %D%/test-key
UNIT_TESTS += %D%/test-key_id
UNIT_TESTS += %D%/test-key_set
UNIT_TESTS += %D%/test-keyring
UNIT_TESTS += %D%/test-scope
UNIT_TESTS += %D%/test-trust

# auth: challenges and the token service
UNIT_TESTS += %D%/test-base_url
UNIT_TESTS += %D%/test-challenge_format
UNIT_TESTS += %D%/test-form
UNIT_TESTS += %D%/test-token_ask
AUTH = %D%/auth_help.c %D%/auth_help.h
UNIT_TESTS += %D%/test-token_service
%C%_test_token_service_SOURCES = %D%/test-token_service.c $(AUTH) %D%/fake_conn.c %D%/fake_exchange.c %D%/fake_exchange.h
UNIT_TESTS += %D%/test-token_twist
%C%_test_token_twist_SOURCES = %D%/test-token_twist.c $(AUTH)
# auth: accounts and policy
UNIT_TESTS += %D%/test-account
%C%_test_account_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=crypt_r
UNIT_TESTS += %D%/test-account_snapshot
UNIT_TESTS += %D%/test-auth
UNIT_TESTS += %D%/test-authorization
UNIT_TESTS += %D%/test-htpasswd
UNIT_TESTS += %D%/test-htpasswd_watch
UNIT_TESTS += %D%/test-identity
%C%_test_identity_SOURCES = %D%/test-identity.c %D%/fake_conn.c %D%/fake_exchange.c %D%/fake_exchange.h
%C%_test_identity_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=crypt_r
UNIT_TESTS += %D%/test-identity_access
UNIT_TESTS += %D%/test-keyed_hash
UNIT_TESTS += %D%/test-policy
UNIT_TESTS += %D%/test-refresh
UNIT_TESTS += %D%/test-revoked
UNIT_TESTS += %D%/test-secret
UNIT_TESTS += %D%/test-verified

# lib/fault: what rules do
ACT_HELP = %D%/act_help.c %D%/act_help.h $(WIRE)
UNIT_TESTS += %D%/test-act
%C%_test_act_SOURCES = %D%/test-act.c $(ACT_HELP)
UNIT_TESTS += %D%/test-act_connection
%C%_test_act_connection_SOURCES = %D%/test-act_connection.c $(ACT_HELP)
UNIT_TESTS += %D%/test-act_content
%C%_test_act_content_SOURCES = %D%/test-act_content.c $(ACT_HELP)
UNIT_TESTS += %D%/test-act_cut
%C%_test_act_cut_SOURCES = %D%/test-act_cut.c $(ACT_HELP)
UNIT_TESTS += %D%/test-act_reply
%C%_test_act_reply_SOURCES = %D%/test-act_reply.c $(ACT_HELP)
UNIT_TESTS += %D%/test-pace

# lib/fault
EXTRA_DIST += %D%/fault_words.h
UNIT_TESTS += %D%/test-match
UNIT_TESTS += %D%/test-pattern

# registry/store
WRAP_MALLOC = -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc
FAILING_MALLOC = %D%/failing_malloc.c %D%/failing_malloc.h
EXTRA_DIST += %D%/store_help.h
UNIT_TESTS += %D%/test-arena
UNIT_TESTS += %D%/test-blob_store
%C%_test_blob_store_SOURCES = %D%/test-blob_store.c $(FAILING_MALLOC)
%C%_test_blob_store_LDFLAGS = $(AM_LDFLAGS) $(WRAP_MALLOC)
UNIT_TESTS += %D%/test-file_hash
UNIT_TESTS += %D%/test-generator_hash
UNIT_TESTS += %D%/test-ingest
%C%_test_ingest_SOURCES = %D%/test-ingest.c $(FAILING_MALLOC)
%C%_test_ingest_LDFLAGS = $(AM_LDFLAGS) $(WRAP_MALLOC)
UNIT_TESTS += %D%/test-memory_limit
UNIT_TESTS += %D%/test-meta_store
%C%_test_meta_store_SOURCES = %D%/test-meta_store.c $(FAILING_MALLOC)
%C%_test_meta_store_LDFLAGS = $(AM_LDFLAGS) $(WRAP_MALLOC)
UNIT_TESTS += %D%/test-order

# registry: import
LAYOUT_HELP = %D%/layout_help.c %D%/layout_help.h
UNIT_TESTS += %D%/test-archive
%C%_test_archive_SOURCES = %D%/test-archive.c $(LAYOUT_HELP)
%C%_test_archive_LDADD = $(UNIT_LIBS) $(ARCHIVE_LIBS)
IMPORT_HELP = %D%/import_help.c %D%/import_help.h $(LAYOUT_HELP)
UNIT_TESTS += %D%/test-import
%C%_test_import_SOURCES = %D%/test-import.c $(IMPORT_HELP)
%C%_test_import_LDADD = $(UNIT_LIBS) $(ARCHIVE_LIBS)
UNIT_TESTS += %D%/test-import_docker
%C%_test_import_docker_SOURCES = %D%/test-import_docker.c $(IMPORT_HELP)
%C%_test_import_docker_LDADD = $(UNIT_LIBS) $(ARCHIVE_LIBS)
UNIT_TESTS += %D%/test-import_refused
%C%_test_import_refused_SOURCES = %D%/test-import_refused.c $(IMPORT_HELP)
%C%_test_import_refused_LDADD = $(UNIT_LIBS) $(ARCHIVE_LIBS)
UNIT_TESTS += %D%/test-content
UNIT_TESTS += %D%/test-import_name
UNIT_TESTS += %D%/test-import_path
UNIT_TESTS += %D%/test-import_plan
%C%_test_import_plan_SOURCES = %D%/test-import_plan.c $(FAILING_MALLOC)
%C%_test_import_plan_LDFLAGS = $(AM_LDFLAGS) $(WRAP_MALLOC)

# registry: reading
# FIXTURE: a registry with content and exchanges without connections, for tests of handlers.
FIXTURE = %D%/fake_conn.c %D%/fake_exchange.c %D%/fake_exchange.h %D%/fixture.c %D%/fixture.h
UNIT_TESTS += %D%/test-accept
UNIT_TESTS += %D%/test-access_log
%C%_test_access_log_SOURCES = %D%/test-access_log.c $(AUTH) $(FIXTURE)
UNIT_TESTS += %D%/test-base
%C%_test_base_SOURCES = %D%/test-base.c $(FIXTURE)
UNIT_TESTS += %D%/test-blob
%C%_test_blob_SOURCES = %D%/test-blob.c $(FIXTURE)
UNIT_TESTS += %D%/test-call
%C%_test_call_SOURCES = %D%/test-call.c $(FIXTURE)
UNIT_TESTS += %D%/test-fault_effects
%C%_test_fault_effects_SOURCES = %D%/test-fault_effects.c $(FIXTURE)
UNIT_TESTS += %D%/test-catalog
%C%_test_catalog_SOURCES = %D%/test-catalog.c $(FIXTURE)
UNIT_TESTS += %D%/test-deletion
%C%_test_deletion_SOURCES = %D%/test-deletion.c $(FIXTURE)
UNIT_TESTS += %D%/test-gate
%C%_test_gate_SOURCES = %D%/test-gate.c $(AUTH) $(FIXTURE)
UNIT_TESTS += %D%/test-manifest_get
%C%_test_manifest_get_SOURCES = %D%/test-manifest_get.c $(FIXTURE)
UNIT_TESTS += %D%/test-oci_error
%C%_test_oci_error_SOURCES = %D%/test-oci_error.c $(FIXTURE)
UNIT_TESTS += %D%/test-page
%C%_test_page_SOURCES = %D%/test-page.c $(FIXTURE)
UNIT_TESTS += %D%/test-pending
%C%_test_pending_SOURCES = %D%/test-pending.c $(FIXTURE)
UNIT_TESTS += %D%/test-reference
UNIT_TESTS += %D%/test-redirect
%C%_test_redirect_SOURCES = %D%/test-redirect.c $(FIXTURE)
UNIT_TESTS += %D%/test-referrers
%C%_test_referrers_SOURCES = %D%/test-referrers.c $(FIXTURE)
UNIT_TESTS += %D%/test-registry
%C%_test_registry_SOURCES = %D%/test-registry.c $(FIXTURE)
UNIT_TESTS += %D%/test-magic
UNIT_TESTS += %D%/test-magic_name
%C%_test_magic_name_SOURCES = %D%/test-magic_name.c $(FAULT_HELP)
UNIT_TESTS += %D%/test-route
UNIT_TESTS += %D%/test-tags
%C%_test_tags_SOURCES = %D%/test-tags.c $(FIXTURE)
UNIT_TESTS += %D%/test-world
%C%_test_world_SOURCES = %D%/test-world.c $(FIXTURE)

UNIT_TESTS += %D%/test-state
UNIT_TESTS += %D%/test-members
%C%_test_members_SOURCES = %D%/test-members.c $(FIXTURE)
UNIT_TESTS += %D%/test-reset
%C%_test_reset_SOURCES = %D%/test-reset.c $(FIXTURE)
UNIT_TESTS += %D%/test-world_route
%C%_test_world_route_SOURCES = %D%/test-world_route.c $(FIXTURE)

# registry: writing
PUSH = %D%/fake_conn.c %D%/fake_exchange.c %D%/fake_exchange.h %D%/push_help.c %D%/push_help.h
UNIT_TESTS += %D%/test-content_range
UNIT_TESTS += %D%/test-manifest_doc
UNIT_TESTS += %D%/test-manifest_put
%C%_test_manifest_put_SOURCES = %D%/test-manifest_put.c $(PUSH) $(FAILING_MALLOC)
%C%_test_manifest_put_LDFLAGS = $(AM_LDFLAGS) $(WRAP_MALLOC)
UNIT_TESTS += %D%/test-upload
%C%_test_upload_SOURCES = %D%/test-upload.c $(PUSH)
UNIT_TESTS += %D%/test-upload_api
%C%_test_upload_api_SOURCES = %D%/test-upload_api.c $(PUSH)
UNIT_TESTS += %D%/test-upload_start
%C%_test_upload_start_SOURCES = %D%/test-upload_start.c $(PUSH)

# cli
CLI_LIBS = libcli.a $(UNIT_LIBS)
UNIT_TESTS += %D%/test-client
%C%_test_client_LDADD = $(CLI_LIBS)
UNIT_TESTS += %D%/test-fixture_job
%C%_test_fixture_job_LDADD = $(CLI_LIBS)
UNIT_TESTS += %D%/test-digests
%C%_test_digests_LDADD = $(CLI_LIBS)
UNIT_TESTS += %D%/test-secret_input
%C%_test_secret_input_LDADD = $(CLI_LIBS)
UNIT_TESTS += %D%/test-command
%C%_test_command_LDADD = $(CLI_LIBS)
UNIT_TESTS += %D%/test-commands
%C%_test_commands_LDADD = $(CLI_LIBS)
UNIT_TESTS += %D%/test-completion
%C%_test_completion_LDADD = $(CLI_LIBS)
UNIT_TESTS += %D%/test-control_command
%C%_test_control_command_LDADD = $(CLI_LIBS)
UNIT_TESTS += %D%/test-criteria
%C%_test_criteria_LDADD = $(CLI_LIBS)
UNIT_TESTS += %D%/test-ready
%C%_test_ready_LDADD = $(CLI_LIBS)
UNIT_TESTS += %D%/test-registry_environment
%C%_test_registry_environment_LDADD = $(CLI_LIBS)
UNIT_TESTS += %D%/test-serve_settings
%C%_test_serve_settings_LDADD = $(CLI_LIBS)
UNIT_TESTS += %D%/test-table
%C%_test_table_LDADD = $(CLI_LIBS)
UNIT_TESTS += %D%/test-world_text
%C%_test_world_text_LDADD = $(CLI_LIBS)
UNIT_TESTS += %D%/test-worlds
%C%_test_worlds_LDADD = $(CLI_LIBS)

# the test helper itself
UNIT_TESTS += %D%/test-tap

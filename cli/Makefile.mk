# SPDX-License-Identifier: MIT
# All but main.c is a library, so that tests can link it.
bin_PROGRAMS += ocimock
ocimock_SOURCES = %D%/main.c
ocimock_LDADD = libcli.a $(PROGRAM_LIBS)

noinst_LIBRARIES += libcli.a
libcli_a_SOURCES = \
	%D%/account.c %D%/account_command.h %D%/account_secret.c \
	%D%/assertion.c %D%/assertion.h \
	%D%/auth_schema.c %D%/auth_schema.h \
	%D%/client.c %D%/client.h \
	%D%/clock.c \
	%D%/command.c %D%/command.h \
	%D%/command_help.c %D%/command_rows.c %D%/command_run.c \
	%D%/commands.c \
	%D%/completion.c %D%/completion.h \
	%D%/completion_bash.c %D%/completion_fish.c %D%/completion_zsh.c \
	%D%/control_client.c %D%/control_client.h \
	%D%/control_command.c %D%/control_command.h \
	%D%/criteria.c %D%/criteria.h \
	%D%/digests.c %D%/digests.h \
	%D%/export.c \
	%D%/fault.c %D%/fault.h \
	%D%/fault_add.c %D%/fault_explain.c \
	%D%/fixture.c %D%/fixture.h \
	%D%/fixture_archive.c \
	%D%/fixture_build.c \
	%D%/fixture_image.c %D%/fixture_image.h \
	%D%/fixture_job.c %D%/fixture_job.h \
	%D%/fixture_parts.c %D%/fixture_parts.h \
	%D%/fixture_layout.c \
	%D%/fixture_push.c \
	%D%/fixture_target.c %D%/fixture_target.h \
	%D%/gate.c \
	%D%/gen_cert.c \
	%D%/hash_password.c \
	%D%/healthcheck.c \
	%D%/image.c \
	%D%/keys.c \
	%D%/layout_index.c %D%/layout_index.h \
	%D%/manual.c %D%/manual.h \
	%D%/ready.c %D%/ready.h \
	%D%/registry_environment.c %D%/registry_environment.h \
	%D%/registry_switch.c \
	%D%/requests.c %D%/requests.h \
	%D%/requests_follow.c \
	%D%/reset.c \
	%D%/scenario.c %D%/scenario.h %D%/scenario_magic.c \
	%D%/scenario_world.c %D%/scenario_world.h \
	%D%/secret_input.c %D%/secret_input.h \
	%D%/serve.c \
	%D%/serve_accounts.c %D%/serve_accounts.h \
	%D%/serve_auth.c %D%/serve_auth.h \
	%D%/serve_auth_options.tbl.h \
	%D%/serve_check.c %D%/serve_check.h \
	%D%/serve_control.c %D%/serve_control.h \
	%D%/serve_export.c %D%/serve_export.h \
	%D%/serve_fixtures.c %D%/serve_fixtures.h \
	%D%/serve_magic.c %D%/serve_magic.h \
	%D%/serve_options.c \
	%D%/serve_reset.c %D%/serve_reset.h \
	%D%/serve_rules.c %D%/serve_rules.h \
	%D%/serve_scenarios.c %D%/serve_scenarios.h \
	%D%/serve_settings.c %D%/serve_settings.h \
	%D%/serve_tls.c %D%/serve_tls.h \
	%D%/serve_world.c %D%/serve_world.h \
	%D%/signing.c %D%/signing.h \
	%D%/table.c %D%/table.h \
	%D%/token.c %D%/token.h \
	%D%/token_inspect.c \
	%D%/token_issue.c \
	%D%/token_mint.c \
	%D%/token_revoke.c \
	%D%/verify.c \
	%D%/version.c \
	%D%/wait.c \
	%D%/with.c \
	%D%/world.c \
	%D%/world_request.c %D%/world_request.h \
	%D%/world_text.c %D%/world_text.h \
	%D%/worlds.c %D%/worlds.h \
	%D%/worlds_api.c %D%/worlds_api.h
EXTRA_DIST += %D%/README.md

# What shells complete, printed by the program itself. Who builds for another machine names a program
# that runs on this one: make NATIVE_OCIMOCK=...
NATIVE_OCIMOCK = ./ocimock$(EXEEXT)
bashcompletiondir = $(datadir)/bash-completion/completions
zshcompletiondir = $(datadir)/zsh/site-functions
fishcompletiondir = $(datadir)/fish/vendor_completions.d
nodist_bashcompletion_DATA = completion/ocimock
nodist_zshcompletion_DATA = completion/_ocimock
nodist_fishcompletion_DATA = completion/ocimock.fish
completion/ocimock: ocimock$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) completion && $(NATIVE_OCIMOCK) completion bash >$@.tmp && mv $@.tmp $@
completion/_ocimock: ocimock$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) completion && $(NATIVE_OCIMOCK) completion zsh >$@.tmp && mv $@.tmp $@
completion/ocimock.fish: ocimock$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) completion && $(NATIVE_OCIMOCK) completion fish >$@.tmp && mv $@.tmp $@
CLEANFILES += completion/ocimock completion/_ocimock completion/ocimock.fish

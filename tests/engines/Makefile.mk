# SPDX-License-Identifier: MIT
# Real engines against the server; each file runs in namespaces of its own (see run-bats).

ENGINE_BATS = \
	%D%/auth.bats \
	%D%/buildah.bats \
	%D%/compare.bats \
	%D%/containerd.bats \
	%D%/docker.bats \
	%D%/fixtures.bats \
	%D%/import.bats \
	%D%/lab.bats \
	%D%/magic.bats \
	%D%/podman.bats \
	%D%/pull-policy.bats \
	%D%/pull-policy-docker.bats \
	%D%/runnable.bats \
	%D%/reactions-auth.bats \
	%D%/reactions-layer.bats \
	%D%/reactions.bats \
	%D%/skopeo.bats \
	%D%/trust.bats \
	%D%/worlds.bats
ENGINE_TESTS += $(ENGINE_BATS)
EXTRA_DIST += $(ENGINE_BATS) %D%/lib.bash %D%/run-bats %D%/pull-policy.bash \
	%D%/reactions.bash %D%/judge.bash %D%/reactions.tsv %D%/wrong.tsv %D%/faults.tsv doc/clients.md scripts/client-table scripts/lib/client-table.awk \
	tests/compare/ask.bash tests/compare/api.bash tests/compare/differences.tsv doc/differences.md \
	scripts/compare-registry scripts/lab scripts/lib/build.bash scripts/lib/layout.bash

check_PROGRAMS += %D%/cutproxy
%C%_cutproxy_SOURCES = %D%/cutproxy.c
%C%_cutproxy_LDADD = libutil.a

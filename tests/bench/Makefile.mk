# SPDX-License-Identifier: MIT
# What scripts/bench loads the servers with; built with the tests so that it keeps compiling.

check_PROGRAMS += %D%/ocibench
%C%_ocibench_SOURCES = \
	%D%/client.c %D%/client.h %D%/commands.h %D%/connections.c %D%/load.c %D%/measure.c %D%/ocibench.c
%C%_ocibench_LDADD = libutil.a $(OPENSSL_LIBS)

# What rules cost, without a server: run by hand.
check_PROGRAMS += %D%/rulebench
%C%_rulebench_SOURCES = %D%/rulebench.c tests/unit/fault_help.c tests/unit/fault_help.h \
	tests/unit/fault_words.h

INTEGRATION_BATS += %D%/bench.bats
EXTRA_DIST += %D%/bench.bats %D%/control.bash %D%/measure.bash %D%/report.lua %D%/rows.tsv %D%/table.awk \
	doc/performance.md scripts/bench scripts/lib/process.bash scripts/lib/servers.bash

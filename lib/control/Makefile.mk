# SPDX-License-Identifier: MIT
noinst_LIBRARIES += libcontrol.a
libcontrol_a_SOURCES = \
	%D%/control.c %D%/control.h \
	%D%/control_events.c %D%/control_events.h \
	%D%/control_call.c %D%/control_call.h \
	%D%/control_guard.c %D%/control_guard.h \
	%D%/control_journal.c \
	%D%/control_query.c %D%/control_query.h \
	%D%/control_route.c %D%/control_route.h \
	%D%/control_rules.c \
	%D%/control_world.h \
	%D%/entry.c %D%/entry.h \
	%D%/expect.c %D%/expect.h \
	%D%/journal.c %D%/journal.h \
	%D%/journal_events.c %D%/journal_events.h \
	%D%/journal_list.c \
	%D%/journal_stream.c %D%/journal_stream.h \
	%D%/metrics.c %D%/metrics.h \
	%D%/metrics_process.c \
	%D%/print.c %D%/print.h \
	%D%/pulls.c %D%/pulls.h \
	%D%/pulls_group.c %D%/pulls_group.h \
	%D%/report.c %D%/report.h \
	%D%/ring.h \
	%D%/wait.c
EXTRA_DIST += %D%/README.md

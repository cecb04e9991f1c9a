# SPDX-License-Identifier: MIT
noinst_LIBRARIES += libfault.a
EXTRA_DIST += %D%/README.md
libfault_a_SOURCES = \
	%D%/act.c %D%/act.h \
	%D%/act_body.c \
	%D%/act_connection.c \
	%D%/act_content.c \
	%D%/act_cut.c \
	%D%/act_redirect.c \
	%D%/act_reply.c \
	%D%/effect.c %D%/effect.h \
	%D%/effect_answer.c \
	%D%/effect_parse.c %D%/effect_parse.h \
	%D%/effect_read.c %D%/effect_read.h \
	%D%/effect_table.c \
	%D%/effect_warn.c \
	%D%/engine.c %D%/engine.h \
	%D%/engine_list.c \
	%D%/engine_match.c \
	%D%/explain.c \
	%D%/extra.c \
	%D%/fault.h \
	%D%/gate.c \
	%D%/index.c %D%/index.h \
	%D%/match.c %D%/match.h \
	%D%/pace.c %D%/pace.h \
	%D%/pattern.c %D%/pattern.h \
	%D%/rule.c %D%/rule.h \
	%D%/rule_parse.c %D%/rule_parse.h \
	%D%/rule_schema.c %D%/rule_schema.h \
	%D%/tally.c %D%/tally.h \
	%D%/words.h

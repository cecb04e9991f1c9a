/* SPDX-License-Identifier: MIT */
/* An engine for tests, over the words of fault_words.h and two effects of a product. */
#ifndef TESTS_UNIT_FAULT_HELP_H
#define TESTS_UNIT_FAULT_HELP_H

#include <stddef.h>
#include <stdint.h>

#include "lib/fault/fault.h"
#include "lib/util/clock.h"
#include "tests/unit/fault_words.h"

struct err;
struct json_t;

/* No rules; seed 1; its clock is *clock, which may be shifted. */
struct fault_engine *help_engine(struct clock *clock);
/* Reads JSON in which ' stands for ". The caller owns it. */
struct json_t *help_json(const char *text);
/* Loads such JSON; what went wrong becomes a comment and false. */
bool help_load(struct fault_engine *e, const char *rules);
/* Lets an engine decide on one request; the ids of the rules that act, "" for none, with '!' behind
   them when the last one answers. Valid until the next call. */
const char *help_ask(struct fault_engine *e, const struct subject *s);
/* The text of JSON with ' for "; valid until the next call. Takes the value. */
const char *help_text(struct json_t *value);
/* The number at a key of the rule's row. */
long long help_number(struct fault_engine *e, const char *id, const char *key);

#endif

/* SPDX-License-Identifier: MIT */
/* Reading one rule from JSON. Internal to lib/fault. */
#ifndef LIB_FAULT_RULE_PARSE_H
#define LIB_FAULT_RULE_PARSE_H

struct err;
struct fault_rule;
struct json_t;
struct rule_tables;
struct schema_place;

/*
 * A rule with one reference, counters at 0. The object is copied; id stands for one that it does
 * not have. The place is the rule's and as before afterwards. warnings: an array that gets texts.
 * ERR_CONFIG, ERR_NOMEM.
 */
int rule_parse(struct fault_rule **ret, const struct rule_tables *tables,
               const struct json_t *object, const char *id, struct schema_place *at,
               struct json_t *warnings, struct err *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What a rule may hold, as tables: the engine's keys and the product's together. Rules are checked
 * against them, and the JSON Schema is printed from them. Internal to lib/fault.
 */
#ifndef LIB_FAULT_RULE_SCHEMA_H
#define LIB_FAULT_RULE_SCHEMA_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/util/schema.h"

struct err;
struct fault_product;
struct json_t;
struct rule_tables;

/* The product's tables are borrowed and must outlive it. */
int rule_tables_new(struct rule_tables **ret, const struct fault_product *product, struct err *err);
void rule_tables_free(struct rule_tables *t); /* NULL-safe */

const struct vocabulary *rule_tables_vocabulary(const struct rule_tables *t);
/* A rule; `when` is any object in it: match.h checks it. */
const struct schema *rule_tables_rule(const struct rule_tables *t);
const struct fault_product *rule_tables_product(const struct rule_tables *t);
/* `nth` and `state` of a `when`. */
const struct schema *rule_tables_nth(void);
const struct schema *rule_tables_state(void);
/* True for what rows show beside the rule: taken from lists that are sent back, and ignored. */
bool rule_key_is_shown_only(const char *key);

/* JSON Schema of a rule set. NULL: memory; the caller owns it. */
struct json_t *rule_tables_json(const struct rule_tables *t);

#endif

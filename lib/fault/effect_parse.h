/* SPDX-License-Identifier: MIT */
/* Reading the `then` of a rule: the tables of what it may hold, and the structs made from it.
   Internal to lib/fault. */
#ifndef LIB_FAULT_EFFECT_PARSE_H
#define LIB_FAULT_EFFECT_PARSE_H

#include "lib/fault/effect.h"

struct err;
struct fault_product;
struct json_t;
struct schema;
struct schema_place;
struct vocabulary;

enum { FAULT_NAME_MAX = 63, FAULT_VALUE_MAX = 1024 };

/* What the value of one of the engine's keys may be. */
const struct schema *effect_schema(enum fault_effect kind);

struct effect_context {
    const struct vocabulary *vocabulary; /* borrowed: words that `per` may name */
    const struct fault_product *product; /* borrowed; NULL: none */
    const char *id;                      /* borrowed: the default name of gates */
};

/*
 * Reads a `then` that was checked against the tables; its texts are borrowed. What tables cannot
 * say is checked here: ERR_CONFIG with the place. On failure ret holds nothing.
 */
int effects_parse(struct fault_effects *ret, struct json_t *then,
                  const struct effect_context *context, struct schema_place *at, struct err *err);
/* Tells, as texts appended to the array, of what is allowed but does nothing. `product`: there are
   keys of the product, too. */
int effects_warn(const struct fault_effects *e, bool product, const char *path,
                 struct json_t *warnings, struct err *err);

/* The same of the product's keys: `product` has a bit for each, in the order of its tables. `ops`:
   bits of those that the rule may match. */
int effects_warn_product(const struct fault_effects *e, const struct fault_product *tables,
                         uint64_t product, uint64_t ops, const char *path, struct json_t *warnings,
                         struct err *err);

/* Names of rules, gates and variables: 1 to 63 letters, digits and ._~:@+- */
bool fault_name_is_good(const char *name);

#endif

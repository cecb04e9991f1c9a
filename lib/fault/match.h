/* SPDX-License-Identifier: MIT */
/*
 * Criteria over the words of a request: the `when` of a rule, the `match` of verify, the filter of
 * the journal.
 *
 *     {"op": ["blob.get", "blob.head"], "repo": "team*", "user": "!admin", "header": {"X-A":
 * "b*"}}
 *
 * All criteria have to hold; within one, any value of its list (those with `!` must all not hold).
 * Values are globs; `*` matches any run of characters, `/` too. Pure; immutable once parsed.
 */
#ifndef LIB_FAULT_MATCH_H
#define LIB_FAULT_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/fault/words.h"

struct err;
struct json_t;
struct match;

/*
 * Reads an object. Unknown keys and values are refused with the path (below `path`), the allowed
 * values and the nearest name: ERR_CONFIG. `skip` names keys that the caller reads itself (nth,
 * state), ended by NULL; NULL: none. The vocabulary is borrowed and must outlive it.
 */
int match_parse(struct match **ret, const struct vocabulary *v, const struct json_t *object,
                const char *path, const char *const *skip, struct err *err);
void match_free(struct match *m); /* NULL-safe */

bool match_holds(const struct match *m, const struct subject *s);
/* Bit i: the match may hold for op i. */
uint64_t match_ops(const struct match *m);
/* For a connection, before there is a request: only words that are known then can fit. */
bool match_holds_early(const struct match *m, const struct subject *s);
/* True when nothing but words that are known before a request has to fit; at_accept: before the
   ClientHello, too. */
bool match_is_early(const struct match *m, bool at_accept);
/* The one literal value that the key word must have, or NULL: for an index. */
const char *match_key_literal(const struct match *m);
/* What the value of the key word must begin with: *ret_len bytes of the text, or NULL. */
const char *match_key_prefix(const struct match *m, size_t *ret_len);
/* True when no request can ever fit (an op glob that names no op, contradicting values, a word that
   requests of these ops do not have): a warning. */
bool match_is_impossible(const struct match *m);
/* {"op": true, "repo": false, ...}: a yes or no per criterion, for near misses. Caller owns. */
struct json_t *match_explain(const struct match *m, const struct subject *s, unsigned *ret_held,
                             unsigned *ret_total);
/* The object that was parsed; borrowed. */
const struct json_t *match_json(const struct match *m);

#endif

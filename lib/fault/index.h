/* SPDX-License-Identifier: MIT */
/*
 * Which rules a request has to be asked of, in their order, so that a thousand others cost nothing.
 *
 *     op            -> rules that may match it, with the first bytes of the key word they ask for
 *     literal key   -> rules that name exactly this one
 *
 * Both lists are in the engine's order and are merged by rank. Borrows the rules: built anew when
 * they change. Internal to lib/fault.
 */
#ifndef LIB_FAULT_INDEX_H
#define LIB_FAULT_INDEX_H

#include <stddef.h>
#include <stdint.h>

struct fault_rule;
struct index_entry;
struct rule_index;
struct subject;
struct vocabulary;

/* rules: in order, with their ranks set. Those that never act, or before a request only, are left
   out. NULL when memory is short. */
struct rule_index *rule_index_new(const struct vocabulary *v, struct fault_rule *const *rules,
                                  size_t count);
void rule_index_free(struct rule_index *index); /* NULL-safe */

/* Goes through the rules that may match a subject. */
struct index_cursor {
    const struct index_entry *general, *general_end;
    const struct index_entry *keyed, *keyed_end;
    uint64_t op;             /* bit of the subject's op */
    uint64_t key;            /* first bytes of its key word */
    uint64_t letters, pairs; /* what is in it */
};

void rule_index_begin(struct index_cursor *c, const struct rule_index *index,
                      const struct subject *s);
/* NULL behind the last. */
struct fault_rule *rule_index_next(struct index_cursor *c);

#endif

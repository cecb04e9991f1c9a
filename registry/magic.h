/* SPDX-License-Identifier: MIT */
/*
 * Magic names at work: the rules that stand for them, kept for names that come again.
 *
 * A world has one when magic names are switched on. Loop thread only. Bounded: what was not asked
 * for the longest time is made anew. Private to registry/.
 */
#ifndef REGISTRY_MAGIC_H
#define REGISTRY_MAGIC_H

#include <stdbool.h>
#include <stddef.h>

#include "registry/magic_name.h"

struct err;
struct fault_engine;
struct fault_extra;
struct magic;
struct registry_call;

enum { MAGIC_KEPT_MAX = 256 }; /* names whose rules are kept */

/* The engine is borrowed and must outlive it. presets may be NULL; static. */
int magic_new(struct magic **ret, struct fault_engine *engine, const struct magic_presets *presets,
              struct err *err);
void magic_free(struct magic *m); /* NULL-safe */

/* What a name means. */
struct magic_meaning {
    const char *repo;                /* borrowed from the name: the repository it stands for */
    const struct fault_extra *rules; /* borrowed until the next call; NULL: it is not magic */
};

/* False when it begins like a magic name and is none: err says why (ERR_CONFIG). m may be NULL. */
bool magic_find(struct magic *m, const char *name, struct magic_meaning *ret, struct err *err);
/* The repository that a name stands for: itself where it is not magic, or m is NULL. Borrowed. */
const char *magic_repo(const struct magic *m, const char *name);

#endif

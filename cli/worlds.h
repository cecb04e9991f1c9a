/* SPDX-License-Identifier: MIT */
/*
 * All registries of the process by name, and who shares listeners by host name or prefix.
 *
 * The one of the start is called "default" and is one of them; it alone cannot be removed. Others
 * may have a time to live, on monotonic time. Loop thread only.
 */
#ifndef CLI_WORLDS_H
#define CLI_WORLDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct loop;
struct serve_world;
struct worlds;

#define WORLDS_DEFAULT "default"

/* most: how many there may be beside the one of the start. The loop is borrowed. */
int worlds_new(struct worlds **ret, struct loop *loop, size_t most, struct err *err);
/* Frees all worlds; none has anything under way, and jobs have ended. NULL-safe. */
void worlds_free(struct worlds *ws);

/* ERR_EXISTS with what is taken: name, host or prefix; ERR_OVERLOADED over the limit. */
int worlds_check(const struct worlds *ws, const char *name, const char *host, const char *prefix,
                 struct err *err);
/* Takes sw, also on failure. ttl_ms: it is removed then; 0: never. Checks as worlds_check(). */
int worlds_add(struct worlds *ws, struct serve_world *sw, uint64_t ttl_ms, struct err *err);
/* Borrowed; NULL: there is none. */
struct serve_world *worlds_find(const struct worlds *ws, const char *name);
struct serve_world *worlds_default(const struct worlds *ws); /* NULL before it was added */
/* False: there is none of that name, or it is the default one. */
bool worlds_remove(struct worlds *ws, const char *name);
size_t worlds_count(const struct worlds *ws); /* with the one of the start */
/* Counts anew from now; 0: it stays. The default one always stays: ERR_UNSUPPORTED. */
int worlds_set_ttl(struct worlds *ws, const char *name, uint64_t ttl_ms, struct err *err);
/* Milliseconds until it is removed; 0: never. */
uint64_t worlds_time_left(const struct worlds *ws, const char *name);
/* In the order in which they were added. */
void worlds_each(const struct worlds *ws, void (*fn)(struct serve_world *sw, void *arg), void *arg);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The listeners of a world: down for a while and up again (control.md, section 2).
 *
 * Down is not the same as 503: nobody listens (ECONNREFUSED). Idle connections are closed, busy
 * ones finish.
 */
#ifndef REGISTRY_PORTS_H
#define REGISTRY_PORTS_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct world;

int ports_open(struct world *w, struct err *err); /* as the world is made: what it needs */
void ports_done(struct world *w);
/*
 * All of them or none. for_ms: until the opposite is set again by itself, on monotonic time; 0: for
 * good. ERR_UNSUPPORTED for a world without listeners of its own, ERR_BUSY for a port that somebody
 * took.
 */
int ports_set(struct world *w, bool up, uint32_t for_ms, struct err *err);
bool ports_are_up(const struct world *w);
/* Milliseconds until that changes by itself; 0: it does not. */
uint64_t ports_until(const struct world *w);

#endif

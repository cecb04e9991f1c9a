/* SPDX-License-Identifier: MIT */
/*
 * A scenario (fixtures/scenario.h) in a world: applied, and taken back. Loop thread only.
 */
#ifndef CLI_SCENARIO_WORLD_H
#define CLI_SCENARIO_WORLD_H

#include <stddef.h>

struct err;
struct json_t;
struct world;

/* How it was applied: {"parameters", "states", "registry"}; NULL: it is not active. Borrowed. */
struct json_t *scenario_active(const struct world *w, const char *name);
/*
 * All of it, in the place of what it did before; or nothing, and what it did before stays. given:
 * parameters or NULL. ret_report as from fault_engine_load(), may be NULL; not written when there
 * are no rules. ERR_CONFIG; of switches as from control_api_set_switches().
 */
int scenario_apply(struct world *w, const struct json_t *document, const struct json_t *given,
                   struct json_t **ret_report, struct err *err);
/* Forgets it, with its rules; states and switches become what they were. How many these were. */
size_t scenario_take_back(struct world *w, const char *name);

#endif

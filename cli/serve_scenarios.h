/* SPDX-License-Identifier: MIT */
/*
 * Scenarios (fixtures/scenario.h) on the worlds of a server: applied, shown, taken back, over the
 * control API and at start.
 */
#ifndef CLI_SERVE_SCENARIOS_H
#define CLI_SERVE_SCENARIOS_H

struct control;
struct err;
struct option_list;
struct world;

/* /scenarios of the control API. */
int serve_scenarios_register(struct control *c, struct err *err);
/* Applies those of --scenario, "NAME[:PARAMETER=VALUE,...]"; w NULL: only looks whether they are
   right. ERR_CONFIG. */
int serve_scenarios_start(struct world *w, const struct option_list *texts, struct err *err);

#endif

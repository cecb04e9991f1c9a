/* SPDX-License-Identifier: MIT */
/*
 * A world as it was once it was ready, and going back there (control.md, section 5). Accounts and
 * policy are auth's (auth_remember()).
 */
#ifndef REGISTRY_RESET_H
#define REGISTRY_RESET_H

#include <stdbool.h>

struct err;
struct world;

/* What can go back, one by one. */
enum {
    RESET_RULES = 1 << 0,   /* with their counters, scenarios and state variables */
    RESET_JOURNAL = 1 << 1, /* always empty */
    RESET_STATES = 1 << 2,  /* of images */
    RESET_CONTENT = 1 << 3, /* uploads end, images that are being made are given up */
    RESET_CLOCK = 1 << 4,
    RESET_GATES = 1 << 5,    /* held and delayed answers go on; gates are closed */
    RESET_SWITCHES = 1 << 6, /* of the registry, listeners too */
    RESET_ALL = (1 << 7) - 1,
};

struct world_start;

/* Keeps the world as it is now, instead of what was kept before. Content costs references. */
int reset_remember(struct world *w, struct err *err);
/* The same of the rules only. */
int reset_remember_rules(struct world *w, struct err *err);
/*
 * Back to what is kept, or to nothing (`empty`; switches always become what they were). All of it
 * or nothing: ERR_NOMEM, ERR_BUSY (the port of a listener that was down).
 */
int reset_world(struct world *w, unsigned what, bool empty, struct err *err);
void reset_forget(struct world_start *start); /* NULL-safe */

#endif

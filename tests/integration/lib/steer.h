/* SPDX-License-Identifier: MIT */
/*
 * Steering a server under test over its control API. What fails here ends the test program.
 */
#ifndef TESTS_INTEGRATION_LIB_STEER_H
#define TESTS_INTEGRATION_LIB_STEER_H

#include "tests/integration/lib/script.h"

struct json_t;

/* Members of a step that sets an image's state: {"name", STEER_STATE("app:v1", "absent")}. */
#define STEER_STATE(image, state)                                                                  \
    "PUT /control/v1/images", .status = 200,                                                       \
                              .body = "{\"image\":\"" image "\",\"state\":\"" state "\"}"
/* The same with further members, beginning with a comma. */
#define STEER_STATE_MORE(image, state, more)                                                       \
    "PUT /control/v1/images", .status = 200,                                                       \
                              .body = "{\"image\":\"" image "\",\"state\":\"" state "\"" more "}"
/* Members of a step that forgets all states. */
#define STEER_FORGET "DELETE /control/v1/images", .status = 200

/* Sends what must succeed; target is what follows /control/v1. The caller lets it go; NULL for an
   empty answer. body may name variables. */
struct json_t *steer(struct script *t, const char *method, const char *target, const char *body);
/* Instead of all rules there were: one rule or an array. Counters start anew. */
void steer_rules(struct script *t, const char *rules);
/* How often that rule acted. */
long long steer_hits(struct script *t, const char *id);
/* Moves the server's clock on: "6s". */
void steer_clock(struct script *t, const char *time);
/* Waits until so many requests of that match ("{...}") were answered; ends the program if not. */
void steer_wait(struct script *t, const char *match, unsigned count);
/* Waits until that gate holds so many answers. */
void steer_wait_held(struct script *t, const char *gate, unsigned count);

/* Makes a world with further members, beginning with a comma; sets the variables NAME.registry (its
   URL) and NAME.basic (the Authorization of its account). */
void steer_world_add(struct script *t, const char *name, const char *more);
/* Requests go there from now on; script_use() goes back. */
void steer_world_use(struct script *t, const char *name);
void steer_world_remove(struct script *t, const char *name);

#endif

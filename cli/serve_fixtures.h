/* SPDX-License-Identifier: MIT */
/*
 * Fixtures in the worlds of a server: over the control API (/fixtures) and at start (images).
 */
#ifndef CLI_SERVE_FIXTURES_H
#define CLI_SERVE_FIXTURES_H

#include "lib/util/schema.h"

struct control;
struct digests;
struct err;
struct json_t;
struct option_list;
struct world;

/* A member of `images` in the configuration: name, recipe, state. */
extern const struct schema serve_fixtures_image[];

/* The images of the configuration, and what it takes to make them. Everything is borrowed. */
struct serve_fixtures {
    struct world *world; /* where they go */
    struct digests *digests;
    const struct json_t *images;     /* array as above; NULL: none */
    const struct option_list *texts; /* "team/app:v1=RECIPE" */
};

/* /fixtures of the control API; s must outlive it. */
int serve_fixtures_register(struct control *c, struct serve_fixtures *s, struct err *err);
/* Makes the images. Those with generated layers are there a moment later, when their digests are
   known. ERR_CONFIG names the one that is wrong. */
int serve_fixtures_start(const struct serve_fixtures *s, struct err *err);
/* Makes those with generated layers once more: a world that went back to its start lacks them. */
int serve_fixtures_again(const struct serve_fixtures *s, struct err *err);

#endif

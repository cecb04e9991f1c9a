/* SPDX-License-Identifier: MIT */
/*
 * Fixtures in the worlds of a server: over the control API (/fixtures) and at start (images).
 */
#ifndef CLI_SERVE_FIXTURES_H
#define CLI_SERVE_FIXTURES_H

#include "lib/util/schema.h"

struct control;
struct err;
struct fixture;
struct fixture_result;
struct json_t;
struct option_list;
struct world;

/* A member of `images` in the configuration: name, recipe, state. */
extern const struct schema serve_fixtures_image[];

/* /fixtures of the control API. */
int serve_fixtures_register(struct control *c, struct err *err);
/* Builds an image into a world on the spot, as team/app:v1; NULL: as the recipe calls itself. What
   takes long belongs into a job: that is what the control API does. ret may be NULL. */
int serve_fixtures_add(struct world *w, struct fixture *f, const char *image,
                       struct fixture_result *ret, struct err *err);
/* Makes the images of the configuration: images is an array as above (NULL: none), texts are
   "team/app:v1=RECIPE". ERR_CONFIG names the one that is wrong. */
int serve_fixtures_start(struct world *w, const struct json_t *images,
                         const struct option_list *texts, struct err *err);

#endif

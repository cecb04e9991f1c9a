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

/* /fixtures of the control API. digests is borrowed. */
int serve_fixtures_register(struct control *c, struct digests *digests, struct err *err);
/* Makes the images of the configuration: images is an array as above (NULL: none), texts are
   "team/app:v1=RECIPE". Those whose layers are generated are there a moment later, when their
   digests are known. ERR_CONFIG names the one that is wrong. */
int serve_fixtures_start(struct world *w, struct digests *digests, const struct json_t *images,
                         const struct option_list *texts, struct err *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Worlds over the control API: /worlds (control.md, section 4).
 */
#ifndef CLI_WORLDS_API_H
#define CLI_WORLDS_API_H

#include <limits.h>

#include "cli/world_request.h"

struct control;
struct err;
struct serve_world;
struct worlds;

/* What the endpoints work on. Borrowed, and must outlive the control API. */
struct worlds_api {
    struct world_maker maker;
    struct serve_fixtures *fixtures; /* borrowed: images of the configuration */
    const char *control_url;         /* of the control API, once it listens */
    char ca[PATH_MAX];               /* of the listeners' certificate; "": not known */
};

/* A world as it stands in the list, without its secret. Caller owns. */
struct json_t *worlds_api_describe(const struct worlds_api *api, const struct serve_world *sw);
int worlds_api_register(struct control *c, struct worlds_api *api, struct err *err);

#endif

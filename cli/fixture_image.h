/* SPDX-License-Identifier: MIT */
/*
 * A fixture under the name that somebody gave it: "team/app:v1".
 */
#ifndef CLI_FIXTURE_IMAGE_H
#define CLI_FIXTURE_IMAGE_H

#include "registry/reference.h"

struct err;
struct fixture;

struct fixture_image {
    char repo[REFERENCE_NAME_MAX + 1];
    char tag[REFERENCE_TAG_MAX + 1]; /* "": none given, the recipe's own */
};

/* ERR_INVALID says what is no name; text NULL: what the recipe calls itself. */
int fixture_image_parse(struct fixture_image *ret, const char *text, const struct fixture *f,
                        struct err *err);
/* Parses, and gives the fixture the tag in the place of its own. */
int fixture_image_apply(struct fixture_image *ret, const char *text, struct fixture *f,
                        struct err *err);

#endif

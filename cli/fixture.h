/* SPDX-License-Identifier: MIT */
/*
 * ocimock fixture: what its parts share.
 */
#ifndef CLI_FIXTURE_H
#define CLI_FIXTURE_H

#include <stddef.h>

#include "cli/command.h"

struct err;
struct fixture;

extern const struct command fixture_build_command;

/*
 * Opens what people call a recipe: a file when there is a '/' in it or it ends like one (- is
 * standard input), else a name as fixture_open() takes it. ERR_CONFIG, ERR_ABSENT.
 */
int fixture_find(struct fixture **ret, const char *text, struct err *err);

/* Names of the built-in recipes; NULL behind the last. */
const char *fixture_recipe_name(size_t i);

#endif

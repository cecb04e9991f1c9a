/* SPDX-License-Identifier: MIT */
/*
 * Rules that `ocimock serve` starts with: files and folders of --rules, inline JSON, and the init
 * folder.
 */
#ifndef CLI_SERVE_RULES_H
#define CLI_SERVE_RULES_H

#include <stdbool.h>

struct err;
struct serve_settings;
struct world;

/*
 * Reads them all and makes them the rules of the world: all of them or, when one is bad, none
 * (then those that were there stay). Messages name the file. Also for SIGHUP. *ret_any: there was a
 * file; without any, nothing happens.
 */
int serve_rules_load(struct world *w, const struct serve_settings *s, bool *ret_any,
                     struct err *err);

#endif

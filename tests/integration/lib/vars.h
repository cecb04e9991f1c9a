/* SPDX-License-Identifier: MIT */
/* Named texts, and their replacement in other texts as ${name}. */
#ifndef TESTS_INTEGRATION_LIB_VARS_H
#define TESTS_INTEGRATION_LIB_VARS_H

struct vars;

struct vars *vars_new(void);
void vars_free(struct vars *v);
void vars_set(struct vars *v, const char *name, const char *value);
/* Ends the test program when there is no such name. */
const char *vars_get(struct vars *v, const char *name);
/* The caller frees the result. */
char *vars_expand(struct vars *v, const char *text);

#endif

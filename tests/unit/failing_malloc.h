/* SPDX-License-Identifier: MIT */
/*
 * Makes the n-th allocation fail. Link with -Wl,--wrap=malloc,--wrap=calloc,--wrap=realloc: then
 * every malloc, calloc and realloc of our own code comes here.
 */
#ifndef TESTS_UNIT_FAILING_MALLOC_H
#define TESTS_UNIT_FAILING_MALLOC_H

#include <stdbool.h>

/* From now on the n-th allocation (from 1) fails, once; 0: none. */
void failing_malloc_arm(unsigned n);
/* Disarms; true when an allocation was made to fail since it was armed. */
bool failing_malloc_disarm(void);

#endif

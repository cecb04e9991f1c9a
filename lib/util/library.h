/* SPDX-License-Identifier: MIT */
/*
 * Shared libraries that only some commands need: loaded on first use, never linked, because their
 * own dependencies would slow down every start.
 */
#ifndef LIB_UTIL_LIBRARY_H
#define LIB_UTIL_LIBRARY_H

#include <stddef.h>

struct err;

/* A function, and where in a struct of pointers it goes. */
struct library_row {
    const char *name;
    size_t offset;
};

/* For a list FUNCTIONS(FUNCTION) of FUNCTION(name): the members of a struct, and its rows. */
#define LIBRARY_MEMBER(name) typeof(&(name)) name;
#define LIBRARY_ROW(type, name)                                                                    \
    {                                                                                              \
#name, offsetof(type, name)                                                                \
    }

/* Loads soname and fills the struct `functions`. ERR_UNSUPPORTED says what is missing; `what` says
   who needs it: "archives need". The caller closes *ret_handle with dlclose(3), or never. */
int library_load(void **ret_handle, const char *soname, const char *what,
                 const struct library_row *rows, size_t count, void *functions, struct err *err);

#endif

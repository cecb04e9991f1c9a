/* SPDX-License-Identifier: MIT */
/*
 * What every file may use: scope-bound cleanup, handing over, assertions, array length.
 */
#ifndef LIB_UTIL_UTIL_H
#define LIB_UTIL_UTIL_H

#include <stddef.h>

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Hands a pointer over: yields it and leaves NULL behind, so that its auto_* cleanup does nothing.
 */
#define STEAL(p)                                                                                   \
    ({                                                                                             \
        typeof(p) stolen_ = (p);                                                                   \
        (p) = NULL;                                                                                \
        stolen_;                                                                                   \
    })

/* Defines the function behind `auto_NAME`: calls FREE on a variable that leaves its scope. */
#define DEFINE_AUTO(name, type, free_fn)                                                           \
    static inline void auto_##name##_(type **p)                                                    \
    {                                                                                              \
        if (*p != NULL)                                                                            \
            free_fn(*p);                                                                           \
    }

#define auto_free  __attribute__((cleanup(util_auto_free)))
#define auto_close __attribute__((cleanup(util_auto_close)))

void util_auto_free(void *pp); /* for auto_free: free(3) of the pointer that pp points to */
void util_auto_close(int *fd); /* for auto_close: close(2) unless negative */

/* Always on; for our own mistakes only, never for input. Prints the place and aborts. */
#define ASSERT(cond) ((cond) ? (void)0 : util_assert_failed(#cond, __FILE__, __LINE__))
void util_assert_failed(const char *cond, const char *file, int line) __attribute__((noreturn));

/* Takes a typed object out of a `void *arg` and checks its magic number. */
#define CAST_ARG(var, arg, type_magic)                                                             \
    do {                                                                                           \
        (var) = (arg);                                                                             \
        ASSERT((var) != NULL);                                                                     \
        ASSERT((var)->magic == (type_magic));                                                      \
    } while (0)

#endif

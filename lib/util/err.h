/* SPDX-License-Identifier: MIT */
/*
 * Errors: filled where something fails, given context on the way up, printed at the edge.
 *
 * A struct err lives on the caller's stack; nothing is allocated and nothing needs freeing.
 * Functions that can fail return 0 or -1 and take a struct err * as their last parameter,
 * which may be NULL when the caller does not want to know.
 * Messages are lower case without a full stop, quote user text, and never hold a secret.
 */
#ifndef LIB_UTIL_ERR_H
#define LIB_UTIL_ERR_H

enum err_code {
#define ERR_ROW(name, text) ERR_##name,
#include "lib/util/err.tbl.h"
#undef ERR_ROW
};

struct err {
    enum err_code code;
    int sys;       /* errno where a system call failed, else 0 */
    char msg[400]; /* always terminated; cut when too long */
};

/*
 * Failing is one line: each fills err (if not NULL) and yields -1, visibly so for compilers and
 * analysers, which then know that what follows a call that failed is not reached.
 */
/* err_set(struct err *err, enum err_code code, const char *fmt, ...) */
#define err_set(err, ...)                                                                          \
    ({                                                                                             \
        err_fill(err, __VA_ARGS__);                                                                \
        -1;                                                                                        \
    })
/* err_sys(struct err *err, const char *fmt, ...): ERR_SYSTEM; keeps errno and appends its text. */
#define err_sys(err, ...)                                                                          \
    ({                                                                                             \
        err_fill_sys(err, __VA_ARGS__);                                                            \
        -1;                                                                                        \
    })
/* err_wrap(struct err *err, const char *fmt, ...): puts "context: " in front, keeps the code. */
#define err_wrap(err, ...)                                                                         \
    ({                                                                                             \
        err_prepend(err, __VA_ARGS__);                                                             \
        -1;                                                                                        \
    })

/* What the macros call. */
void err_fill(struct err *err, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void err_fill_sys(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void err_prepend(struct err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* The table's text of a code. */
const char *err_text(enum err_code code);

#endif

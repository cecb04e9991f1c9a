/* SPDX-License-Identifier: MIT */
/* Tests as tables, for bytes that no proper client would send: bytes out, statuses back. */
#ifndef TESTS_INTEGRATION_LIB_RAW_H
#define TESTS_INTEGRATION_LIB_RAW_H

#include <stddef.h>

#include "lib/util/util.h"
#include "tests/integration/lib/script.h"

/* What must become of the connection after the last answer. */
enum raw_after {
    RAW_ANY,    /* not looked at */
    RAW_OPEN,   /* another request is answered */
    RAW_CLOSED, /* the server closes it */
};

struct raw {
    const char *name;
    const char *bytes;    /* ${name} stands for variables */
    const char *statuses; /* of the answers, in order: "200 404"; HEAD's with an 'h': "200h" */
    enum raw_after after;
    const char *code; /* OCI error code of the last answer; NULL: not looked at */
    size_t size;      /* of bytes when they hold a NUL (then without variables), else 0 */
};

/* Each row on a connection of its own. */
void raw_run(struct script *t, const struct raw *rows, size_t n);
#define RUN_RAW(t, rows) raw_run((t), (rows), ARRAY_LEN(rows))

#endif

/* SPDX-License-Identifier: MIT */
#include "lib/util/util.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

void util_auto_free(void *pp)
{
    free(*(void **)pp);
}

void util_auto_close(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
}

void util_assert_failed(const char *cond, const char *file, int line)
{
    (void)fprintf(stderr, "%s:%d: assertion failed: %s\n", file, line, cond);
    abort();
}

/* SPDX-License-Identifier: MIT */
#include "tests/integration/lib/bail.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void bail(const char *fmt, ...)
{
    va_list ap;

    printf("Bail out! ");
    va_start(ap, fmt);
    (void)vprintf(fmt, ap);
    va_end(ap);
    printf("\n");
    exit(99);
}

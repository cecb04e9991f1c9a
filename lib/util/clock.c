/* SPDX-License-Identifier: MIT */
#include "lib/util/clock.h"

#include <time.h>

int64_t clock_now_ms(const struct clock *clock)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_REALTIME, &ts);
    return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000 + (clock != NULL ? clock->shift_ms : 0);
}

int64_t clock_now(const struct clock *clock)
{
    return clock_now_ms(clock) / 1000;
}

const char *clock_format(char dst[CLOCK_TEXT_MAX], int64_t seconds)
{
    time_t t = (time_t)seconds;
    struct tm tm;

    (void)gmtime_r(&t, &tm);
    (void)strftime(dst, CLOCK_TEXT_MAX, "%Y-%m-%dT%H:%M:%SZ", &tm);
    return dst;
}

/* SPDX-License-Identifier: MIT */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/control/metrics.h"
#include "lib/util/buf.h"
#include "lib/util/clock.h"
#include "tests/tap/tap.h"

static double value_of(const char *text, const char *name)
{
    const char *p = text;

    while ((p = strstr(p, name)) != NULL) {
        if (p > text && p[-1] == '\n' && p[strlen(name)] == ' ')
            return strtod(p + strlen(name), NULL);
        p++;
    }
    return -1;
}

int main(void)
{
    struct buf b = BUF_INIT(10000);
    double fds, now = (double)clock_now_ms(NULL) / 1000;
    const char *text;
    int fd;

    plan_lazy();
    metrics_write_process(&b);
    text = buf_text(&b);
    ok(strstr(text, "# TYPE process_cpu_seconds_total counter\n") != NULL, "types are told");
    ok(value_of(text, "process_cpu_seconds_total") >= 0, "CPU time");
    ok(value_of(text, "process_resident_memory_bytes") > 100000, "resident memory");
    ok(value_of(text, "process_virtual_memory_bytes") >
           value_of(text, "process_resident_memory_bytes"),
       "virtual memory is more");
    ok(value_of(text, "process_start_time_seconds") < now + 2 &&
           value_of(text, "process_start_time_seconds") > now - 600,
       "start");
    ok(value_of(text, "process_max_fds") >= 3, "limit of descriptors");
    fds = value_of(text, "process_open_fds");
    fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    buf_reset(&b);
    metrics_write_process(&b);
    is_int((long long)value_of(buf_text(&b), "process_open_fds"), (long long)fds + 1,
           "one more descriptor");
    (void)close(fd);
    buf_done(&b);
    done_testing();
}

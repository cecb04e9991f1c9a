/* SPDX-License-Identifier: MIT */
/* What the kernel knows of this process, by the names that Prometheus' clients use. */
#include "lib/control/metrics.h"

#include <dirent.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "lib/util/buf.h"

enum { STAT_MAX = 1024, MEMORY_FIELD = 23, RSS_FIELD = 24, START_FIELD = 22 };

/* Fields of /proc/self/stat (proc(5)); 0 where it cannot be read. */
struct process_stat {
    uint64_t start_ticks; /* after boot */
    uint64_t memory;      /* bytes */
    uint64_t pages;       /* in RAM */
};

static void put(struct buf *out, const char *name, const char *kind, const char *help, double value)
{
    (void)buf_appendf(out, "# HELP %s %s\n# TYPE %s %s\n%s %.15g\n", name, help, name, kind, name,
                      value);
}

static uint64_t number_of(const char *digits)
{
    uint64_t n = 0;

    for (; *digits >= '0' && *digits <= '9'; digits++)
        n = n * 10 + (uint64_t)(*digits - '0');
    return n;
}

/* The name in parentheses may hold anything, so counting begins behind the last one. */
static bool read_stat(struct process_stat *ret)
{
    char text[STAT_MAX];
    FILE *f = fopen("/proc/self/stat", "re");
    size_t n = f != NULL ? fread(text, 1, sizeof(text) - 1, f) : 0;
    char *p, *field;
    int number = 3;

    if (f != NULL)
        (void)fclose(f);
    text[n] = '\0';
    p = strrchr(text, ')');
    if (p == NULL || p[1] == '\0')
        return false;
    for (p += 2; (field = strsep(&p, " ")) != NULL; number++) {
        if (number == START_FIELD)
            ret->start_ticks = number_of(field);
        else if (number == MEMORY_FIELD)
            ret->memory = number_of(field);
        else if (number == RSS_FIELD)
            ret->pages = number_of(field);
    }
    return number > RSS_FIELD;
}

/* Seconds since 1970: now, less how long the machine runs, plus when after its start we began. */
static double start_time(const struct process_stat *stat)
{
    struct timespec now, up;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)clock_gettime(CLOCK_BOOTTIME, &up);
    return (double)(now.tv_sec - up.tv_sec) + (double)(now.tv_nsec - up.tv_nsec) / 1e9 +
           (double)stat->start_ticks / (double)sysconf(_SC_CLK_TCK);
}

static void put_memory(struct buf *out)
{
    struct process_stat stat = {0};

    if (!read_stat(&stat))
        return;
    put(out, "process_virtual_memory_bytes", "gauge", "Virtual memory.", (double)stat.memory);
    put(out, "process_resident_memory_bytes", "gauge", "Resident memory.",
        (double)stat.pages * (double)sysconf(_SC_PAGESIZE));
    put(out, "process_start_time_seconds", "gauge", "Start, in seconds since 1970.",
        start_time(&stat));
}

static void put_descriptors(struct buf *out)
{
    DIR *dir = opendir("/proc/self/fd");
    struct rlimit limit;
    int count = 0;

    if (dir != NULL) {
        const struct dirent *d;

        /* cppcheck-suppress readdirCalled ; the stream is our own */
        while ((d = readdir(dir)) != NULL)
            count += d->d_name[0] != '.';
        (void)closedir(dir);
        /* But for the one that listed them. */
        put(out, "process_open_fds", "gauge", "Open file descriptors.", count - 1);
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        put(out, "process_max_fds", "gauge", "Limit of file descriptors.", (double)limit.rlim_cur);
}

static double seconds(struct timeval tv)
{
    return (double)tv.tv_sec + (double)tv.tv_usec / 1e6;
}

void metrics_write_process(struct buf *out)
{
    struct rusage usage;

    if (getrusage(RUSAGE_SELF, &usage) == 0)
        put(out, "process_cpu_seconds_total", "counter", "CPU time, user and system.",
            seconds(usage.ru_utime) + seconds(usage.ru_stime));
    put_memory(out);
    put_descriptors(out);
}

/* SPDX-License-Identifier: MIT */
/* Commands about many connections, or many requests on one: idle, hold, latency. */
#include "tests/bench/commands.h"

#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "tests/bench/client.h"

static void raise_descriptors(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

static struct client *open_and_ask(const char *url)
{
    struct client *c = client_open(url);
    struct reply r;

    client_printf(c, "GET /v2/ HTTP/1.1\r\nHost: %s\r\n\r\n", client_host(c));
    client_expect(c, &r, 200, "GET /v2/");
    return c;
}

static struct client **open_all(long count)
{
    struct client **all;

    if (count <= 0)
        errx(2, "expected a number of connections");
    raise_descriptors();
    all = calloc((size_t)count, sizeof(*all));
    if (all == NULL)
        err(1, "connections");
    return all;
}

static void close_all(struct client **all, long count)
{
    for (long i = 0; i < count; i++)
        client_close(all[i]);
    free(all);
}

int cmd_hold(int argc, char **argv)
{
    struct client **all;
    char ignored[64];
    long count;

    if (argc != 4)
        return 2;
    count = (long)parse_number(argv[2]);
    all = open_all(count);
    for (long i = 0; i < count; i++) {
        all[i] = client_open(argv[1]);
        client_printf(all[i], "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", argv[3], client_host(all[i]));
    }
    while (read(STDIN_FILENO, ignored, sizeof(ignored)) > 0)
        ;
    close_all(all, count);
    return 0;
}

static int compare_doubles(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

int cmd_latency(int argc, char **argv)
{
    struct client *c;
    struct reply r;
    double *all;
    long count;
    long percent;

    if (argc < 5)
        return 2;
    count = (long)parse_number(argv[2]);
    percent = (long)parse_number(argv[3]);
    if (count <= 0 || percent > 100)
        return 2;
    all = calloc((size_t)count, sizeof(*all));
    if (all == NULL)
        err(1, "latency");
    c = client_open(argv[1]);
    for (long i = 0; i < count; i++) {
        double begin = now_seconds();

        client_printf(c, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", argv[4 + i % (argc - 4)],
                      client_host(c));
        client_expect(c, &r, 200, "GET");
        all[i] = now_seconds() - begin;
    }
    qsort(all, (size_t)count, sizeof(*all), compare_doubles);
    printf("%.3f\n", all[(count - 1) * percent / 100] * 1e3);
    free(all);
    client_close(c);
    return 0;
}

int cmd_idle(int argc, char **argv)
{
    struct client **all;
    uint64_t before;
    uint64_t after;
    long count;
    long pid;

    if (argc != 4)
        return 2;
    pid = (long)parse_number(argv[2]);
    count = (long)parse_number(argv[3]);
    all = open_all(count);
    client_close(open_and_ask(argv[1])); /* what is paid once is not counted */
    (void)poll(NULL, 0, 200);
    before = process_memory(pid, "VmRSS");
    for (long i = 0; i < count; i++)
        all[i] = open_and_ask(argv[1]);
    (void)poll(NULL, 0, 1000); /* the server settles */
    after = process_memory(pid, "VmRSS");
    printf("%.0f\n", ((double)after - (double)before) / (double)count);
    close_all(all, count);
    return 0;
}

/* SPDX-License-Identifier: MIT */
/* Commands that look at a server: start, watch, cipher, freeport. */
#include "tests/bench/commands.h"

#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/client.h"

enum {
    START_TIMEOUT = 10 * 1000, /* milliseconds to the first line */
    SETTLE = 500,              /* milliseconds before memory is read */
    SAMPLE = 5,                /* milliseconds between two samples */
};

static pid_t spawn_reading(char **command, int *ret_fd)
{
    posix_spawn_file_actions_t actions;
    int ends[2];
    pid_t pid;
    int failed;

    if (pipe2(ends, O_CLOEXEC) == -1)
        err(1, "pipe");
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    failed = posix_spawnp(&pid, command[0], &actions, NULL, command, environ);
    if (failed != 0)
        errx(1, "%s: %s", command[0], strerror(failed));
    posix_spawn_file_actions_destroy(&actions);
    close(ends[1]);
    *ret_fd = ends[0];
    return pid;
}

/* Reads one line; returns false at the end of input or when it takes too long. */
static bool wait_line(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    char bytes[4096];

    while (poll(&p, 1, START_TIMEOUT) == 1) {
        ssize_t n = read(fd, bytes, sizeof(bytes));

        if (n <= 0)
            return false;
        if (memchr(bytes, '\n', (size_t)n) != NULL)
            return true;
    }
    return false;
}

int cmd_start(int argc, char **argv)
{
    bool memory = argc > 1 && strcmp(argv[1], "--memory") == 0;
    char **command = argv + (memory ? 2 : 1);
    double begin;
    double end;
    bool ready;
    pid_t pid;
    int fd;

    if (*command == NULL)
        return 2;
    begin = now_seconds();
    pid = spawn_reading(command, &fd);
    ready = wait_line(fd);
    end = now_seconds();
    if (ready && memory)
        (void)poll(NULL, 0, SETTLE);
    if (ready)
        printf("%.3f", (end - begin) * 1e3);
    if (ready && memory)
        printf(" %" PRIu64 " %" PRIu64, process_memory(pid, "VmRSS"),
               process_memory(pid, "RssAnon"));
    printf("\n");
    (void)kill(pid, SIGTERM);
    (void)waitpid(pid, NULL, 0);
    return ready ? 0 : 1;
}

int cmd_watch(int argc, char **argv)
{
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    uint64_t first;
    uint64_t peak;
    long pid;

    if (argc != 3)
        return 2;
    pid = (long)parse_number(argv[1]);
    first = process_memory(pid, argv[2]);
    peak = first;
    while (poll(&p, 1, SAMPLE) == 0) {
        uint64_t now = process_memory(pid, argv[2]);

        if (now > peak)
            peak = now;
    }
    printf("%" PRIu64 " %" PRIu64 "\n", first, peak);
    return 0;
}

int cmd_memory(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    printf("%" PRIu64 "\n", process_memory((long)parse_number(argv[1]), argv[2]));
    return 0;
}

int cmd_cipher(int argc, char **argv)
{
    struct client *c;
    char text[256];

    if (argc != 2)
        return 2;
    c = client_open(argv[1]);
    client_describe(c, text, sizeof(text));
    puts(text);
    client_close(c);
    return 0;
}

int cmd_freeport(int argc, char **argv)
{
    struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(a);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)argv;
    if (argc != 1)
        return 2;
    if (fd == -1 || bind(fd, (struct sockaddr *)&a, sizeof(a)) == -1 ||
        getsockname(fd, (struct sockaddr *)&a, &size) == -1)
        err(1, "port");
    printf("%d\n", ntohs(a.sin_port));
    close(fd);
    return 0;
}

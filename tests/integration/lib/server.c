/* SPDX-License-Identifier: MIT */
#include "tests/integration/lib/server.h"

#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/util/util.h"
#include "tests/integration/lib/bail.h"
#include "tests/integration/lib/client.h"
#include "tests/tap/tap.h"

enum {
    URLS_MAX = 8,       /* addresses in one ready line */
    ARGUMENTS_MAX = 32, /* of one server */
    SERVERS_MAX = 4,    /* at a time in one test program */
    LOG_SHOWN = 6000,   /* bytes of a server's log shown as diagnostics */
};

struct server {
    pid_t pid;
    int pid_fd;                 /* readable when the process ended */
    int in;                     /* its standard input; closing it stops the server */
    int status;                 /* its wait status, once reaped */
    bool reaped;                /* it ended and was waited for */
    int out;                    /* its standard output */
    char folder[64];            /* its working folder, ours to remove */
    char ready[1024];           /* the ready line, cut apart at the ends of the addresses */
    const char *urls[URLS_MAX]; /* point into ready */
    unsigned url_count;
    const char *control; /* points into ready; NULL: no control API */
};

/* Those that run, to be cleaned up when the test program gives up. */
static struct server *running[SERVERS_MAX];

/* What gcc and clang say of the same thing. */
#if defined(__SANITIZE_ADDRESS__)
#define ADDRESS_SANITIZER true
#elif defined(__has_feature)
#define ADDRESS_SANITIZER __has_feature(address_sanitizer)
#else
#define ADDRESS_SANITIZER false
#endif

#if defined(__SANITIZE_THREAD__)
#define THREAD_SANITIZER true
#elif defined(__has_feature)
#define THREAD_SANITIZER __has_feature(thread_sanitizer)
#else
#define THREAD_SANITIZER false
#endif

bool server_is_sanitized(void)
{
    return ADDRESS_SANITIZER || THREAD_SANITIZER;
}

static void path_in(const struct server *s, const char *name, char ret[PATH_MAX])
{
    snprintf(ret, PATH_MAX, "%s/%s", s->folder, name);
}

static char *read_log(const struct server *s, size_t *ret_size)
{
    char path[PATH_MAX];
    FILE *f;
    char *text = NULL;
    size_t room = 0;
    ssize_t n;

    path_in(s, "stderr.log", path);
    f = fopen(path, "re");
    n = f != NULL ? getdelim(&text, &room, '\0', f) : -1;
    if (f != NULL)
        fclose(f);
    *ret_size = n > 0 ? (size_t)n : 0;
    return text;
}

bool server_log_has(const struct server *s, const char *text)
{
    size_t size;
    auto_free char *log = read_log(s, &size);

    return size > 0 && memmem(log, size, text, strlen(text)) != NULL;
}

static void show_log(const struct server *s)
{
    size_t size;
    auto_free char *text = read_log(s, &size);
    char *rest = text, *line;

    if (size == 0)
        return;
    if (size > LOG_SHOWN)
        rest = text + size - LOG_SHOWN;
    while ((line = strsep(&rest, "\n")) != NULL)
        diag("  server: %s", line);
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void forget(struct server *s)
{
    unsigned i;

    for (i = 0; i < SERVERS_MAX; i++) {
        if (running[i] == s)
            running[i] = NULL;
    }
    if (s->in >= 0)
        close(s->in);
    close(s->out);
    close(s->pid_fd);
    (void)nftw(s->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
    free(s);
}

/* At exit: whatever still runs is killed, shown and removed. */
static void clean_up(void)
{
    unsigned i;

    for (i = 0; i < SERVERS_MAX; i++) {
        if (running[i] == NULL)
            continue;
        if (!running[i]->reaped) {
            (void)kill(running[i]->pid, SIGKILL);
            (void)waitpid(running[i]->pid, NULL, 0);
        }
        show_log(running[i]);
        forget(running[i]);
    }
}

static void remember(struct server *s)
{
    static bool registered;
    unsigned i;

    if (!registered) {
        registered = true;
        if (atexit(clean_up) != 0)
            bail("atexit failed");
    }
    for (i = 0; i < SERVERS_MAX && running[i] != NULL; i++)
        continue;
    if (i == SERVERS_MAX)
        bail("too many servers at a time");
    running[i] = s;
}

static void write_config(const struct server *s, const char *text)
{
    char path[PATH_MAX];
    FILE *f;

    path_in(s, "ocimock.yaml", path);
    f = fopen(path, "we");
    if (f == NULL || fputs(text, f) == EOF || fclose(f) != 0)
        bail("writing %s: %s", path, strerror(errno));
}

static void make_folder(struct server *s)
{
    snprintf(s->folder, sizeof(s->folder), "/tmp/ocimock-test.XXXXXX");
    if (mkdtemp(s->folder) == NULL)
        bail("mkdtemp: %s", strerror(errno));
}

static void find_program(char ret[PATH_MAX])
{
    const char *given = getenv("OCIMOCK");
    char self[PATH_MAX - 32];
    ssize_t n;

    if (given != NULL && realpath(given, ret) != NULL)
        return;
    n = readlink("/proc/self/exe", self, sizeof(self) - 1);
    if (n < 0)
        bail("readlink: %s", strerror(errno));
    self[n] = '\0';
    *strrchr(self, '/') = '\0';
    snprintf(ret, PATH_MAX, "%s/../../ocimock", self);
}

/* The environment without ours; the array is to be freed, the strings are borrowed. */
static char **clean_environment(void)
{
    size_t n = 0, kept = 0, i;
    char **list;

    while (environ[n] != NULL)
        n++;
    list = calloc(n + 1, sizeof(*list));
    if (list == NULL)
        bail("out of memory");
    for (i = 0; i < n; i++) {
        if (strncmp(environ[i], "OCIMOCK", 7) != 0)
            list[kept++] = environ[i];
    }
    return list;
}

static void add_argument(const char **argv, size_t *count, const char *text)
{
    if (*count >= ARGUMENTS_MAX)
        bail("too many arguments");
    argv[(*count)++] = text;
}

static void spawn(struct server *s, const char **argv)
{
    posix_spawn_file_actions_t actions;
    auto_free char **environment = clean_environment();
    char log[PATH_MAX];
    int in[2], out[2], failed;

    if (pipe2(in, O_CLOEXEC) != 0 || pipe2(out, O_CLOEXEC) != 0)
        bail("pipe: %s", strerror(errno));
    path_in(s, "stderr.log", log);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in[0], 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], 1);
    posix_spawn_file_actions_addopen(&actions, 2, log, O_WRONLY | O_CREAT | O_APPEND, 0600);
    posix_spawn_file_actions_addchdir_np(&actions, s->folder);
    failed = posix_spawn(&s->pid, argv[0], &actions, NULL, (char **)argv, environment);
    if (failed != 0)
        bail("starting %s: %s", argv[0], strerror(failed));
    posix_spawn_file_actions_destroy(&actions);
    close(in[0]);
    close(out[1]);
    s->in = in[1];
    s->out = out[0];
    s->pid_fd = (int)syscall(SYS_pidfd_open, s->pid, 0);
    if (s->pid_fd < 0)
        bail("pidfd_open: %s", strerror(errno));
}

/* Reads the first line of standard output. */
static void read_ready_line(struct server *s)
{
    uint64_t deadline = client_now() + CLIENT_WAIT_MS;
    size_t n = 0;

    while (memchr(s->ready, '\n', n) == NULL && n < sizeof(s->ready) - 1) {
        uint64_t now = client_now();
        struct pollfd p = {.fd = s->out, .events = POLLIN};
        ssize_t got = 0;

        if (now < deadline && poll(&p, 1, (int)(deadline - now)) > 0)
            got = read(s->out, s->ready + n, sizeof(s->ready) - 1 - n);
        if (got <= 0)
            bail("the server printed no ready line, only '%s'", s->ready);
        n += (size_t)got;
    }
    *strchr(s->ready, '\n') = '\0';
}

static void parse_ready_line(struct server *s)
{
    static const char start[] = "ocimock: ready registry=";
    char *rest = s->ready + strlen(start), *url;

    if (strncmp(s->ready, start, strlen(start)) != 0)
        bail("not a ready line: '%s'", s->ready);
    s->control = strstr(rest, " control=");
    if (s->control != NULL)
        s->control += strlen(" control=");
    rest[strcspn(rest, " ")] = '\0';
    while ((url = strsep(&rest, ",")) != NULL && s->url_count < URLS_MAX)
        s->urls[s->url_count++] = url;
}

/* Starts the process. */
static struct server *start(const struct server_options *options)
{
    const char *argv[ARGUMENTS_MAX + 1] = {NULL};
    char program[PATH_MAX];
    struct server *s = calloc(1, sizeof(*s));
    size_t count = 0, i;

    if (s == NULL)
        bail("out of memory");
    make_folder(s);
    remember(s);
    find_program(program);
    add_argument(argv, &count, program);
    add_argument(argv, &count, "serve");
    add_argument(argv, &count, "--stop-on-stdin-eof");
    if (!options->no_default_listen) {
        add_argument(argv, &count, "--listen");
        add_argument(argv, &count, "127.0.0.1:0");
    }
    if (options->config != NULL) {
        write_config(s, options->config);
        add_argument(argv, &count, "--config");
        add_argument(argv, &count, "ocimock.yaml");
    }
    for (i = 0; options->args != NULL && options->args[i] != NULL; i++)
        add_argument(argv, &count, options->args[i]);
    if (options->prepare != NULL)
        options->prepare(s->folder, options->arg);
    spawn(s, argv);
    return s;
}

struct server *server_new(const struct server_options *options)
{
    static const struct server_options none = {.config = NULL};
    struct server *s = start(options != NULL ? options : &none);

    read_ready_line(s);
    parse_ready_line(s);
    return s;
}

bool server_is_refused(const struct server_options *options, int exit_status, const char *why)
{
    struct server *s = start(options);
    char byte;
    int status = 0;
    bool good = server_wait(s, &status) && WIFEXITED(status) &&
                WEXITSTATUS(status) == exit_status && server_log_has(s, why) &&
                read(s->out, &byte, 1) == 0;

    if (!good) {
        diag("wait status 0x%x, wanted exit status %d and '%s'", (unsigned)status, exit_status,
             why);
        show_log(s);
        if (!s->reaped) {
            (void)kill(s->pid, SIGKILL);
            (void)waitpid(s->pid, NULL, 0);
        }
    }
    forget(s);
    return good;
}

struct server *server_new_config(const char *config)
{
    struct server_options options = {.config = config};

    return server_new(&options);
}

const char *server_url(const struct server *s, unsigned i)
{
    if (i >= s->url_count)
        bail("the ready line has only %u addresses", s->url_count);
    return s->urls[i];
}

const char *server_control_url(const struct server *s)
{
    if (s->control == NULL)
        bail("the ready line has no control address");
    return s->control;
}

unsigned server_url_count(const struct server *s)
{
    return s->url_count;
}

const char *server_folder(const struct server *s)
{
    return s->folder;
}

void server_close_stdin(struct server *s)
{
    close(s->in);
    s->in = -1;
}

bool server_wait(struct server *s, int *ret_status)
{
    struct pollfd p = {.fd = s->pid_fd, .events = POLLIN};

    if (!s->reaped && poll(&p, 1, 2 * CLIENT_WAIT_MS) > 0)
        s->reaped = waitpid(s->pid, &s->status, 0) == s->pid;
    if (s->reaped && ret_status != NULL)
        *ret_status = s->status;
    return s->reaped;
}

void server_limit_descriptors(struct server *s, unsigned n)
{
    struct rlimit limit;

    if (prlimit(s->pid, RLIMIT_NOFILE, NULL, &limit) != 0)
        bail("prlimit: %s", strerror(errno));
    limit.rlim_cur = n;
    if (prlimit(s->pid, RLIMIT_NOFILE, &limit, NULL) != 0)
        bail("prlimit: %s", strerror(errno));
}

long server_memory(const struct server *s)
{
    char path[64], line[256];
    long kib = -1;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/status", (int)s->pid);
    f = fopen(path, "re");
    while (f != NULL && kib < 0 && fgets(line, sizeof(line), f) != NULL)
        (void)sscanf(line, "RssAnon: %ld", &kib);
    if (f != NULL)
        fclose(f);
    return kib;
}

bool server_wait_log(struct server *s, const char *text)
{
    uint64_t deadline = client_now() + CLIENT_WAIT_MS;
    auto_close int watch = inotify_init1(IN_CLOEXEC | IN_NONBLOCK);
    char path[PATH_MAX], events[1024];
    bool found;

    path_in(s, "stderr.log", path);
    if (watch < 0 || inotify_add_watch(watch, path, IN_MODIFY) < 0)
        bail("inotify: %s", strerror(errno));
    while (!(found = server_log_has(s, text)) && client_now() < deadline) {
        struct pollfd p = {.fd = watch, .events = POLLIN};

        (void)poll(&p, 1, (int)(deadline - client_now()));
        (void)!read(watch, events, sizeof(events));
    }
    return found;
}

/* Something for the server to wake up for; it may have stopped listening already. */
static void wake(const struct server *s)
{
    const char *colon = s->url_count > 0 ? strrchr(s->urls[0], ':') : NULL;
    struct sockaddr_in in = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    auto_close int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || colon == NULL)
        return;
    in.sin_port = htons((uint16_t)strtoul(colon + 1, NULL, 10));
    (void)connect(fd, (struct sockaddr *)&in, sizeof(in));
}

static bool send_signal(const struct server *s, int signal)
{
    bool sent = kill(s->pid, signal) == 0;

    if (sent && THREAD_SANITIZER) {
        /* It may keep a signal that comes just before a thread blocks until that thread wakes. */
        (void)poll(NULL, 0, 100);
        wake(s);
    }
    return sent;
}

void server_signal(struct server *s, int signal)
{
    if (!send_signal(s, signal))
        bail("kill: %s", strerror(errno));
}

void server_free(struct server *s)
{
    int status = 0;
    bool ended, good;

    if (!s->reaped)
        (void)send_signal(s, SIGTERM);
    ended = server_wait(s, &status);
    good = ended && WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (!ok(good, "the server stops with exit status 0 (wait status 0x%x)", (unsigned)status)) {
        if (!ended) {
            (void)kill(s->pid, SIGKILL);
            (void)waitpid(s->pid, NULL, 0);
        }
        show_log(s);
    }
    forget(s);
}

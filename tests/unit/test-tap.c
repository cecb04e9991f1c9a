/* SPDX-License-Identifier: MIT */
/* The test helper, run in children whose output is looked at. */
#include "tests/tap/tap.h"

#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

struct outcome {
    char text[4096]; /* what the child printed */
    int status;      /* its exit status; -1 when a signal ended it */
};

/* Runs a test program in a child and catches its output. */
static void run(struct outcome *ret, void (*program)(void))
{
    int ends[2];
    size_t n = 0;
    ssize_t got;
    int status = -1;
    pid_t pid;

    memset(ret, 0, sizeof(*ret));
    ret->status = -1;
    (void)fflush(stdout);
    if (pipe(ends) != 0)
        return;
    pid = fork();
    if (pid == 0) {
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)close(ends[0]);
        (void)close(ends[1]);
        program();
        _exit(99);
    }
    (void)close(ends[1]);
    while (n < sizeof(ret->text) - 1 &&
           (got = read(ends[0], ret->text + n, sizeof(ret->text) - 1 - n)) > 0)
        n += (size_t)got;
    (void)close(ends[0]);
    if (pid > 0 && waitpid(pid, &status, 0) == pid && WIFEXITED(status))
        ret->status = WEXITSTATUS(status);
}

static void passing(void)
{
    plan_lazy();
    ok(true, "first #1");
    is_str("a", "a", "second");
    is_str(NULL, NULL, "third");
    is_int(3, 3, "line\nbreak");
    is_mem("ab", 2, "abc", 2, "%s", "fifth");
    skip("no %s here", "tool");
    done_testing();
}

static void failing(void)
{
    plan_lazy();
    ok(1 + 1 == 3, "sum");
    is_str("a\r\n", NULL, "text");
    is_int(-1, 2, "number");
    is_mem("ab\001", 3, "ac", 2, "bytes");
    done_testing();
}

static void too_few(void)
{
    plan(2);
    ok(true, "only one");
    done_testing();
}

static void as_planned(void)
{
    plan(1);
    ok(true, "one");
    done_testing();
}

static void empty(void)
{
    plan_lazy();
    done_testing();
}

static void skipping(void)
{
    skip_all("no %s", "network");
}

static const struct {
    const char *name;
    void (*program)(void);
    int status;       /* wanted */
    const char *text; /* wanted; NULL: not compared as a whole */
} programs[] = {
    {"passing checks", passing, 0,
     "ok 1 - first \\#1\nok 2 - second\nok 3 - third\nok 4 - line break\nok 5 - fifth\n"
     "ok 6 # SKIP no tool here\n1..6\n"},
    {"too few checks", too_few, 1, "1..2\nok 1 - only one\n# planned 2 checks but made 1\n"},
    {"as planned", as_planned, 0, "1..1\nok 1 - one\n"},
    {"no checks at all", empty, 1, "1..0\n"},
    {"all skipped", skipping, 0, "1..0 # SKIP no network\n"},
    {"failing checks", failing, 1, NULL},
};

enum { PROGRAMS = sizeof(programs) / sizeof(programs[0]) };

static void check_failing(const char *text)
{
    static const char *const parts[] = {
        "not ok 1 - sum\n# at ",
        "test-tap.c:",
        "#   not true: 1 + 1 == 3\n",
        "#   got: \"a\\r\\n\" (3 bytes)\n#   wanted: NULL\n",
        "#   got: -1\n#   wanted: 2\n",
        "#   got: \"ab\\x01\" (3 bytes)\n",
        "#   first difference at byte 1\n",
        "1..4\n# 4 of 4 checks failed\n",
    };

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        if (!ok(strstr(text, parts[i]) != NULL, "failing checks: part %zu of the output", i))
            diag("%s", text);
    }
}

int main(void)
{
    static struct outcome got[PROGRAMS];

    /* Children inherit this program's counters, so they all run before its first check. */
    for (size_t i = 0; i < PROGRAMS; i++)
        run(&got[i], programs[i].program);
    plan_lazy();
    for (size_t i = 0; i < PROGRAMS; i++) {
        is_int(got[i].status, programs[i].status, "%s: exit status", programs[i].name);
        if (programs[i].text == NULL)
            check_failing(got[i].text);
        else
            is_str(got[i].text, programs[i].text, "%s: output", programs[i].name);
    }
    done_testing();
}

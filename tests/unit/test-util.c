/* SPDX-License-Identifier: MIT */
#include "lib/util/util.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/tap/tap.h"

struct thing {
    unsigned magic;
    int *freed; /* borrowed: counts thing_free() */
};

enum { THING_MAGIC = 0x7468696e };

static void thing_free(struct thing *t)
{
    (*t->freed)++;
    free(t);
}

DEFINE_AUTO(thing, struct thing, thing_free)
#define auto_thing __attribute__((cleanup(auto_thing_)))

static struct thing *thing_new(int *freed, bool hand_over)
{
    auto_thing struct thing *t = calloc(1, sizeof(*t));

    if (t == NULL)
        return NULL;
    t->magic = THING_MAGIC;
    t->freed = freed;
    return hand_over ? STEAL(t) : NULL;
}

static void test_auto(void)
{
    int freed = 0;
    struct thing *t;

    t = thing_new(&freed, false);
    ok(t == NULL && freed == 1, "auto_* frees what leaves its scope");
    t = thing_new(&freed, true);
    ok(t != NULL && freed == 1, "STEAL hands over without freeing");
    thing_free(t);
    {
        auto_thing struct thing *none = NULL;

        (void)none;
    }
    is_int(freed, 2, "auto_* leaves NULL alone");
}

static void test_auto_builtin(void)
{
    int copy;

    {
        auto_free char *text = strdup("x");
        auto_free char *none = NULL;
        auto_close int fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
        auto_close int closed = -1;

        (void)closed;
        ok(text != NULL && none == NULL && fd >= 0, "things to clean up exist");
        copy = fd;
    }
    is_int(fcntl(copy, F_GETFD), -1, "auto_close closes");
}

static void test_cast(void)
{
    struct thing thing = {.magic = THING_MAGIC};
    void *arg = &thing;
    struct thing *t;

    CAST_ARG(t, arg, THING_MAGIC);
    ok(t == &thing, "CAST_ARG yields the object");
    is_int(ARRAY_LEN(((int[]){1, 2, 3})), 3, "ARRAY_LEN");
}

/* Runs fn in a child whose stderr is dropped; the signal that ended it, or 0. */
static int signal_of(void (*fn)(void))
{
    int status = 0;
    pid_t pid = fork();

    if (pid == 0) {
        int fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

        (void)dup2(fd, STDERR_FILENO);
        fn();
        _exit(0);
    }
    if (pid < 0 || waitpid(pid, &status, 0) != pid)
        return -1;
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
}

static void assert_true(void)
{
    ASSERT(1 + 1 == 2);
}

static void assert_false(void)
{
    ASSERT(1 + 1 == 3);
}

static void cast_wrong(void)
{
    struct thing thing = {.magic = 1};
    struct thing *t;

    CAST_ARG(t, &thing, THING_MAGIC);
    (void)t;
}

static void test_assert(void)
{
    is_int(signal_of(assert_true), 0, "ASSERT lets pass what is true");
    is_int(signal_of(assert_false), SIGABRT, "ASSERT aborts");
    is_int(signal_of(cast_wrong), SIGABRT, "CAST_ARG refuses another type");
}

int main(void)
{
    plan_lazy();
    test_auto();
    test_auto_builtin();
    test_cast();
    test_assert();
    done_testing();
}

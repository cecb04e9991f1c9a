/* SPDX-License-Identifier: MIT */
#include "lib/http/loop.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include "lib/util/err.h"
#include "tests/tap/tap.h"

static struct loop *loop;
static char order[64];
static pthread_t main_thread;

static void append(char c)
{
    size_t n = strlen(order);

    if (n + 1 < sizeof(order))
        order[n] = c;
}

static void note_a(void *arg)
{
    (void)arg;
    append('a');
}

static void note_b(void *arg)
{
    (void)arg;
    append('b');
    loop_defer(loop, note_a, NULL);
}

static void stop(void *arg)
{
    (void)arg;
    loop_stop(loop);
}

static void test_defer(void)
{
    struct err err;

    memset(order, 0, sizeof(order));
    loop_defer(loop, note_b, NULL);
    loop_defer(loop, note_a, NULL);
    is_str(order, "", "deferred calls wait");
    loop_defer(loop, stop, NULL);
    is_int(loop_run(loop, &err), 0, "the loop runs");
    is_str(order, "baa", "deferred calls run in order, also those deferred meanwhile");
}

struct count_job {
    atomic_int ran;
    int done;
    int wanted;
    atomic_bool elsewhere;
};

static void job_run(void *arg)
{
    struct count_job *j = arg;

    atomic_fetch_add(&j->ran, 1);
    if (!pthread_equal(pthread_self(), main_thread))
        j->elsewhere = true;
}

static void job_done(void *arg)
{
    struct count_job *j = arg;

    if (++j->done == j->wanted)
        loop_stop(loop);
}

static void test_jobs(void)
{
    struct count_job one = {.wanted = 1}, many = {.wanted = 500};

    loop_job(loop, job_run, job_done, &one);
    (void)loop_run(loop, NULL);
    is_int(one.done, 1, "a job's done is called");
    ok(one.elsewhere, "a job runs on another thread");
    for (int i = 0; i < many.wanted; i++)
        loop_job(loop, job_run, job_done, &many);
    (void)loop_run(loop, NULL);
    is_int(many.ran, many.wanted, "every job ran");
    is_int(many.done, many.wanted, "every job was reported");
}

static void test_timer(void)
{
    struct loop_timer *never, *soon;
    uint64_t before = loop_now(loop);

    is_int(loop_timer_new(&never, loop, note_a, NULL, NULL), 0, "make a timer");
    is_int(loop_timer_new(&soon, loop, stop, NULL, NULL), 0, "make another");
    memset(order, 0, sizeof(order));
    loop_timer_start(never, 1);
    loop_timer_stop(never);
    loop_timer_stop(never);
    loop_timer_start(soon, 30);
    (void)loop_run(loop, NULL);
    is_str(order, "", "a stopped timer does not fire");
    ok(loop_now(loop) >= before + 20, "a timer waits");
    loop_timer_free(never);
    loop_timer_free(soon);
    loop_timer_free(NULL);
}

static void test_watches(void)
{
    int fds[2];
    struct err err;

    is_int(pipe(fds), 0, "pipe");
    is_int(loop_on_readable(loop, fds[0], stop, NULL, &err), 0, "watch a descriptor");
    is_int(write(fds[1], "x", 1), 1, "write");
    (void)loop_run(loop, NULL);
    ok(true, "a readable descriptor is reported");
    /* Still readable, so only a closed one lets the next test run. */
    (void)read(fds[0], order, 1);
    is_int(loop_on_signal(loop, SIGUSR1, stop, NULL, &err), 0, "watch a signal");
    (void)raise(SIGUSR1);
    (void)loop_run(loop, NULL);
    ok(true, "a signal is reported");
    (void)close(fds[1]);
    (void)close(fds[0]);
}

static void test_free_drains(void)
{
    struct count_job j = {.wanted = 1000};
    struct loop *own;

    is_int(loop_new(&own, 2, NULL), 0, "another loop");
    for (int i = 0; i < 50; i++)
        loop_job(own, job_run, job_done, &j);
    loop_free(own);
    is_int(j.ran, 50, "freeing a loop lets queued jobs run");
    is_int(j.done, 50, "and reports them");
    loop_free(NULL);
}

/* --- Fences --- */

static atomic_bool may_end;

static void job_until_told(void *arg)
{
    (void)arg;
    while (!may_end)
        (void)sched_yield();
}

static void note_b_stop(void *arg)
{
    (void)arg;
    append('b');
    loop_stop(loop);
}

static void note_c(void *arg)
{
    (void)arg;
    append('c');
}

static void tell(void *arg)
{
    (void)arg;
    may_end = true;
}

static void test_after_jobs(void)
{
    struct err err;

    memset(order, 0, sizeof(order));
    loop_after_jobs(loop, note_c, NULL);
    is_str(order, "", "without jobs, what comes after them comes later nevertheless");
    loop_defer(loop, stop, NULL);
    is_int(loop_run(loop, &err), 0, "  the loop runs");
    is_str(order, "c", "  and it came");
    memset(order, 0, sizeof(order));
    may_end = false;
    loop_job(loop, job_until_told, note_a, NULL);
    loop_after_jobs(loop, note_b_stop, NULL);
    loop_job(loop, job_until_told, note_c, NULL); /* behind the fence: not waited for */
    loop_defer(loop, tell, NULL);
    is_int(loop_run(loop, &err), 0, "with jobs, the loop runs");
    ok(strchr(order, 'a') != NULL && strchr(order, 'a') < strchr(order, 'b'),
       "  what comes after them comes when the job before it is done");
    loop_drain(loop);
}

int main(void)
{
    plan_lazy();
    main_thread = pthread_self();
    is_int(loop_new(&loop, 2, NULL), 0, "make a loop");
    test_defer();
    test_jobs();
    test_after_jobs();
    test_timer();
    test_watches();
    loop_free(loop);
    test_free_drains();
    done_testing();
}

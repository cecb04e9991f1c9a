/* SPDX-License-Identifier: MIT */
/*
 * The event loop that owns all state, and the small pool of threads that runs pure jobs.
 *
 * Everything but a job's run function is called on the loop's thread. No function here blocks,
 * except loop_run() and loop_free().
 */
#ifndef LIB_HTTP_LOOP_H
#define LIB_HTTP_LOOP_H

#include <stdbool.h>
#include <stdint.h>

struct err;
struct event_base;
struct loop;
struct loop_timer;

typedef void (*loop_fn)(void *arg);

/* threads: size of the job pool, at least 1; they start with the first job. */
int loop_new(struct loop **ret, unsigned threads, struct err *err);
/* Lets all jobs that were queued run to their end and calls their done functions. NULL-safe. */
void loop_free(struct loop *loop);
/* The first half of loop_free(), for what must be freed after the jobs and before the loop. */
void loop_drain(struct loop *loop);
struct event_base *loop_base(struct loop *loop);

/* Runs until loop_stop(). */
int loop_run(struct loop *loop, struct err *err);
void loop_stop(struct loop *loop);

/* Monotonic milliseconds, read once per turn of the loop: cheap and good for timeouts. */
uint64_t loop_now(struct loop *loop);

/* Calls fn on the loop after the current callbacks returned: the safe moment to free. */
void loop_defer(struct loop *loop, loop_fn fn, void *arg);

/*
 * Runs run(arg) on a thread of the pool, then done(arg) on the loop. run may touch only what arg
 * owns and nobody else writes meanwhile. Every job's done is called exactly once.
 */
void loop_job(struct loop *loop, loop_fn run, loop_fn done, void *arg);

/* Calls fn on the loop, never from within this call, when the jobs of now and what was deferred
   before are done: the safe moment to free what they use. */
void loop_after_jobs(struct loop *loop, loop_fn fn, void *arg);

/* A one-shot timer; start sets it anew, stop is idempotent, free stops. */
int loop_timer_new(struct loop_timer **ret, struct loop *loop, loop_fn fn, void *arg,
                   struct err *err);
void loop_timer_start(struct loop_timer *t, uint32_t ms);
void loop_timer_stop(struct loop_timer *t);
void loop_timer_free(struct loop_timer *t); /* NULL-safe */

/* Calls fn on the loop when the signal arrives, for as long as the loop lives. */
int loop_on_signal(struct loop *loop, int signal, loop_fn fn, void *arg, struct err *err);
/* Calls fn when fd becomes readable or reaches its end, for as long as the loop lives. */
int loop_on_readable(struct loop *loop, int fd, loop_fn fn, void *arg, struct err *err);
/* Ends the calls for that descriptor; may be called from one. */
void loop_ignore(struct loop *loop, int fd);

#endif

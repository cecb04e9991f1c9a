/* SPDX-License-Identifier: MIT */
#include "lib/http/loop.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <sys/queue.h>
#include <time.h>
#include <unistd.h>

#include <event2/event.h>

#include "lib/util/err.h"
#include "lib/util/util.h"

struct job {
    loop_fn run; /* NULL: a fence, which is never queued */
    loop_fn done;
    void *arg; /* borrowed */
    STAILQ_ENTRY(job) link;
    TAILQ_ENTRY(job) order;
};

STAILQ_HEAD(job_list, job);

struct deferred {
    loop_fn fn;
    void *arg; /* borrowed */
    STAILQ_ENTRY(deferred) link;
};

/* An event that lives as long as the loop: a signal or a descriptor somebody watches. */
struct watch {
    struct event *event; /* owned */
    loop_fn fn;
    void *arg; /* borrowed */
    SLIST_ENTRY(watch) link;
};

struct loop {
    struct event_base *base;          /* owned */
    struct event *deferred_event;     /* owned; activated while `deferred` is not empty */
    STAILQ_HEAD(, deferred) deferred; /* owned entries */
    SLIST_HEAD(, watch) watches;      /* owned entries */

    struct event *finished_event; /* owned; readable when a job is done */
    int finished_fd;              /* eventfd, owned */
    unsigned thread_limit;
    unsigned thread_count;
    pthread_t *threads; /* owned array of thread_limit */
    unsigned idle;      /* threads that wait for a job; guarded by lock */
    bool stopping;      /* guarded by lock */
    pthread_mutex_t lock;
    pthread_cond_t wake;
    struct job_list queued;   /* guarded by lock */
    struct job_list finished; /* guarded by lock */
    TAILQ_HEAD(, job) order;  /* jobs that are not done yet, and fences; as they came */
};

struct loop_timer {
    struct event *event; /* owned */
    loop_fn fn;
    void *arg; /* borrowed */
};

/* A few dozen bytes that nothing can go on without. */
static void *must_alloc(size_t n)
{
    void *p = calloc(1, n);

    ASSERT(p != NULL);
    return p;
}

static void *worker(void *arg)
{
    struct loop *loop = arg;
    struct job *job;

    (void)pthread_mutex_lock(&loop->lock);
    for (;;) {
        while ((job = STAILQ_FIRST(&loop->queued)) == NULL && !loop->stopping) {
            loop->idle++;
            (void)pthread_cond_wait(&loop->wake, &loop->lock);
            loop->idle--;
        }
        if (job == NULL)
            break;
        STAILQ_REMOVE_HEAD(&loop->queued, link);
        (void)pthread_mutex_unlock(&loop->lock);
        job->run(job->arg);
        (void)pthread_mutex_lock(&loop->lock);
        STAILQ_INSERT_TAIL(&loop->finished, job, link);
        (void)eventfd_write(loop->finished_fd, 1);
    }
    (void)pthread_mutex_unlock(&loop->lock);
    return NULL;
}

/* Fences that no job is in front of any more. */
static void run_fences(struct loop *loop)
{
    struct job *fence;

    while ((fence = TAILQ_FIRST(&loop->order)) != NULL && fence->run == NULL) {
        TAILQ_REMOVE(&loop->order, fence, order);
        loop_defer(loop, fence->done, fence->arg);
        free(fence);
    }
}

static void run_finished(struct loop *loop)
{
    struct job_list list = STAILQ_HEAD_INITIALIZER(list);
    struct job *job;

    (void)pthread_mutex_lock(&loop->lock);
    STAILQ_CONCAT(&list, &loop->finished);
    (void)pthread_mutex_unlock(&loop->lock);
    while ((job = STAILQ_FIRST(&list)) != NULL) {
        STAILQ_REMOVE_HEAD(&list, link);
        job->done(job->arg);
        TAILQ_REMOVE(&loop->order, job, order);
        free(job);
        run_fences(loop);
    }
}

static void on_finished(evutil_socket_t fd, short what, void *arg)
{
    eventfd_t count;

    (void)what;
    (void)eventfd_read(fd, &count);
    run_finished(arg);
}

static void run_deferred(struct loop *loop)
{
    struct deferred *d;

    while ((d = STAILQ_FIRST(&loop->deferred)) != NULL) {
        STAILQ_REMOVE_HEAD(&loop->deferred, link);
        d->fn(d->arg);
        free(d);
    }
}

static void on_deferred(evutil_socket_t fd, short what, void *arg)
{
    (void)fd;
    (void)what;
    run_deferred(arg);
}

static struct event_base *base_new(void)
{
    struct event_config *config = event_config_new();
    struct event_base *base = NULL;

    if (config == NULL)
        return NULL;
    /* Only this thread touches the base; jobs report through the eventfd. */
    if (event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK) == 0)
        base = event_base_new_with_config(config);
    event_config_free(config);
    return base;
}

static int make_events(struct loop *loop, struct err *err)
{
    loop->base = base_new();
    if (loop->base == NULL)
        return err_set(err, ERR_SYSTEM, "cannot make an event loop");
    loop->finished_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (loop->finished_fd < 0)
        return err_sys(err, "eventfd");
    loop->deferred_event = event_new(loop->base, -1, 0, on_deferred, loop);
    loop->finished_event =
        event_new(loop->base, loop->finished_fd, EV_READ | EV_PERSIST, on_finished, loop);
    if (loop->deferred_event == NULL || loop->finished_event == NULL ||
        event_add(loop->finished_event, NULL) != 0)
        return err_set(err, ERR_NOMEM, "events");
    return 0;
}

int loop_new(struct loop **ret, unsigned threads, struct err *err)
{
    struct loop *loop = calloc(1, sizeof(*loop));

    if (loop == NULL)
        return err_set(err, ERR_NOMEM, "event loop");
    loop->finished_fd = -1;
    STAILQ_INIT(&loop->deferred);
    STAILQ_INIT(&loop->queued);
    STAILQ_INIT(&loop->finished);
    TAILQ_INIT(&loop->order);
    SLIST_INIT(&loop->watches);
    (void)pthread_mutex_init(&loop->lock, NULL);
    (void)pthread_cond_init(&loop->wake, NULL);
    loop->thread_limit = threads > 0 ? threads : 1;
    loop->threads = calloc(loop->thread_limit, sizeof(*loop->threads));
    if (loop->threads == NULL) {
        loop_free(loop);
        return err_set(err, ERR_NOMEM, "job threads");
    }
    if (make_events(loop, err) != 0) {
        loop_free(loop);
        return -1;
    }
    *ret = loop;
    return 0;
}

static void stop_threads(struct loop *loop)
{
    (void)pthread_mutex_lock(&loop->lock);
    loop->stopping = true;
    (void)pthread_cond_broadcast(&loop->wake);
    (void)pthread_mutex_unlock(&loop->lock);
    for (unsigned i = 0; i < loop->thread_count; i++)
        (void)pthread_join(loop->threads[i], NULL);
    loop->thread_count = 0;
    loop->stopping = false;
}

/* A done function may queue another job or defer a call, so this goes on until nothing is left. */
void loop_drain(struct loop *loop)
{
    do {
        stop_threads(loop);
        run_finished(loop);
        run_deferred(loop);
    } while (loop->thread_count > 0 || !STAILQ_EMPTY(&loop->queued) ||
             !STAILQ_EMPTY(&loop->finished) || !STAILQ_EMPTY(&loop->deferred));
}

void loop_free(struct loop *loop)
{
    struct watch *w;

    if (loop == NULL)
        return;
    loop_drain(loop);
    while ((w = SLIST_FIRST(&loop->watches)) != NULL) {
        SLIST_REMOVE_HEAD(&loop->watches, link);
        event_free(w->event);
        free(w);
    }
    if (loop->deferred_event != NULL)
        event_free(loop->deferred_event);
    if (loop->finished_event != NULL)
        event_free(loop->finished_event);
    if (loop->finished_fd >= 0)
        (void)close(loop->finished_fd);
    if (loop->base != NULL)
        event_base_free(loop->base);
    (void)pthread_mutex_destroy(&loop->lock);
    (void)pthread_cond_destroy(&loop->wake);
    free(loop->threads);
    free(loop);
}

struct event_base *loop_base(struct loop *loop)
{
    return loop->base;
}

int loop_run(struct loop *loop, struct err *err)
{
    if (event_base_loop(loop->base, EVLOOP_NO_EXIT_ON_EMPTY) < 0)
        return err_set(err, ERR_SYSTEM, "the event loop failed");
    return 0;
}

void loop_stop(struct loop *loop)
{
    (void)event_base_loopbreak(loop->base);
}

uint64_t loop_now(struct loop *loop)
{
    struct timespec ts;

    (void)loop;
    (void)clock_gettime(CLOCK_MONOTONIC_COARSE, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

void loop_defer(struct loop *loop, loop_fn fn, void *arg)
{
    struct deferred *d = must_alloc(sizeof(*d));

    d->fn = fn;
    d->arg = arg;
    if (STAILQ_EMPTY(&loop->deferred))
        event_active(loop->deferred_event, 0, 0);
    STAILQ_INSERT_TAIL(&loop->deferred, d, link);
}

/* Signals belong to the loop's thread. */
static void start_thread(struct loop *loop)
{
    sigset_t all, old;

    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &old);
    if (pthread_create(&loop->threads[loop->thread_count], NULL, worker, loop) == 0)
        loop->thread_count++;
    (void)pthread_sigmask(SIG_SETMASK, &old, NULL);
}

void loop_job(struct loop *loop, loop_fn run, loop_fn done, void *arg)
{
    struct job *job = must_alloc(sizeof(*job));
    bool none_idle;

    job->run = run;
    job->done = done;
    job->arg = arg;
    TAILQ_INSERT_TAIL(&loop->order, job, order);
    (void)pthread_mutex_lock(&loop->lock);
    STAILQ_INSERT_TAIL(&loop->queued, job, link);
    none_idle = loop->idle == 0;
    (void)pthread_cond_signal(&loop->wake);
    (void)pthread_mutex_unlock(&loop->lock);
    if (none_idle && loop->thread_count < loop->thread_limit)
        start_thread(loop);
    ASSERT(loop->thread_count > 0); /* without a single thread nothing would ever finish */
}

void loop_after_jobs(struct loop *loop, loop_fn fn, void *arg)
{
    struct job *fence = must_alloc(sizeof(*fence));

    fence->done = fn;
    fence->arg = arg;
    TAILQ_INSERT_TAIL(&loop->order, fence, order);
    run_fences(loop);
}

static void on_timer(evutil_socket_t fd, short what, void *arg)
{
    struct loop_timer *t = arg;

    (void)fd;
    (void)what;
    t->fn(t->arg);
}

int loop_timer_new(struct loop_timer **ret, struct loop *loop, loop_fn fn, void *arg,
                   struct err *err)
{
    struct loop_timer *t = calloc(1, sizeof(*t));

    if (t != NULL)
        t->event = evtimer_new(loop->base, on_timer, t);
    if (t == NULL || t->event == NULL) {
        free(t);
        return err_set(err, ERR_NOMEM, "timer");
    }
    t->fn = fn;
    t->arg = arg;
    *ret = t;
    return 0;
}

void loop_timer_start(struct loop_timer *t, uint32_t ms)
{
    struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = (suseconds_t)(ms % 1000) * 1000};

    (void)evtimer_add(t->event, &tv);
}

void loop_timer_stop(struct loop_timer *t)
{
    (void)evtimer_del(t->event);
}

void loop_timer_free(struct loop_timer *t)
{
    if (t == NULL)
        return;
    event_free(t->event);
    free(t);
}

static void on_watch(evutil_socket_t fd, short what, void *arg)
{
    struct watch *w = arg;

    (void)fd;
    (void)what;
    w->fn(w->arg);
}

static int watch_add(struct loop *loop, int fd, short what, loop_fn fn, void *arg, struct err *err)
{
    struct watch *w = calloc(1, sizeof(*w));

    if (w == NULL)
        return err_set(err, ERR_NOMEM, "event");
    w->fn = fn;
    w->arg = arg;
    w->event = event_new(loop->base, fd, what | EV_PERSIST, on_watch, w);
    if (w->event == NULL || event_add(w->event, NULL) != 0) {
        if (w->event != NULL)
            event_free(w->event);
        free(w);
        return err_set(err, ERR_SYSTEM, "cannot watch descriptor or signal %d", fd);
    }
    SLIST_INSERT_HEAD(&loop->watches, w, link);
    return 0;
}

int loop_on_signal(struct loop *loop, int signal, loop_fn fn, void *arg, struct err *err)
{
    return watch_add(loop, signal, EV_SIGNAL, fn, arg, err);
}

int loop_on_readable(struct loop *loop, int fd, loop_fn fn, void *arg, struct err *err)
{
    return watch_add(loop, fd, EV_READ, fn, arg, err);
}

void loop_ignore(struct loop *loop, int fd)
{
    struct watch *w;

    SLIST_FOREACH(w, &loop->watches, link)
    {
        if (event_get_fd(w->event) == fd && (event_get_events(w->event) & EV_READ) != 0)
            (void)event_del(w->event);
    }
}

/* SPDX-License-Identifier: MIT */
#include "cli/fixture_job.h"

#include <stdbool.h>
#include <stdlib.h>

#include <jansson.h>

#include "cli/digests.h"
#include "cli/fixture_parts.h"
#include "fixtures/fixture.h"
#include "lib/http/loop.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/pending.h"
#include "registry/registry.h"

enum { FIXTURE_JOB_MAGIC = 0x66786a62 };

struct fixture_job {
    unsigned magic;
    struct fixture_job_options options; /* owns the fixture */
    struct loop *loop;                  /* borrowed */
    struct pending *pending;            /* owned; NULL: cancelled */
    struct digests_waiter waiter;       /* while waiting */
    bool building;                      /* a job is under way */

    /* The job's while one runs: */
    struct wishes wishes;
    struct fixture_parts *parts; /* owned; what came out */
    struct err err;              /* or why nothing did */
};

static void destroy(struct fixture_job *j)
{
    pending_remove(j->pending);
    fixture_free(j->options.fixture);
    fixture_parts_free(j->parts);
    wishes_done(&j->wishes);
    j->magic = 0;
    free(j);
}

/* --- Its end ------------------------------------------------------------------------------------
 */

static void finish(struct fixture_job *j, const struct fixture_result *result)
{
    j->options.done(j->options.arg, result, &j->err);
    destroy(j);
}

static void store(struct fixture_job *j)
{
    int rc = fixture_parts_store(j->parts, j->options.world, j->options.image.repo, &j->err);

    pending_remove(STEAL(j->pending));
    finish(j, rc == 0 ? fixture_parts_result(j->parts) : NULL);
}

static void on_cancel(void *arg)
{
    struct fixture_job *j;
    struct err err;

    CAST_ARG(j, arg, FIXTURE_JOB_MAGIC);
    pending_remove(STEAL(j->pending));
    (void)err_set(&err, ERR_CANCELLED,
                  "the registry went, or was reset, before the image was made");
    j->options.done(j->options.arg, NULL, &err);
    if (j->building)
        return; /* it is freed with its job */
    digests_waiter_remove(j->options.digests, &j->waiter);
    destroy(j);
}

static uint64_t wait_of(const void *arg)
{
    const struct fixture_job *j = arg;

    return j->building ? 0 : digests_wait(j->options.digests, &j->wishes);
}

/* --- Building and waiting -----------------------------------------------------------------------
 */

static void run(void *arg)
{
    struct fixture_job *j = arg;

    if (fixture_parts_build(&j->parts, j->options.fixture, &j->wishes, &j->err) != 0)
        j->parts = NULL;
}

static void on_built(void *arg);

static void build(struct fixture_job *j)
{
    j->building = true;
    loop_job(j->loop, run, on_built, j);
}

/* True: all digests are known, or there is no way to get them. */
static bool grant(struct fixture_job *j)
{
    if (digests_grant(j->options.digests, &j->wishes, &j->err) != 0)
        return true;
    return wishes_are_granted(&j->wishes);
}

static void go_on(struct fixture_job *j)
{
    if (wishes_are_granted(&j->wishes))
        build(j);
    else
        finish(j, NULL);
}

static void on_known(void *arg)
{
    struct fixture_job *j;

    CAST_ARG(j, arg, FIXTURE_JOB_MAGIC);
    if (!grant(j))
        return;
    digests_waiter_remove(j->options.digests, &j->waiter);
    go_on(j);
}

/* What was built has digests that are wrong. */
static void wait(struct fixture_job *j)
{
    fixture_parts_free(STEAL(j->parts));
    if (grant(j))
        go_on(j);
    else
        digests_waiter_add(j->options.digests, &j->waiter);
}

static void on_built(void *arg)
{
    struct fixture_job *j;

    CAST_ARG(j, arg, FIXTURE_JOB_MAGIC);
    j->building = false;
    if (j->pending == NULL)
        destroy(j);
    else if (j->parts == NULL)
        finish(j, NULL);
    else if (wishes_are_granted(&j->wishes))
        store(j);
    else
        wait(j);
}

/* --- Starting -----------------------------------------------------------------------------------
 */

static int announce(struct fixture_job *j, struct err *err)
{
    const struct pending_options options = {
        .repo = j->options.image.repo,
        .tags = json_object_get(fixture_recipe(j->options.fixture), "tags"),
        .wait = wait_of,
        .cancel = on_cancel,
        .arg = j,
    };

    return pending_add(&j->pending, j->options.world, &options, err);
}

int fixture_job_start(const struct fixture_job_options *options, struct err *err)
{
    struct fixture_job *j = calloc(1, sizeof(*j));

    if (j == NULL) {
        fixture_free(options->fixture);
        return err_set(err, ERR_NOMEM, "fixture");
    }
    j->magic = FIXTURE_JOB_MAGIC;
    j->options = *options;
    j->loop = options->world->loop;
    j->waiter = (struct digests_waiter){.wishes = &j->wishes, .known = on_known, .arg = j};
    if (announce(j, err) != 0) {
        destroy(j);
        return -1;
    }
    build(j);
    return 0;
}

/* SPDX-License-Identifier: MIT */
/*
 * A fixture on its way into a world: built in jobs, and a second time when the digests of its
 * generated layers are known. Until it is there, requests for it are told to come again
 * (registry/pending.h). Loop thread only.
 *
 *     start -> building -> waiting for digests -> building -> stored -> done
 */
#ifndef CLI_FIXTURE_JOB_H
#define CLI_FIXTURE_JOB_H

#include "cli/fixture_image.h"

struct digests;
struct err;
struct fixture;
struct fixture_result;
struct world;

/* result NULL: err says why; ERR_CANCELLED when the world goes, or is reset, before it
   is done. */
typedef void (*fixture_job_fn)(void *arg, const struct fixture_result *result,
                               const struct err *err);

struct fixture_job_options {
    struct world *world;     /* borrowed; may go */
    struct digests *digests; /* borrowed */
    struct fixture *fixture; /* taken, also on failure */
    struct fixture_image image;
    fixture_job_fn done; /* called once, never from within the start */
    void *arg;
};

int fixture_job_start(const struct fixture_job_options *options, struct err *err);

#endif

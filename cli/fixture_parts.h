/* SPDX-License-Identifier: MIT */
/*
 * A fixture that was built and is kept in memory: between a job that builds it and the world that
 * it goes to.
 */
#ifndef CLI_FIXTURE_PARTS_H
#define CLI_FIXTURE_PARTS_H

#include "fixtures/fixture.h"

struct err;
struct fixture_parts;
struct wishes;
struct world;

/* Pure: may run in a job. The caller owns *ret, which is good for nothing unless all wishes are
   granted. */
int fixture_parts_build(struct fixture_parts **ret, const struct fixture *f, struct wishes *wishes,
                        struct err *err);
void fixture_parts_free(struct fixture_parts *p); /* NULL-safe */
const struct fixture_result *fixture_parts_result(const struct fixture_parts *p);
/* Puts all of it into a repository, or nothing. Loop thread only. */
int fixture_parts_store(const struct fixture_parts *p, struct world *w, const char *repo,
                        struct err *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * A registry with content, without a network: what tests of handlers begin with.
 */
#ifndef TESTS_UNIT_FIXTURE_H
#define TESTS_UNIT_FIXTURE_H

#include <stddef.h>
#include <stdint.h>

#include "lib/util/digest.h"
#include "registry/registry.h"
#include "tests/unit/fake_exchange.h"

#define OCI_MANIFEST "application/vnd.oci.image.manifest.v1+json"
#define OCI_INDEX    "application/vnd.oci.image.index.v1+json"

struct fixture {
    struct loop *loop;   /* owned */
    struct world *world; /* owned */
};

void fixture_init(struct fixture *f);
void fixture_done(struct fixture *f);

/* Asks the registry; the reply is there when this returns. Free with fixture_end(). */
#define fixture_ask(f, ...)                                                                        \
    fixture_send(fake_exchange_new((f)->loop, (f)->world, __VA_ARGS__, NULL))
struct http_exchange *fixture_send(struct http_exchange *x);
void fixture_end(struct http_exchange *x);

/* Puts a blob into a repository and gives its digest. */
struct digest fixture_blob(struct fixture *f, const char *repo, const void *p, size_t n);

struct fixture_manifest {
    const char *text;
    const char *media_type;    /* NULL: an OCI image manifest */
    const char *tag;           /* NULL: none */
    const char *subject;       /* NULL: none */
    const char *artifact_type; /* NULL: none */
    const char *annotations;   /* NULL: none */
    enum digest_algorithm algorithm;
};

struct digest fixture_manifest(struct fixture *f, const char *repo,
                               const struct fixture_manifest *options);

#endif

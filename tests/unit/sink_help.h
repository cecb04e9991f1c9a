/* SPDX-License-Identifier: MIT */
/*
 * A sink that keeps what a fixture is made of, for tests; and short ways to build one.
 */
#ifndef TESTS_UNIT_SINK_HELP_H
#define TESTS_UNIT_SINK_HELP_H

#include <stdbool.h>
#include <stddef.h>

#include "fixtures/fixture.h"
#include "lib/util/err.h"

enum { SINK_MAX = 700 };

struct sink_item {
    struct digest digest;
    char media_type[256];
    char *data; /* owned, terminated; NULL: generated */
    size_t size;
    char tag[160]; /* of a manifest: the first, or "" */
    size_t tag_count;
    bool manifest, root, false_digest, missing_blobs;
};

struct sink {
    struct sink_item items[SINK_MAX]; /* in the order of coming */
    size_t count;
    size_t fail_at; /* this call fails; 0: none */
    struct fixture_result result;
    struct err err;
};

/* Opens a recipe as fixture_open() does and builds it; bails out when that fails. Static, done by
 * the next call or sink_done(). */
const struct sink *sink_open(const char *text);
/* The same for YAML. NULL: it failed, see sink_error(). */
const struct sink *sink_parse(const char *yaml);
const char *sink_error(void);
void sink_done(void);
/* Builds into a sink that must be empty. */
int sink_build(struct sink *s, const struct fixture *f);

/* By order among manifests or blobs; NULL when there are fewer. */
const struct sink_item *sink_manifest(const struct sink *s, size_t i);
const struct sink_item *sink_blob(const struct sink *s, size_t i);
const struct sink_item *sink_root(const struct sink *s);
/* The item of that digest, or NULL. */
const struct sink_item *sink_find(const struct sink *s, const char *digest);
/* A manifest's or config's member as JSON text ("" without): "layers[0].size". Static. */
const char *sink_member(const struct sink_item *item, const char *path);
long long sink_number(const struct sink_item *item, const char *path);

#endif

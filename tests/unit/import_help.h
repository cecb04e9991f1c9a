/* SPDX-License-Identifier: MIT */
/* What the tests of imports share: a world, and looks into it. */
#ifndef TESTS_UNIT_IMPORT_HELP_H
#define TESTS_UNIT_IMPORT_HELP_H

#include <stdbool.h>

#include "lib/util/digest.h"
#include "lib/util/err.h"
#include "registry/import.h"

struct loop;
struct manifest;
struct registry_settings;
struct world;

#define TYPE_MANIFEST  "application/vnd.oci.image.manifest.v1+json"
#define TYPE_INDEX     "application/vnd.oci.image.index.v1+json"
#define REF_NAME(name) ",\"annotations\":{\"org.opencontainers.image.ref.name\":\"" name "\"}"
#define CONTAINERD_NAME(name, ref)                                                                 \
    ",\"annotations\":{\"io.containerd.image.name\":\"" name                                       \
    "\",\"org.opencontainers.image.ref.name\":\"" ref "\"}"

extern const char *const two_layers[];

struct fixture {
    struct loop *loop;   /* owned */
    struct world *world; /* owned */
    struct import_report report;
    struct err err;
};

/* An empty folder and an empty world. */
void setup_with(struct fixture *f, const struct registry_settings *settings);
void setup(struct fixture *f);
void teardown(struct fixture *f);

int import(struct fixture *f, const char *name);
/* Says why when it fails. */
bool imports(struct fixture *f, const char *name);
/* Checks an import that must be refused, and that it leaves nothing. */
void check_refused(struct fixture *f, const char *path, const char *what, enum err_code code,
                   const char *says);

const struct manifest *tag(const struct fixture *f, const char *repo, const char *name);
bool has_tag(const struct fixture *f, const char *repo, const char *name, const struct digest *d);
bool has_manifest(const struct fixture *f, const char *repo, const struct digest *d);
/* These bytes, below their sha256. */
bool has_blob(const struct fixture *f, const char *repo, const char *text);
/* The repositories, with blanks between; static. */
const char *catalog(const struct fixture *f);
/* Bytes that the world's store counts. */
long long used(const struct fixture *f);

/* A layout LAYOUT of one image with this more in its descriptor. */
struct digest make(const char *layout, const char *more);

#endif

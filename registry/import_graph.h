/* SPDX-License-Identifier: MIT */
/*
 * From a descriptor to everything it refers to: manifests, indexes, configs, layers. Private to
 * registry/.
 */
#ifndef REGISTRY_IMPORT_GRAPH_H
#define REGISTRY_IMPORT_GRAPH_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/util/digest.h"

struct blob;
struct err;
struct import_members;
struct import_plan;
struct manifest_doc;
struct world;

struct import_graph {
    struct world *world;            /* borrowed */
    struct import_members *members; /* borrowed */
    struct import_plan *plan;       /* borrowed */
};

struct import_descriptor {
    const char *media_type; /* borrowed; NULL or "": the manifest says */
    struct digest digest;
    bool has_size;
    uint64_t size;
};

/* Plans a manifest and all below it for a repository. A manifest that is missing is refused. */
int import_graph_manifest(const struct import_graph *g, const char *repo,
                          const struct import_descriptor *d, struct err *err);
/* Plans content that is no manifest. */
int import_graph_blob(const struct import_graph *g, const char *repo,
                      const struct import_descriptor *d, struct err *err);
/* Reads a manifest's text; the caller owns *ret. */
int import_graph_parse(const struct import_graph *g, const struct blob *b, const char *media_type,
                       struct manifest_doc **ret, struct err *err);
/* Plans a manifest whose parts were planned already. Takes nothing. */
int import_graph_add(const struct import_graph *g, const char *repo, struct blob *b,
                     struct manifest_doc *doc, struct err *err);

#endif

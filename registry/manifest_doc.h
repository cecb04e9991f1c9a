/* SPDX-License-Identifier: MIT */
/*
 * What a manifest says (image-spec: manifest.md, image-index.md, descriptor.md; Docker's schema 2).
 *
 * Pure: nothing here touches a store, so that large manifests are read in a job. Every descriptor
 * that is kept was checked. Media types that are not known are accepted as they are: their content
 * is the business of who made them.
 */
#ifndef REGISTRY_MANIFEST_DOC_H
#define REGISTRY_MANIFEST_DOC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;
struct manifest;

enum {
    MANIFEST_DOC_VALUES_MAX = 200000, /* JSON values in one manifest */
    MANIFEST_DOC_MEDIA_TYPE_MAX = 255 /* bytes of the media type that it is stored under */
};

enum manifest_kind {
    MANIFEST_KIND_OTHER, /* not known: only subject, artifactType and annotations are looked at */
    MANIFEST_KIND_IMAGE, /* OCI image manifest */
    MANIFEST_KIND_INDEX, /* OCI image index */
    MANIFEST_KIND_ARTIFACT, /* OCI artifact manifest of the 1.1 release candidates */
    MANIFEST_KIND_DOCKER,   /* Docker image manifest, schema 2 */
    MANIFEST_KIND_DOCKER_LIST,
    MANIFEST_KIND_SCHEMA1, /* Docker schema 1, signed or not: kept, never looked into */
};

struct manifest_descriptor {
    char *media_type; /* owned */
    char *digest;     /* owned; well-formed, and of the right length when we can compute it */
    uint64_t size;
    bool required; /* false: may be missing (foreign and non-distributable layers, `urls`) */
};

struct manifest_doc {
    enum manifest_kind kind;
    char *media_type;                      /* owned; what it is stored and served as */
    struct manifest_descriptor *config;    /* owned; NULL without */
    struct manifest_descriptor *layers;    /* owned; blobs of an artifact manifest */
    size_t layer_count;                    /* in layers */
    struct manifest_descriptor *manifests; /* owned; of an index or list */
    size_t manifest_count;                 /* in manifests */
    struct manifest_descriptor *subject;   /* owned; NULL without; its digest can be computed */
    char *artifact_type;                   /* owned; as in the referrers list, "" to leave it out */
    char *annotations;                     /* owned; a JSON object of strings, NULL for none */
};

struct manifest_doc_options {
    const char *content_type; /* borrowed; parameters are ignored; NULL or "": the body says */
    bool match_media_type;    /* refuse a mediaType unlike the Content-Type */
    size_t max;               /* bytes */
};

/*
 * Reads a manifest. ERR_SYNTAX for bad JSON, ERR_INVALID for a wrong member (the message begins
 * with its path, "layers[3].digest: "), ERR_LIMIT, ERR_NOMEM. The caller owns *ret.
 */
int manifest_doc_parse(struct manifest_doc **ret, const void *p, size_t n,
                       const struct manifest_doc_options *options, struct err *err);
void manifest_doc_free(struct manifest_doc *doc); /* NULL-safe */

/* The kind of a media type without parameters; OTHER when it is not known. */
enum manifest_kind manifest_kind_of(const char *media_type);

/*
 * The entry for a metadata store (registry/store/meta_store.h), but for its blob, which the caller
 * sets. Moves strings out of doc, which can only be freed then.
 */
int manifest_doc_take(struct manifest_doc *doc, struct manifest **ret, struct err *err);

#endif

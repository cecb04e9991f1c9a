/* SPDX-License-Identifier: MIT */
/*
 * A manifest on its way in; private to manifest_put.c and manifest_commit.c.
 */
#ifndef REGISTRY_MANIFEST_PUT_H
#define REGISTRY_MANIFEST_PUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/util/digest.h"
#include "lib/util/err.h"
#include "registry/manifest_doc.h"

struct registry_call;
struct world;

struct manifest_put {
    unsigned magic;
    struct registry_call *call; /* borrowed; NULL once nobody waits for an answer */
    struct world *world;        /* borrowed; NULL once nobody waits for an answer */
    bool by_digest;             /* the reference is call->digest, else a tag */
    const char **tags;          /* owned array of borrowed names: tags to set */
    size_t tag_count;           /* in tags */
    bool in_job;                /* a job reads it: only that may touch what follows */

    char *data;                      /* owned; the body, charged to the blob store */
    size_t size;                     /* bytes of the body */
    size_t room;                     /* bytes that fit into data */
    uint64_t max;                    /* limits.manifest */
    char *content_type;              /* owned; as sent, "" when there was none */
    bool match_media_type;           /* registry.match_media_type */
    enum digest_algorithm algorithm; /* of digest */
    struct digest digest;            /* of the body; "" before it was computed */
    struct manifest_doc *doc;        /* owned; what it says */
    bool failed;                     /* it could not be read: */
    struct err err;                  /* why */
};

#endif

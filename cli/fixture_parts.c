/* SPDX-License-Identifier: MIT */
#include "cli/fixture_parts.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "cli/digests.h"
#include "fixtures/generated.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/content.h"
#include "registry/store/blob_store.h"

struct part {
    STAILQ_ENTRY(part) link;
    struct digest digest;
    char *media_type; /* owned; of a manifest, NULL for a blob */
    char **tags;      /* owned, each of them too */
    size_t tag_count;
    uint64_t size;
    struct generated *generated; /* owned; NULL: the bytes are in data */
    char data[];
};

struct fixture_parts {
    struct fixture_result result;
    STAILQ_HEAD(, part) parts; /* owned; in the order of building */
    struct wishes *wishes;     /* borrowed, while building */
};

static void part_free(struct part *p)
{
    for (size_t i = 0; i < p->tag_count; i++)
        free(p->tags[i]);
    free(p->tags);
    free(p->media_type);
    free(p->generated);
    free(p);
}

void fixture_parts_free(struct fixture_parts *p)
{
    struct part *part;

    if (p == NULL)
        return;
    while ((part = STAILQ_FIRST(&p->parts)) != NULL) {
        STAILQ_REMOVE_HEAD(&p->parts, link);
        part_free(part);
    }
    free(p);
}

const struct fixture_result *fixture_parts_result(const struct fixture_parts *p)
{
    return &p->result;
}

/* --- Building -----------------------------------------------------------------------------------
 */

/* Hung into the list at once, so that it is freed with it. */
static struct part *add_part(struct fixture_parts *p, const struct digest *digest, const void *data,
                             size_t size, struct err *err)
{
    struct part *part = calloc(1, sizeof(*part) + size);

    if (part == NULL) {
        (void)err_set(err, ERR_NOMEM, "fixture");
        return NULL;
    }
    part->digest = *digest;
    part->size = size;
    if (size > 0)
        memcpy(part->data, data, size);
    STAILQ_INSERT_TAIL(&p->parts, part, link);
    return part;
}

static int add_generated(struct fixture_parts *p, const struct fixture_blob *blob, struct err *err)
{
    struct part *part = add_part(p, &blob->digest, NULL, 0, err);

    if (part == NULL)
        return -1;
    part->size = blob->size;
    part->generated = malloc(sizeof(*part->generated));
    if (part->generated == NULL)
        return err_set(err, ERR_NOMEM, "fixture");
    *part->generated = *blob->generated;
    return 0;
}

static int on_blob(void *arg, const struct fixture_blob *blob, struct err *err)
{
    if (blob->data == NULL)
        return add_generated(arg, blob, err);
    return add_part(arg, &blob->digest, blob->data, blob->size, err) != NULL ? 0 : -1;
}

static int on_digest(void *arg, const struct generated *g, enum digest_algorithm algorithm,
                     struct digest *ret, struct err *err)
{
    return wishes_digest(((struct fixture_parts *)arg)->wishes, g, algorithm, ret, err);
}

static int on_manifest(void *arg, const struct fixture_manifest *m, struct err *err)
{
    struct part *part = add_part(arg, &m->digest, m->data, m->size, err);

    if (part == NULL)
        return -1;
    part->media_type = strdup(m->media_type);
    part->tags = calloc(m->tag_count + 1, sizeof(*part->tags));
    if (part->media_type == NULL || part->tags == NULL)
        return err_set(err, ERR_NOMEM, "fixture");
    for (; part->tag_count < m->tag_count; part->tag_count++) {
        part->tags[part->tag_count] = strdup(m->tags[part->tag_count]);
        if (part->tags[part->tag_count] == NULL)
            return err_set(err, ERR_NOMEM, "fixture");
    }
    return 0;
}

int fixture_parts_build(struct fixture_parts **ret, const struct fixture *f, struct wishes *wishes,
                        struct err *err)
{
    struct fixture_parts *p = calloc(1, sizeof(*p));
    const struct fixture_sink sink = {
        .blob = on_blob, .manifest = on_manifest, .digest = on_digest, .arg = p};

    if (p == NULL)
        return err_set(err, ERR_NOMEM, "fixture");
    STAILQ_INIT(&p->parts);
    p->wishes = wishes;
    if (fixture_build(f, &sink, &p->result, err) != 0) {
        fixture_parts_free(p);
        return -1;
    }
    *ret = p;
    return 0;
}

/* --- Storing ------------------------------------------------------------------------------------
 */

static int store_generated(struct content *c, const struct part *part, struct err *err)
{
    struct blob_generator generator;

    if (digests_generator(&generator, part->generated, err) != 0)
        return -1;
    return content_add_generated(c, &part->digest, &generator, part->size, err);
}

static int store_part(struct content *c, const struct part *part, struct err *err)
{
    const struct content_manifest m = {
        .digest = &part->digest,
        .media_type = part->media_type,
        .data = part->data,
        .size = part->size,
        .tags = (const char *const *)part->tags,
        .tag_count = part->tag_count,
    };

    if (part->generated != NULL)
        return store_generated(c, part, err);
    return part->media_type != NULL
               ? content_add_manifest(c, &m, err)
               : content_add_blob(c, &part->digest, part->data, part->size, err);
}

int fixture_parts_store(const struct fixture_parts *p, struct world *w, const char *repo,
                        struct err *err)
{
    const struct part *part;
    struct content *c;
    int rc = 0;

    if (content_new(&c, w, repo, err) != 0)
        return -1;
    STAILQ_FOREACH(part, &p->parts, link) {
        rc = store_part(c, part, err);
        if (rc != 0)
            break;
    }
    if (rc == 0)
        rc = content_commit(c, err);
    content_free(c);
    return rc;
}

/* SPDX-License-Identifier: MIT */
/*
 * Which repository an entry of index.json goes to:
 *
 *     io.containerd.image.name            a full reference; wins over the next one
 *     org.opencontainers.image.ref.name   a full reference, or a tag in the layout's repository
 *     neither, but it has a subject       wherever its subject went: a signature, an SBOM
 *     neither                             the layout's repository; as `latest` when it is alone
 */
#include "registry/import_layout.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/util/err.h"
#include "lib/util/json.h"
#include "lib/util/text.h"
#include "lib/util/util.h"
#include "registry/import_graph.h"
#include "registry/import_members.h"
#include "registry/import_name.h"
#include "registry/import_plan.h"
#include "registry/manifest_doc.h"
#include "registry/registry.h"
#include "registry/store/blob_store.h"

#define NAME_CONTAINERD "io.containerd.image.name"
#define NAME_OCI        "org.opencontainers.image.ref.name"

enum {
    ENTRIES_MAX = 10000,
    CHAIN_MAX = 64, /* a signature of an SBOM of ... */
};

/* One of index.json's manifests. */
struct entry {
    struct import_descriptor descriptor;
    struct import_name name; /* repo "": has none */
    struct digest subject;   /* no text: none, or not looked at because it has a name */
    bool is_blob;            /* neither a name nor a manifest's type: content of another kind */
    bool planned;
};

struct layout {
    const struct import_graph *graph; /* borrowed */
    const char *base;                 /* borrowed */
    struct entry *entries;            /* owned */
    size_t count;
};

/* Reads a file that must be there and be a JSON object. The caller owns *ret. */
static int read_object(const struct import_graph *g, const char *name, json_t **ret,
                       struct err *err)
{
    const struct util_json_limits limits = {
        .size = g->world->settings.manifest_max,
        .depth = UTIL_JSON_DEPTH_MAX,
        .values = MANIFEST_DOC_VALUES_MAX,
    };
    auto_free char *text = NULL;
    struct blob *b;
    json_t *json;
    int rc = import_members_find(g->members, name, &b, err);

    if (rc == 0)
        return err_set(err, ERR_ABSENT, "'%s' is missing", name);
    if (rc < 0)
        return -1;
    if (import_read(&text, b, limits.size, err) != 0 ||
        util_json_parse(&json, text, b->size, &limits, err) != 0)
        return err_wrap(err, "'%s'", name);
    if (!json_is_object(json)) {
        json_decref(json);
        return err_set(err, ERR_INVALID, "'%s': not an object", name);
    }
    *ret = json;
    return 0;
}

static int check_version(const struct import_graph *g, struct err *err)
{
    const char *version;
    json_t *json;
    int rc = 0;

    if (read_object(g, "oci-layout", &json, err) != 0)
        return -1;
    version = json_string_value(json_object_get(json, "imageLayoutVersion"));
    if (version == NULL)
        rc = err_set(err, ERR_INVALID, "'oci-layout': no imageLayoutVersion");
    else if (strncmp(version, "1.", 2) != 0)
        rc = err_set(err, ERR_UNSUPPORTED, "'oci-layout': version %s is not 1.x",
                     TEXT_QUOTE(version));
    json_decref(json);
    return rc;
}

static int read_name(const struct layout *l, struct entry *e, const json_t *annotations,
                     struct err *err)
{
    const char *full = json_string_value(json_object_get(annotations, NAME_CONTAINERD));
    const char *name = json_string_value(json_object_get(annotations, NAME_OCI));

    if (full != NULL)
        return import_name_parse(&e->name, full, err) == 0 ? 0 : err_wrap(err, NAME_CONTAINERD);
    if (name != NULL && import_name_annotation(&e->name, name, l->base, err) != 0)
        return err_wrap(err, NAME_OCI);
    return 0;
}

static int read_entry(const struct layout *l, struct entry *e, const json_t *json, struct err *err)
{
    const char *digest = json_string_value(json_object_get(json, "digest"));
    const json_t *size = json_object_get(json, "size");

    if (digest == NULL || !json_is_integer(size) || json_integer_value(size) < 0)
        return err_set(err, ERR_INVALID, "no digest or size");
    if (digest_parse(&e->descriptor.digest, digest, err) != 0)
        return -1;
    e->descriptor.media_type = json_string_value(json_object_get(json, "mediaType"));
    e->descriptor.has_size = true;
    e->descriptor.size = (uint64_t)json_integer_value(size);
    return read_name(l, e, json_object_get(json, "annotations"), err);
}

static int read_entries(struct layout *l, const json_t *index, struct err *err)
{
    const json_t *list = json_object_get(index, "manifests");
    const json_t *json;
    size_t i;

    if (!json_is_array(list))
        return err_set(err, ERR_INVALID, "'index.json': no manifests");
    if (json_array_size(list) > ENTRIES_MAX)
        return err_set(err, ERR_LIMIT, "'index.json': more than %d manifests", ENTRIES_MAX);
    l->count = json_array_size(list);
    l->entries = calloc(l->count + 1, sizeof(*l->entries));
    if (l->entries == NULL)
        return err_set(err, ERR_NOMEM, "import");
    json_array_foreach(list, i, json)
    {
        if (read_entry(l, &l->entries[i], json, err) != 0)
            return err_wrap(err, "'index.json': manifests[%zu]", i);
    }
    return 0;
}

/* --- Entries without a name ------------------------------------------------------------------ */

/* Finds out whether an entry without a name refers to another manifest. */
static int read_subject(const struct layout *l, struct entry *e, struct err *err)
{
    struct manifest_doc *doc = NULL;
    struct blob *b;
    int rc = import_members_digest(l->graph->members, &e->descriptor.digest, &b, err);

    if (rc <= 0)
        return rc; /* what is missing is refused when it is planned */
    if (import_graph_parse(l->graph, b, e->descriptor.media_type, &doc, err) != 0)
        return -1;
    if (doc->subject != NULL)
        rc = digest_parse(&e->subject, doc->subject->digest, err);
    manifest_doc_free(doc);
    return rc < 0 ? -1 : 0;
}

static int plan_entry(const struct layout *l, struct entry *e, const char *repo, struct err *err)
{
    if (!e->planned)
        import_plan_count_image(l->graph->plan);
    e->planned = true;
    if (e->is_blob)
        return import_graph_blob(l->graph, repo, &e->descriptor, err);
    return import_graph_manifest(l->graph, repo, &e->descriptor, err);
}

struct placing {
    const struct layout *layout; /* borrowed */
    struct entry *entry;         /* borrowed */
};

static int place_in(void *arg, const char *repo, struct err *err)
{
    struct placing *p = arg;

    return plan_entry(p->layout, p->entry, repo, err);
}

/* Follows subjects, and subjects of those that followed, until no entry finds its own. */
static int place_referrers(struct layout *l, struct err *err)
{
    bool progress = true;

    for (unsigned pass = 0; progress && pass < CHAIN_MAX; pass++) {
        progress = false;
        for (size_t i = 0; i < l->count; i++) {
            struct entry *e = &l->entries[i];
            struct placing p = {l, e};

            if (e->planned || e->subject.text[0] == '\0')
                continue;
            if (import_plan_homes(l->graph->plan, &e->subject, place_in, &p, err) != 0)
                return -1;
            progress = progress || e->planned;
        }
    }
    return 0;
}

static int place_named(struct layout *l, struct err *err)
{
    for (size_t i = 0; i < l->count; i++) {
        struct entry *e = &l->entries[i];

        if (e->name.repo[0] == '\0')
            continue;
        if (plan_entry(l, e, e->name.repo, err) != 0)
            return -1;
        if (e->name.tag[0] != '\0' && import_plan_tag(l->graph->plan, e->name.repo, e->name.tag,
                                                      &e->descriptor.digest, err) != 0)
            return -1;
    }
    return 0;
}

/* Those without a subject first, so that the others may find them; later whatever is left. */
static int place_in_base(struct layout *l, bool with_subject, struct err *err)
{
    for (size_t i = 0; i < l->count; i++) {
        struct entry *e = &l->entries[i];

        if (e->planned || (!with_subject && e->subject.text[0] != '\0'))
            continue;
        if (plan_entry(l, e, l->base, err) != 0)
            return -1;
    }
    return 0;
}

static bool is_other(const struct entry *e)
{
    const char *type = e->descriptor.media_type;

    return type != NULL && type[0] != '\0' && manifest_kind_of(type) == MANIFEST_KIND_OTHER;
}

static int place_all(struct layout *l, struct err *err)
{
    for (size_t i = 0; i < l->count; i++) {
        struct entry *e = &l->entries[i];

        if (e->name.repo[0] == '\0' && l->count == 1)
            (void)import_name_annotation(&e->name, "latest", l->base, NULL);
        if (e->name.repo[0] == '\0' && is_other(e))
            e->is_blob = true;
        else if (e->name.repo[0] == '\0' && read_subject(l, e, err) != 0)
            return -1;
    }
    if (place_named(l, err) != 0 || place_in_base(l, false, err) != 0 ||
        place_referrers(l, err) != 0)
        return -1;
    return place_in_base(l, true, err);
}

int import_layout(const struct import_graph *g, const char *base, struct err *err)
{
    struct layout l = {.graph = g, .base = base};
    json_t *index = NULL;
    int rc = -1;

    if (check_version(g, err) != 0 || read_object(g, "index.json", &index, err) != 0)
        return -1;
    if (read_entries(&l, index, err) == 0)
        rc = place_all(&l, err);
    free(l.entries);
    json_decref(index);
    return rc;
}

/* SPDX-License-Identifier: MIT */
#include "cli/layout_index.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/fixture_target.h"
#include "lib/util/digest.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

#define REF_NAME "org.opencontainers.image.ref.name"

json_t *layout_index_new(void)
{
    return json_pack("{s:i, s:s, s:[]}", "schemaVersion", 2, "mediaType",
                     "application/vnd.oci.image.index.v1+json", "manifests");
}

static bool is_named(const json_t *entry, const char *name)
{
    const char *has =
        json_string_value(json_object_get(json_object_get(entry, "annotations"), REF_NAME));

    return name == NULL ? has == NULL : has != NULL && strcmp(has, name) == 0;
}

/* The same name, or without one the same digest. */
static void remove_entry(json_t *entries, const char *name, const char *digest)
{
    for (size_t i = json_array_size(entries); i-- > 0;) {
        const json_t *entry = json_array_get(entries, i);
        const char *has = json_string_value(json_object_get(entry, "digest"));

        if (is_named(entry, name) && (name != NULL || (has != NULL && strcmp(has, digest) == 0)))
            (void)json_array_remove(entries, i);
    }
}

/* name NULL: none. */
static int add_entry(json_t *index, const struct fixture_manifest *m, const char *name,
                     struct err *err)
{
    json_t *entries = json_object_get(index, "manifests");
    json_t *entry = json_pack("{s:s, s:s, s:I}", "mediaType", m->media_type, "digest",
                              m->digest.text, "size", (json_int_t)m->size);

    if (name != NULL)
        (void)json_object_set_new(entry, "annotations", json_pack("{s:s}", REF_NAME, name));
    remove_entry(entries, name, m->digest.text);
    return json_array_append_new(entries, entry) == 0 ? 0 : err_set(err, ERR_NOMEM, "index");
}

int layout_index_add(json_t *index, const struct fixture_target *t,
                     const struct fixture_manifest *m, struct err *err)
{
    for (size_t i = 0; i < m->tag_count; i++) {
        auto_free char *name = NULL;

        if (asprintf(&name, "%s%s%s", t->full_names ? t->repo : "", t->full_names ? ":" : "",
                     m->tags[i]) < 0) {
            name = NULL;
            return err_set(err, ERR_NOMEM, "index");
        }
        if (add_entry(index, m, name, err) != 0)
            return -1;
    }
    return m->tag_count == 0 && t->seen_root ? add_entry(index, m, NULL, err) : 0;
}

char *layout_index_format(const json_t *index, size_t *ret_size)
{
    char *text = json_dumps(index, JSON_COMPACT);

    *ret_size = text != NULL ? strlen(text) : 0;
    return text;
}

char *layout_blob_path(const struct digest *digest)
{
    char *path;

    return asprintf(&path, "blobs/%s/%s", digest_algorithm_name(digest->algorithm),
                    digest_encoded(digest)) < 0
               ? NULL
               : path;
}

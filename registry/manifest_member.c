/* SPDX-License-Identifier: MIT */
#include "registry/manifest_member.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "lib/util/digest.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/manifest_doc.h"

enum { PATH_MAX_LENGTH = 64 }; /* "manifests[199999]" and more */

/* Layers that a registry need not have (image-spec, layer.md "Non-Distributable Layers"). */
static const char *const never_required[] = {
    "application/vnd.docker.image.rootfs.foreign.diff.tar",
    "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip",
    "application/vnd.oci.image.layer.nondistributable.v1.tar",
    "application/vnd.oci.image.layer.nondistributable.v1.tar+gzip",
    "application/vnd.oci.image.layer.nondistributable.v1.tar+zstd",
};

int member_text(const struct json_t *object, const char *name, const char **ret, struct err *err)
{
    const json_t *member = json_object_get(object, name);

    if (member == NULL || json_is_null(member)) {
        *ret = "";
        return 0;
    }
    if (!json_is_string(member))
        return err_set(err, ERR_INVALID, "%s: must be a string", name);
    *ret = json_string_value(member);
    return 0;
}

/* --- Descriptors ----------------------------------------------------------------------------- */

static int read_media_type(const json_t *object, struct manifest_descriptor *d, struct err *err)
{
    const char *text = NULL;

    if (member_text(object, "mediaType", &text, err) != 0)
        return -1;
    if (text[0] == '\0')
        return err_set(err, ERR_INVALID, "mediaType: is missing");
    d->media_type = strdup(text);
    return d->media_type == NULL ? err_set(err, ERR_NOMEM, "descriptor") : 0;
}

/* Algorithms that we cannot compute are left to the grammar (image-spec, "Digests"). */
static int read_digest(const json_t *object, struct manifest_descriptor *d, struct err *err)
{
    struct digest digest;
    struct err why = {0};
    const char *text = NULL;

    if (member_text(object, "digest", &text, err) != 0)
        return -1;
    if (text[0] == '\0')
        return err_set(err, ERR_INVALID, "digest: is missing");
    if (digest_parse(&digest, text, &why) != 0 && why.code != ERR_UNSUPPORTED)
        return err_set(err, ERR_INVALID, "digest: %s", why.msg);
    d->digest = strdup(text);
    return d->digest == NULL ? err_set(err, ERR_NOMEM, "descriptor") : 0;
}

static int read_size(const json_t *object, struct manifest_descriptor *d, struct err *err)
{
    const json_t *size = json_object_get(object, "size");

    if (size == NULL)
        return err_set(err, ERR_INVALID, "size: is missing");
    if (!json_is_integer(size) || json_integer_value(size) < 0)
        return err_set(err, ERR_INVALID, "size: must be a whole number, not negative");
    d->size = (uint64_t)json_integer_value(size);
    return 0;
}

/* MP5: what may be fetched elsewhere need not be here. */
static int read_required(const json_t *object, struct manifest_descriptor *d, struct err *err)
{
    const json_t *urls = json_object_get(object, "urls");

    if (urls != NULL && !json_is_null(urls) && !json_is_array(urls))
        return err_set(err, ERR_INVALID, "urls: must be an array");
    d->required = json_array_size(urls) == 0;
    for (size_t i = 0; i < ARRAY_LEN(never_required); i++) {
        if (strcasecmp(d->media_type, never_required[i]) == 0)
            d->required = false;
    }
    return 0;
}

static int read_descriptor(const json_t *object, struct manifest_descriptor *d, struct err *err)
{
    if (!json_is_object(object))
        return err_set(err, ERR_INVALID, "must be an object");
    if (read_media_type(object, d, err) != 0 || read_digest(object, d, err) != 0 ||
        read_size(object, d, err) != 0)
        return -1;
    return read_required(object, d, err);
}

/* Puts the path before the message: "layers[3]" and "digest: ..." make "layers[3].digest: ...". */
static int at_path(struct err *err, const char *path)
{
    char inner[sizeof(err->msg)];

    if (err == NULL || err->code != ERR_INVALID)
        return -1;
    memcpy(inner, err->msg, sizeof(inner));
    return err_set(err, err->code, "%s%s%s", path,
                   strncmp(inner, "must ", strlen("must ")) == 0 ? ": " : ".", inner);
}

int member_descriptor(const struct json_t *object, const char *name,
                      struct manifest_descriptor **ret, struct err *err)
{
    const json_t *member = json_object_get(object, name);
    struct manifest_descriptor *d;

    if (member == NULL || json_is_null(member))
        return 0;
    d = calloc(1, sizeof(*d));
    if (d == NULL)
        return err_set(err, ERR_NOMEM, "descriptor");
    if (read_descriptor(member, d, err) != 0) {
        member_descriptors_free(d, 1);
        return at_path(err, name);
    }
    *ret = d;
    return 0;
}

static int read_elements(const json_t *array, const char *name, struct manifest_descriptor *d,
                         struct err *err)
{
    char path[PATH_MAX_LENGTH];

    for (size_t i = 0; i < json_array_size(array); i++) {
        if (read_descriptor(json_array_get(array, i), &d[i], err) == 0)
            continue;
        (void)snprintf(path, sizeof(path), "%s[%zu]", name, i);
        return at_path(err, path);
    }
    return 0;
}

int member_descriptors(const struct json_t *object, const char *name,
                       struct manifest_descriptor **ret, size_t *ret_count, struct err *err)
{
    const json_t *member = json_object_get(object, name);
    size_t count = json_array_size(member);
    struct manifest_descriptor *d;

    if (member == NULL)
        return err_set(err, ERR_INVALID, "%s: is missing", name);
    if (!json_is_null(member) && !json_is_array(member))
        return err_set(err, ERR_INVALID, "%s: must be an array", name);
    if (count == 0)
        return 0;
    d = calloc(count, sizeof(*d));
    if (d == NULL)
        return err_set(err, ERR_NOMEM, "descriptors");
    if (read_elements(member, name, d, err) != 0) {
        member_descriptors_free(d, count);
        return -1;
    }
    *ret = d;
    *ret_count = count;
    return 0;
}

void member_descriptors_free(struct manifest_descriptor *d, size_t count)
{
    if (d == NULL)
        return;
    for (size_t i = 0; i < count; i++) {
        free(d[i].media_type);
        free(d[i].digest);
    }
    free(d);
}

int member_computable(const struct manifest_descriptor *d, const char *path, struct err *err)
{
    struct digest digest;
    struct err why = {0};

    if (digest_parse(&digest, d->digest, &why) == 0)
        return 0;
    return err_set(err, ERR_INVALID, "%s.digest: %s", path, why.msg);
}

/* --- Annotations ----------------------------------------------------------------------------- */

/* Clients read them as a map of strings (image-spec, annotations.md "Rules"). */
int member_annotations(const struct json_t *object, char **ret, struct err *err)
{
    json_t *member = json_object_get(object, "annotations");
    const char *key;
    json_t *value;
    char *text;

    if (member == NULL || json_is_null(member))
        return 0;
    if (!json_is_object(member))
        return err_set(err, ERR_INVALID, "annotations: must be an object");
    json_object_foreach(member, key, value)
    {
        if (!json_is_string(value))
            return err_set(err, ERR_INVALID, "annotations['%.100s']: must be a string", key);
    }
    if (json_object_size(member) == 0)
        return 0;
    text = json_dumps(member, JSON_COMPACT);
    if (text == NULL)
        return err_set(err, ERR_NOMEM, "annotations");
    *ret = text;
    return 0;
}

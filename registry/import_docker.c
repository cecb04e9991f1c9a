/* SPDX-License-Identifier: MIT */
#include "registry/import_docker.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/json.h"
#include "lib/util/text.h"
#include "lib/util/util.h"
#include "registry/import_graph.h"
#include "registry/import_members.h"
#include "registry/import_name.h"
#include "registry/import_path.h"
#include "registry/import_plan.h"
#include "registry/manifest_doc.h"
#include "registry/registry.h"
#include "registry/store/blob_store.h"

#define TYPE_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define TYPE_CONFIG   "application/vnd.docker.container.image.v1+json"
#define TYPE_LAYER    "application/vnd.docker.image.rootfs.diff.tar"

enum { LAYERS_MAX = 1000 };

/* One image of manifest.json. */
struct image {
    const struct import_graph *graph; /* borrowed */
    struct blob *config;              /* borrowed */
    struct blob **layers;             /* owned array of borrowed blobs */
    size_t layer_count;
};

static int find_file(const struct import_graph *g, const char *name, struct blob **ret,
                     struct err *err)
{
    char path[IMPORT_PATH_MAX];
    int rc;

    if (name == NULL)
        return err_set(err, ERR_INVALID, "a file name is missing");
    if (!import_path_join(path, "", name))
        return err_set(err, ERR_INVALID, "%s is not the name of a file in the archive",
                       TEXT_QUOTE(name));
    rc = import_members_find(g->members, path, ret, err);
    if (rc == 0)
        return err_set(err, ERR_ABSENT, "%s is missing", TEXT_QUOTE(name));
    return rc > 0 ? 0 : -1;
}

/* A config is called HEX.json, sha256:HEX or blobs/sha256/HEX: then that is its digest. */
static int check_config_name(const char *name, const struct blob *b, struct err *err)
{
    const char *slash = strrchr(name, '/');
    const char *hex = slash != NULL ? slash + 1 : name;

    if (strncmp(hex, "sha256:", 7) == 0)
        hex += 7;
    if (strspn(hex, "0123456789abcdef") != 64 || (hex[64] != '\0' && hex[64] != '.'))
        return 0;
    if (strncmp(hex, digest_encoded(&b->digest), 64) == 0)
        return 0;
    return err_set(err, ERR_DIGEST, "%s has the digest %s", TEXT_QUOTE(name), b->digest.text);
}

/* What the first bytes say about the compression; NULL: none. */
static const char *compression(const struct blob *b)
{
    unsigned char head[4] = {0};

    if (blob_read(b, 0, head, b->size < sizeof(head) ? b->size : sizeof(head), NULL) != 0)
        return NULL;
    if (memcmp(head, "\x1f\x8b", 2) == 0)
        return ".gzip";
    return memcmp(head, "\x28\xb5\x2f\xfd", 4) == 0 ? ".zstd" : NULL;
}

/* The config lists the digests of the uncompressed layers. A compressed one is not unpacked. */
static int check_diff_ids(const struct image *image, const json_t *config, struct err *err)
{
    const json_t *ids = json_object_get(json_object_get(config, "rootfs"), "diff_ids");

    if (!json_is_array(ids) || json_array_size(ids) != image->layer_count)
        return err_set(err, ERR_INVALID, "the config lists %zu layers (rootfs.diff_ids), not %zu",
                       json_array_size(ids), image->layer_count);
    for (size_t i = 0; i < image->layer_count; i++) {
        const char *id = json_string_value(json_array_get(ids, i));

        if (compression(image->layers[i]) != NULL)
            continue;
        if (id == NULL || strcmp(id, image->layers[i]->digest.text) != 0)
            return err_set(err, ERR_DIGEST, "layer %zu has the digest %s, the config says %s", i,
                           image->layers[i]->digest.text, id != NULL ? TEXT_QUOTE(id) : "nothing");
    }
    return 0;
}

static int parse(const struct import_graph *g, const struct blob *b, json_t **ret, struct err *err)
{
    const struct util_json_limits limits = {
        .size = g->world->settings.manifest_max,
        .depth = UTIL_JSON_DEPTH_MAX,
        .values = MANIFEST_DOC_VALUES_MAX,
    };
    auto_free char *text = NULL;

    if (import_read(&text, b, limits.size, err) != 0)
        return -1;
    return util_json_parse(ret, text, b->size, &limits, err);
}

static int read_config(struct image *image, const char *name, struct err *err)
{
    json_t *config;
    int rc;

    if (find_file(image->graph, name, &image->config, err) != 0)
        return -1;
    if (check_config_name(name, image->config, err) != 0)
        return -1;
    if (parse(image->graph, image->config, &config, err) != 0)
        return err_wrap(err, "%s", TEXT_QUOTE(name));
    rc = check_diff_ids(image, config, err);
    json_decref(config);
    return rc == 0 ? 0 : err_wrap(err, "%s", TEXT_QUOTE(name));
}

static int read_layers(struct image *image, const json_t *list, struct err *err)
{
    if (!json_is_array(list))
        return err_set(err, ERR_INVALID, "no Layers");
    if (json_array_size(list) > LAYERS_MAX)
        return err_set(err, ERR_LIMIT, "more than %d layers", LAYERS_MAX);
    image->layer_count = json_array_size(list);
    image->layers = calloc(image->layer_count + 1, sizeof(struct blob *));
    if (image->layers == NULL)
        return err_set(err, ERR_NOMEM, "import");
    for (size_t i = 0; i < image->layer_count; i++) {
        const char *name = json_string_value(json_array_get(list, i));

        if (find_file(image->graph, name, &image->layers[i], err) != 0)
            return err_wrap(err, "Layers[%zu]", i);
    }
    return 0;
}

static void write_descriptor(struct buf *text, const char *type, const char *ending,
                             const struct blob *b)
{
    (void)buf_appendf(text, "{\"mediaType\":\"%s%s\",\"size\":%llu,\"digest\":\"%s\"}", type,
                      ending != NULL ? ending : "", (unsigned long long)b->size, b->digest.text);
}

/* The manifest that docker would push for these layers, in one way of writing it. */
static int write_manifest(const struct image *image, struct blob **ret, struct err *err)
{
    struct blob_store *blobs = image->graph->world->blobs;
    auto_buf struct buf text;
    struct digest digest;

    buf_init(&text, image->graph->world->settings.manifest_max);
    (void)buf_append_text(&text,
                          "{\"schemaVersion\":2,\"mediaType\":\"" TYPE_MANIFEST "\",\"config\":");
    write_descriptor(&text, TYPE_CONFIG, NULL, image->config);
    (void)buf_append_text(&text, ",\"layers\":[");
    for (size_t i = 0; i < image->layer_count; i++) {
        if (i > 0)
            (void)buf_append_char(&text, ',');
        write_descriptor(&text, TYPE_LAYER, compression(image->layers[i]), image->layers[i]);
    }
    (void)buf_append_text(&text, "]}");
    if (buf_check(&text, "manifest", err) != 0 ||
        digest_of(&digest, DIGEST_SHA256, text.data, text.len, err) != 0)
        return -1;
    return blob_store_put(blobs, &digest, text.data, text.len, ret, err);
}

static int plan_in(const struct image *image, const char *repo, struct blob *b, struct err *err)
{
    struct import_plan *plan = image->graph->plan;
    struct manifest_doc *doc;
    int rc;

    if (import_plan_has_manifest(plan, repo, &b->digest))
        return 0;
    if (import_plan_blob(plan, repo, image->config, err) != 0)
        return -1;
    for (size_t i = 0; i < image->layer_count; i++) {
        if (import_plan_blob(plan, repo, image->layers[i], err) != 0)
            return -1;
    }
    if (import_graph_parse(image->graph, b, TYPE_MANIFEST, &doc, err) != 0)
        return -1;
    rc = import_graph_add(image->graph, repo, b, doc, err);
    manifest_doc_free(doc);
    return rc;
}

static int plan_as(const struct image *image, const struct import_name *name, struct blob *b,
                   struct err *err)
{
    if (plan_in(image, name->repo, b, err) != 0)
        return -1;
    if (name->tag[0] == '\0')
        return 0;
    return import_plan_tag(image->graph->plan, name->repo, name->tag, &b->digest, err);
}

/* Under each of its names; without one in the archive's repository, as `latest` when it is alone.
 */
static int plan_names(const struct image *image, const json_t *tags, struct blob *b,
                      const char *base, bool alone, struct err *err)
{
    struct import_name name;
    const json_t *tag;
    size_t i;

    if (json_array_size(tags) == 0) {
        (void)import_name_annotation(&name, "latest", base, NULL);
        if (!alone)
            name.tag[0] = '\0';
        return plan_as(image, &name, b, err);
    }
    json_array_foreach(tags, i, tag)
    {
        const char *text = json_string_value(tag);

        if (import_name_parse(&name, text != NULL ? text : "", err) != 0 ||
            plan_as(image, &name, b, err) != 0)
            return err_wrap(err, "RepoTags[%zu]", i);
    }
    return 0;
}

static int import_image(const struct import_graph *g, const json_t *json, const char *base,
                        bool alone, struct err *err)
{
    struct image image = {.graph = g};
    struct blob *b = NULL;
    int rc = -1;

    if (read_layers(&image, json_object_get(json, "Layers"), err) == 0 &&
        read_config(&image, json_string_value(json_object_get(json, "Config")), err) == 0 &&
        write_manifest(&image, &b, err) == 0)
        rc = plan_names(&image, json_object_get(json, "RepoTags"), b, base, alone, err);
    if (rc == 0)
        import_plan_count_image(g->plan);
    blob_unref(b);
    free(image.layers);
    return rc;
}

int import_docker(const struct import_graph *g, const struct blob *list, const char *base,
                  struct err *err)
{
    json_t *images;
    const json_t *image;
    size_t i;
    int rc = 0;

    if (parse(g, list, &images, err) != 0)
        return err_wrap(err, "'manifest.json'");
    if (!json_is_array(images) || json_array_size(images) == 0)
        rc = err_set(err, ERR_INVALID, "'manifest.json': not a list of images");
    json_array_foreach(images, i, image)
    {
        if (rc == 0 && import_image(g, image, base, json_array_size(images) == 1, err) != 0)
            rc = err_wrap(err, "'manifest.json': [%zu]", i);
    }
    json_decref(images);
    return rc;
}

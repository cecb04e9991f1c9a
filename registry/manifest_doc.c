/* SPDX-License-Identifier: MIT */
#include "registry/manifest_doc.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "lib/util/digest.h"
#include "lib/util/err.h"
#include "lib/util/json.h"
#include "lib/util/util.h"
#include "registry/manifest_member.h"
#include "registry/store/meta_store.h"

/* What each kind has. Members that belong to the other sort make a document ambiguous: clients
   would disagree on what it is (CVE-2021-41190). */
struct kind_rule {
    const char *media_type;
    enum manifest_kind kind;
    bool has_config;
    const char *layers;           /* the member with blobs, NULL without */
    bool has_manifests;           /* an index */
    const char *const *forbidden; /* members it may not have; ends with NULL */
};

static const char *const not_in_image[] = {"manifests", "fsLayers", NULL};
static const char *const not_in_index[] = {"config", "layers", "fsLayers", NULL};
static const char *const not_in_artifact[] = {"config", "layers", "manifests", "fsLayers", NULL};

static const struct kind_rule rules[] = {
    {"application/vnd.oci.image.manifest.v1+json", MANIFEST_KIND_IMAGE, true, "layers", false,
     not_in_image},
    {"application/vnd.oci.image.index.v1+json", MANIFEST_KIND_INDEX, false, NULL, true,
     not_in_index},
    {"application/vnd.docker.distribution.manifest.v2+json", MANIFEST_KIND_DOCKER, true, "layers",
     false, not_in_image},
    {"application/vnd.docker.distribution.manifest.list.v2+json", MANIFEST_KIND_DOCKER_LIST, false,
     NULL, true, not_in_index},
    {"application/vnd.oci.artifact.manifest.v1+json", MANIFEST_KIND_ARTIFACT, false, "blobs", false,
     not_in_artifact},
    {"application/vnd.docker.distribution.manifest.v1+json", MANIFEST_KIND_SCHEMA1, false, NULL,
     false, NULL},
    {"application/vnd.docker.distribution.manifest.v1+prettyjws", MANIFEST_KIND_SCHEMA1, false,
     NULL, false, NULL},
};

static const struct kind_rule *rule_of(const char *media_type)
{
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        if (strcasecmp(media_type, rules[i].media_type) == 0)
            return &rules[i];
    }
    return NULL;
}

enum manifest_kind manifest_kind_of(const char *media_type)
{
    const struct kind_rule *rule = rule_of(media_type);

    return rule == NULL ? MANIFEST_KIND_OTHER : rule->kind;
}

/* --- Media type ------------------------------------------------------------------------------ */

/* RFC 6838, section 4.2: it will stand in a header, so nothing else may come through. */
static bool is_media_type(const char *text, size_t n)
{
    static const char others[] = "!#$&-^_.+";
    size_t slashes = 0;

    if (n == 0 || n > MANIFEST_DOC_MEDIA_TYPE_MAX)
        return false;
    for (size_t i = 0; i < n; i++) {
        char c = text[i];
        bool alnum = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');

        if (c == '/' && i > 0 && i + 1 < n)
            slashes++;
        else if (!alnum && (c == '\0' || strchr(others, c) == NULL))
            return false;
    }
    return slashes == 1;
}

/* Length of a Content-Type without its parameters and the blanks before them (MP4). */
static size_t bare_length(const char *content_type)
{
    size_t n = strcspn(content_type, ";");

    while (n > 0 && (content_type[n - 1] == ' ' || content_type[n - 1] == '\t'))
        n--;
    return n;
}

/* MP4: Content-Type without parameters, else the body's mediaType; they must not differ. */
static int choose_media_type(struct manifest_doc *doc, const json_t *root,
                             const struct manifest_doc_options *options, struct err *err)
{
    const char *header = options->content_type == NULL ? "" : options->content_type;
    size_t n = bare_length(header);
    const char *body;

    if (member_text(root, "mediaType", &body, err) != 0)
        return -1;
    if (n == 0 && body[0] == '\0')
        return err_set(err, ERR_INVALID,
                       "neither a Content-Type header nor a mediaType member says what it is");
    if (n == 0) {
        header = body;
        n = strlen(body);
    }
    if (!is_media_type(header, n))
        return err_set(err, ERR_INVALID, "'%.*s' is not a media type", (int)(n < 100 ? n : 100),
                       header);
    if (options->match_media_type && body[0] != '\0' &&
        (strlen(body) != n || strncasecmp(body, header, n) != 0))
        return err_set(err, ERR_INVALID, "mediaType: '%.90s' differs from the Content-Type '%.*s'",
                       body, (int)(n < 90 ? n : 90), header);
    doc->media_type = strndup(header, n);
    return doc->media_type == NULL ? err_set(err, ERR_NOMEM, "media type") : 0;
}

/* --- Members --------------------------------------------------------------------------------- */

static int check_frame(const json_t *root, const struct kind_rule *rule, struct err *err)
{
    const json_t *version = json_object_get(root, "schemaVersion");

    for (const char *const *name = rule->forbidden; *name != NULL; name++) {
        const json_t *member = json_object_get(root, *name);

        if (member != NULL && !json_is_null(member))
            return err_set(err, ERR_INVALID, "%s: does not belong into a %s", *name,
                           rule->media_type);
    }
    /* The artifact manifest had none. */
    if (rule->kind == MANIFEST_KIND_ARTIFACT && version == NULL)
        return 0;
    if (!json_is_integer(version) || json_integer_value(version) != 2)
        return err_set(err, ERR_INVALID, "schemaVersion: must be 2");
    return 0;
}

/* Members of the kinds whose structure is known. */
static int read_known(struct manifest_doc *doc, const json_t *root, const struct kind_rule *rule,
                      struct err *err)
{
    if (check_frame(root, rule, err) != 0)
        return -1;
    if (rule->has_config) {
        if (member_descriptor(root, "config", &doc->config, err) != 0)
            return -1;
        if (doc->config == NULL)
            return err_set(err, ERR_INVALID, "config: is missing");
    }
    if (rule->layers != NULL &&
        member_descriptors(root, rule->layers, &doc->layers, &doc->layer_count, err) != 0)
        return -1;
    if (rule->has_manifests &&
        member_descriptors(root, "manifests", &doc->manifests, &doc->manifest_count, err) != 0)
        return -1;
    return 0;
}

/* RF3: the manifest's own artifactType; an image without one is listed as its config's type. */
static int read_artifact_type(struct manifest_doc *doc, const json_t *root, struct err *err)
{
    const char *type;

    if (member_text(root, "artifactType", &type, err) != 0)
        return -1;
    if (type[0] == '\0' && doc->config != NULL)
        type = doc->config->media_type;
    doc->artifact_type = strdup(type);
    return doc->artifact_type == NULL ? err_set(err, ERR_NOMEM, "artifact type") : 0;
}

static int read_annotations(struct manifest_doc *doc, const json_t *root, struct err *err)
{
    return member_annotations(root, &doc->annotations, err);
}

static int read_subject(struct manifest_doc *doc, const json_t *root, struct err *err)
{
    struct manifest_descriptor *subject = NULL;

    if (member_descriptor(root, "subject", &subject, err) != 0)
        return -1;
    if (subject != NULL && member_computable(subject, "subject", err) != 0) {
        member_descriptors_free(subject, 1);
        return -1;
    }
    doc->subject = subject;
    return 0;
}

/* What the referrers list needs. In a kind that we do not know these names may mean other things:
   what does not look like ours is not ours. */
static int read_common(struct manifest_doc *doc, const json_t *root, struct err *err)
{
    static int (*const steps[])(struct manifest_doc *, const json_t *, struct err *) = {
        read_subject, read_artifact_type, read_annotations};
    struct err why = {0};

    for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
        if (steps[i](doc, root, &why) == 0)
            continue;
        if (why.code != ERR_INVALID || doc->kind != MANIFEST_KIND_OTHER)
            return err_set(err, why.code, "%s", why.msg);
    }
    if (doc->artifact_type == NULL)
        doc->artifact_type = strdup("");
    return doc->artifact_type == NULL ? err_set(err, ERR_NOMEM, "artifact type") : 0;
}

static int read_members(struct manifest_doc *doc, const json_t *root,
                        const struct manifest_doc_options *options, struct err *err)
{
    const struct kind_rule *rule;

    if (!json_is_object(root))
        return err_set(err, ERR_INVALID, "a manifest is a JSON object");
    if (choose_media_type(doc, root, options, err) != 0)
        return -1;
    rule = rule_of(doc->media_type);
    if (rule != NULL)
        doc->kind = rule->kind;
    if (doc->kind == MANIFEST_KIND_SCHEMA1) {
        doc->artifact_type = strdup("");
        return doc->artifact_type == NULL ? err_set(err, ERR_NOMEM, "artifact type") : 0;
    }
    if (rule != NULL && read_known(doc, root, rule, err) != 0)
        return -1;
    return read_common(doc, root, err);
}

int manifest_doc_parse(struct manifest_doc **ret, const void *p, size_t n,
                       const struct manifest_doc_options *options, struct err *err)
{
    const struct util_json_limits limits = {
        .size = options->max, .depth = UTIL_JSON_DEPTH_MAX, .values = MANIFEST_DOC_VALUES_MAX};
    struct manifest_doc *doc;
    json_t *root;
    int rc;

    if (util_json_parse(&root, p, n, &limits, err) != 0)
        return -1;
    doc = calloc(1, sizeof(*doc));
    rc = doc == NULL ? err_set(err, ERR_NOMEM, "manifest") : read_members(doc, root, options, err);
    json_decref(root);
    if (rc != 0) {
        manifest_doc_free(doc);
        return -1;
    }
    *ret = doc;
    return 0;
}

void manifest_doc_free(struct manifest_doc *doc)
{
    if (doc == NULL)
        return;
    member_descriptors_free(doc->config, 1);
    member_descriptors_free(doc->layers, doc->layer_count);
    member_descriptors_free(doc->manifests, doc->manifest_count);
    member_descriptors_free(doc->subject, 1);
    free(doc->media_type);
    free(doc->artifact_type);
    free(doc->annotations);
    free(doc);
}

/* --- For the metadata store ------------------------------------------------------------------ */

/* Blobs whose digest cannot be computed are never there, so nothing could use them. */
static void add_use(struct manifest *m, const struct manifest_descriptor *d, enum blob_role role)
{
    if (digest_parse(&m->uses[m->use_count].digest, d->digest, NULL) == 0)
        m->uses[m->use_count++].role = role;
}

static int take_uses(const struct manifest_doc *doc, struct manifest *m, struct err *err)
{
    size_t count = doc->layer_count + (doc->config != NULL ? 1 : 0);

    if (count == 0)
        return 0;
    m->uses = calloc(count, sizeof(*m->uses));
    if (m->uses == NULL)
        return err_set(err, ERR_NOMEM, "manifest");
    if (doc->config != NULL)
        add_use(m, doc->config, BLOB_ROLE_CONFIG);
    for (size_t i = 0; i < doc->layer_count; i++)
        add_use(m, &doc->layers[i], BLOB_ROLE_LAYER);
    return 0;
}

int manifest_doc_take(struct manifest_doc *doc, struct manifest **ret, struct err *err)
{
    struct manifest *m = manifest_new();

    if (m == NULL)
        return err_set(err, ERR_NOMEM, "manifest");
    if (take_uses(doc, m, err) != 0) {
        manifest_unref(m);
        return -1;
    }
    m->media_type = STEAL(doc->media_type);
    m->artifact_type = STEAL(doc->artifact_type);
    m->annotations = STEAL(doc->annotations);
    m->has_subject = doc->subject != NULL;
    if (m->has_subject)
        (void)stpcpy(m->subject, doc->subject->digest); /* member_computable(): it fits */
    *ret = m;
    return 0;
}

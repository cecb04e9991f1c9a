/* SPDX-License-Identifier: MIT */
#include "tests/unit/sink_help.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/util/util.h"
#include "tests/tap/tap.h"

static struct sink shared;

static int keep(struct sink *s, const struct sink_item *item, const void *data, struct err *err)
{
    struct sink_item *to = &s->items[s->count];

    if (++s->count == s->fail_at)
        return err_set(err, ERR_STORAGE_FULL, "no room");
    ASSERT(s->count < SINK_MAX);
    *to = *item;
    if (data != NULL) {
        to->data = calloc(1, to->size + 1);
        memcpy(to->data, data, to->size);
    }
    return 0;
}

static int on_blob(void *arg, const struct fixture_blob *blob, struct err *err)
{
    struct sink_item item = {
        .digest = blob->digest, .size = blob->size, .false_digest = blob->false_digest};

    (void)snprintf(item.media_type, sizeof(item.media_type), "%s", blob->media_type);
    return keep(arg, &item, blob->data, err);
}

static int on_manifest(void *arg, const struct fixture_manifest *m, struct err *err)
{
    struct sink_item item = {
        .digest = m->digest,
        .size = m->size,
        .manifest = true,
        .root = m->root,
        .tag_count = m->tag_count,
        .false_digest = m->false_digest,
        .missing_blobs = m->missing_blobs,
    };

    (void)snprintf(item.media_type, sizeof(item.media_type), "%s", m->media_type);
    if (m->tag_count > 0)
        (void)snprintf(item.tag, sizeof(item.tag), "%s", m->tags[0]);
    return keep(arg, &item, m->data, err);
}

int sink_build(struct sink *s, const struct fixture *f)
{
    const struct fixture_sink sink = {.blob = on_blob, .manifest = on_manifest, .arg = s};

    return fixture_build(f, &sink, &s->result, &s->err);
}

void sink_done(void)
{
    for (size_t i = 0; i < shared.count; i++)
        free(shared.items[i].data);
    memset(&shared, 0, sizeof(shared));
}

const struct sink *sink_open(const char *text)
{
    struct fixture *f;
    struct err err = {0};

    sink_done();
    if (fixture_open(&f, text, &err) != 0 || sink_build(&shared, f) != 0) {
        diag("%s: %s%s", text, err.msg, shared.err.msg);
        abort();
    }
    fixture_free(f);
    return &shared;
}

const struct sink *sink_parse(const char *yaml)
{
    struct fixture *f;
    int rc;

    sink_done();
    if (fixture_parse(&f, "test.yaml", yaml, strlen(yaml), &shared.err) != 0)
        return NULL;
    rc = sink_build(&shared, f);
    fixture_free(f);
    return rc == 0 ? &shared : NULL;
}

const char *sink_error(void)
{
    return shared.err.msg;
}

static const struct sink_item *nth(const struct sink *s, bool manifest, size_t n)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->items[i].manifest == manifest && n-- == 0)
            return &s->items[i];
    }
    return NULL;
}

const struct sink_item *sink_manifest(const struct sink *s, size_t i)
{
    return nth(s, true, i);
}

const struct sink_item *sink_blob(const struct sink *s, size_t i)
{
    return nth(s, false, i);
}

const struct sink_item *sink_root(const struct sink *s)
{
    for (size_t i = 0; i < s->count; i++) {
        if (s->items[i].root)
            return &s->items[i];
    }
    return NULL;
}

const struct sink_item *sink_find(const struct sink *s, const char *digest)
{
    for (size_t i = 0; i < s->count; i++) {
        if (strcmp(s->items[i].digest.text, digest) == 0)
            return &s->items[i];
    }
    return NULL;
}

/* "a.b[2].c"; keys with dots cannot be reached. */
static const json_t *descend(const json_t *value, const char *path)
{
    char key[64];
    unsigned index;
    int used;

    while (value != NULL && *path != '\0') {
        used = 0;
        if (sscanf(path, "[%u]%n", &index, &used) == 1 && used > 0)
            value = json_array_get(value, index);
        else if (sscanf(path, "%63[^.[]%n", key, &used) == 1)
            value = json_object_get(value, key);
        path += used;
        path += *path == '.';
    }
    return value;
}

const char *sink_member(const struct sink_item *item, const char *path)
{
    static char text[65536];
    json_t *root = json_loadb(item->data, item->size, 0, NULL);
    const json_t *value = descend(root, path);
    char *dumped = value == NULL ? NULL : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);

    (void)snprintf(text, sizeof(text), "%s", dumped != NULL ? dumped : "");
    free(dumped);
    json_decref(root);
    return text;
}

long long sink_number(const struct sink_item *item, const char *path)
{
    return strtoll(sink_member(item, path), NULL, 10);
}

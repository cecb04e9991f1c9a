/* SPDX-License-Identifier: MIT */
/* PUT of a manifest: checks, tags, and that nothing is half visible. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/http/loop.h"
#include "lib/util/digest.h"
#include "lib/util/log.h"
#include "lib/util/util.h"
#include "registry/call.h"
#include "registry/registry.h"
#include "registry/store/blob_store.h"
#include "registry/store/meta_store.h"
#include "tests/tap/tap.h"
#include "tests/unit/failing_malloc.h"
#include "tests/unit/push_help.h"

#define IMAGE "application/vnd.oci.image.manifest.v1+json"
#define INDEX "application/vnd.oci.image.index.v1+json"
#define HEX_A "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define HEX_B "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"

static struct loop *loop;

static struct world *make_world(void)
{
    struct world *w = NULL;

    ASSERT(world_new(&w, "test", loop, &REGISTRY_SETTINGS_DEFAULT, NULL) == 0);
    return w;
}

static struct digest digest_for(enum digest_algorithm algorithm, const char *text)
{
    struct digest d;

    ASSERT(digest_of(&d, algorithm, text, strlen(text), NULL) == 0);
    return d;
}

static struct digest add_blob(struct world *w, const char *text)
{
    struct digest d = digest_for(DIGEST_SHA256, text);
    struct blob *blob;

    ASSERT(blob_store_put(w->blobs, &d, text, strlen(text), &blob, NULL) == 0);
    ASSERT(w->meta->ops->repository_add(w->meta, "a/b", NULL) == 0);
    ASSERT(w->meta->ops->blob_add(w->meta, "a/b", blob, NULL) == 0);
    blob_unref(blob);
    return d;
}

/* An image of one config; rest stands behind the layers. */
static char *image_text(const char *config, const char *layers, const char *rest)
{
    char *text = NULL;

    ASSERT(asprintf(&text,
                    "{\"schemaVersion\":2,\"config\":{\"mediaType\":\"application/x\","
                    "\"digest\":\"%s\",\"size\":2},\"layers\":[%s]%s}",
                    config, layers, rest) > 0);
    return text;
}

static char *image(struct world *w, const char *rest)
{
    struct digest config = add_blob(w, "{}");

    return image_text(config.text, "", rest);
}

/* --- Requests -------------------------------------------------------------------------------- */

static struct http_exchange *begin(struct world *w, const char *path, const char *type,
                                   const struct push_field *parameters, int64_t length)
{
    return push_begin(w, &(struct push){.method = "PUT",
                                        .path = path,
                                        .parameters = parameters,
                                        .type = type,
                                        .length = length});
}

static struct http_exchange *put(struct world *w, const char *path, const char *type,
                                 const struct push_field *parameters, const char *text)
{
    struct http_exchange *x = begin(w, path, type, parameters, (int64_t)strlen(text));

    push_text(x, text);
    (void)push_wait(x);
    return x;
}

static const char *path_of(const char *reference)
{
    static char path[256];

    (void)snprintf(path, sizeof(path), "/v2/a/b/manifests/%s", reference);
    return path;
}

static const char *tag_target(struct world *w, const char *tag)
{
    const struct manifest *m = w->meta->ops->tag_find(w->meta, "a/b", tag);

    return m == NULL ? NULL : m->blob->digest.text;
}

static bool has_manifest(struct world *w, const struct digest *d)
{
    return w->meta->ops->manifest_find(w->meta, "a/b", d) != NULL;
}

/* --- Success --------------------------------------------------------------------------------- */

static void test_by_tag(void)
{
    struct world *w = make_world();
    auto_free char *text = image(w, " , \"x\": [ 1 ] ");
    struct digest d = digest_for(DIGEST_SHA256, text);
    struct http_exchange *x = put(w, path_of("v1"), IMAGE "; charset=utf-8", NULL, text);
    const struct manifest *m;

    is_str(fake_header(x, "Location"), path_of(d.text), "MP1 Location");
    is_str(fake_header(x, "Docker-Content-Digest"), d.text, "MP1 digest");
    ok(fake_header(x, "OCI-Subject") == NULL, "MP7 no subject, no header");
    ok(fake_header(x, "OCI-Tag") == NULL, "MP8 no OCI-Tag with a push by tag");
    push_is(x, 201, NULL, "MP1 by tag");
    is_str(tag_target(w, "v1"), d.text, "the tag is set");
    m = w->meta->ops->manifest_find(w->meta, "a/b", &d);
    if (ok(m != NULL && m->blob->data != NULL, "the manifest is there"))
        is_mem(m->blob->data, m->blob->size, text, strlen(text), "MP9 byte for byte");
    if (m != NULL)
        is_str(m->media_type, IMAGE, "MP4 without the parameters of its type");
    push_is(put(w, path_of("v1"), IMAGE, NULL, text), 201, NULL, "MP9 pushed again");
    world_free(w);
}

static void test_by_digest(void)
{
    static const struct push_field tags[] = {{"tag", "one"}, {"tag", "two"}, {NULL, NULL}};
    struct world *w = make_world();
    auto_free char *text = image(w, "");
    struct digest d = digest_for(DIGEST_SHA512, text);
    struct http_exchange *x = put(w, path_of(d.text), IMAGE, tags, text);

    is_str(fake_header(x, "Docker-Content-Digest"), d.text, "MP1 the client's algorithm");
    is_int((long long)fake_header_count(x, "OCI-Tag"), 2, "MP8 each tag is listed");
    is_str(fake_header(x, "OCI-Tag"), "one", "MP8 the first tag");
    push_is(x, 201, NULL, "MP2 by digest, with tags");
    is_str(tag_target(w, "two"), d.text, "PL2 a tag shows the digest that was pushed");
    w->settings.tag_parameters = false;
    (void)w->meta->ops->tag_remove(w->meta, "a/b", "one");
    x = put(w, path_of(d.text), IMAGE, tags, text);
    ok(fake_header(x, "OCI-Tag") == NULL, "MP8 switched off: no header");
    push_is(x, 201, NULL, "MP8 switched off");
    ok(tag_target(w, "one") == NULL, "MP8 switched off: no tag");
    world_free(w);
}

static void test_subject(void)
{
    struct world *w = make_world();
    auto_free char *text =
        image(w, ",\"subject\":{\"mediaType\":\"a/b\",\"digest\":\"sha256:" HEX_A "\",\"size\":1}");
    struct http_exchange *x = put(w, path_of("v1"), IMAGE, NULL, text);

    is_str(fake_header(x, "OCI-Subject"), "sha256:" HEX_A, "MP7 OCI-Subject");
    push_is(x, 201, NULL, "MP5 a subject may be missing");
    w->settings.referrers = false;
    x = put(w, path_of("v1"), IMAGE, NULL, text);
    ok(fake_header(x, "OCI-Subject") == NULL, "MP7 referrers off: no header");
    push_is(x, 201, NULL, "MP7 referrers off");
    world_free(w);
}

/* --- Refusals -------------------------------------------------------------------------------- */

static void test_references(void)
{
    struct world *w = make_world();
    auto_free char *text = image(w, "");
    struct digest other = digest_for(DIGEST_SHA256, "other");

    push_is(put(w, path_of("sha256:baddigeststring"), IMAGE, NULL, text), 400, "DIGEST_INVALID",
            "MP2 a malformed digest");
    push_is(put(w, path_of("v1:2"), IMAGE, NULL, text), 400, "DIGEST_INVALID",
            "MP2 with a colon it is a digest");
    push_is(put(w, path_of(other.text), IMAGE, NULL, text), 400, "DIGEST_INVALID",
            "MP2 another digest");
    push_is(put(w, path_of(other.text), IMAGE, NULL, "{"), 400, "DIGEST_INVALID",
            "MP2 another digest of something broken");
    push_is(put(w, path_of(".v1"), IMAGE, NULL, text), 400, "MANIFEST_INVALID", "MP3 a bad tag");
    ok(!has_manifest(w, &other), "nothing is there");
    world_free(w);
}

static void test_tag_parameters(void)
{
    static const struct push_field three[] = {{"tag", "1"}, {"tag", "2"}, {"tag", "3"}, {0}};
    static const struct push_field bad[] = {{"tag", "1"}, {"tag", "a b"}, {0}};
    struct world *w = make_world();
    auto_free char *text = image(w, "");
    struct digest d = digest_for(DIGEST_SHA256, text);

    w->settings.tags_per_push = 2;
    push_is(put(w, path_of(d.text), IMAGE, three, text), 414, NULL, "MP8 too many tags");
    push_is(put(w, path_of(d.text), IMAGE, bad, text), 400, "MANIFEST_INVALID", "MP8 a bad tag");
    ok(!has_manifest(w, &d), "nothing is there");
    push_is(put(w, path_of("v1"), IMAGE, three, text), 201, NULL,
            "MP8 with a push by tag they mean nothing");
    ok(tag_target(w, "1") == NULL, "MP8 and set nothing");
    world_free(w);
}

static void test_content(void)
{
    struct world *w = make_world();
    auto_free char *text = image(w, "");

    push_is(put(w, path_of("v1"), IMAGE, NULL, "{\"schemaVersion\":2,"), 400, "MANIFEST_INVALID",
            "MP5 malformed JSON");
    push_is(put(w, path_of("v1"), IMAGE, NULL, ""), 400, "MANIFEST_INVALID", "MP5 nothing");
    push_is(put(w, path_of("v1"), NULL, NULL, text), 400, "MANIFEST_INVALID", "MP4 no type");
    push_is(put(w, path_of("v1"), IMAGE, NULL, "{\"mediaType\":\"" INDEX "\"}"), 400, "differs",
            "MP4 two types");
    w->settings.require_media_type_match = false;
    push_is(put(w, path_of("v1"), "a/b", NULL, "{\"mediaType\":\"" INDEX "\"}"), 201, NULL,
            "MP4 two types, allowed");
    w->settings.require_media_type_match = true;
    push_is(put(w, path_of("v1"), "application/vnd.example+json", NULL, "{\"x\":1}"), 201, NULL,
            "MP4 an unknown type");
    push_is(put(w, path_of("v1"), IMAGE, NULL, "[{}]"), 400, "MANIFEST_INVALID", "an array");
    world_free(w);
}

static size_t count_text(const char *text, const char *what)
{
    size_t count = 0;

    for (const char *p = strstr(text, what); p != NULL; p = strstr(p + 1, what))
        count++;
    return count;
}

static void test_missing(void)
{
    static const char layers[] =
        "{\"mediaType\":\"x/y\",\"digest\":\"sha256:" HEX_B "\",\"size\":1},"
        "{\"mediaType\":\"x/y\",\"digest\":\"blake3:ab\",\"size\":1},"
        "{\"mediaType\":\"x/y\",\"digest\":\"sha512:" HEX_B HEX_B
        "\",\"size\":1,\"urls\":[\"http://h/\"]}";
    struct world *w = make_world();
    auto_free char *text = image_text("sha256:" HEX_A, layers, "");
    struct http_exchange *x = put(w, path_of("v1"), IMAGE, NULL, text);

    is_int((long long)count_text(fake_body(x), "MANIFEST_BLOB_UNKNOWN"), 3,
           "MP5 one error per missing reference");
    ok(strstr(fake_body(x), "\"detail\":\"sha256:" HEX_A "\"") != NULL, "MP5 its digest");
    push_is(x, 400, "sha256:" HEX_B, "MP5 missing blobs");
    ok(tag_target(w, "v1") == NULL, "MP5 nothing is there");
    w->settings.require_blobs = false;
    push_is(put(w, path_of("v1"), IMAGE, NULL, text), 201, NULL, "MP5 missing blobs, allowed");
    world_free(w);
}

static void test_index(void)
{
    struct world *w = make_world();
    auto_free char *child = image(w, "");
    struct digest d = digest_for(DIGEST_SHA256, child);
    struct digest blob = add_blob(w, "{}");
    auto_free char *text = NULL;

    ASSERT(asprintf(&text,
                    "{\"schemaVersion\":2,\"manifests\":["
                    "{\"mediaType\":\"" IMAGE "\",\"digest\":\"%s\",\"size\":1},"
                    "{\"mediaType\":\"x/y\",\"digest\":\"%s\",\"size\":1}]}",
                    d.text, blob.text) > 0);
    push_is(put(w, path_of("v1"), INDEX, NULL, text), 400, d.text, "MP5 a missing child");
    push_is(put(w, path_of(d.text), IMAGE, NULL, child), 201, NULL, "MP5 the child");
    push_is(put(w, path_of("v1"), INDEX, NULL, text), 201, NULL, "MP5 now it has its child");
    world_free(w);
}

static void test_immutable(void)
{
    static const struct push_field tags[] = {{"tag", "new"}, {"tag", "v1"}, {0}};
    struct world *w = make_world();
    auto_free char *first = image(w, "");
    auto_free char *second = image(w, ",\"x\":1");
    struct digest d = digest_for(DIGEST_SHA256, first);
    struct digest other = digest_for(DIGEST_SHA256, second);

    push_is(put(w, path_of("v1"), IMAGE, NULL, first), 201, NULL, "MP9 the first push");
    w->settings.immutable_tags = true;
    push_is(put(w, path_of("v1"), IMAGE, NULL, first), 201, NULL, "MP9 the same again");
    push_is(put(w, path_of("v1"), IMAGE, NULL, second), 409, "TAG_IMMUTABLE", "MP9 immutable");
    push_is(put(w, path_of(other.text), IMAGE, tags, second), 409, "TAG_IMMUTABLE",
            "MP9 immutable as a parameter");
    ok(!has_manifest(w, &other), "MP9 nothing of it is there");
    ok(tag_target(w, "new") == NULL, "MP9 nor another of its tags");
    is_str(tag_target(w, "v1"), d.text, "MP9 the tag stays");
    w->settings.immutable_tags = false;
    push_is(put(w, path_of("v1"), IMAGE, NULL, second), 201, NULL, "MP9 the tag moves");
    is_str(tag_target(w, "v1"), other.text, "MP9 the tag moved");
    ok(has_manifest(w, &d), "MP9 what it pointed to stays");
    world_free(w);
}

/* --- Sizes ----------------------------------------------------------------------------------- */

static void test_too_large(void)
{
    struct world *w = make_world();
    struct http_exchange *x = begin(w, path_of("v1"), IMAGE, NULL, 8 * 1024 * 1024 + 1);

    ok(!fake_body_wanted(x), "MP6 what is announced as too large is not read");
    push_is(x, 413, "SIZE_INVALID", "MP6 too large by its length");
    x = begin(w, path_of("v1"), IMAGE, NULL, -1);
    is_int((long long)fake_body_max(x), 8 * 1024 * 1024, "MP6 limit of a chunked body");
    fake_body_send(x, "{", 1);
    fake_body_fail(x, ERR_BODY_TOO_LARGE);
    push_is(x, 413, "SIZE_INVALID", "MP6 too large by its bytes");
    is_int((long long)w->blobs->ops->used(w->blobs), 0, "nothing is charged any more");
    world_free(w);
}

/* Large enough for a job: 3.9 MB, as the conformance suite pushes it. */
static char *large_image(struct world *w)
{
    enum { SIZE = 3900000 };
    auto_free char *rest = malloc(SIZE + 64);
    size_t n;

    ASSERT(rest != NULL);
    n = (size_t)snprintf(rest, 64, ",\"annotations\":{\"a\":\"");
    memset(rest + n, 'A', SIZE);
    (void)stpcpy(rest + n + SIZE, "\"}");
    return image(w, rest);
}

static void test_job(void)
{
    struct world *w = make_world();
    auto_free char *text = large_image(w);
    struct digest d = digest_for(DIGEST_SHA256, text);
    struct http_exchange *x = begin(w, path_of("v1"), IMAGE, NULL, -1);

    fake_body_send(x, text, 1000000);
    push_text(x, text + 1000000);
    is_int(fake_status(x), 0, "MP6 a large manifest is read in a job");
    is_int(push_wait(x), 201, "MP6 3.9 MB are accepted");
    push_close(x);
    is_str(tag_target(w, "v1"), d.text, "MP6 and there");
    world_free(w);
}

static bool is_discharged(struct world *w)
{
    return w->blobs->ops->used(w->blobs) <= strlen("{}");
}

static void test_leave(void)
{
    struct world *w = make_world();
    auto_free char *text = large_image(w);
    struct http_exchange *x = begin(w, path_of("v1"), IMAGE, NULL, -1);

    fake_body_send(x, text, 1000);
    fake_body_fail(x, ERR_PEER_CLOSED);
    push_close(x);
    ok(is_discharged(w), "a client that leaves takes its bytes along");
    x = begin(w, path_of("v1"), IMAGE, NULL, -1);
    fake_body_send(x, text, 1000);
    push_close(x);
    ok(is_discharged(w), "so does one whose connection is closed");
    x = begin(w, path_of("v1"), IMAGE, NULL, -1);
    push_text(x, text);
    push_close(x);
    ok(is_discharged(w), "so does one that leaves during the job");
    ok(tag_target(w, "v1") == NULL, "no tag came of it");
    world_free(w);
}

/* The server stops while a job reads a manifest: its end comes after the world's. */
static void test_stop(void)
{
    struct world *w = make_world();
    auto_free char *text = large_image(w);
    struct http_exchange *x = begin(w, path_of("v1"), IMAGE, NULL, -1);
    struct loop *old = loop;

    push_text(x, text);
    is_int(fake_status(x), 0, "a job is under way");
    push_close(x);
    world_free(w);
    loop_free(old);
    ASSERT(loop_new(&loop, 1, NULL) == 0);
    ok(true, "stopped in the middle of it");
}

/* 8 MiB of empty objects must cost neither time nor memory. */
static void test_flood(void)
{
    enum { SIZE = 8 * 1024 * 1024 - 1 };
    struct world *w = make_world();
    auto_free char *text = malloc(SIZE);
    struct http_exchange *x;

    ASSERT(text != NULL);
    for (size_t i = 0; i + 3 <= SIZE; i += 3)
        memcpy(text + i, "{},", 3);
    text[0] = '[';
    x = begin(w, path_of("v1"), IMAGE, NULL, -1);
    fake_body_send(x, text, SIZE);
    fake_body_end(x);
    is_int(push_wait(x), 400, "a flood of objects is refused");
    push_is(x, 400, "MANIFEST_INVALID", "a flood of objects");
    is_int((long long)w->blobs->ops->used(w->blobs), 0, "nothing of it is kept");
    world_free(w);
}

static void test_storage_full(void)
{
    struct registry_settings settings = REGISTRY_SETTINGS_DEFAULT;
    struct http_exchange *x;
    struct world *w = NULL;

    settings.storage_max = 4;
    ASSERT(world_new(&w, "test", loop, &settings, NULL) == 0);
    x = begin(w, path_of("v1"), IMAGE, NULL, -1);
    fake_body_send(x, "12345", 5);
    ok(fake_body_is_discarded(x), "the rest is dropped");
    push_is(x, 507, "STORAGE_FULL", "limits.storage");
    world_free(w);
}

/* --- Half of it ------------------------------------------------------------------------------ */

/* Whether one or the other holds, completely. */
static void is_whole(struct world *w, const struct digest *was, const struct digest *now,
                     int status, unsigned n)
{
    const struct digest *target = status == 201 ? now : was;

    is_str(tag_target(w, "v1"), target->text, "a tag that is there, allocation %u", n);
    is_str(tag_target(w, "v2"), status == 201 ? now->text : NULL, "a new tag, allocation %u", n);
    ok(has_manifest(w, now) == (status == 201), "the manifest, allocation %u", n);
    ok(has_manifest(w, was), "what was there stays, allocation %u", n);
}

/* MP9: with the n-th allocation failing there is all of a push or nothing, for every n. */
static bool push_without(unsigned n)
{
    static const struct push_field tags[] = {{"tag", "v2"}, {"tag", "v1"}, {0}};
    struct world *w = make_world();
    auto_free char *first = image(w, "");
    auto_free char *second = image(w, ",\"annotations\":{\"a\":\"b\"}");
    struct digest was = digest_for(DIGEST_SHA256, first);
    struct digest now = digest_for(DIGEST_SHA256, second);
    struct http_exchange *x = put(w, path_of("v1"), IMAGE, NULL, first);
    uint64_t used = w->blobs->ops->used(w->blobs);
    bool failed;
    int status;

    push_close(x);
    x = begin(w, path_of(now.text), IMAGE, tags, (int64_t)strlen(second));
    failing_malloc_arm(n);
    push_text(x, second);
    failed = failing_malloc_disarm();
    status = fake_status(x);
    ok(status == 201 || (status >= 400 && failed), "status %d, allocation %u", status, n);
    push_close(x);
    is_whole(w, &was, &now, status, n);
    is_int((long long)(w->blobs->ops->used(w->blobs) - used),
           status == 201 ? (long long)strlen(second) : 0, "bytes charged, allocation %u", n);
    world_free(w);
    return failed;
}

static void test_no_memory(void)
{
    unsigned n = 1;

    while (n < 500 && push_without(n))
        n++;
    ok(n > 10 && n < 500, "%u allocations were made to fail", n - 1);
}

int main(void)
{
    plan_lazy();
    log_set_level(LOG_LEVEL_ERROR);
    ASSERT(loop_new(&loop, 1, NULL) == 0);
    test_by_tag();
    test_by_digest();
    test_subject();
    test_references();
    test_tag_parameters();
    test_content();
    test_missing();
    test_index();
    test_immutable();
    test_too_large();
    test_job();
    test_leave();
    test_stop();
    test_flood();
    test_storage_full();
    test_no_memory();
    loop_free(loop);
    done_testing();
}

/* SPDX-License-Identifier: MIT */
/* POST to the uploads of a repository: sessions, single posts, mounts. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/http/loop.h"
#include "lib/util/digest.h"
#include "lib/util/log.h"
#include "lib/util/util.h"
#include "registry/access.h"
#include "registry/call.h"
#include "registry/registry.h"
#include "registry/store/blob_store.h"
#include "registry/store/meta_store.h"
#include "registry/upload.h"
#include "tests/tap/tap.h"
#include "tests/unit/push_help.h"

#define CONTENT "content"

static struct loop *loop;

static struct world *make_world(const struct registry_settings *settings)
{
    struct world *w = NULL;

    ASSERT(world_new(&w, "test", loop, settings, NULL) == 0);
    return w;
}

static struct http_exchange *post(struct world *w, const struct push_field *parameters,
                                  int64_t length)
{
    return push_begin(w, &(struct push){.method = "POST",
                                        .path = "/v2/a/b/blobs/uploads/",
                                        .parameters = parameters,
                                        .length = length});
}

/* One parameter, or two. */
#define WITH(...) ((const struct push_field[]){__VA_ARGS__, {NULL, NULL}})

static struct digest digest_for(enum digest_algorithm algorithm, const char *text)
{
    struct digest d;

    ASSERT(digest_of(&d, algorithm, text, strlen(text), NULL) == 0);
    return d;
}

static bool has_blob(struct world *w, const char *repo, const struct digest *d)
{
    return w->meta->ops->blob_find(w->meta, repo, d) != NULL;
}

static size_t sessions(struct world *w)
{
    return w->meta->ops->upload_count(w->meta);
}

static struct digest add_blob(struct world *w, const char *repo)
{
    struct digest d = digest_for(DIGEST_SHA256, CONTENT);
    struct blob *blob;

    ASSERT(blob_store_put(w->blobs, &d, CONTENT, strlen(CONTENT), &blob, NULL) == 0);
    ASSERT(w->meta->ops->repository_add(w->meta, repo, NULL) == 0);
    ASSERT(w->meta->ops->blob_add(w->meta, repo, blob, NULL) == 0);
    blob_unref(blob);
    return d;
}

/* --- Sessions -------------------------------------------------------------------------------- */

static void is_session(struct world *w, struct http_exchange *x, const char *name)
{
    static const char start[] = "/v2/a/b/blobs/uploads/";
    const char *location = fake_header(x, "Location");
    const char *id = fake_header(x, "Docker-Upload-UUID");

    if (!ok(location != NULL && id != NULL, "Location and id: %s", name)) {
        push_close(x);
        return;
    }
    ok(strncmp(location, start, strlen(start)) == 0, "UP1 path of the Location: %s", name);
    is_str(location + strlen(start), id, "UP1 one segment with the id: %s", name);
    is_str(fake_header(x, "Range"), "0-0", "UP1 Range: %s", name);
    ok(upload_find(w, "a/b", id) != NULL, "a session: %s", name);
    push_is(x, 202, NULL, name);
}

static void test_session(void)
{
    struct registry_settings settings = REGISTRY_SETTINGS_DEFAULT;
    struct http_exchange *x;
    struct world *w;

    settings.chunk_min = 4096;
    settings.uploads_max = 2;
    w = make_world(&settings);
    x = post(w, NULL, 0);
    is_str(fake_header(x, "OCI-Chunk-Min-Length"), "4096", "UP1 registry.chunk_min");
    is_session(w, x, "UP1 a session");
    ok(w->meta->ops->repository_exists(w->meta, "a/b"), "its repository exists");
    x = post(w, WITH({"x", "y"}, {"digest-algorithm", "sha512"}), 0);
    is_session(w, x, "UP13 with a digest algorithm and something unknown");
    x = post(w, NULL, 0);
    ok(fake_header(x, "Retry-After") != NULL, "C5 Retry-After with 429");
    push_is(x, 429, "TOOMANYREQUESTS", "limits.uploads");
    world_free(w);
}

static void test_session_refused(void)
{
    struct world *w = make_world(&REGISTRY_SETTINGS_DEFAULT);
    struct http_exchange *x = post(w, NULL, 0);

    ok(fake_header(x, "OCI-Chunk-Min-Length") == NULL, "UP1 registry.chunk_min off");
    push_close(x);
    push_is(post(w, WITH({"digest-algorithm", "md5"}), 0), 400, "DIGEST_INVALID", "UP13 md5");
    push_is(post(w, WITH({"digest", "sha256:1"}), 0), 400, "DIGEST_INVALID", "UP11 a bad digest");
    push_is(post(w, WITH({"mount", "sha256:1"}), 0), 400, "DIGEST_INVALID", "UP12 a bad digest");
    is_int((long long)sessions(w), 1, "none of them is a session");
    world_free(w);
}

static void test_absolute(void)
{
    struct registry_settings settings = REGISTRY_SETTINGS_DEFAULT;
    struct http_exchange *x;
    const char *location;
    struct world *w;

    settings.absolute_location = true;
    w = make_world(&settings);
    x = post(w, NULL, 0);
    location = fake_header(x, "Location");
    ok(location != NULL && strncmp(location, "http://registry.example:5000/v2/a/b/",
                                   strlen("http://registry.example:5000/v2/a/b/")) == 0,
       "UP2 an absolute Location");
    push_close(x);
    world_free(w);
}

/* --- Single POST ----------------------------------------------------------------------------- */

static void test_single(void)
{
    struct world *w = make_world(&REGISTRY_SETTINGS_DEFAULT);
    struct digest d = digest_for(DIGEST_SHA512, CONTENT);
    struct http_exchange *x = post(w, WITH({"digest", d.text}), (int64_t)strlen(CONTENT));
    char location[256];

    push_text(x, CONTENT);
    is_int(push_wait(x), 201, "UP11 a blob in one request");
    (void)snprintf(location, sizeof(location), "/v2/a/b/blobs/%s", d.text);
    is_str(fake_header(x, "Location"), location, "UP11 its Location");
    is_str(fake_header(x, "Docker-Content-Digest"), d.text, "UP11 its digest");
    push_close(x);
    ok(has_blob(w, "a/b", &d), "UP11 it is there");
    is_int((long long)sessions(w), 0, "UP11 no session is left");
    world_free(w);
}

static void test_single_failed(void)
{
    struct world *w = make_world(&REGISTRY_SETTINGS_DEFAULT);
    struct digest d = digest_for(DIGEST_SHA256, CONTENT);
    struct http_exchange *x = post(w, WITH({"digest", d.text}), -1);

    push_text(x, "other");
    (void)push_wait(x);
    push_is(x, 400, "DIGEST_INVALID", "UP11 another content");
    x = post(w, WITH({"digest", d.text}), 100);
    fake_body_send(x, "cont", 4);
    fake_body_fail(x, ERR_PEER_CLOSED);
    push_close(x);
    x = post(w, WITH({"digest", d.text}), -1);
    push_close(x);
    ok(!has_blob(w, "a/b", &d), "UP11 nothing is there");
    ok(!w->meta->ops->repository_exists(w->meta, "a/b"), "UP11 not even a repository");
    is_int((long long)sessions(w), 0, "UP11 no session is left");
    world_free(w);
}

static void test_empty(void)
{
    struct registry_settings settings = REGISTRY_SETTINGS_DEFAULT;
    struct world *w = make_world(&settings);
    struct digest none = digest_for(DIGEST_SHA256, "");
    struct digest d = digest_for(DIGEST_SHA256, CONTENT);
    struct http_exchange *x = post(w, WITH({"digest", none.text}), -1);

    fake_body_end(x);
    (void)push_wait(x);
    push_is(x, 201, NULL, "UP11 the empty blob, chunked");
    ok(has_blob(w, "a/b", &none), "UP11 it is there");
    x = post(w, WITH({"digest", none.text}), 0);
    (void)push_wait(x);
    push_is(x, 201, NULL, "UP11 the empty blob, length 0");
    is_session(w, post(w, WITH({"digest", d.text}), 0), "UP11 length 0 with another digest");
    settings.single_post = false;
    w->settings = settings;
    x = post(w, WITH({"digest", d.text}), 7);
    ok(!fake_body_wanted(x), "UP11 switched off: the body is not wanted");
    is_session(w, x, "UP11 switched off");
    world_free(w);
}

static void test_single_too_large(void)
{
    struct registry_settings settings = REGISTRY_SETTINGS_DEFAULT;
    struct digest d = digest_for(DIGEST_SHA256, CONTENT);
    struct world *w;

    settings.blob_max = 6;
    w = make_world(&settings);
    push_is(post(w, WITH({"digest", d.text}), 7), 413, "SIZE_INVALID", "UP11 over limits.blob");
    is_int((long long)sessions(w), 0, "UP11 no session is left");
    world_free(w);
}

/* --- Mount ----------------------------------------------------------------------------------- */

static void test_mount(void)
{
    struct world *w = make_world(&REGISTRY_SETTINGS_DEFAULT);
    struct digest d = add_blob(w, "source");
    struct http_exchange *x = post(w, WITH({"mount", d.text}, {"from", "source"}), 0);
    char location[256];

    (void)snprintf(location, sizeof(location), "/v2/a/b/blobs/%s", d.text);
    is_str(fake_header(x, "Location"), location, "UP12 Location of a mount");
    is_str(fake_header(x, "Docker-Content-Digest"), d.text, "UP12 digest of a mount");
    push_is(x, 201, NULL, "UP12 a mount");
    ok(has_blob(w, "a/b", &d), "UP12 it is there");
    (void)w->meta->ops->blob_remove(w->meta, "source", &d);
    ok(has_blob(w, "a/b", &d), "DL3 and stays when the source loses it");
    is_int((long long)sessions(w), 0, "UP12 no session is made");
    world_free(w);
}

static void test_mount_anonymous(void)
{
    struct world *w = make_world(&REGISTRY_SETTINGS_DEFAULT);
    struct digest d = add_blob(w, "somewhere");

    push_is(post(w, WITH({"mount", d.text}), 0), 201, NULL, "UP12 without a source");
    ok(has_blob(w, "a/b", &d), "UP12 it is there");
    push_is(post(w, WITH({"mount", d.text}, {"from", ""}), 0), 201, NULL,
            "UP12 with an empty source");
    world_free(w);
}

static void test_mount_missing(void)
{
    struct world *w = make_world(&REGISTRY_SETTINGS_DEFAULT);
    struct digest d = add_blob(w, "source");
    struct digest other = digest_for(DIGEST_SHA256, "other");

    is_session(w, post(w, WITH({"mount", other.text}, {"from", "source"}), 0), "UP12 no such blob");
    is_session(w, post(w, WITH({"mount", other.text}), 0), "UP12 no such blob anywhere");
    is_session(w, post(w, WITH({"mount", d.text}, {"from", "nowhere"}), 0),
               "UP12 no such repository");
    is_session(w, post(w, WITH({"mount", d.text}, {"from", "../x"}), 0), "UP12 no repository name");
    ok(!has_blob(w, "a/b", &d), "UP12 nothing was linked");
    w->settings.mount = false;
    is_session(w, post(w, WITH({"mount", d.text}, {"from", "source"}), 0), "UP12 switched off");
    is_session(w, post(w, WITH({"mount", d.text}), 0), "UP12 switched off, without a source");
    world_free(w);
}

static enum access_answer answer(void *arg, const struct registry_call *call, const char *repo)
{
    (void)call;
    return strcmp(repo, "open") == 0 ? ACCESS_GRANTED : *(enum access_answer *)arg;
}

static void test_mount_policy(void)
{
    enum access_answer no = ACCESS_REFUSED;
    const struct access_policy policy = {.may_pull = answer, .arg = &no};
    struct world *w = make_world(&REGISTRY_SETTINGS_DEFAULT);
    struct digest d = add_blob(w, "closed");

    w->access = &policy;
    is_session(w, post(w, WITH({"mount", d.text}, {"from", "closed"}), 0),
               "UP12 the caller may not pull there");
    is_session(w, post(w, WITH({"mount", d.text}), 0), "UP12 nor find it there");
    no = ACCESS_SCOPE_MISSING;
    push_is(post(w, WITH({"mount", d.text}, {"from", "closed"}), 0), 401, "closed",
            "UP12 the token lacks the scope");
    is_session(w, post(w, WITH({"mount", d.text}), 0), "UP12 without a source it is not asked for");
    ok(!has_blob(w, "a/b", &d), "UP12 nothing was linked");
    (void)add_blob(w, "open");
    push_is(post(w, WITH({"mount", d.text}), 0), 201, NULL, "UP12 found where the caller may pull");
    world_free(w);
}

int main(void)
{
    plan_lazy();
    log_set_level(LOG_LEVEL_ERROR);
    ASSERT(loop_new(&loop, 1, NULL) == 0);
    test_session();
    test_session_refused();
    test_absolute();
    test_single();
    test_single_failed();
    test_empty();
    test_single_too_large();
    test_mount();
    test_mount_anonymous();
    test_mount_missing();
    test_mount_policy();
    loop_free(loop);
    done_testing();
}

/* SPDX-License-Identifier: MIT */
/*
 * PATCH, PUT, GET and DELETE of a session, byte by byte: what two requests at once, a client that
 * leaves and a store that is full do to it. What is on the wire is tests/integration's business.
 */
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
#include "registry/upload.h"
#include "tests/tap/tap.h"
#include "tests/unit/push_help.h"

/* A registry with one session. */
struct scene {
    struct world *w;
    struct upload *up; /* borrowed; dangling once it is gone */
    char path[128];    /* of the session */
};

static struct loop *loop;

static void scene_init(struct scene *s, const struct registry_settings *settings)
{
    ASSERT(world_new(&s->w, "test", loop, settings, NULL) == 0);
    ASSERT(upload_new(&s->up, s->w, "a/b", NULL) == 0);
    (void)snprintf(s->path, sizeof(s->path), "/v2/a/b/blobs/uploads/%s", s->up->id);
}

static void scene_done(struct scene *s)
{
    world_free(s->w);
}

static struct http_exchange *patch(struct scene *s, const char *range, int64_t length)
{
    return push_begin(
        s->w, &(struct push){.method = "PATCH", .path = s->path, .range = range, .length = length});
}

static struct http_exchange *put(struct scene *s, const char *digest, const char *range,
                                 int64_t length)
{
    const struct push_field parameters[] = {{"x", "y"}, {"digest", digest}, {NULL, NULL}};

    return push_begin(s->w, &(struct push){.method = "PUT",
                                           .path = s->path,
                                           .parameters = parameters,
                                           .range = range,
                                           .length = length});
}

static struct http_exchange *simple(struct scene *s, const char *method)
{
    return push_begin(s->w, &(struct push){.method = method, .path = s->path});
}

/* Ends the exchange and checks its status and Range. */
static void is_reply(struct http_exchange *x, int status, const char *range, const char *name)
{
    if (!is_int(fake_status(x), status, "status: %s", name))
        diag("%s", fake_body(x));
    is_str(fake_header(x, "Range"), range, "Range: %s", name);
    push_close(x);
}

static void is_refused(struct http_exchange *x, int status, const char *code, const char *range,
                       const char *name)
{
    ok(strstr(fake_body(x), code) != NULL, "code: %s", name);
    is_reply(x, status, range, name);
}

static void is_size(struct scene *s, long long size, const char *name)
{
    is_int((long long)upload_size(s->up), size, "size: %s", name);
}

static void digest_text(struct digest *d, enum digest_algorithm algorithm, const char *text)
{
    ASSERT(digest_of(d, algorithm, text, strlen(text), NULL) == 0);
}

/* --- PATCH ----------------------------------------------------------------------------------- */

static void test_stream(void)
{
    struct http_exchange *x;
    struct scene s;

    scene_init(&s, &REGISTRY_SETTINGS_DEFAULT);
    x = patch(&s, NULL, -1);
    fake_body_send(x, "hello", 5);
    push_text(x, " world");
    is_str(fake_header(x, "Location"), s.path, "UP3 Location of a stream");
    is_str(fake_header(x, "Docker-Upload-UUID"), s.up->id, "UP3 id of a stream");
    is_reply(x, 202, "0-10", "UP3 a chunked stream");
    x = patch(&s, NULL, 1);
    push_text(x, "!");
    is_reply(x, 202, "0-11", "UP3 a stream with a length is appended");
    x = patch(&s, NULL, 0);
    is_reply(x, 202, "0-11", "UP3 an empty body");
    scene_done(&s);
}

static void test_empty_range(void)
{
    struct http_exchange *x;
    struct scene s;

    scene_init(&s, &REGISTRY_SETTINGS_DEFAULT);
    x = patch(&s, "7-7", -1);
    fake_body_end(x);
    is_reply(x, 202, "0-0", "UP5 the range of an empty chunked body means nothing");
    x = patch(&s, "7-7", 0);
    is_reply(x, 202, "0-0", "UP5 the range of an empty body means nothing");
    scene_done(&s);
}

static void test_chunks(void)
{
    struct http_exchange *x;
    struct scene s;

    scene_init(&s, &REGISTRY_SETTINGS_DEFAULT);
    x = patch(&s, "0-4", 5);
    push_text(x, "01234");
    is_reply(x, 202, "0-4", "UP4 the first chunk");
    x = patch(&s, "bytes 5-9", -1);
    push_text(x, "56789");
    is_reply(x, 202, "0-9", "UP4 a chunk without a length");
    x = patch(&s, "11-12", 2);
    ok(!fake_body_wanted(x), "UP4 the body of a gap is not read");
    is_str(fake_header(x, "Location"), s.path, "UP4 Location of a gap");
    is_refused(x, 416, "BLOB_UPLOAD_INVALID", "0-9", "UP4 a gap");
    is_refused(patch(&s, "5-9", 5), 416, "BLOB_UPLOAD_INVALID", "0-9", "UP4 a repetition");
    x = patch(&s, "5-9", -1);
    fake_body_send(x, "5", 1);
    ok(fake_body_is_discarded(x), "UP4 the rest of a repetition is dropped");
    is_refused(x, 416, "BLOB_UPLOAD_INVALID", "0-9", "UP4 a repetition without a length");
    is_size(&s, 10, "UP4 nothing of a refused body counts");
    x = patch(&s, "10-10", 1);
    push_text(x, "x");
    is_reply(x, 202, "0-10", "UP4 the session is usable after 416");
    scene_done(&s);
}

static void test_wrong_sizes(void)
{
    struct http_exchange *x;
    struct scene s;

    scene_init(&s, &REGISTRY_SETTINGS_DEFAULT);
    is_refused(patch(&s, "0-4", 4), 400, "SIZE_INVALID", "0-0", "UP4 range and length differ");
    is_refused(patch(&s, "4-", 4), 400, "BLOB_UPLOAD_INVALID", "0-0", "UP4 a range that is none");
    x = patch(&s, "0-4", -1);
    push_text(x, "012");
    is_refused(x, 400, "SIZE_INVALID", "0-0", "UP4 fewer bytes than the range");
    x = patch(&s, "0-4", -1);
    fake_body_send(x, "012", 3);
    fake_body_send(x, "345", 3);
    ok(fake_body_is_discarded(x), "UP4 the rest of a body that is too long is dropped");
    is_refused(x, 400, "SIZE_INVALID", "0-0", "UP4 more bytes than the range");
    is_size(&s, 0, "UP4 nothing of them counts");
    scene_done(&s);
}

/* --- Clients that leave ---------------------------------------------------------------------- */

static void test_cut(void)
{
    struct http_exchange *x;
    struct scene s;

    scene_init(&s, &REGISTRY_SETTINGS_DEFAULT);
    x = patch(&s, NULL, 100);
    fake_body_send(x, "0123456789", 10);
    fake_body_fail(x, ERR_PEER_CLOSED);
    is_int(fake_status(x), 0, "nobody is left to answer");
    push_close(x);
    is_reply(simple(&s, "GET"), 204, "0-9", "UP7 a cut stream");
    x = patch(&s, "10-19", 10);
    fake_body_send(x, "abc", 3);
    push_close(x);
    is_reply(simple(&s, "GET"), 204, "0-12", "UP7 a cut chunk");
    x = patch(&s, "13-13", 1);
    push_text(x, "!");
    is_reply(x, 202, "0-13", "UP7 the client goes on from there");
    x = patch(&s, NULL, -1);
    fake_body_send(x, "xyz", 3);
    fake_body_fail(x, ERR_BODY_SYNTAX);
    is_reply(x, 400, NULL, "a body with broken framing");
    is_size(&s, 14, "counts for nothing");
    scene_done(&s);
}

/* All of the blob is there and was asked to be finished: it is, whoever is there to hear it. */
static bool has_blob(void *arg)
{
    struct scene *s = arg;
    struct digest d;

    digest_text(&d, DIGEST_SHA256, "content");
    return s->w->meta->ops->blob_find(s->w->meta, "a/b", &d) != NULL;
}

static void test_leave_while_finishing(void)
{
    struct http_exchange *x;
    struct digest d;
    struct scene s;

    scene_init(&s, &REGISTRY_SETTINGS_DEFAULT);
    digest_text(&d, DIGEST_SHA256, "content");
    x = put(&s, d.text, NULL, 7);
    push_text(x, "content");
    is_int(fake_status(x), 0, "no answer before the digest");
    push_close(x);
    ok(push_run_until(loop, has_blob, &s), "the blob is there, though the client is not");
    is_int((long long)s.w->meta->ops->upload_count(s.w->meta), 0, "the session is gone");
    scene_done(&s);
}

/* --- Two at once ----------------------------------------------------------------------------- */

static bool is_reading(void *arg)
{
    return fake_body_wanted(arg);
}

/* Waits, and is refused or answered all the same. */
static void test_concurrent(void)
{
    struct http_exchange *first;
    struct http_exchange *second;
    struct http_exchange *third;
    struct http_exchange *asked;
    struct scene s;

    scene_init(&s, &REGISTRY_SETTINGS_DEFAULT);
    first = patch(&s, NULL, -1);
    fake_body_send(first, "abc", 3);
    second = patch(&s, NULL, 3);
    third = put(&s, "sha256:x", NULL, 0);
    asked = simple(&s, "GET");
    is_int(fake_status(second) + fake_status(third) + fake_status(asked), 0, "the others wait");
    (void)push_wait(second);
    (void)push_wait(third);
    (void)push_wait(asked);
    is_str(fake_header(second, "Location"), s.path, "a second PATCH learns the Location");
    is_refused(second, 409, "BLOB_UPLOAD_INVALID", "0-2", "a second PATCH");
    is_refused(third, 409, "BLOB_UPLOAD_INVALID", "0-2", "a PUT meanwhile");
    is_reply(asked, 204, "0-2", "the status meanwhile");
    push_text(first, "def");
    is_reply(first, 202, "0-5", "the first is not disturbed");
    scene_done(&s);
}

/* A client that comes back before the old connection was read to its end. */
static void test_settle(void)
{
    struct http_exchange *first;
    struct http_exchange *asked;
    struct http_exchange *left;
    struct http_exchange *next;
    struct scene s;

    scene_init(&s, &REGISTRY_SETTINGS_DEFAULT);
    first = patch(&s, NULL, 100);
    asked = simple(&s, "GET");
    left = simple(&s, "GET");
    next = patch(&s, "6-6", 1);
    push_close(left);
    fake_body_send(first, "abcdef", 6);
    fake_body_fail(first, ERR_PEER_CLOSED);
    push_close(first);
    (void)push_wait(asked);
    is_reply(asked, 204, "0-5", "UP7 the status counts what was on its way");
    ok(push_run_until(loop, is_reading, next), "the next chunk waits its turn");
    push_text(next, "g");
    is_reply(next, 202, "0-6", "the next chunk fits");
    scene_done(&s);
}

static void test_cancel_while_receiving(void)
{
    struct http_exchange *first;
    struct http_exchange *asked;
    struct scene s;

    scene_init(&s, &REGISTRY_SETTINGS_DEFAULT);
    first = patch(&s, NULL, -1);
    fake_body_send(first, "abc", 3);
    asked = simple(&s, "GET");
    is_reply(simple(&s, "DELETE"), 204, NULL, "UP8 cancelled");
    ok(fake_body_is_discarded(first), "UP8 the rest of the first is dropped");
    is_refused(first, 404, "BLOB_UPLOAD_UNKNOWN", NULL, "UP8 the first is told");
    (void)push_wait(asked);
    is_refused(asked, 404, "BLOB_UPLOAD_UNKNOWN", NULL, "UP8 one that waited is told");
    is_refused(simple(&s, "GET"), 404, "BLOB_UPLOAD_UNKNOWN", NULL, "UP8 its status");
    is_refused(patch(&s, NULL, 3), 404, "BLOB_UPLOAD_UNKNOWN", NULL, "UP8 a later PATCH");
    is_refused(simple(&s, "DELETE"), 404, "BLOB_UPLOAD_UNKNOWN", NULL, "UP9 cancelled again");
    scene_done(&s);
}

static void test_cancel_while_finishing(void)
{
    struct http_exchange *first;
    struct digest d;
    struct scene s;

    scene_init(&s, &REGISTRY_SETTINGS_DEFAULT);
    digest_text(&d, DIGEST_SHA256, "content");
    first = put(&s, d.text, NULL, 7);
    push_text(first, "content");
    is_reply(simple(&s, "DELETE"), 204, NULL, "UP8 cancelled");
    is_refused(first, 404, "BLOB_UPLOAD_UNKNOWN", NULL, "UP8 the PUT is told");
    ok(!has_blob(&s), "UP8 no blob comes of it");
    scene_done(&s);
}

static void test_other_repository(void)
{
    struct http_exchange *x;
    char path[160];
    struct scene s;

    scene_init(&s, &REGISTRY_SETTINGS_DEFAULT);
    (void)snprintf(path, sizeof(path), "/v2/other/blobs/uploads/%s", s.up->id);
    x = push_begin(s.w, &(struct push){.method = "GET", .path = path});
    is_refused(x, 404, "BLOB_UPLOAD_UNKNOWN", NULL, "UP9 under another repository");
    scene_done(&s);
}

/* --- PUT ------------------------------------------------------------------------------------- */

static void put_good(enum digest_algorithm algorithm, int64_t length, const char *name)
{
    struct http_exchange *x;
    char location[256];
    struct digest d;
    struct scene s;

    scene_init(&s, &REGISTRY_SETTINGS_DEFAULT);
    digest_text(&d, algorithm, "content");
    x = patch(&s, NULL, 4);
    push_text(x, "cont");
    is_reply(x, 202, "0-3", name);
    x = put(&s, d.text, "4-6", length);
    push_text(x, "ent");
    is_int(push_wait(x), 201, "UP5 status: %s", name);
    (void)snprintf(location, sizeof(location), "/v2/a/b/blobs/%s", d.text);
    is_str(fake_header(x, "Location"), location, "UP5 Location: %s", name);
    is_str(fake_header(x, "Docker-Content-Digest"), d.text, "UP5 digest: %s", name);
    push_close(x);
    ok(s.w->meta->ops->blob_find(s.w->meta, "a/b", &d) != NULL, "UP5 there: %s", name);
    ok(s.w->meta->ops->blob_find(s.w->meta, "other", &d) == NULL, "PL5 only there: %s", name);
    is_refused(put(&s, d.text, NULL, 0), 404, "BLOB_UPLOAD_UNKNOWN", NULL, "UP9 after success");
    scene_done(&s);
}

static void test_put_refused(void)
{
    struct http_exchange *x;
    struct digest d;
    struct scene s;

    scene_init(&s, &REGISTRY_SETTINGS_DEFAULT);
    digest_text(&d, DIGEST_SHA256, "content");
    x = patch(&s, NULL, 7);
    push_text(x, "content");
    is_reply(x, 202, "0-6", "the content");
    is_refused(put(&s, NULL, NULL, 0), 400, "DIGEST_INVALID", NULL, "UP5 no digest");
    is_refused(put(&s, "sha256:abc", NULL, 3), 400, "DIGEST_INVALID", NULL, "UP5 no good digest");
    is_refused(put(&s, "md5:abc", NULL, 0), 400, "DIGEST_INVALID", NULL, "UP5 md5");
    is_refused(put(&s, d.text, "8-9", 2), 416, "BLOB_UPLOAD_INVALID", "0-6", "UP5 a gap");
    is_refused(put(&s, "sha256:abc", "0-1", 2), 416, "BLOB_UPLOAD_INVALID", "0-6",
               "UP5 the range comes before the digest");
    is_size(&s, 7, "UP5 the session stays");
    x = put(&s, d.text, "7-6", 0);
    is_int(push_wait(x), 201, "UP5 and can be finished; the range of no body is ignored");
    push_close(x);
    scene_done(&s);
}

static void test_put_mismatch(void)
{
    struct http_exchange *x;
    struct digest d;
    struct scene s;

    scene_init(&s, &REGISTRY_SETTINGS_DEFAULT);
    digest_text(&d, DIGEST_SHA256, "content");
    x = put(&s, d.text, NULL, -1);
    push_text(x, "something else");
    is_int(push_wait(x), 400, "UP5 another content");
    is_refused(x, 400, "DIGEST_INVALID", NULL, "UP5 another content");
    ok(!has_blob(&s), "UP5 nothing is there");
    is_int((long long)s.w->meta->ops->upload_count(s.w->meta), 0, "UP5 the session is cancelled");
    scene_done(&s);
}

/* --- Limits ---------------------------------------------------------------------------------- */

static void test_blob_max(void)
{
    struct registry_settings settings = REGISTRY_SETTINGS_DEFAULT;
    struct http_exchange *x;
    struct scene s;

    settings.blob_max = 10;
    scene_init(&s, &settings);
    is_refused(patch(&s, NULL, 11), 413, "SIZE_INVALID", "0-0", "limits.blob by its length");
    x = patch(&s, NULL, 6);
    is_int((long long)fake_body_max(x), 10, "a body may have so many bytes");
    push_text(x, "012345");
    is_reply(x, 202, "0-5", "within limits.blob");
    x = patch(&s, NULL, -1);
    is_int((long long)fake_body_max(x), 4, "the next may have the rest");
    fake_body_send(x, "678", 3);
    fake_body_fail(x, ERR_BODY_TOO_LARGE);
    is_refused(x, 413, "SIZE_INVALID", "0-5", "limits.blob by its bytes");
    is_size(&s, 6, "nothing of it counts");
    scene_done(&s);
}

static void test_storage_max(void)
{
    enum { ROOM = 256 * 1024 };
    struct registry_settings settings = REGISTRY_SETTINGS_DEFAULT;
    auto_free char *bytes = calloc(1, ROOM);
    struct http_exchange *x;
    struct scene s;

    ASSERT(bytes != NULL);
    settings.storage_max = ROOM;
    scene_init(&s, &settings);
    is_refused(patch(&s, NULL, ROOM + 1), 507, "STORAGE_FULL", "0-0", "limits.storage by length");
    x = patch(&s, NULL, -1);
    fake_body_send(x, bytes, ROOM - 1);
    fake_body_send(x, "xy", 2);
    ok(fake_body_is_discarded(x), "the rest is dropped");
    is_refused(x, 507, "STORAGE_FULL", "0-0", "limits.storage by bytes");
    is_size(&s, 0, "nothing of it counts");
    is_reply(simple(&s, "DELETE"), 204, NULL, "cancelled");
    scene_done(&s);
}

/* --- Back-pressure --------------------------------------------------------------------------- */

static bool is_flowing(void *arg)
{
    return !fake_body_is_paused(arg);
}

/* Without turns of the loop no digest job reports, so the store falls behind for certain. */
static void test_pressure(void)
{
    enum { PIECE = 1 << 20, PIECES_MAX = 256 };
    auto_free char *piece = calloc(1, PIECE);
    struct http_exchange *x;
    struct scene s;
    int pieces = 0;

    ASSERT(piece != NULL);
    scene_init(&s, &REGISTRY_SETTINGS_DEFAULT);
    x = patch(&s, NULL, -1);
    while (pieces < PIECES_MAX && !fake_body_is_paused(x)) {
        fake_body_send(x, piece, PIECE);
        pieces++;
    }
    ok(pieces > 1 && pieces < PIECES_MAX, "the sender is paused after %d MiB", pieces);
    ok(push_run_until(loop, is_flowing, x), "and goes on when the digest caught up");
    fake_body_end(x);
    is_int(fake_status(x), 202, "all of it was taken");
    push_close(x);
    is_size(&s, (long long)pieces * PIECE, "all of it");
    scene_done(&s);
}

/* A client that leaves while it is held back: nothing may be resumed afterwards. */
static bool never(void *arg)
{
    return ++*(int *)arg > 50;
}

static void test_leave_under_pressure(void)
{
    enum { PIECE = 1 << 20, PIECES_MAX = 256 };
    auto_free char *piece = calloc(1, PIECE);
    struct http_exchange *x;
    struct scene s;
    int turns = 0;

    ASSERT(piece != NULL);
    scene_init(&s, &REGISTRY_SETTINGS_DEFAULT);
    x = patch(&s, NULL, -1);
    for (int i = 0; i < PIECES_MAX && !fake_body_is_paused(x); i++)
        fake_body_send(x, piece, PIECE);
    ok(fake_body_is_paused(x), "the sender is paused");
    push_close(x);
    (void)push_run_until(loop, never, &turns);
    is_int(s.up->state, UPLOAD_IDLE, "the session waits for the next request");
    scene_done(&s);
}

int main(void)
{
    plan_lazy();
    log_set_level(LOG_LEVEL_ERROR);
    ASSERT(loop_new(&loop, 1, NULL) == 0);
    test_stream();
    test_empty_range();
    test_chunks();
    test_wrong_sizes();
    test_cut();
    test_leave_while_finishing();
    test_concurrent();
    test_settle();
    test_cancel_while_receiving();
    test_cancel_while_finishing();
    test_other_repository();
    put_good(DIGEST_SHA256, 3, "sha256");
    put_good(DIGEST_SHA512, -1, "UP6 sha512, known only at the end");
    test_put_refused();
    test_put_mismatch();
    test_blob_max();
    test_storage_max();
    test_pressure();
    test_leave_under_pressure();
    loop_free(loop);
    done_testing();
}

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
#include "lib/util/util.h"
#include "registry/call.h"
#include "registry/registry.h"
#include "registry/store/blob_store.h"
#include "registry/store/meta_store.h"
#include "registry/upload.h"
#include "tests/tap/tap.h"
#include "tests/unit/fake_push.h"

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

static struct registry_call *patch(struct scene *s, const char *range, int64_t length)
{
    const struct fake_field headers[] = {{range == NULL ? NULL : "Content-Range", range},
                                         {NULL, NULL}};
    const struct fake_request q = {.method = HTTP_METHOD_PATCH,
                                   .path = s->path,
                                   .headers = headers,
                                   .length = length,
                                   .chunked = length < 0};
    struct registry_call *call = fake_call(s->w, &q);

    handle_upload_patch(call);
    return call;
}

static struct registry_call *put(struct scene *s, const char *digest, const char *range,
                                 int64_t length)
{
    const struct fake_field headers[] = {{range == NULL ? NULL : "Content-Range", range},
                                         {NULL, NULL}};
    const struct fake_field parameters[] = {
        {"x", "y"}, {digest == NULL ? NULL : "digest", digest}, {NULL, NULL}};
    const struct fake_request q = {.method = HTTP_METHOD_PUT,
                                   .path = s->path,
                                   .headers = headers,
                                   .parameters = parameters,
                                   .length = length,
                                   .chunked = length < 0};
    struct registry_call *call = fake_call(s->w, &q);

    handle_upload_put(call);
    return call;
}

static struct registry_call *simple(struct scene *s, enum http_method method,
                                    registry_handler handler)
{
    const struct fake_request q = {.method = method, .path = s->path};
    struct registry_call *call = fake_call(s->w, &q);

    handler(call);
    return call;
}

/* Ends the call and checks its status and Range. */
static void is_reply(struct registry_call *call, int status, const char *range, const char *name)
{
    if (!is_int(fake_status(call), status, "status: %s", name))
        diag("%s", fake_text(call));
    is_str(fake_header(call, "Range"), range, "Range: %s", name);
    fake_close(call);
}

static void is_refused(struct registry_call *call, int status, const char *code, const char *range,
                       const char *name)
{
    ok(strstr(fake_text(call), code) != NULL, "code: %s", name);
    is_reply(call, status, range, name);
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
    struct registry_call *call;
    struct scene s;

    scene_init(&s, &REGISTRY_SETTINGS_DEFAULT);
    call = patch(&s, NULL, -1);
    fake_data(call, "hello", 5);
    fake_body(call, " world");
    is_str(fake_header(call, "Location"), s.path, "UP3 Location of a stream");
    is_str(fake_header(call, "Docker-Upload-UUID"), s.up->id, "UP3 id of a stream");
    is_reply(call, 202, "0-10", "UP3 a chunked stream");
    call = patch(&s, NULL, 1);
    fake_body(call, "!");
    is_reply(call, 202, "0-11", "UP3 a stream with a length is appended");
    call = patch(&s, NULL, 0);
    is_reply(call, 202, "0-11", "UP3 an empty body");
    scene_done(&s);
}

static void test_empty_range(void)
{
    struct registry_call *call;
    struct scene s;

    scene_init(&s, &REGISTRY_SETTINGS_DEFAULT);
    call = patch(&s, "7-7", -1);
    fake_end(call);
    is_reply(call, 202, "0-0", "UP5 the range of an empty chunked body means nothing");
    call = patch(&s, "7-7", 0);
    is_reply(call, 202, "0-0", "UP5 the range of an empty body means nothing");
    scene_done(&s);
}

static void test_chunks(void)
{
    struct registry_call *call;
    struct scene s;

    scene_init(&s, &REGISTRY_SETTINGS_DEFAULT);
    call = patch(&s, "0-4", 5);
    fake_body(call, "01234");
    is_reply(call, 202, "0-4", "UP4 the first chunk");
    call = patch(&s, "bytes 5-9", -1);
    fake_body(call, "56789");
    is_reply(call, 202, "0-9", "UP4 a chunk without a length");
    call = patch(&s, "11-12", 2);
    ok(!fake_is_reading(call), "UP4 the body of a gap is not read");
    is_str(fake_header(call, "Location"), s.path, "UP4 Location of a gap");
    is_refused(call, 416, "BLOB_UPLOAD_INVALID", "0-9", "UP4 a gap");
    is_refused(patch(&s, "5-9", 5), 416, "BLOB_UPLOAD_INVALID", "0-9", "UP4 a repetition");
    call = patch(&s, "5-9", -1);
    fake_data(call, "5", 1);
    ok(fake_is_discarded(call), "UP4 the rest of a repetition is dropped");
    is_refused(call, 416, "BLOB_UPLOAD_INVALID", "0-9", "UP4 a repetition without a length");
    is_size(&s, 10, "UP4 nothing of a refused body counts");
    call = patch(&s, "10-10", 1);
    fake_body(call, "x");
    is_reply(call, 202, "0-10", "UP4 the session is usable after 416");
    scene_done(&s);
}

static void test_wrong_sizes(void)
{
    struct registry_call *call;
    struct scene s;

    scene_init(&s, &REGISTRY_SETTINGS_DEFAULT);
    is_refused(patch(&s, "0-4", 4), 400, "SIZE_INVALID", "0-0", "UP4 range and length differ");
    is_refused(patch(&s, "4-", 4), 400, "BLOB_UPLOAD_INVALID", "0-0", "UP4 a range that is none");
    call = patch(&s, "0-4", -1);
    fake_body(call, "012");
    is_refused(call, 400, "SIZE_INVALID", "0-0", "UP4 fewer bytes than the range");
    call = patch(&s, "0-4", -1);
    fake_data(call, "012", 3);
    fake_data(call, "345", 3);
    ok(fake_is_discarded(call), "UP4 the rest of a body that is too long is dropped");
    is_refused(call, 400, "SIZE_INVALID", "0-0", "UP4 more bytes than the range");
    is_size(&s, 0, "UP4 nothing of them counts");
    scene_done(&s);
}

/* --- Clients that leave ---------------------------------------------------------------------- */

static void test_cut(void)
{
    struct registry_call *call;
    struct scene s;

    scene_init(&s, &REGISTRY_SETTINGS_DEFAULT);
    call = patch(&s, NULL, 100);
    fake_data(call, "0123456789", 10);
    fake_fail(call, ERR_PEER_CLOSED);
    is_int(fake_status(call), 0, "nobody is left to answer");
    fake_close(call);
    is_reply(simple(&s, HTTP_METHOD_GET, handle_upload_status), 204, "0-9", "UP7 a cut stream");
    call = patch(&s, "10-19", 10);
    fake_data(call, "abc", 3);
    fake_close(call);
    is_reply(simple(&s, HTTP_METHOD_GET, handle_upload_status), 204, "0-12", "UP7 a cut chunk");
    call = patch(&s, "13-13", 1);
    fake_body(call, "!");
    is_reply(call, 202, "0-13", "UP7 the client goes on from there");
    call = patch(&s, NULL, -1);
    fake_data(call, "xyz", 3);
    fake_fail(call, ERR_BODY_SYNTAX);
    is_reply(call, 400, NULL, "a body with broken framing");
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
    struct registry_call *call;
    struct digest d;
    struct scene s;

    scene_init(&s, &REGISTRY_SETTINGS_DEFAULT);
    digest_text(&d, DIGEST_SHA256, "content");
    call = put(&s, d.text, NULL, 7);
    fake_body(call, "content");
    is_int(fake_status(call), 0, "no answer before the digest");
    fake_close(call);
    ok(fake_run_until(loop, has_blob, &s), "the blob is there, though the client is not");
    is_int((long long)s.w->meta->ops->upload_count(s.w->meta), 0, "the session is gone");
    scene_done(&s);
}

/* --- Two at once ----------------------------------------------------------------------------- */

static bool is_reading(void *arg)
{
    return fake_is_reading(arg);
}

/* Waits, and is refused or answered all the same. */
static void test_concurrent(void)
{
    struct registry_call *first;
    struct registry_call *second;
    struct registry_call *third;
    struct registry_call *asked;
    struct scene s;

    scene_init(&s, &REGISTRY_SETTINGS_DEFAULT);
    first = patch(&s, NULL, -1);
    fake_data(first, "abc", 3);
    second = patch(&s, NULL, 3);
    third = put(&s, "sha256:x", NULL, 0);
    asked = simple(&s, HTTP_METHOD_GET, handle_upload_status);
    is_int(fake_status(second) + fake_status(third) + fake_status(asked), 0, "the others wait");
    (void)fake_wait(second);
    (void)fake_wait(third);
    (void)fake_wait(asked);
    is_str(fake_header(second, "Location"), s.path, "a second PATCH learns the Location");
    is_refused(second, 409, "BLOB_UPLOAD_INVALID", "0-2", "a second PATCH");
    is_refused(third, 409, "BLOB_UPLOAD_INVALID", "0-2", "a PUT meanwhile");
    is_reply(asked, 204, "0-2", "the status meanwhile");
    fake_body(first, "def");
    is_reply(first, 202, "0-5", "the first is not disturbed");
    scene_done(&s);
}

/* A client that comes back before the old connection was read to its end. */
static void test_settle(void)
{
    struct registry_call *first;
    struct registry_call *asked;
    struct registry_call *left;
    struct registry_call *next;
    struct scene s;

    scene_init(&s, &REGISTRY_SETTINGS_DEFAULT);
    first = patch(&s, NULL, 100);
    asked = simple(&s, HTTP_METHOD_GET, handle_upload_status);
    left = simple(&s, HTTP_METHOD_GET, handle_upload_status);
    next = patch(&s, "6-6", 1);
    fake_close(left);
    fake_data(first, "abcdef", 6);
    fake_fail(first, ERR_PEER_CLOSED);
    fake_close(first);
    (void)fake_wait(asked);
    is_reply(asked, 204, "0-5", "UP7 the status counts what was on its way");
    ok(fake_run_until(loop, is_reading, next), "the next chunk waits its turn");
    fake_body(next, "g");
    is_reply(next, 202, "0-6", "the next chunk fits");
    scene_done(&s);
}

static void test_cancel_while_receiving(void)
{
    struct registry_call *first;
    struct registry_call *asked;
    struct scene s;

    scene_init(&s, &REGISTRY_SETTINGS_DEFAULT);
    first = patch(&s, NULL, -1);
    fake_data(first, "abc", 3);
    asked = simple(&s, HTTP_METHOD_GET, handle_upload_status);
    is_reply(simple(&s, HTTP_METHOD_DELETE, handle_upload_cancel), 204, NULL, "UP8 cancelled");
    ok(fake_is_discarded(first), "UP8 the rest of the first is dropped");
    is_refused(first, 404, "BLOB_UPLOAD_UNKNOWN", NULL, "UP8 the first is told");
    (void)fake_wait(asked);
    is_refused(asked, 404, "BLOB_UPLOAD_UNKNOWN", NULL, "UP8 one that waited is told");
    is_refused(simple(&s, HTTP_METHOD_GET, handle_upload_status), 404, "BLOB_UPLOAD_UNKNOWN", NULL,
               "UP8 its status");
    is_refused(patch(&s, NULL, 3), 404, "BLOB_UPLOAD_UNKNOWN", NULL, "UP8 a later PATCH");
    is_refused(simple(&s, HTTP_METHOD_DELETE, handle_upload_cancel), 404, "BLOB_UPLOAD_UNKNOWN",
               NULL, "UP9 cancelled again");
    scene_done(&s);
}

static void test_cancel_while_finishing(void)
{
    struct registry_call *first;
    struct digest d;
    struct scene s;

    scene_init(&s, &REGISTRY_SETTINGS_DEFAULT);
    digest_text(&d, DIGEST_SHA256, "content");
    first = put(&s, d.text, NULL, 7);
    fake_body(first, "content");
    is_reply(simple(&s, HTTP_METHOD_DELETE, handle_upload_cancel), 204, NULL, "UP8 cancelled");
    is_refused(first, 404, "BLOB_UPLOAD_UNKNOWN", NULL, "UP8 the PUT is told");
    ok(!has_blob(&s), "UP8 no blob comes of it");
    scene_done(&s);
}

static void test_other_repository(void)
{
    struct registry_call *call;
    char path[160];
    struct scene s;

    scene_init(&s, &REGISTRY_SETTINGS_DEFAULT);
    (void)snprintf(path, sizeof(path), "/v2/other/blobs/uploads/%s", s.up->id);
    call = fake_call(s.w, &(struct fake_request){.method = HTTP_METHOD_GET, .path = path});
    handle_upload_status(call);
    is_refused(call, 404, "BLOB_UPLOAD_UNKNOWN", NULL, "UP9 under another repository");
    scene_done(&s);
}

/* --- PUT ------------------------------------------------------------------------------------- */

static void put_good(enum digest_algorithm algorithm, int64_t length, const char *name)
{
    struct registry_call *call;
    char location[256];
    struct digest d;
    struct scene s;

    scene_init(&s, &REGISTRY_SETTINGS_DEFAULT);
    digest_text(&d, algorithm, "content");
    call = patch(&s, NULL, 4);
    fake_body(call, "cont");
    is_reply(call, 202, "0-3", name);
    call = put(&s, d.text, "4-6", length);
    fake_body(call, "ent");
    is_int(fake_wait(call), 201, "UP5 status: %s", name);
    (void)snprintf(location, sizeof(location), "/v2/a/b/blobs/%s", d.text);
    is_str(fake_header(call, "Location"), location, "UP5 Location: %s", name);
    is_str(fake_header(call, "Docker-Content-Digest"), d.text, "UP5 digest: %s", name);
    fake_close(call);
    ok(s.w->meta->ops->blob_find(s.w->meta, "a/b", &d) != NULL, "UP5 there: %s", name);
    ok(s.w->meta->ops->blob_find(s.w->meta, "other", &d) == NULL, "PL5 only there: %s", name);
    is_refused(put(&s, d.text, NULL, 0), 404, "BLOB_UPLOAD_UNKNOWN", NULL, "UP9 after success");
    scene_done(&s);
}

static void test_put_refused(void)
{
    struct registry_call *call;
    struct digest d;
    struct scene s;

    scene_init(&s, &REGISTRY_SETTINGS_DEFAULT);
    digest_text(&d, DIGEST_SHA256, "content");
    call = patch(&s, NULL, 7);
    fake_body(call, "content");
    is_reply(call, 202, "0-6", "the content");
    is_refused(put(&s, NULL, NULL, 0), 400, "DIGEST_INVALID", NULL, "UP5 no digest");
    is_refused(put(&s, "sha256:abc", NULL, 3), 400, "DIGEST_INVALID", NULL, "UP5 no good digest");
    is_refused(put(&s, "md5:abc", NULL, 0), 400, "DIGEST_INVALID", NULL, "UP5 md5");
    is_refused(put(&s, d.text, "8-9", 2), 416, "BLOB_UPLOAD_INVALID", "0-6", "UP5 a gap");
    is_refused(put(&s, "sha256:abc", "0-1", 2), 416, "BLOB_UPLOAD_INVALID", "0-6",
               "UP5 the range comes before the digest");
    is_size(&s, 7, "UP5 the session stays");
    call = put(&s, d.text, "7-6", 0);
    is_int(fake_wait(call), 201, "UP5 and can be finished; the range of no body is ignored");
    fake_close(call);
    scene_done(&s);
}

static void test_put_mismatch(void)
{
    struct registry_call *call;
    struct digest d;
    struct scene s;

    scene_init(&s, &REGISTRY_SETTINGS_DEFAULT);
    digest_text(&d, DIGEST_SHA256, "content");
    call = put(&s, d.text, NULL, -1);
    fake_body(call, "something else");
    is_int(fake_wait(call), 400, "UP5 another content");
    is_refused(call, 400, "DIGEST_INVALID", NULL, "UP5 another content");
    ok(!has_blob(&s), "UP5 nothing is there");
    is_int((long long)s.w->meta->ops->upload_count(s.w->meta), 0, "UP5 the session is cancelled");
    scene_done(&s);
}

/* --- Limits ---------------------------------------------------------------------------------- */

static void test_blob_max(void)
{
    struct registry_settings settings = REGISTRY_SETTINGS_DEFAULT;
    struct registry_call *call;
    struct scene s;

    settings.blob_max = 10;
    scene_init(&s, &settings);
    is_refused(patch(&s, NULL, 11), 413, "SIZE_INVALID", "0-0", "limits.blob by its length");
    call = patch(&s, NULL, 6);
    is_int((long long)fake_body_max(call), 10, "a body may have so many bytes");
    fake_body(call, "012345");
    is_reply(call, 202, "0-5", "within limits.blob");
    call = patch(&s, NULL, -1);
    is_int((long long)fake_body_max(call), 4, "the next may have the rest");
    fake_data(call, "678", 3);
    fake_fail(call, ERR_BODY_TOO_LARGE);
    is_refused(call, 413, "SIZE_INVALID", "0-5", "limits.blob by its bytes");
    is_size(&s, 6, "nothing of it counts");
    scene_done(&s);
}

static void test_storage_max(void)
{
    enum { ROOM = 256 * 1024 };
    struct registry_settings settings = REGISTRY_SETTINGS_DEFAULT;
    auto_free char *bytes = calloc(1, ROOM);
    struct registry_call *call;
    struct scene s;

    ASSERT(bytes != NULL);
    settings.storage_max = ROOM;
    scene_init(&s, &settings);
    is_refused(patch(&s, NULL, ROOM + 1), 507, "STORAGE_FULL", "0-0", "limits.storage by length");
    call = patch(&s, NULL, -1);
    fake_data(call, bytes, ROOM - 1);
    fake_data(call, "xy", 2);
    ok(fake_is_discarded(call), "the rest is dropped");
    is_refused(call, 507, "STORAGE_FULL", "0-0", "limits.storage by bytes");
    is_size(&s, 0, "nothing of it counts");
    is_reply(simple(&s, HTTP_METHOD_DELETE, handle_upload_cancel), 204, NULL, "cancelled");
    scene_done(&s);
}

int main(void)
{
    plan_lazy();
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
    loop_free(loop);
    done_testing();
}

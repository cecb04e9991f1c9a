/* SPDX-License-Identifier: MIT */
/*
 * A registry as a place for fixtures (distribution-spec, end-2, end-4a, end-6, end-7): asks whether
 * a blob is there, sends it in one piece, then the manifests. Logs in when it is told to, as the
 * challenge says.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "auth/secret.h"
#include "cli/client.h"
#include "cli/fixture_target.h"
#include "cli/secret_input.h"
#include "fixtures/generated.h"
#include "lib/util/base64.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum { TEXT_MAX = 64 * 1024, PATH_BYTES = 4096 };

struct push {
    struct fixture_target target;
    struct client *client; /* owned */
    struct buf basic;      /* owned: "Basic ...", or nothing */
    struct buf bearer;     /* owned: the newest "Bearer ...", or nothing */
};

/* --- Logging in ---------------------------------------------------------------------------------
 */

static int read_basic(struct push *p, const struct fixture_push_options *o, struct err *err)
{
    auto_buf struct buf secret = BUF_INIT(SECRET_MAX + 2);
    auto_buf struct buf pair = BUF_INIT(TEXT_MAX);
    int rc;

    if (o->user == NULL)
        return 0;
    rc = secret_input_read(&secret, o->password_file, err);
    if (rc == 0) {
        (void)buf_appendf(&pair, "%s:%s", o->user, buf_text(&secret));
        (void)buf_append_text(&p->basic, "Basic ");
        base64_encode(&p->basic, BASE64_STANDARD, pair.data, pair.len);
        rc = buf_check(&p->basic, "password", err);
    }
    secret_input_wipe(&secret);
    secret_input_wipe(&pair);
    return rc;
}

/* Appends the value of NAME="..." in a challenge; false when it is not there. */
static bool add_parameter(struct buf *to, const char *challenge, const char *name)
{
    auto_buf struct buf key = BUF_INIT(64);
    const char *value;

    (void)buf_appendf(&key, "%s=\"", name);
    value = strstr(challenge, buf_text(&key));
    if (value == NULL)
        return false;
    value += key.len;
    return buf_append(to, value, strcspn(value, "\"")) == 0;
}

static int token_url(struct buf *to, const char *challenge, struct err *err)
{
    static const char *const names[] = {"service", "scope"};

    if (!add_parameter(to, challenge, "realm"))
        return err_set(err, ERR_UNSUPPORTED, "the challenge %s names no realm",
                       TEXT_QUOTE(challenge));
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        auto_buf struct buf value = BUF_INIT(TEXT_MAX);

        if (!add_parameter(&value, challenge, names[i]))
            continue;
        (void)buf_appendf(to, "%s%s=", strchr(buf_text(to), '?') == NULL ? "?" : "&", names[i]);
        text_percent_encode(to, buf_text(&value), TEXT_QUERY);
    }
    return buf_check(to, "challenge", err);
}

static int take_token(struct push *p, const struct client_reply *reply, struct err *err)
{
    json_t *answer = json_loadb(reply->body, reply->length, 0, NULL);
    const char *token = json_string_value(json_object_get(answer, "token"));
    int rc = 0;

    if (token == NULL)
        token = json_string_value(json_object_get(answer, "access_token"));
    if (reply->status != 200 || token == NULL) {
        rc = err_set(err, ERR_INVALID, "the token service answers %ld%s", reply->status,
                     reply->status == 200 ? " without a token" : "");
    } else {
        secret_input_wipe(&p->bearer);
        buf_reset(&p->bearer);
        (void)buf_appendf(&p->bearer, "Bearer %s", token);
        rc = buf_check(&p->bearer, "token", err);
    }
    json_decref(answer);
    return rc;
}

static int fetch_token(struct push *p, const char *challenge, struct err *err)
{
    auto_buf struct buf url = BUF_INIT(TEXT_MAX);
    struct client_message m = {.method = "GET"};
    struct client_reply reply;
    int rc;

    if (token_url(&url, challenge, err) != 0)
        return -1;
    m.url = buf_text(&url);
    m.authorization = p->basic.len > 0 ? buf_text(&p->basic) : NULL;
    if (client_send(p->client, &m, &reply, err) != 0)
        return -1;
    rc = take_token(p, &reply, err);
    client_reply_done(&reply);
    return rc;
}

/* 1: worth another try. */
static int log_in(struct push *p, const char *challenge, struct err *err)
{
    if (challenge == NULL || strncasecmp(challenge, "Bearer ", 7) != 0)
        return 0;
    return fetch_token(p, challenge, err) == 0 ? 1 : -1;
}

/* --- Requests -----------------------------------------------------------------------------------
 */

static int refused(const struct client_message *m, const struct client_reply *reply,
                   struct err *err)
{
    json_t *body = json_loadb(reply->body, reply->length, 0, NULL);
    const json_t *first = json_array_get(json_object_get(body, "errors"), 0);
    const char *code = json_string_value(json_object_get(first, "code"));
    const char *message = json_string_value(json_object_get(first, "message"));

    (void)err_set(err, reply->status == 404 ? ERR_ABSENT : ERR_INVALID,
                  "the registry refuses %s %s: %ld %s%s%.150s", m->method, TEXT_QUOTE(m->url),
                  reply->status, code != NULL ? code : "", message != NULL ? ", " : "",
                  message != NULL ? message : "");
    json_decref(body);
    return -1;
}

/* Asks, logs in if it has to, and asks again. want: the status of success; 404 is an answer, too,
   where the caller says so. */
static int ask(struct push *p, struct client_message *m, long want, bool may_miss,
               struct client_reply *ret, struct err *err)
{
    for (int tries = 0;; tries++) {
        int rc = 0;

        m->authorization = p->bearer.len > 0  ? buf_text(&p->bearer)
                           : p->basic.len > 0 ? buf_text(&p->basic)
                                              : NULL;
        if (client_send(p->client, m, ret, err) != 0)
            return -1;
        if (ret->status == want || (may_miss && ret->status == 404))
            return 0;
        if (ret->status == 401 && tries == 0)
            rc = log_in(p, ret->challenge, err);
        if (rc == 0)
            rc = refused(m, ret, err);
        client_reply_done(ret);
        if (rc < 0)
            return -1;
    }
}

static void read_generated(const void *arg, uint64_t offset, void *dst, size_t n)
{
    generated_fill(arg, offset, dst, n);
}

/* 1: it is there, 0, -1. */
static int has_blob(struct push *p, const struct digest *digest, struct err *err)
{
    auto_buf struct buf path = BUF_INIT(PATH_BYTES);
    struct client_message m = {.method = "HEAD"};
    struct client_reply reply;
    bool there;

    (void)buf_appendf(&path, "/v2/%s/blobs/%s", p->target.repo, digest->text);
    if (buf_check(&path, "path", err) != 0)
        return -1;
    m.url = buf_text(&path);
    if (ask(p, &m, 200, true, &reply, err) != 0)
        return -1;
    there = reply.status == 200;
    client_reply_done(&reply);
    return there;
}

/* Appends where the blob is to be sent. */
static int begin_upload(struct push *p, struct buf *url, const struct digest *digest,
                        struct err *err)
{
    auto_buf struct buf path = BUF_INIT(PATH_BYTES);
    struct client_message m = {.method = "POST"};
    struct client_reply reply;
    int rc = 0;

    (void)buf_appendf(&path, "/v2/%s/blobs/uploads/", p->target.repo);
    if (buf_check(&path, "path", err) != 0)
        return -1;
    m.url = buf_text(&path);
    if (ask(p, &m, 202, false, &reply, err) != 0)
        return -1;
    if (reply.location == NULL)
        rc = err_set(err, ERR_INVALID, "the registry names no place to upload to");
    else
        (void)buf_appendf(url, "%s%sdigest=%s", reply.location,
                          strchr(reply.location, '?') == NULL ? "?" : "&", digest->text);
    client_reply_done(&reply);
    return rc == 0 ? buf_check(url, "location", err) : rc;
}

static int push_blob(struct fixture_target *t, const struct fixture_blob *blob, struct err *err)
{
    struct push *p = (struct push *)t;
    auto_buf struct buf url = BUF_INIT(TEXT_MAX);
    struct client_message m = {
        .method = "PUT",
        .type = "application/octet-stream",
        .data = blob->data,
        .size = blob->size,
        .read = read_generated,
        .arg = blob->generated,
    };
    struct client_reply reply;
    int there = has_blob(p, &blob->digest, err);

    if (there != 0)
        return there > 0 ? 0 : -1;
    if (begin_upload(p, &url, &blob->digest, err) != 0)
        return -1;
    m.url = buf_text(&url);
    if (ask(p, &m, 201, false, &reply, err) != 0)
        return blob->false_digest
                   ? err_wrap(err, "wrong on purpose, which only a running ocimock takes (--to "
                                   "without a URL)")
                   : -1;
    client_reply_done(&reply);
    return 0;
}

static int push_reference(struct push *p, const struct fixture_manifest *m, const char *reference,
                          const char *tag, struct err *err)
{
    auto_buf struct buf path = BUF_INIT(PATH_BYTES);
    struct client_message message = {
        .method = "PUT", .type = m->media_type, .data = m->data, .size = m->size};
    struct client_reply reply;

    (void)buf_appendf(&path, "/v2/%s/manifests/%s%s%s", p->target.repo, reference,
                      tag != NULL ? "?tag=" : "", tag != NULL ? tag : "");
    if (buf_check(&path, "path", err) != 0)
        return -1;
    message.url = buf_text(&path);
    if (ask(p, &message, 201, false, &reply, err) != 0)
        return m->missing_blobs || m->false_digest
                   ? err_wrap(err, "wrong on purpose, which only a running ocimock takes (--to "
                                   "without a URL)")
                   : -1;
    client_reply_done(&reply);
    return 0;
}

/* By its tag a manifest gets the registry's usual digest: another one has to be named. */
static int push_manifest(struct fixture_target *t, const struct fixture_manifest *m,
                         struct err *err)
{
    struct push *p = (struct push *)t;
    bool by_tag = m->digest.algorithm == DIGEST_SHA256 && !m->false_digest;

    if (m->tag_count == 0)
        return push_reference(p, m, m->digest.text, NULL, err);
    for (size_t i = 0; i < m->tag_count; i++) {
        if (push_reference(p, m, by_tag ? m->tags[i] : m->digest.text, by_tag ? NULL : m->tags[i],
                           err) != 0)
            return -1;
    }
    return 0;
}

static int push_commit(struct fixture_target *t, struct err *err)
{
    (void)t;
    (void)err;
    return 0;
}

static void push_free(struct fixture_target *t)
{
    struct push *p = (struct push *)t;

    secret_input_wipe(&p->basic);
    secret_input_wipe(&p->bearer);
    buf_done(&p->basic);
    buf_done(&p->bearer);
    client_free(p->client);
    free(p);
}

int fixture_push_new(struct fixture_target **ret, const struct fixture_push_options *o,
                     struct err *err)
{
    static const struct fixture_target_ops ops = {
        .blob = push_blob, .manifest = push_manifest, .commit = push_commit, .free = push_free};
    auto_free char *url = strndup(o->url, o->url_length);
    const struct client_options options = {.url = url, .insecure = o->insecure};
    struct push *p = calloc(1, sizeof(*p));

    if (p == NULL || url == NULL) {
        free(p);
        return err_set(err, ERR_NOMEM, "push");
    }
    p->target.ops = &ops;
    buf_init(&p->basic, TEXT_MAX);
    buf_init(&p->bearer, TEXT_MAX);
    if (client_new(&p->client, &options, err) != 0 || read_basic(p, o, err) != 0) {
        push_free(&p->target);
        return -1;
    }
    *ret = &p->target;
    return 0;
}

/* SPDX-License-Identifier: MIT */
#include "registry/access_log.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "lib/util/log.h"
#include "lib/util/util.h"
#include "registry/call.h"
#include "registry/store/blob_store.h"
#include "registry/store/meta_store.h"
#include "tests/tap/tap.h"
#include "tests/unit/auth_help.h"
#include "tests/unit/fixture.h"

/* Where lines go while a test looks at them. */
struct capture {
    FILE *file; /* owned */
};

/* The line that is written when x ends; ends x. */
static json_t *line_of(struct capture *c, struct http_exchange *x)
{
    char text[LOG_LINE_MAX + 1];
    ssize_t n;

    ASSERT(ftruncate(fileno(c->file), 0) == 0 && lseek(fileno(c->file), 0, SEEK_SET) == 0);
    fixture_end(x);
    n = pread(fileno(c->file), text, LOG_LINE_MAX, 0);
    text[n > 0 ? n : 0] = '\0';
    return json_loads(text, JSON_REJECT_DUPLICATES, NULL);
}

static void check_text(const json_t *line, const char *key, const char *want)
{
    is_str(json_string_value(json_object_get(line, key)), want, "  %s", key);
}

static void check_number(const json_t *line, const char *key, long long want)
{
    json_t *value = json_object_get(line, key);

    ok(json_is_integer(value), "  %s is a number", key);
    is_int(json_integer_value(value), want, "  %s", key);
}

static void test_refused(struct fixture *f, struct capture *c)
{
    struct http_exchange *x =
        fixture_ask(f, "GET /v2/a/manifests/.x?secret=1", "User-Agent: u/1", "X-Request-Id: id-1");
    json_t *line = line_of(c, x);

    ok(line != NULL, "a line for a request that was refused");
    check_text(line, "msg", "request");
    check_text(line, "req_id", "id-1");
    check_text(line, "op", "manifest.get");
    check_text(line, "method", "GET");
    check_text(line, "path", "/v2/a/manifests/.x");
    check_text(line, "repo", "a");
    check_text(line, "ref", ".x");
    check_text(line, "role", NULL);
    check_number(line, "status", 404);
    check_text(line, "error", "NAME_UNKNOWN");
    check_text(line, "reason", "repository name not known to registry");
    check_text(line, "client", "127.0.0.1:40000");
    check_text(line, "listener", "http://127.0.0.1:5000");
    check_text(line, "user_agent", "u/1");
    check_text(line, "world", "test");
    check_text(line, "end", "complete");
    check_text(line, "end_reason", NULL);
    json_decref(line);
}

static void test_role(struct fixture *f, struct capture *c)
{
    struct meta_store *meta = f->world->meta;
    struct digest d = fixture_blob(f, "a", "layer", 5);
    struct manifest *m = manifest_new();
    const struct fixture_manifest text = {.text = "{}"};
    struct digest md = fixture_manifest(f, "a", &text);
    char path[256];
    json_t *line;

    m->blob = blob_ref(meta->ops->manifest_find(meta, "a", &md)->blob);
    m->media_type = strdup("x/y");
    m->artifact_type = strdup("");
    m->uses = calloc(1, sizeof(*m->uses));
    m->uses[0] = (struct blob_use){d, BLOB_ROLE_LAYER};
    m->use_count = 1;
    ASSERT(meta->ops->manifest_put(meta, "a", m, NULL) == 0);
    manifest_unref(m);
    (void)snprintf(path, sizeof(path), "GET /v2/a/blobs/%s", d.text);
    line = line_of(c, fixture_ask(f, path));
    ok(line != NULL, "a line for a blob");
    check_text(line, "op", "blob.get");
    check_text(line, "role", "layer");
    check_text(line, "ref", d.text);
    check_text(line, "error", NULL);
    json_decref(line);
}

static void test_no_reply(struct fixture *f, struct capture *c)
{
    struct http_exchange *x = fake_exchange_new(f->loop, f->world, "PUT /v2/a/manifests/v1", NULL);
    json_t *line;

    (void)call_new(x, f->world); /* and its handler still waits */
    fake_set_end(x, HTTP_END_CLIENT_ABORTED, "connection reset");
    line = line_of(c, x);
    ok(line != NULL, "a line for a request without an answer");
    ok(json_object_get(line, "status") == NULL, "  no status");
    check_text(line, "end", "client-aborted");
    check_text(line, "end_reason", "connection reset");
    json_decref(line);
}

static void test_forgery(struct fixture *f, struct capture *c)
{
    json_t *line = line_of(c, fixture_ask(f, "GET /v2/a%0a{\"op\":\"x\"}"));

    ok(line != NULL, "a path cannot end a line");
    check_text(line, "op", "unknown");
    json_decref(line);
}

/* Who asked, what for, what they got; why not. Never with what they showed. */
static void test_identity(struct fixture *f, struct capture *c)
{
    struct auth *auth =
        auth_help_new(f->loop, NULL, &(struct auth_settings){.mode = AUTH_MODE_BEARER});
    const char *fingerprint;
    json_t *line;

    world_set_auth(f->world, auth);
    line = line_of(c, fixture_ask(f, "GET /v2/bob/a/tags/list"));
    check_text(line, "auth", "none");
    check_text(line, "user", "anonymous");
    check_text(line, "fingerprint", NULL);
    check_text(line, "error", "UNAUTHORIZED");
    check_text(line, "reason", "no credentials");
    json_decref(line);
    line = line_of(c, fixture_ask(f, "GET /v2/", "Authorization: Bearer x.y.z"));
    check_text(line, "auth", "invalid");
    ok(json_string_length(json_object_get(line, "reason")) > 0, "  reason");
    json_decref(line);
    line = line_of(
        c, fixture_ask(f, "GET /token?scope=repository:bob/a:pull,delete&scope=repository:x:pull",
                       "Authorization: " HELP_BOB));
    check_text(line, "op", "token");
    check_text(line, "auth", "basic");
    check_text(line, "user", "bob");
    check_text(line, "asked", "repository:bob/a:pull,delete repository:x:pull");
    check_text(line, "granted", "repository:bob/a:pull");
    fingerprint = json_string_value(json_object_get(line, "fingerprint"));
    ok(fingerprint != NULL && strlen(fingerprint) == 16, "  fingerprint");
    json_decref(line);
    line = line_of(c, fixture_ask(f, "GET /token", "Authorization: " HELP_WRONG));
    check_text(line, "auth", "invalid");
    check_text(line, "user", "alice");
    check_text(line, "granted", "");
    ok(json_string_length(json_object_get(line, "reason")) > 0, "  reason");
    json_decref(line);
    line = line_of(c, fixture_ask(f, "GET /"));
    check_text(line, "auth", NULL);
    json_decref(line);
    world_set_auth(f->world, NULL);
    auth_free(auth);
}

static void test_off(struct fixture *f, struct capture *c)
{
    json_t *line;

    log_set_level(LOG_LEVEL_WARN);
    line = line_of(c, fixture_ask(f, "GET /v2/"));
    ok(line == NULL, "no line below the level");
    json_decref(line);
}

int main(void)
{
    struct capture c = {tmpfile()};
    struct fixture f;

    if (c.file == NULL)
        skip_all("no temporary file");
    plan_lazy();
    fixture_init(&f);
    log_setup(fileno(c.file), LOG_FORMAT_JSON, LOG_LEVEL_INFO);
    test_refused(&f, &c);
    test_role(&f, &c);
    test_no_reply(&f, &c);
    test_forgery(&f, &c);
    test_identity(&f, &c);
    test_off(&f, &c);
    fixture_done(&f);
    (void)fclose(c.file);
    done_testing();
}

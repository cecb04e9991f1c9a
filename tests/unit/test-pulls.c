/* SPDX-License-Identifier: MIT */
#include "lib/control/pulls.h"

#include <string.h>

#include <jansson.h>

#include "lib/control/journal.h"
#include "lib/fault/match.h"
#include "lib/http/request.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/journal_help.h"

#define DIGEST_INDEX  "sha256:1111"
#define DIGEST_CHILD  "sha256:2222"
#define DIGEST_CONFIG "sha256:3333"
#define DIGEST_LAYER  "sha256:4444"

/* One request; what is not given is the most common. */
struct step {
    enum help_op op;
    const char *client; /* "192.0.2.1:1000" */
    const char *agent;  /* "docker/1" */
    const char *repo;   /* "app"; not for tokens */
    const char *ref;
    const char *digest;
    const char *role;
    const char *range;
    const char *scopes;
    const char *end; /* "complete" */
    int status;      /* 200 */
    unsigned bytes;
    bool open; /* does not end */
};

static uint64_t step(struct help *h, const struct step *t)
{
    struct http_header headers[2] = {
        {"User-Agent", t->agent != NULL ? t->agent : "docker/1"},
        {"Range", t->range},
    };
    struct http_request req = {.method_text = "GET",
                               .path = "/v2/",
                               .headers = headers,
                               .header_count = t->range != NULL ? 2 : 1};
    struct subject s = {.op = t->op, .request = &req};
    struct journal_facts facts = {.status = t->status != 0 ? t->status : 200,
                                  .bytes_out = t->bytes,
                                  .end = t->end != NULL ? t->end : "complete"};
    uint64_t seq;

    s.values[HELP_WORD_REPO] = t->repo != NULL ? t->repo : t->op != HELP_TOKEN ? "app" : NULL;
    s.values[HELP_WORD_REF] = t->ref;
    s.values[HELP_WORD_DIGEST] = t->digest;
    s.values[HELP_WORD_ROLE] = t->role;
    s.values[HELP_WORD_USER] = facts.status == 401 ? "anonymous" : "alice";
    s.values[HELP_WORD_CLIENT] = t->client != NULL ? t->client : "192.0.2.1:1000";
    seq = journal_open(h->j, &s);
    journal_note(h->j, seq, JOURNAL_SCOPES_ASKED, t->scopes);
    if (!t->open)
        journal_close(h->j, seq, NULL, &facts);
    return seq;
}

#define STEP(h, ...) step((h), &(const struct step){__VA_ARGS__})

static json_t *pulls; /* owned: the last list */

static void list(struct help *h, const char *filter, uint64_t since, size_t limit)
{
    json_t *object = filter != NULL ? help_json(filter) : NULL;
    struct match *m = NULL;

    if (object != NULL)
        ASSERT(journal_match_parse(&m, h->j, object, "", NULL) == 0);
    json_decref(pulls);
    pulls = journal_pulls(
        h->j, &help_pulls,
        &(struct pulls_query){.filter = m, .since = since, .limit = limit, .entries = 0});
    match_free(m);
    json_decref(object);
}

static void is_at(const char *path, const char *want, const char *name)
{
    is_str(help_at(pulls, path), want, "%s", name);
}

static void is_count(size_t want, const char *name)
{
    is_int((long long)json_array_size(json_object_get(pulls, "pulls")), (long long)want, "%s",
           name);
}

/* HEAD, token, HEAD, GET of an index by digest, of its member, config and layer. */
static void pull_whole(struct help *h)
{
    STEP(h, .op = HELP_PING, .repo = "", .status = 401);
    STEP(h, .op = HELP_MANIFEST_HEAD, .ref = "v1", .status = 401);
    STEP(h, .op = HELP_TOKEN, .scopes = "repository:app:pull", .agent = "Go-http-client/1.1");
    STEP(h, .op = HELP_MANIFEST_HEAD, .ref = "v1", .digest = DIGEST_INDEX,
         .client = "192.0.2.1:1001");
    STEP(h, .op = HELP_MANIFEST_GET, .ref = DIGEST_INDEX, .digest = DIGEST_INDEX);
    STEP(h, .op = HELP_MANIFEST_GET, .ref = DIGEST_CHILD, .digest = DIGEST_CHILD);
    STEP(h, .op = HELP_BLOB_GET, .ref = DIGEST_CONFIG, .digest = DIGEST_CONFIG, .role = "config",
         .bytes = 50);
    STEP(h, .op = HELP_BLOB_GET, .ref = DIGEST_LAYER, .digest = DIGEST_LAYER, .role = "layer",
         .bytes = 1000);
}

static void test_whole(void)
{
    struct help h;

    help_begin(&h, 0, 0);
    pull_whole(&h);
    list(&h, NULL, 0, 0);
    is_count(1, "one pull");
    is_at("pulls.0.client", "192.0.2.1:1000", "client");
    is_at("pulls.0.user_agent", "docker/1", "user agent");
    is_at("pulls.0.user", "alice", "user");
    is_at("pulls.0.image", "app:v1", "image");
    is_at("pulls.0.digest", DIGEST_INDEX, "digest");
    is_at("pulls.0.outcome", "complete", "outcome");
    is_at("pulls.0.status", "null", "no failure");
    is_at("pulls.0.over", "false", "more may come");
    is_at("pulls.0.tokens", "[{\"seq\":3,\"status\":200,\"scopes\":\"repository:app:pull\"}]",
          "token");
    is_at("pulls.0.manifests.3.digest", DIGEST_CHILD, "manifests");
    is_at("pulls.0.manifests.3.op", "manifest.get", "by what they were asked for");
    is_at("pulls.0.config.bytes", "50", "config");
    is_at("pulls.0.layers",
          "[{\"digest\":\"" DIGEST_LAYER "\",\"role\":\"layer\",\"status\":200,\"bytes\":1000,"
          "\"complete\":true,\"attempts\":1,\"resumed\":0}]",
          "layers");
    is_at("pulls.0.requests", "[2,3,4,5,6,7,8]", "requests");
    h.clock.shift_ms += PULLS_GAP_MS + 1000;
    list(&h, NULL, 0, 0);
    is_at("pulls.0.over", "true", "nothing came for long enough");
    help_end(&h);
}

static void test_keys(void)
{
    struct help h;

    help_begin(&h, 0, 0);
    STEP(&h, .op = HELP_MANIFEST_GET, .ref = "v1");
    STEP(&h, .op = HELP_MANIFEST_GET, .ref = "v2");
    STEP(&h, .op = HELP_MANIFEST_GET, .ref = "v1", .repo = "other");
    STEP(&h, .op = HELP_MANIFEST_GET, .ref = "v1", .client = "192.0.2.2:1000");
    STEP(&h, .op = HELP_MANIFEST_GET, .ref = "v1", .client = "[2001:db8::1]:1000");
    STEP(&h, .op = HELP_MANIFEST_GET, .ref = "v1", .agent = "podman/4");
    list(&h, NULL, 0, 0);
    is_count(6, "tag, repository, address and agent make a pull");
    STEP(&h, .op = HELP_BLOB_GET, .digest = DIGEST_LAYER, .client = "[2001:db8::1]:2000");
    list(&h, NULL, 0, 0);
    is_count(6, "the port does not");
    is_at("pulls.4.requests", "[5,7]", "nor of addresses with colons");
    is_at("pulls.4.outcome", "complete", "outcome of this one");
    is_at("pulls.0.outcome", "resolved", "outcome without blobs");
    list(&h, "{'userAgent': 'podman/*'}", 0, 0);
    is_count(1, "a filter chooses pulls");
    list(&h, "{'op': 'blob.get'}", 0, 0);
    is_at("pulls.0.requests", "[5,7]", "by any of their requests, and shows all of it");
    list(&h, NULL, 6, 0);
    is_count(1, "since, too");
    list(&h, NULL, 0, 2);
    is_count(2, "a limit");
    is_at("pulls.1.requests", "[6]", "leaves the newest");
    help_end(&h);
}

static void test_again(void)
{
    struct help h;

    help_begin(&h, 0, 0);
    STEP(&h, .op = HELP_MANIFEST_HEAD, .ref = "v1");
    STEP(&h, .op = HELP_MANIFEST_GET, .ref = "v1");
    list(&h, NULL, 0, 0);
    is_count(1, "HEAD and GET are one pull");
    STEP(&h, .op = HELP_MANIFEST_GET, .ref = "v1", .status = 404);
    STEP(&h, .op = HELP_MANIFEST_GET, .ref = "v1", .status = 503);
    STEP(&h, .op = HELP_MANIFEST_GET, .ref = "v1", .status = 503);
    list(&h, NULL, 0, 0);
    is_count(3, "a GET after one that was answered finally is another");
    is_at("pulls.1.outcome", "failed", "404");
    is_at("pulls.1.status", "404", "is told");
    is_at("pulls.2.requests", "[4,5]", "503 is not final");
    STEP(&h, .op = HELP_MANIFEST_GET, .ref = "v1");
    list(&h, NULL, 0, 0);
    is_at("pulls.2.outcome", "resolved", "and forgotten once it is given out");
    h.clock.shift_ms += PULLS_GAP_MS + 1000;
    STEP(&h, .op = HELP_BLOB_GET, .digest = DIGEST_LAYER);
    list(&h, NULL, 0, 0);
    is_count(4, "what comes much later belongs to none");
    is_at("pulls.3.image", "app", "a pull that began with a blob has no tag");
    help_end(&h);
}

static void test_digests(void)
{
    struct help h;

    help_begin(&h, 0, 0);
    STEP(&h, .op = HELP_MANIFEST_GET, .ref = DIGEST_INDEX, .digest = DIGEST_INDEX);
    STEP(&h, .op = HELP_MANIFEST_GET, .ref = DIGEST_CHILD, .digest = DIGEST_CHILD);
    STEP(&h, .op = HELP_BLOB_GET, .digest = DIGEST_LAYER);
    STEP(&h, .op = HELP_MANIFEST_GET, .ref = "sha256:5555", .digest = "sha256:5555");
    list(&h, NULL, 0, 0);
    is_count(2, "a digest behind the blobs is another pull");
    is_at("pulls.0.image", "app@" DIGEST_INDEX, "image by digest");
    is_at("pulls.0.requests", "[1,2,3]", "a member belongs to its index");
    help_end(&h);
}

static int is_member(const char *repo, const char *parent, const char *child, void *arg)
{
    (void)arg;
    if (strcmp(parent, DIGEST_LAYER) == 0)
        return -1;
    return strcmp(repo, "app") == 0 && strcmp(parent, DIGEST_INDEX) == 0 &&
           strcmp(child, DIGEST_CHILD) == 0;
}

static void test_members(void)
{
    struct pulls_ops knowing = help_pulls;
    struct help h;

    knowing.is_member = is_member;
    help_begin(&h, 0, 0);
    STEP(&h, .op = HELP_MANIFEST_GET, .ref = DIGEST_INDEX, .digest = DIGEST_INDEX);
    STEP(&h, .op = HELP_MANIFEST_GET, .ref = DIGEST_CONFIG, .digest = DIGEST_CONFIG);
    STEP(&h, .op = HELP_BLOB_GET, .digest = DIGEST_LAYER);
    STEP(&h, .op = HELP_MANIFEST_GET, .ref = DIGEST_CHILD, .digest = DIGEST_CHILD);
    json_decref(pulls);
    pulls = journal_pulls(h.j, &knowing, &(struct pulls_query){0});
    is_count(2, "the product knows what belongs together");
    is_at("pulls.0.requests", "[1,4]", "and what does not");
    help_end(&h);
    help_begin(&h, 0, 0);
    STEP(&h, .op = HELP_MANIFEST_GET, .ref = DIGEST_LAYER, .digest = DIGEST_LAYER);
    STEP(&h, .op = HELP_MANIFEST_GET, .ref = DIGEST_CHILD, .digest = DIGEST_CHILD);
    json_decref(pulls);
    pulls = journal_pulls(h.j, &knowing, &(struct pulls_query){0});
    is_count(1, "where it does not know, what comes next belongs to it");
    help_end(&h);
}

static void test_tokens(void)
{
    struct help h;

    help_begin(&h, 0, 0);
    STEP(&h, .op = HELP_TOKEN, .scopes = "repository:app:pull");
    STEP(&h, .op = HELP_TOKEN, .scopes = "repository:application:pull");
    STEP(&h, .op = HELP_TOKEN, .scopes = "repository:app:pull", .client = "192.0.2.9:1");
    STEP(&h, .op = HELP_TOKEN, .scopes = "registry:catalog:* repository:app:pull,push");
    STEP(&h, .op = HELP_MANIFEST_GET, .ref = "v1");
    list(&h, NULL, 0, 0);
    is_at("pulls.0.requests", "[1,4,5]", "tokens that came before, for this client and repository");
    STEP(&h, .op = HELP_TOKEN, .status = 401, .scopes = "repository:app:pull");
    list(&h, NULL, 0, 0);
    is_at("pulls.0.tokens.2.status", "401", "and that come later");
    is_count(1, "tokens alone are no pull");
    help_end(&h);
}

static void test_layers(void)
{
    struct help h;

    help_begin(&h, 0, 0);
    STEP(&h, .op = HELP_MANIFEST_GET, .ref = "v1");
    STEP(&h, .op = HELP_BLOB_GET, .digest = DIGEST_LAYER, .role = "layer", .bytes = 400,
         .end = "client-aborted");
    list(&h, NULL, 0, 0);
    is_at("pulls.0.outcome", "aborted", "a layer that was cut");
    is_at("pulls.0.layers.0.complete", "false", "is not complete");
    STEP(&h, .op = HELP_BLOB_GET, .digest = DIGEST_LAYER, .role = "layer", .bytes = 600,
         .status = 206, .range = "bytes=400-");
    list(&h, NULL, 0, 0);
    is_at("pulls.0.outcome", "complete", "until it was resumed");
    is_at("pulls.0.layers",
          "[{\"digest\":\"" DIGEST_LAYER "\",\"role\":\"layer\",\"status\":206,\"bytes\":1000,"
          "\"complete\":true,\"attempts\":2,\"resumed\":1}]",
          "which is told");
    STEP(&h, .op = HELP_BLOB_GET, .digest = "sha256:77", .bytes = 10, .end = "timeout");
    STEP(&h, .op = HELP_BLOB_GET, .digest = "sha256:77", .bytes = 10, .status = 206,
         .range = "bytes=20-");
    list(&h, NULL, 0, 0);
    is_at("pulls.0.layers.1.complete", "false", "a gap is no completion");
    STEP(&h, .op = HELP_BLOB_GET, .digest = "sha256:77", .status = 503);
    list(&h, NULL, 0, 0);
    is_at("pulls.0.outcome", "failed", "a layer that was refused");
    is_at("pulls.0.status", "503", "with its status");
    STEP(&h, .op = HELP_BLOB_GET, .digest = "sha256:77", .status = 307);
    list(&h, NULL, 0, 0);
    is_at("pulls.0.outcome", "complete", "a redirect is taken for the layer");
    STEP(&h, .op = HELP_BLOB_GET, .digest = "sha256:77", .status = 307);
    list(&h, NULL, 0, 0);
    is_at("pulls.0.outcome", "aborted", "a second one is not: it leads nowhere");
    STEP(&h, .op = HELP_BLOB_GET, .digest = "sha256:77");
    list(&h, NULL, 0, 0);
    is_at("pulls.0.outcome", "complete", "until the layer comes");
    STEP(&h, .op = HELP_BLOB_GET, .digest = "sha256:88", .open = true);
    list(&h, NULL, 0, 0);
    is_at("pulls.0.outcome", "in-progress", "a request that is open");
    is_at("pulls.0.ended", "null", "has no end");
    help_end(&h);
}

/* Clients that wait before they ask again. */
static void test_patience(void)
{
    struct help h;

    help_begin(&h, 0, 0);
    STEP(&h, .op = HELP_MANIFEST_GET, .ref = "v1");
    STEP(&h, .op = HELP_BLOB_GET, .ref = DIGEST_CONFIG, .digest = DIGEST_CONFIG);
    STEP(&h, .op = HELP_BLOB_GET, .ref = DIGEST_LAYER, .digest = DIGEST_LAYER, .bytes = 400,
         .end = "server-aborted");
    h.clock.shift_ms += PULLS_RETRY_MS - 1000;
    STEP(&h, .op = HELP_BLOB_GET, .ref = DIGEST_LAYER, .digest = DIGEST_LAYER, .bytes = 600,
         .status = 206, .range = "bytes=400-");
    list(&h, NULL, 0, 0);
    is_count(1, "patience: the rest of a layer belongs to the pull that lacks it");
    is_at("pulls.0.outcome", "complete", "patience: which is complete now");
    h.clock.shift_ms += PULLS_GAP_MS + 1000;
    STEP(&h, .op = HELP_BLOB_GET, .ref = DIGEST_LAYER, .digest = DIGEST_LAYER);
    list(&h, NULL, 0, 0);
    is_count(2, "patience: who has it asks for another pull");
    h.clock.shift_ms += PULLS_GAP_MS + 1000;
    STEP(&h, .op = HELP_MANIFEST_GET, .ref = "v1", .status = 503);
    list(&h, NULL, 0, 0);
    is_count(3, "patience: is for blobs");
    STEP(&h, .op = HELP_BLOB_GET, .ref = DIGEST_LAYER, .digest = DIGEST_LAYER, .status = 503);
    h.clock.shift_ms += PULLS_RETRY_MS + 1000;
    STEP(&h, .op = HELP_BLOB_GET, .ref = DIGEST_LAYER, .digest = DIGEST_LAYER);
    list(&h, NULL, 0, 0);
    is_count(4, "patience: has its end");
    help_end(&h);
}

static void test_others(void)
{
    struct help h;

    help_begin(&h, 4, 0);
    STEP(&h, .op = HELP_BLOB_HEAD, .digest = DIGEST_LAYER);
    STEP(&h, .op = HELP_PING);
    list(&h, NULL, 0, 0);
    is_count(0, "what may be a push is no pull");
    for (int i = 0; i < 10; i++)
        STEP(&h, .op = HELP_MANIFEST_GET, .ref = "v1");
    list(&h, NULL, 0, 0);
    is_count(4, "what is kept");
    is_at("dropped", "8", "and how much is not");
    is_at("last", "12", "up to here");
    help_end(&h);
}

/* Only the newest requests are looked at. */
static void test_bounds(void)
{
    struct pulls_query q = {.entries = 5};
    struct help h;

    help_begin(&h, 0, 0);
    for (int i = 0; i < 10; i++)
        STEP(&h, .op = HELP_MANIFEST_GET, .ref = "v1");
    json_decref(pulls);
    pulls = journal_pulls(h.j, &help_pulls, &q);
    is_count(5, "pulls of the newest requests");
    is_at("from", "6", "from the oldest of these on");
    is_at("more", "true", "older ones were left out");
    is_at("pulls.0.cut", "true", "who comes soon after may have begun before");
    q.since = 5;
    json_decref(pulls);
    pulls = journal_pulls(h.j, &help_pulls, &q);
    is_at("more", "false", "nothing is left out of what was asked for");
    q = (struct pulls_query){.limit = 3};
    json_decref(pulls);
    pulls = journal_pulls(h.j, &help_pulls, &q);
    is_count(3, "only the newest pulls");
    is_at("pulls.2.requests", "[10]", "up to the last");
    is_at("more", "true", "there are more");
    is_at("pulls.0.cut", "false", "all requests were looked at");
    help_end(&h);
}

int main(void)
{
    plan_lazy();
    test_whole();
    test_keys();
    test_again();
    test_digests();
    test_members();
    test_tokens();
    test_layers();
    test_patience();
    test_others();
    test_bounds();
    json_decref(pulls);
    done_testing();
}

/* SPDX-License-Identifier: MIT */
/* Rules (control.md, section 2): which of them act, and what they make of an answer. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "tests/integration/lib/bail.h"
#include "tests/integration/lib/registry.h"
#include "tests/integration/lib/steer.h"
#include "tests/tap/tap.h"

#define V1 "GET /v2/app/manifests/v1"
#define V2 "GET /v2/app/manifests/v2"

/* Instead of the rules that there were. */
#define RULES(text) "PUT /control/v1/rules", .status = 200, .body = (text)
#define BAD(text)   "POST /control/v1/rules", .status = 400, .body = (text)
#define CLOCK(text) "PUT /control/v1/clock", .status = 200, .body = "{\"advance\":\"" text "\"}"

/* --- Answers -----------------------------------------------------------------------------------
 */

static const struct step answers[] = {
    {"status: set", RULES("{\"when\":{\"op\":\"manifest.get\",\"ref\":\"v1\"},"
                          "\"then\":{\"status\":503}}")},
    {"status: 503 with an error body", V1, .status = 503, .code = "UNAVAILABLE"},
    {"status: another image", V2, .status = 200},
    {"status: another operation", "HEAD /v2/app/manifests/v1", .status = 200},
    {"error: set", RULES("{\"when\":{\"op\":\"manifest.*\"},\"then\":{\"status\":418,\"error\":"
                         "{\"code\":\"TEAPOT\",\"message\":\"short \\\"and\\\" stout\","
                         "\"detail\":{\"a\":[1]}}}}")},
    {"error: code, message, detail", V1, .status = 418, .code = "TEAPOT",
     .has = "\"message\":\"short \\\"and\\\" stout\"\n\"detail\":{\"a\":[1]}"},
    {"error: none on HEAD", "HEAD /v2/app/manifests/v1", .status = 418},
    {"error: as a text", RULES("{\"then\":{\"status\":500,\"error\":\"BROKEN\"}}")},
    {"error: the code", V1, .status = 500, .code = "BROKEN"},
    {"status: 401 set", RULES("{\"then\":{\"status\":401}}")},
    {"status: 401 comes with a challenge", V1, .status = 401, .code = "UNAUTHORIZED",
     .want = "WWW-Authenticate: *"},
    {"status: 429 set",
     RULES("{\"then\":{\"status\":429,\"headers\":{\"set\":{\"Retry-After\":2}}}}")},
    {"status: 429 with Retry-After", V1, .status = 429, .code = "TOOMANYREQUESTS",
     .want = "Retry-After: 2"},
    {"status: before states: set", RULES("{\"then\":{\"status\":502}}")},
    {"status: before states: absent", STEER_STATE("app:v1", "absent")},
    {"status: the rule answers", V1, .status = 502},
    {"decoration: set", RULES("{\"then\":{\"headers\":{\"set\":{\"X-Seen\":\"yes\"}}}}")},
    {"decoration: after states", V1, .status = 404, .code = "MANIFEST_UNKNOWN",
     .want = "X-Seen: yes"},
    {"decoration: present", STEER_STATE("app:v1", "present")},
    {"decoration: of the registry's answer", V1, .status = 200, .want = "X-Seen: yes",
     .is = "${a.body}"},
};

static const struct step headers[] = {
    {"headers: set", RULES("{\"then\":{\"headers\":{\"set\":{\"Warning\":\"299 - \\\"x\\\"\","
                           "\"Content-Type\":\"text/x-own\"},\"add\":{\"Link\":\"</l>\"},"
                           "\"remove\":[\"Docker-Content-Digest\",\"ETag\"]}}}")},
    {"headers: set, added, removed", V1, .status = 200,
     .want = "Warning: 299 - \"x\"\nContent-Type: text/x-own\nLink: </l>\n"
             "!Docker-Content-Digest\n!ETag",
     .is = "${a.body}"},
    {"headers: the same on HEAD", "HEAD /v2/app/manifests/v1", .status = 200,
     .want = "Content-Type: text/x-own\n!Docker-Content-Digest"},
    {"headers: two rules add up",
     RULES("[{\"id\":\"one\",\"then\":{\"headers\":{\"set\":{\"X-One\":1}}}},"
           "{\"id\":\"two\",\"then\":{\"headers\":{\"set\":{\"X-Two\":2}}}},"
           "{\"id\":\"end\",\"priority\":-1,\"then\":{\"status\":503}}]")},
    {"headers: of both, and the answer of the third", V1, .status = 503,
     .want = "X-One: 1\nX-Two: 2"},
    {"headers: a line break is refused",
     BAD("{\"then\":{\"headers\":{\"set\":{\"X\":\"a\\r\\nb\"}}}}"), .has = "control characters"},
};

static const struct step redirects[] = {
    {"redirect: to a host", RULES("{\"then\":{\"redirect\":{\"to\":\"http://127.0.0.1:1\","
                                  "\"status\":302}}}")},
    {"redirect: 302, path and query", V1 "?a=b", .status = 302,
     .want = "Location: http://127.0.0.1:1/v2/app/manifests/v1?a=b"},
    {"redirect: without the query", RULES("{\"then\":{\"redirect\":{\"to\":\"http://127.0.0.1:1\","
                                          "\"strip_query\":true}}}")},
    {"redirect: 307", V1 "?a=b", .status = 307,
     .want = "Location: http://127.0.0.1:1/v2/app/manifests/v1"},
    {"redirect: a place of its own", RULES("{\"then\":{\"redirect\":{\"to\":\"http://h/x\","
                                           "\"status\":308}}}")},
    {"redirect: 308", V1, .status = 308, .want = "Location: http://h/x"},
    {"redirect: two hops here", RULES("{\"then\":{\"redirect\":{\"hops\":2,\"status\":301}}}")},
    {"redirect: the first", V1, .status = 301, .want = "Location: *", .save = "hop Location"},
    {"redirect: the second", "GET ${hop}", .status = 301, .save = "hop Location"},
    {"redirect: then the answer", "GET ${hop}", .status = 200, .is = "${a.body}"},
};

static const struct step quotas[] = {
    {"quota: set", RULES("{\"when\":{\"op\":\"manifest.get\"},\"then\":{\"quota\":{\"limit\":2,"
                         "\"window\":\"1m\",\"per\":\"repo\"}}}")},
    {"quota: the first", V1, .status = 200,
     .want = "RateLimit-Limit: 2;w=60\nRateLimit-Remaining: 1;w=60\n!Retry-After"},
    {"quota: the second", V1, .status = 200, .want = "RateLimit-Remaining: 0;w=60"},
    {"quota: used up", V1, .status = 429, .code = "TOOMANYREQUESTS",
     .want = "Retry-After: *\nRateLimit-Remaining: 0;w=60"},
    {"quota: another repository has its own", "GET /v2/other/manifests/v1", .status = 200},
    {"quota: HEAD is not counted", "HEAD /v2/app/manifests/v1", .status = 200},
    {"quota: a minute later", CLOCK("61s")},
    {"quota: it begins anew", V1, .status = 200, .want = "RateLimit-Remaining: 1;w=60"},
};

/* --- Content -----------------------------------------------------------------------------------
 */

#define BLOB "GET /v2/app/blobs/${digits}"

static const struct step content[] = {
    {"truncate: set", RULES("{\"when\":{\"op\":\"blob.get\"},\"then\":{\"content\":"
                            "{\"truncate\":5}}}")},
    {"truncate: an honest length of less", BLOB, .status = 200,
     .want = "Content-Length: 5\nDocker-Content-Digest: ${digits}", .is = "01234"},
    {"flip: set", RULES("{\"when\":{\"op\":\"blob.get\"},\"then\":{\"content\":"
                        "{\"flip\":[1]}}}")},
    {"flip: not what the digest says", BLOB, .status = 200,
     .want = "Content-Length: 20\nDocker-Content-Digest: ${digits}", .has = "0\n23456789abcdefghij",
     .hasnt = "01"},
    {"flip: in a range, at the same place", BLOB, "Range: bytes=2-4\n", .status = 206, .is = "234"},
    {"substitute: set", RULES("{\"when\":{\"op\":\"blob.get\"},\"then\":{\"content\":"
                              "{\"substitute\":\"${a.config}\"}}}")},
    {"substitute: another blob", BLOB, .status = 200, .is = "${a.config.body}"},
};

static const struct step lies[] = {
    {"digest: wrong, set", RULES("{\"then\":{\"digest_header\":\"wrong\"}}")},
    {"digest: another last digit", "GET /v2/app/blobs/${digits}", .status = 200,
     .want = "Docker-Content-Digest: *", .is = "${digits.body}"},
    {"digest: missing, set", RULES("{\"then\":{\"digest_header\":\"missing\"}}")},
    {"digest: missing", V1, .status = 200, .want = "!Docker-Content-Digest"},
    {"digest: a value, set", RULES("{\"then\":{\"digest_header\":\"sha256:xyz\"}}")},
    {"digest: that value", "HEAD /v2/app/manifests/v1", .status = 200,
     .want = "Docker-Content-Digest: sha256:xyz"},
    {"type: wrong, set", RULES("{\"then\":{\"type_header\":\"wrong\"}}")},
    {"type: wrong", V1, .status = 200, .want = "Content-Type: text/html", .is = "${a.body}"},
    {"type: missing, set", RULES("{\"then\":{\"type_header\":\"missing\"}}")},
    {"type: missing", V1, .status = 200, .want = "!Content-Type"},
    {"length: a value, set", RULES("{\"then\":{\"length_header\":12345}}")},
    {"length: on HEAD", "HEAD /v2/app/manifests/v1", .status = 200,
     .want = "Content-Length: 12345"},
};

#define PART BLOB, "Range: bytes=2-4\n"

static const struct step ranges[] = {
    {"range: ignore, set", RULES("{\"then\":{\"range\":\"ignore\"}}")},
    {"range: all of it", PART, .status = 200, .want = "!Content-Range", .is = "${digits.body}"},
    {"range: shift, set", RULES("{\"then\":{\"range\":\"shift\"}}")},
    {"range: other bytes", PART, .status = 206, .want = "Content-Range: bytes 2-4/20",
     .hasnt = "234"},
    {"range: wrong-header, set", RULES("{\"then\":{\"range\":\"wrong-header\"}}")},
    {"range: the bytes, and a false header", PART, .status = 206, .want = "Content-Range: *",
     .is = "234"},
    {"range: refuse, set", RULES("{\"then\":{\"range\":\"refuse\"}}")},
    {"range: 416", PART, .status = 416},
    {"range: without one", BLOB, .status = 200, .is = "${digits.body}"},
};

#define LIST "GET /v2/app/tags/list"

static const struct step tag_lists[] = {
    {"tags: drop, set", RULES("{\"then\":{\"tags\":{\"drop\":[\"v1\"]}}}")},
    {"tags: dropped", LIST, .status = 200, .is = "{\"name\":\"app\",\"tags\":[\"v2\"]}"},
    {"tags: null, set", RULES("{\"then\":{\"tags\":{\"null\":true}}}")},
    {"tags: null", LIST, .status = 200, .is = "{\"name\":\"app\",\"tags\":null}"},
    {"tags: no_link, set", RULES("{\"then\":{\"tags\":{\"no_link\":true}}}")},
    {"tags: a page without a link", LIST "?n=1", .status = 200, .want = "!Link",
     .is = "{\"name\":\"app\",\"tags\":[\"v1\"]}"},
    {"tags: ignore_n, set", RULES("{\"then\":{\"tags\":{\"ignore_n\":true}}}")},
    {"tags: all of them", LIST "?n=1", .status = 200, .want = "!Link",
     .is = "{\"name\":\"app\",\"tags\":[\"v1\",\"v2\"]}"},
};

/* --- Which rule acts ---------------------------------------------------------------------------
 */

static const struct step choices[] = {
    {"order: set", RULES("[{\"id\":\"old\",\"then\":{\"status\":500}},"
                         "{\"id\":\"new\",\"then\":{\"status\":501}},"
                         "{\"id\":\"low\",\"priority\":-5,\"then\":{\"status\":502}}]")},
    {"order: the newest", V1, .status = 501},
    {"order: disabled", "PATCH /control/v1/rules/new", .body = "{\"enabled\":false}",
     .status = 200},
    {"order: the next", V1, .status = 500},
    {"order: a larger priority", "PATCH /control/v1/rules/low", .body = "{\"priority\":5}",
     .status = 200},
    {"order: comes first", V1, .status = 502},
    {"order: removed", "DELETE /control/v1/rules/low", .status = 204},
    {"order: no more", V1, .status = 500},
    {"order: hits", "GET /control/v1/rules/old", .status = 200, .has = "\"hits\":2"},
    {"times: set", RULES("[{\"id\":\"under\",\"then\":{\"headers\":{\"set\":{\"X-Under\":1}}},"
                         "\"priority\":-1},{\"id\":\"twice\",\"times\":2,"
                         "\"then\":{\"status\":503}}]")},
    {"times: one", V1, .status = 503, .want = "!X-Under"},
    {"times: two", V2, .status = 503},
    {"times: falls through", V1, .status = 200, .want = "X-Under: 1"},
    {"times: told", "GET /control/v1/rules/twice", .status = 200,
     .has = "\"hits\":2\n\"remaining\":0\n\"exhausted\":true"},
    {"nth: set", RULES("{\"when\":{\"op\":\"manifest.get\",\"nth\":{\"from\":2,\"to\":3,"
                       "\"per\":[\"ref\"]}},\"then\":{\"status\":503}}")},
    {"nth: v1, first", V1, .status = 200},
    {"nth: v2, first", V2, .status = 200},
    {"nth: v1, second", V1, .status = 503},
    {"nth: v1, third", V1, .status = 503},
    {"nth: v1, fourth", V1, .status = 200},
    {"nth: v2, second", V2, .status = 503},
    {"ttl: set", RULES("{\"ttl\":\"1m\",\"then\":{\"status\":503}}")},
    {"ttl: acts", V1, .status = 503},
    {"ttl: a minute", CLOCK("61s")},
    {"ttl: is over", V1, .status = 200},
    {"tags: set", RULES("[{\"id\":\"a\",\"tags\":[\"t1\"],\"then\":{\"status\":500}},"
                        "{\"id\":\"b\",\"tags\":[\"t2\"],\"then\":{\"status\":501}}]")},
    {"tags: both", V1, .status = 501},
    {"tags: one is removed", "DELETE /control/v1/rules?tag=t2", .status = 200,
     .has = "\"removed\":1"},
    {"tags: the other stays", V1, .status = 500},
};

static const struct step states[] = {
    {"state: set", RULES("[{\"when\":{\"op\":\"tags.list\"},\"then\":{\"set\":"
                         "{\"phase\":\"broken\"}}},{\"when\":{\"state\":{\"phase\":\"broken\"},"
                         "\"op\":\"manifest.get\"},\"then\":{\"status\":503}}]")},
    {"state: not yet", V1, .status = 200},
    {"state: this sets it", LIST, .status = 200},
    {"state: now", V1, .status = 503},
    {"state: seen", "GET /control/v1/state", .status = 200, .has = "\"phase\":\"broken\""},
    {"state: by hand", "PUT /control/v1/state", .body = "{\"phase\":null}", .status = 200},
    {"state: over", V1, .status = 200},
    {"retag: set", RULES("{\"when\":{\"op\":\"manifest.get\",\"ref\":\"moving\"},\"times\":1,"
                         "\"then\":{\"retag\":{\"image\":\"app:moving\",\"to\":\"app:v2\"}}}")},
    {"retag: a tag to move", "POST /control/v1/images:retag",
     .body = "{\"image\":\"app:moving\",\"to\":\"app:v1\"}", .status = 200},
    {"retag: the request sees the old one", "GET /v2/app/manifests/moving", .status = 200,
     .want = "Docker-Content-Digest: ${a}"},
    {"retag: the next sees the new one", "GET /v2/app/manifests/moving", .status = 200,
     .want = "Docker-Content-Digest: ${b}"},
    {"image_state: set", RULES("{\"when\":{\"op\":\"manifest.get\",\"ref\":\"v2\"},\"times\":1,"
                               "\"then\":{\"image_state\":{\"image\":\"app:v2\","
                               "\"state\":\"absent\"}}}")},
    {"image_state: a pull", V2, .status = 200},
    {"image_state: then it is gone", V2, .status = 404, .code = "MANIFEST_UNKNOWN"},
    {"forget all", STEER_FORGET},
};

static const struct step refusals[] = {
    {"none left", RULES("[]")},
    {"refused: an unknown effect", BAD("{\"then\":{\"delya\":\"1s\"}}"), .has = "delya\ndelay"},
    {"refused: an unknown word", BAD("{\"when\":{\"rep\":\"x\"},\"then\":{\"status\":500}}"),
     .has = "rep"},
    {"refused: an unknown op", BAD("{\"when\":{\"op\":\"blob.gte\"},\"then\":{\"status\":500}}"),
     .has = "blob.get"},
    {"refused: all or nothing",
     BAD("[{\"id\":\"good\",\"then\":{\"status\":500}},{\"then\":{\"status\":\"x\"}}]")},
    {"refused: nothing came of it", "GET /control/v1/rules", .status = 200, .hasnt = "good"},
    {"no such rule", "GET /control/v1/rules/none", .status = 404},
    {"the schema is served", "GET /control/v1/schema", .status = 200, .has = "\"$schema\"\ndrip"},
};

/* --- What steps cannot say ---------------------------------------------------------------------
 */

static void test_raw_body(struct script *t)
{
    const struct response *r;

    steer_rules(t, "{\"then\":{\"status\":503,\"raw_body\":{\"type\":\"text/html\","
                   "\"text\":\"<h1>no</h1>\"}}}");
    r = script_send(t, V1, NULL, NULL);
    is_int(r->status, 503, "raw_body: the status");
    is_str(r->body, "<h1>no</h1>", "raw_body: the text");
    is_str(response_header(r, "Content-Type"), "text/html", "raw_body: its type");
    steer_rules(t, "{\"then\":{\"status\":500,\"raw_body\":\"\"}}");
    r = script_send(t, V1, NULL, NULL);
    is_int(r->status, 500, "raw_body: nothing: the status");
    is_int((long long)r->size, 0, "raw_body: nothing: no body");
    is_str(response_header(r, "Content-Type"), NULL, "raw_body: nothing: no type");
}

/* What a lie says is not the truth. */
static void test_said(struct script *t)
{
    const struct response *r;

    steer_rules(t, "{\"then\":{\"digest_header\":\"wrong\"}}");
    r = script_send(t, V1, NULL, NULL);
    ok(strncmp(response_header(r, "Docker-Content-Digest"), "sha256:", 7) == 0 &&
           strlen(response_header(r, "Docker-Content-Digest")) == 71 &&
           strcmp(response_header(r, "Docker-Content-Digest"), script_get(t, "a")) != 0,
       "a wrong digest is well-formed and wrong");
    steer_rules(t, "{\"then\":{\"range\":\"wrong-header\"}}");
    r = script_send(t, PART, NULL);
    ok(strcmp(response_header(r, "Content-Range"), "bytes 2-4/20") != 0,
       "a wrong Content-Range is wrong: %s", response_header(r, "Content-Range"));
}

enum { DRAWS = 1000 };

static void draw(struct script *t, const char *rules, char pattern[DRAWS + 1])
{
    steer_rules(t, rules);
    for (int i = 0; i < DRAWS; i++)
        pattern[i] = script_send(t, V1, NULL, NULL)->status == 503 ? 'x' : '.';
    pattern[DRAWS] = '\0';
}

static unsigned count(const char *pattern, char c)
{
    unsigned n = 0;

    for (; *pattern != '\0'; pattern++)
        n += *pattern == c;
    return n;
}

static void test_probability(struct script *t)
{
    static const char seven[] =
        "{\"id\":\"p\",\"probability\":0.3,\"seed\":7,\"then\":{\"status\":503}}";
    static const char eight[] =
        "{\"id\":\"p\",\"probability\":0.3,\"seed\":8,\"then\":{\"status\":503}}";
    static const char never[] = "{\"id\":\"p\",\"probability\":0,\"then\":{\"status\":503}}";
    char one[DRAWS + 1], two[DRAWS + 1], other[DRAWS + 1], none[DRAWS + 1];

    draw(t, seven, one);
    draw(t, seven, two);
    draw(t, eight, other);
    draw(t, never, none);
    is_str(two, one, "probability: the same seed, the same schedule");
    ok(strcmp(other, one) != 0, "probability: another seed, another schedule");
    ok(count(one, 'x') > 240 && count(one, 'x') < 360, "probability: about 0.3 of %d: %u", DRAWS,
       count(one, 'x'));
    is_int(count(none, 'x'), 0, "probability: 0 is never");
}

/* Many at the same time, and exactly as many are hit as the rule says. */
static void test_parallel(struct script *t)
{
    enum { CLIENTS = 64, TIMES = 10 };
    struct client *clients[CLIENTS];
    unsigned hit = 0, good = 0;

    steer_rules(t, "{\"id\":\"ten\",\"times\":10,\"then\":{\"status\":503}}");
    for (size_t i = 0; i < CLIENTS; i++)
        clients[i] = client_new(server_url(script_server(t), 0));
    for (size_t i = 0; i < CLIENTS; i++)
        client_sendf(clients[i], "GET /v2/app/manifests/v1 HTTP/1.1\r\nHost: x\r\n\r\n");
    for (size_t i = 0; i < CLIENTS; i++) {
        int status = client_read(clients[i], false)->status;

        hit += status == 503;
        good += status == 200;
        client_free(clients[i]);
    }
    is_int(hit, TIMES, "times: exactly %d of %d at once are hit", TIMES, CLIENTS);
    is_int(good, CLIENTS - TIMES, "times: all others are not");
    is_int(steer_hits(t, "ten"), TIMES, "times: hits");
}

static void fill(struct script *t)
{
    registry_image(t, "app", "v1", "a");
    registry_image(t, "app", "v2", "b");
    registry_image(t, "other", "v1", "c");
    registry_blob(t, "app", "digits", "0123456789abcdefghij");
}

int main(void)
{
    struct server *s;
    struct script *t;

    plan_lazy();
    s = server_new(NULL);
    t = script_new(s);
    fill(t);
    RUN(t, answers);
    RUN(t, headers);
    RUN(t, redirects);
    RUN(t, quotas);
    RUN(t, content);
    RUN(t, lies);
    RUN(t, ranges);
    RUN(t, tag_lists);
    RUN(t, choices);
    RUN(t, states);
    test_raw_body(t);
    test_said(t);
    test_probability(t);
    test_parallel(t);
    RUN(t, refusals);
    script_free(t);
    server_free(s);
    done_testing();
}

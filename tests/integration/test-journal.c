/* SPDX-License-Identifier: MIT */
/* The journal (control.md, section 3): what it holds, and what is asked of it. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "tests/integration/lib/bail.h"
#include "tests/integration/lib/registry.h"
#include "tests/integration/lib/steer.h"
#include "tests/tap/tap.h"

#define VERIFY(status_, text) "POST /control/v1/verify", .status = (status_), .body = (text)
#define WAIT(status_, text)   "POST /control/v1/wait", .status = (status_), .body = (text)
#define COUNT(query)          "GET /control/v1/requests:count?" query, .status = 200
#define FORGET                "DELETE /control/v1/requests", .status = 204

/* What all of the next tables look at. */
static const struct step requests[] = {
    {"forget what filling did", FORGET},
    {"one", "GET /v2/", .status = 200},
    {"two", "HEAD /v2/app/manifests/v1", "User-Agent: puller/1.0\n", .status = 200},
    {"three", "GET /v2/app/manifests/v1", "User-Agent: puller/1.0\n", .status = 200},
    {"four", "GET /v2/app/blobs/${a.config}", "User-Agent: puller/1.0\n", .status = 200},
    {"five", "GET /v2/app/blobs/${a.layer}",
     "User-Agent: puller/1.0\nRange: bytes=0-1\nAuthorization: Basic c2VjcmV0OnNlY3JldA==\n",
     .status = 206},
    {"six", "GET /v2/other/manifests/nothing", .status = 404},
};

static const struct step counts[] = {
    {"count: all", COUNT(""), .has = "\"count\":6"},
    {"count: op", COUNT("op=manifest.get"), .has = "\"count\":2"},
    {"count: op as a glob", COUNT("op=manifest.*"), .has = "\"count\":3"},
    {"count: op and repository", COUNT("op=manifest.get&repo=app"), .has = "\"count\":1"},
    {"count: role", COUNT("role=layer"), .has = "\"count\":1"},
    {"count: negated", COUNT("op=manifest.*&repo=!app"), .has = "\"count\":1"},
    {"count: user agent", COUNT("userAgent=puller/*"), .has = "\"count\":4"},
    {"count: nobody logged in", COUNT("user=anonymous"), .has = "\"count\":6"},
    {"count: none", COUNT("op=blob.delete"), .has = "\"count\":0"},
    {"count: a strange filter is refused", "GET /control/v1/requests:count?rep=app", .status = 400,
     .has = "repo"},
    {"list: one of them", "GET /control/v1/requests?op=blob.get&role=layer", .status = 200,
     .has = "\"repo\":\"app\"\n\"status\":206\n\"bytes_out\":2\n\"range\":\"bytes=0-1\"\n"
            "\"user_agent\":\"puller/1.0\"\n\"end\":\"complete\"\n\"method\":\"GET\"",
     .hasnt = "\"op\":\"manifest.get\"\nc2VjcmV0OnNlY3JldA"},
    {"list: limited", "GET /control/v1/requests?limit=1", .status = 200,
     .has = "\"op\":\"ping\"\n\"more\": true", .hasnt = "manifest"},
    {"list: the newest", "GET /control/v1/requests?latest=2&op=manifest.*&op=blob.*", .status = 200,
     .has = "blob.get\n\"nothing\"\n\"more\": false", .hasnt = "\"v1\""},
    {"pulls: grouped", "GET /control/v1/pulls", .status = 200, .has = "puller/1.0\n${a.layer}"},
};

static const struct step verdicts[] = {
    {"verify: at least one", VERIFY(200, "{\"match\":{\"op\":\"manifest.get\"}}"),
     .has = "\"held\":true"},
    {"verify: exactly", VERIFY(200, "{\"match\":{\"op\":\"manifest.get\"},\"count\":2}")},
    {"verify: too few", VERIFY(409, "{\"match\":{\"op\":\"manifest.get\"},\"count\":3}"),
     .has = "\"held\":false\nexactly 3 requests\n\"found\":2"},
    {"verify: too many", VERIFY(409, "{\"match\":{\"op\":\"manifest.get\"},\"count\":1}"),
     .has = "exactly 1 request\n\"found\":2"},
    {"verify: an op that there is not", VERIFY(400, "{\"match\":{\"op\":\"blob.gte\"}}"),
     .has = "blob.get"},
    {"verify: none of these", VERIFY(200, "{\"match\":{\"op\":\"blob.delete\"},\"count\":0}")},
    {"verify: none, but there is", VERIFY(409, "{\"match\":{\"op\":\"ping\"},\"count\":0}"),
     .has = "no request"},
    {"verify: between", VERIFY(200, "{\"match\":{\"op\":\"blob.*\"},"
                                    "\"count\":{\"min\":1,\"max\":2}}")},
    {"verify: above", VERIFY(409, "{\"match\":{\"op\":\"blob.*\"},\"count\":{\"max\":1}}"),
     .has = "at most 1 request"},
    {"verify: the nearest miss",
     VERIFY(409, "{\"match\":{\"op\":\"manifest.get\",\"repo\":\"apq\"}}"),
     .has = "nearest\nrepo is 'app', wanted apq"},
    {"verify: a sequence",
     VERIFY(200, "{\"sequence\":[{\"op\":\"manifest.head\"},{\"op\":\"manifest.get\"},"
                 "{\"op\":\"blob.get\",\"role\":\"layer\"}]}")},
    {"verify: a sequence in another order",
     VERIFY(409, "{\"sequence\":[{\"op\":\"blob.get\",\"role\":\"layer\"},"
                 "{\"op\":\"manifest.head\"}]}"),
     .has = "\"steps\":1"},
    {"verify: nothing in between", VERIFY(200, "{\"sequence\":[{\"op\":\"manifest.head\"},"
                                               "{\"op\":\"manifest.get\"}],\"strict\":true}")},
    {"verify: something in between",
     VERIFY(409, "{\"sequence\":[{\"op\":\"manifest.get\",\"repo\":\"app\"},"
                 "{\"op\":\"blob.get\",\"role\":\"layer\"}],\"strict\":true}")},
    {"verify: an unknown key", VERIFY(400, "{\"mach\":{}}"), .has = "match"},
    {"wait: it happened", WAIT(200, "{\"match\":{\"op\":\"ping\"},\"timeout\":\"5s\"}")},
    {"wait: it does not",
     WAIT(408, "{\"match\":{\"op\":\"ping\"},\"count\":2,"
               "\"timeout\":\"20ms\"}"),
     .has = "\"held\":false\n\"found\":1"},
    {"verify: does not become true", VERIFY(409, "{\"match\":{\"op\":\"ping\"},\"count\":2,"
                                                 "\"within\":\"20ms\"}")},
};

static const struct step notes[] = {
    {"rule: set", "PUT /control/v1/rules", .status = 200,
     .body = "{\"id\":\"flaky\",\"when\":{\"op\":\"tags.list\"},\"then\":{\"status\":503}}"},
    {"state: set", STEER_STATE("app:v1", "absent")},
    {"rule: acts", "GET /v2/app/tags/list", .status = 503},
    {"state: acts", "GET /v2/app/manifests/v1", "User-Agent: another\n", .status = 404},
    {"rule: noted", "GET /control/v1/requests?op=tags.list", .status = 200,
     .has = "\"rules\":[\"flaky\"]\n\"status\":503"},
    {"state: noted", "GET /control/v1/requests?userAgent=another", .status = 200,
     .has = "\"state\":\"absent"},
    {"rule: away", "DELETE /control/v1/rules", .status = 200},
    {"state: away", STEER_FORGET},
    {"all are forgotten", FORGET},
    {"none is left", COUNT(""), .has = "\"count\":0"},
    {"nothing is missing for it", VERIFY(200, "{\"match\":{\"op\":\"ping\"},\"count\":0}")},
};

/* --- Since -------------------------------------------------------------------------------------
 */

static long long last_of(struct script *t)
{
    json_t *root = steer(t, "GET", "/requests?limit=1", NULL);
    long long last = json_integer_value(json_object_get(root, "last"));

    json_decref(root);
    return last;
}

static long long count_of(struct script *t, const char *query)
{
    char target[128];
    json_t *root;
    long long count;

    snprintf(target, sizeof(target), "/requests:count?%s", query);
    root = steer(t, "GET", target, NULL);
    count = json_integer_value(json_object_get(root, "count"));
    json_decref(root);
    return count;
}

static void test_since(struct script *t)
{
    char query[64], body[128];
    long long before;

    (void)script_send(t, "GET /v2/", NULL, NULL);
    before = last_of(t);
    snprintf(query, sizeof(query), "op=ping&since=%lld", before);
    is_int(count_of(t, query), 0, "since: nothing new");
    (void)script_send(t, "GET /v2/", NULL, NULL);
    is_int(count_of(t, query), 1, "since: one new");
    is_int(last_of(t), before + 1, "since: numbers go up by one");
    snprintf(body, sizeof(body), "{\"match\":{\"op\":\"ping\"},\"count\":1,\"since\":%lld}",
             before);
    json_decref(steer(t, "POST", "/verify", body));
    ok(true, "since: verify looks only there");
}

/* --- Waiting -----------------------------------------------------------------------------------
 */

/* Asks on a connection of its own, makes it true, and reads the answer. */
static void test_becomes(struct script *t, const char *endpoint, const char *body)
{
    struct client *c = client_new(server_control_url(script_server(t)));
    char head[128];
    const struct response *r;

    json_decref(steer(t, "DELETE", "/requests", NULL));
    snprintf(head, sizeof(head), "/control/v1/%s", endpoint);
    client_sendf(c,
                 "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\n"
                 "Content-Length: %zu\r\n\r\n%s",
                 head, client_host(c), strlen(body), body);
    (void)script_send(t, "GET /v2/", NULL, NULL);
    ok(client_quiet(c, 30), "%s: not yet", endpoint);
    (void)script_send(t, "GET /v2/", NULL, NULL);
    r = client_read(c, false);
    if (!is_int(r->status, 200, "%s: answers when it happened", endpoint))
        response_diag(r);
    client_free(c);
}

/* --- Many at once ------------------------------------------------------------------------------
 */

enum { CLIENTS = 16, EACH = 25 };

static bool ascends(const json_t *list)
{
    json_int_t before = 0;
    const json_t *row;
    size_t i;

    json_array_foreach(list, i, row)
    {
        json_int_t seq = json_integer_value(json_object_get(row, "seq"));

        if (seq <= before)
            return false;
        before = seq;
    }
    return true;
}

static void test_many(struct script *t)
{
    struct client *clients[CLIENTS];
    unsigned good = 0;
    json_t *root, *list;

    json_decref(steer(t, "DELETE", "/requests", NULL));
    for (size_t i = 0; i < CLIENTS; i++)
        clients[i] = client_new(server_url(script_server(t), 0));
    for (size_t n = 0; n < EACH; n++) {
        for (size_t i = 0; i < CLIENTS; i++)
            client_sendf(clients[i],
                         "GET /v2/app/manifests/v1 HTTP/1.1\r\nHost: x\r\n"
                         "User-Agent: client-%zu\r\n\r\n",
                         i);
        for (size_t i = 0; i < CLIENTS; i++)
            good += client_read(clients[i], false)->status == 200;
    }
    for (size_t i = 0; i < CLIENTS; i++)
        client_free(clients[i]);
    is_int(good, CLIENTS * EACH, "many: all are answered");
    is_int(count_of(t, "op=manifest.get"), CLIENTS * EACH, "many: all are in the journal");
    is_int(count_of(t, "userAgent=client-7"), EACH, "many: and those of each client");
    root = steer(t, "GET", "/requests", NULL);
    list = json_object_get(root, "requests");
    is_int((long long)json_array_size(list), CLIENTS * EACH, "many: listed");
    ok(ascends(list), "many: in order, none twice");
    json_decref(root);
}

int main(void)
{
    struct server *s;
    struct script *t;

    plan_lazy();
    s = server_new(NULL);
    t = script_new(s);
    registry_image(t, "app", "v1", "a");
    RUN(t, requests);
    RUN(t, counts);
    RUN(t, verdicts);
    RUN(t, notes);
    test_since(t);
    test_becomes(t, "wait", "{\"match\":{\"op\":\"ping\"},\"count\":2,\"timeout\":\"9s\"}");
    test_becomes(t, "verify",
                 "{\"match\":{\"op\":\"ping\"},\"count\":{\"min\":2},\"within\":\"9s\"}");
    test_many(t);
    script_free(t);
    server_free(s);
    done_testing();
}

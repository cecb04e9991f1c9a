/* SPDX-License-Identifier: MIT */
/* The endpoints of the journal: control_journal.c, control_events.c and control_query.c. */
#include "lib/control/control_world.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <jansson.h>

#include "lib/control/control.h"
#include "lib/control/control_query.h"
#include "lib/control/pulls.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/journal_help.h"

enum { TEXT_MAX = 16 * 1024 * 1024 };

static struct help h;
static struct control *control;
static unsigned short port;

static struct journal *journal_of(void *world)
{
    return ((struct help *)world)->j;
}

static const struct control_world_ops ops = {.journal = journal_of, .pulls = &help_pulls};

static void *find_world(const char *name, void *arg)
{
    (void)name;
    return arg;
}

static void begin(size_t entries)
{
    struct control_options options = {.find_world = find_world, .arg = &h};
    const char *url;

    help_begin(&h, entries, 0);
    options.loop = h.loop;
    ASSERT(control_new(&control, &options, NULL) == 0);
    ASSERT(control_register_journal(control, &ops, NULL) == 0);
    ASSERT(control_listen(control, "127.0.0.1:0", &url, NULL) == 0);
    port = (unsigned short)strtoul(strrchr(url, ':') + 1, NULL, 10);
}

static void end(void)
{
    control_free(control);
    help_end(&h);
}

/* --- A client ----------------------------------------------------------------------------------
 */

struct client {
    int fd;
    bool over; /* the server closed */
    struct buf text;
};

static void client_begin(struct client *c, const char *line, const char *header, const char *body)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    char request[2000];
    int n;

    *c = (struct client){.fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    buf_init(&c->text, TEXT_MAX);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT(connect(c->fd, (struct sockaddr *)&address, sizeof(address)) == 0);
    n = snprintf(request, sizeof(request),
                 "%s HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n%s%s", line,
                 header != NULL ? header : "", body == NULL ? "\r\n" : "");
    if (body != NULL)
        n += snprintf(request + n, sizeof(request) - (size_t)n,
                      "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s",
                      strlen(body), body);
    ASSERT(send(c->fd, request, (size_t)n, 0) == n);
}

static void take(struct client *c)
{
    char piece[65536];
    ssize_t n;

    while ((n = recv(c->fd, piece, sizeof(piece), MSG_DONTWAIT)) > 0)
        ASSERT(buf_append(&c->text, piece, (size_t)n) == 0);
    c->over = n == 0;
}

/* For two seconds at most. text NULL: to the end. */
static bool client_until(struct client *c, const char *text)
{
    for (unsigned i = 0; i < 2000; i++) {
        if (c->over || (text != NULL && strstr(buf_text(&c->text), text) != NULL))
            break;
        help_turn(&h, 1);
        take(c);
    }
    return text == NULL ? c->over : strstr(buf_text(&c->text), text) != NULL;
}

static void client_end(struct client *c)
{
    (void)close(c->fd);
    buf_done(&c->text);
}

/* Body of a whole reply; chunks are put together. The caller owns it. */
static json_t *body_of(const char *reply)
{
    const char *p = strstr(reply, "\r\n\r\n");
    auto_buf struct buf body = BUF_INIT(TEXT_MAX);
    size_t n;

    ASSERT(p != NULL);
    p += 4;
    if (strcasestr(reply, "Transfer-Encoding: chunked") == NULL)
        return json_loads(p, 0, NULL);
    while ((n = strtoul(p, NULL, 16)) > 0) {
        p = strstr(p, "\r\n") + 2;
        ASSERT(buf_append(&body, p, n) == 0);
        p += n + 2;
    }
    return json_loads(buf_text(&body), 0, NULL);
}

/* The caller owns the reply's JSON, NULL when it has none. */
static json_t *ask(const char *line, const char *body, int *ret_status)
{
    struct client c;
    json_t *result;

    client_begin(&c, line, NULL, body);
    if (!client_until(&c, NULL))
        diag("no end of the answer to %s", line);
    *ret_status = (int)strtoul(buf_text(&c.text) + strlen("HTTP/1.1 "), NULL, 10);
    result = body_of(buf_text(&c.text));
    client_end(&c);
    return result;
}

static void is_answer(const char *line, const char *body, int status, const char *path,
                      const char *want)
{
    int got;
    json_t *answer = ask(line, body, &got);

    is_int(got, status, "%s: status", line);
    if (path != NULL)
        is_str(help_at(answer, path), want, "%s: %s", line, path);
    json_decref(answer);
}

/* --- Tests -------------------------------------------------------------------------------------
 */

static void test_reading(void)
{
    begin(0);
    is_answer("GET /control/v1/requests", NULL, 200, "requests", "[]");
    (void)help_request(&h, HELP_PING, "", 200);
    (void)help_request(&h, HELP_BLOB_GET, "app", 404);
    (void)help_request(&h, HELP_BLOB_HEAD, "app", 200);
    is_answer("GET /control/v1/requests", NULL, 200, "requests.2.seq", "3");
    is_answer("GET /control/v1/requests?op=blob.get&op=ping&since=1", NULL, 200, "requests.0.seq",
              "2");
    is_answer("GET /control/v1/requests?op=blob.get&op=ping&since=1", NULL, 200, "requests.1", "-");
    is_answer("GET /control/v1/requests?limit=1", NULL, 200, "more", "true");
    is_answer("GET /control/v1/requests?status=4xx", NULL, 200, "requests.0.status", "404");
    is_answer("GET /control/v1/requests?opp=x", NULL, 400, "error.code", "CONFIG");
    is_answer("GET /control/v1/requests?limit=x", NULL, 400, "error.message",
              "limit: 'x' is no whole number");
    is_answer("GET /control/v1/requests?since=", NULL, 400, "error.code", "CONFIG");
    is_answer("GET /control/v1/requests:count?op=blob.*", NULL, 200, "count", "2");
    is_answer("GET /control/v1/requests:count?op=", NULL, 400, "error.code", "CONFIG");
    is_answer("GET /control/v1/requests:stats", NULL, 200, "last", "3");
    is_answer("GET /control/v1/requests/2", NULL, 200, "headers.1.1", "tester/1");
    is_answer("GET /control/v1/requests/7", NULL, 404, "error.code", "ABSENT");
    is_answer("GET /control/v1/requests/x", NULL, 400, "error.code", "CONFIG");
    is_answer("GET /control/v1/pulls", NULL, 200, "pulls.0.outcome", "failed");
    is_answer("GET /control/v1/pulls?repo=other", NULL, 200, "pulls", "[]");
    is_answer("GET /control/v1/pulls?repp=other", NULL, 400, "error.code", "CONFIG");
    is_answer("DELETE /control/v1/requests", NULL, 204, NULL, NULL);
    is_answer("GET /control/v1/requests:count", NULL, 200, "count", "0");
    end();
}

static void test_long_list(void)
{
    int status;
    json_t *answer;

    begin(0);
    for (int i = 0; i < 3000; i++)
        (void)help_request(&h, HELP_PING, "", 200);
    answer = ask("GET /control/v1/requests", NULL, &status);
    is_int((long long)json_array_size(json_object_get(answer, "requests")), 3000,
           "a long list comes whole");
    json_decref(answer);
    end();
}

static void test_asking(void)
{
    struct client c;

    begin(0);
    (void)help_request(&h, HELP_PING, "", 200);
    is_answer("POST /control/v1/verify", "{\"match\": {\"op\": \"ping\"}, \"count\": 1}", 200,
              "held", "true");
    is_answer("POST /control/v1/verify", "{\"match\": {\"op\": \"ping\"}, \"count\": 2}", 409,
              "held", "false");
    is_answer("POST /control/v1/verify", "{\"mach\": {}}", 400, "error.code", "CONFIG");
    is_answer("POST /control/v1/wait", "{\"match\": {\"op\": \"ping\"}}", 200, "found", "1");
    is_answer("POST /control/v1/wait", "{\"match\": {\"op\": \"token\"}, \"timeout\": \"5ms\"}",
              408, "held", "false");

    client_begin(&c, "POST /control/v1/wait", NULL, "{\"match\": {\"op\": \"token\"}}");
    help_turn(&h, 20);
    take(&c);
    ok(!c.over && c.text.len == 0, "a wait waits");
    (void)help_request(&h, HELP_TOKEN, "", 200);
    ok(client_until(&c, "\"held\":true"), "and is answered when it happened");
    client_end(&c);

    client_begin(&c, "POST /control/v1/wait", NULL, "{\"match\": {\"op\": \"blob.get\"}}");
    help_turn(&h, 20);
    client_end(&c);
    help_turn(&h, 20);
    (void)help_request(&h, HELP_BLOB_GET, "app", 200);
    help_turn(&h, 20);
    is_answer("GET /control/v1/requests:count", NULL, 200, "count", "3");
    end();
}

static void test_events(void)
{
    struct client c;

    begin(0);
    (void)help_request(&h, HELP_PING, "", 200);
    (void)help_request(&h, HELP_BLOB_GET, "app", 200);
    client_begin(&c, "GET /control/v1/events?op=blob.*", NULL, NULL);
    ok(client_until(&c, "\n:\n\n"), "events");
    ok(strstr(buf_text(&c.text), "text/event-stream") != NULL, "have their type");
    (void)help_request(&h, HELP_PING, "", 200);
    (void)help_request(&h, HELP_BLOB_GET, "app", 200);
    ok(client_until(&c, "id: 4"), "and come as they happen");
    ok(strstr(buf_text(&c.text), "id: 3") == NULL, "where they fit");
    client_end(&c);

    client_begin(&c, "GET /control/v1/events", "Last-Event-ID: 2\r\n", NULL);
    ok(client_until(&c, "id: 4"), "a reader that comes back gets what it missed");
    ok(strstr(buf_text(&c.text), "id: 3") != NULL && strstr(buf_text(&c.text), "id: 2") == NULL,
       "no less and no more");
    client_end(&c);
    client_begin(&c, "GET /control/v1/events?since=0", NULL, NULL);
    ok(client_until(&c, "id: 1"), "from the beginning");
    client_end(&c);
    client_begin(&c, "GET /control/v1/events", "Last-Event-ID: x\r\n", NULL);
    ok(client_until(&c, "400 ") && client_until(&c, "Last-Event-ID"), "a bad id is refused");
    client_end(&c);
    is_answer("GET /control/v1/events?opp=1", NULL, 400, "error.code", "CONFIG");

    client_begin(&c, "GET /control/v1/events", NULL, NULL);
    ok(client_until(&c, "\n:\n\n"), "one more");
    end();
    take(&c);
    ok(true, "the server may end while somebody reads");
    client_end(&c);
}

int main(void)
{
    plan_lazy();
    test_reading();
    test_long_list();
    test_asking();
    test_events();
    done_testing();
}

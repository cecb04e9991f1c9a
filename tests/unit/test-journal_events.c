/* SPDX-License-Identifier: MIT */
/* Server-sent events over real connections: lib/control/journal_events.c. */
#include "lib/control/journal_events.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <unistd.h>

#include <jansson.h>

#include "lib/fault/match.h"
#include "lib/http/exchange.h"
#include "lib/http/loop.h"
#include "lib/http/request.h"
#include "lib/http/server.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/journal_help.h"

enum { TEXT_MAX = 64 * 1024 * 1024 };

/* A journal, and a server that streams it. */
struct stage {
    struct help h;
    struct http_server *server;
    unsigned short port;
    uint32_t heartbeat_ms;
    const char *filter; /* of the next request; NULL: none */
    unsigned ended;     /* exchanges */
    int failed;         /* streams that were refused */
};

static void on_request(struct http_exchange *x, void *arg)
{
    struct stage *s = arg;
    const char *last = http_request_header(http_exchange_request(x), "Last-Event-ID");
    struct journal_events_options options = {.heartbeat_ms = s->heartbeat_ms};
    struct http_source *source = NULL;
    struct err err;

    if (s->filter != NULL) {
        json_t *object = help_json(s->filter);

        ASSERT(journal_match_parse(&options.filter, s->h.j, object, "", &err) == 0);
        json_decref(object);
    }
    options.resume = last != NULL;
    options.last_id = last != NULL ? strtoull(last, NULL, 10) : 0;
    if (journal_events(&source, s->h.j, x, &options, &err) != 0) {
        s->failed++;
        http_reply_begin(x, 503);
    } else {
        http_reply_begin(x, 200);
        http_reply_header(x, "Content-Type", JOURNAL_EVENTS_TYPE);
        http_reply_body(x, source, -1);
    }
    http_reply_send(x);
}

static void on_ended(struct http_exchange *x, void *arg)
{
    struct stage *s = arg;

    (void)x;
    s->ended++;
}

static void stage_begin(struct stage *s, size_t entries)
{
    struct http_server_options options = {.app = {.request = on_request, .ended = on_ended}};
    struct http_listener *listener;
    const char *colon;

    *s = (struct stage){0};
    help_begin(&s->h, entries, 0);
    options.loop = s->h.loop;
    options.app.arg = s;
    options.limits = HTTP_LIMITS_DEFAULT;
    ASSERT(http_server_new(&s->server, &options, NULL) == 0);
    ASSERT(http_server_listen(s->server, &listener, "127.0.0.1:0", NULL, NULL, NULL) == 0);
    colon = strrchr(http_listener_url(listener), ':');
    s->port = (unsigned short)strtoul(colon + 1, NULL, 10);
}

static void stage_end(struct stage *s)
{
    http_server_free(s->server);
    help_end(&s->h);
}

/* --- A reader ----------------------------------------------------------------------------------
 */

struct reader {
    struct stage *s; /* borrowed */
    int fd;
    struct buf text; /* what came */
};

static void reader_begin(struct reader *r, struct stage *s, const char *last_id)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(s->port)};
    char request[200];
    int small = 4096;
    int n;

    r->s = s;
    buf_init(&r->text, TEXT_MAX);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    r->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ASSERT(setsockopt(r->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)) == 0);
    ASSERT(connect(r->fd, (struct sockaddr *)&address, sizeof(address)) == 0);
    n = snprintf(request, sizeof(request), "GET / HTTP/1.1\r\nHost: localhost\r\n%s%s\r\n\r\n",
                 last_id != NULL ? "Last-Event-ID: " : "X-None: ", last_id != NULL ? last_id : "");
    ASSERT(send(r->fd, request, (size_t)n, 0) == n);
}

static bool take(struct reader *r)
{
    char piece[65536];
    ssize_t n = recv(r->fd, piece, sizeof(piece), MSG_DONTWAIT);

    if (n > 0)
        ASSERT(buf_append(&r->text, piece, (size_t)n) == 0);
    return n > 0;
}

/* Reads until the text is there, or for a second at most. */
static bool reader_until(struct reader *r, const char *text)
{
    for (unsigned i = 0; i < 1000 && strstr(buf_text(&r->text), text) == NULL; i++) {
        help_turn(&r->s->h, 1);
        while (take(r))
            ;
    }
    return strstr(buf_text(&r->text), text) != NULL;
}

static unsigned reader_count(struct reader *r, const char *text)
{
    unsigned count = 0;

    for (const char *p = buf_text(&r->text); (p = strstr(p, text)) != NULL; p++)
        count++;
    return count;
}

static bool reader_has(struct reader *r, const char *text)
{
    return strstr(buf_text(&r->text), text) != NULL;
}

static void reader_end(struct reader *r)
{
    (void)close(r->fd);
    buf_done(&r->text);
}

/* --- Tests -------------------------------------------------------------------------------------
 */

static void test_live(void)
{
    struct stage s;
    struct reader r;
    uint64_t open;

    stage_begin(&s, 0);
    (void)help_request(&s.h, HELP_PING, "", 200);
    reader_begin(&r, &s, NULL);
    ok(reader_until(&r, "\n:\n\n"), "a comment comes at once");
    ok(reader_has(&r, "Content-Type: text/event-stream"), "behind the head");
    open = help_open(&s.h, HELP_BLOB_GET, "hangs");
    (void)help_request(&s.h, HELP_MANIFEST_GET, "app", 404);
    ok(reader_until(&r, "id: 3\nevent: request\ndata: {\"seq\":3,"), "an event as it happens");
    ok(!reader_has(&r, "id: 1"), "but not what was before");
    ok(!reader_has(&r, "id: 2"), "nor what is still open");
    ok(strchr(strstr(buf_text(&r.text), "data: {"), '\n')[1] == '\n', "data is one line");
    help_close(&s.h, open, 200);
    ok(reader_until(&r, "id: 2"), "until it ends");
    is_int(s.ended, 0, "the stream goes on");
    reader_end(&r);
    for (unsigned i = 0; i < 1000 && s.ended == 0; i++)
        help_turn(&s.h, 1);
    is_int(s.ended, 1, "until the reader leaves");
    (void)help_request(&s.h, HELP_PING, "", 200);
    stage_end(&s);
}

static void test_filter(void)
{
    struct stage s;
    struct reader r;

    stage_begin(&s, 0);
    s.filter = "{'op': 'blob.get'}";
    reader_begin(&r, &s, "0");
    ok(reader_until(&r, "\n:\n\n"), "connected");
    (void)help_request(&s.h, HELP_PING, "", 200);
    (void)help_request(&s.h, HELP_BLOB_GET, "app", 200);
    ok(reader_until(&r, "id: 2"), "what fits comes");
    ok(!reader_has(&r, "id: 1") && !reader_has(&r, "dropped"), "and what does not is no loss");
    reader_end(&r);
    stage_end(&s);
}

static void test_heartbeat(void)
{
    struct stage s;
    struct reader r;

    stage_begin(&s, 0);
    s.heartbeat_ms = 5;
    reader_begin(&r, &s, NULL);
    ok(reader_until(&r, ":\n\n\r\n3\r\n:\n\n\r\n3\r\n:\n\n"),
       "heartbeats come while nothing happens");
    ok(!reader_has(&r, "event:"), "and are no events");
    reader_end(&r);
    stage_end(&s);
}

static void test_resume(void)
{
    struct stage s;
    struct reader r;
    uint64_t late;

    stage_begin(&s, 0);
    (void)help_request(&s.h, HELP_PING, "", 200);
    late = help_open(&s.h, HELP_BLOB_GET, "late");
    (void)help_request(&s.h, HELP_PING, "", 200);
    (void)help_request(&s.h, HELP_PING, "", 200);
    help_close(&s.h, late, 200);
    reader_begin(&r, &s, "3");
    ok(reader_until(&r, "id: 2"), "what ended later is repeated, though it began before");
    ok(reader_has(&r, "id: 4"), "and what came behind");
    ok(!reader_has(&r, "id: 1") && !reader_has(&r, "id: 3"), "but not what was sent");
    ok(!reader_has(&r, "dropped"), "nothing is missing");
    (void)help_request(&s.h, HELP_PING, "", 200);
    ok(reader_until(&r, "id: 5"), "then it goes on");
    reader_end(&r);

    reader_begin(&r, &s, "0");
    ok(reader_until(&r, "id: 5"), "from the beginning");
    is_int(reader_count(&r, "event: request"), 5, "everything comes once");
    reader_end(&r);

    reader_begin(&r, &s, "77");
    ok(reader_until(&r, "event: dropped\ndata: {\"skipped\": 0, \"reset\": true}"),
       "a number that never was is told");
    ok(reader_until(&r, "id: 5"), "and all is repeated");
    reader_end(&r);
    stage_end(&s);
}

static void test_resume_dropped(void)
{
    struct stage s;
    struct reader r;

    stage_begin(&s, 3);
    for (int i = 0; i < 10; i++)
        (void)help_request(&s.h, HELP_PING, "", 200);
    reader_begin(&r, &s, "5");
    ok(reader_until(&r, "id: 10"), "the newest are repeated");
    ok(reader_has(&r, "event: dropped\ndata: {\"skipped\": 2}\n\nid: 8"),
       "after it was told how many are gone");
    is_int(reader_count(&r, "event: dropped"), 1, "once");
    reader_end(&r);

    journal_clear(s.h.j);
    reader_begin(&r, &s, "5");
    ok(reader_until(&r, "\n:\n\n"), "connected");
    (void)help_request(&s.h, HELP_PING, "", 200);
    ok(reader_until(&r, "id: 11"), "after a clear only what comes");
    ok(!reader_has(&r, "dropped"), "what was forgotten on purpose is not missed");
    reader_end(&r);
    stage_end(&s);
}

/* More than the buffers of a connection hold happens while nobody reads. */
static void test_slow(void)
{
    enum { ALL = 30000 };
    struct stage s;
    struct reader r;
    unsigned events, skipped = 0;

    stage_begin(&s, 50);
    reader_begin(&r, &s, NULL);
    ok(reader_until(&r, "\n:\n\n"), "connected");
    for (int i = 1; i <= ALL; i++) {
        (void)help_request(&s.h, HELP_BLOB_GET, "app", 200);
        if (i % 40 == 0)
            help_turn(&s.h, 0);
    }
    (void)help_request(&s.h, HELP_PING, "", 200);
    ok(reader_until(&r, "id: 30001\n"), "a slow reader gets to the end");
    events = reader_count(&r, "event: request");
    for (const char *p = buf_text(&r.text); (p = strstr(p, "{\"skipped\": ")) != NULL; p++)
        skipped += (unsigned)strtoul(p + strlen("{\"skipped\": "), NULL, 10);
    ok(skipped > 0, "is told what it missed: %u", skipped);
    is_int(events + skipped, ALL + 1, "and that is all that did not come");
    reader_end(&r);
    stage_end(&s);
}

static void test_end(void)
{
    struct stage s;
    struct reader r;

    stage_begin(&s, 0);
    reader_begin(&r, &s, NULL);
    ok(reader_until(&r, "\n:\n\n"), "connected");
    (void)help_request(&s.h, HELP_PING, "", 200);
    ok(reader_until(&r, "id: 1"), "an event");
    journal_free(s.h.j);
    s.h.j = NULL;
    ok(reader_until(&r, "\r\n0\r\n\r\n"), "the end of the journal ends the stream");
    is_int(s.ended, 1, "properly");
    reader_end(&r);
    stage_end(&s);
}

int main(void)
{
    plan_lazy();
    test_live();
    test_filter();
    test_heartbeat();
    test_resume();
    test_resume_dropped();
    test_slow();
    test_end();
    done_testing();
}

/* SPDX-License-Identifier: MIT */
/* What rules do to connections: the bytes that come and how the connection ends. */
#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/act_help.h"
#include "tests/unit/wire_help.h"

enum { QUIET_MS = 150, BIG = 20 * 1000 * 1000 };

#define GET "GET /size/100000 HTTP/1.1\r\n"

static char *got;
static size_t got_size;
static int got_end;

static void ask(const char *then, const char *request)
{
    free(got);
    fault_rule(then);
    got = wire_ask(request, &got_size, &got_end);
}

static size_t body_size(void)
{
    const char *body = wire_body(got);

    return body != NULL ? got_size - (size_t)(body - got) : 0;
}

/* --- Instead of an answer ----------------------------------------------------------------------
 */

static void test_no_answer(void)
{
    int handled = atomic_load(&fault_handled);

    ask("{\"connection\": \"drop\"}", GET KEEP);
    ok(got_size == 0 && got_end == WIRE_FIN, "drop: FIN, and not a byte");
    is_str(fault_last_end().reason, "dropped by rule 'r'", "drop: says who did it");
    ask("{\"connection\": \"reset\"}", GET KEEP);
    ok(got_size == 0 && got_end == ECONNRESET, "reset: RST, and not a byte");
    is_str(fault_last_end().reason, "reset by rule 'r'", "reset: says who did it");
    is_int(fault_last_end().end, HTTP_END_RESET, "reset: we did");
    ask("{\"connection\": \"garbage\"}", GET KEEP);
    ok(got_size > 10 && strstr(got, "HTTP/1") == NULL && got_end == WIRE_FIN,
       "garbage: bytes that are no HTTP");
    is_int(fault_last_end().status, 0, "garbage: has no status");
    is_int(atomic_load(&fault_handled), handled, "the handler is not asked");
}

static void test_drop_with_body(void)
{
    ask("{\"connection\": \"drop\"}",
        "PUT /x HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello");
    ok(got_size == 0 && got_end == WIRE_FIN, "drop: FIN although a body was sent");
}

static void test_stall(void)
{
    int ended = atomic_load(&fault_ended);
    size_t n;
    int fd, end;

    fault_rule("{\"connection\": \"stall\"}");
    fd = wire_dial();
    wire_say(fd, GET KEEP);
    free(wire_hear(fd, QUIET_MS, &n, &end));
    ok(n == 0 && end == WIRE_SILENT, "stall: silence");
    is_int((long long)fault_counts().held, 1, "stall: counts as held");
    (void)close(fd);
    ok(wire_reached(&fault_ended, ended + 1), "stall: a client that leaves is noticed");
    is_int(fault_last_end().end, HTTP_END_CLIENT_ABORTED, "stall: as its own end");
    is_int((long long)fault_counts().held, 0, "stall: and not held any more");
}

/* --- Cut bodies --------------------------------------------------------------------------------
 */

static void check_cut(const char *then, size_t want, int end, const char *reason)
{
    ask(then, GET KEEP);
    is_str(wire_header(got, "Content-Length"), "100000", "%s: the whole length is announced", then);
    is_int((long long)body_size(), (long long)want, "%s: so many bytes come", then);
    ok(fault_bytes_are(wire_body(got), want, 0), "%s: the right ones", then);
    is_int(got_end, end, "%s: then", then);
    is_str(fault_last_end().reason, reason, "%s: says so", then);
}

static void test_cuts(void)
{
    check_cut("{\"body\": {\"after\": 1000, \"do\": \"close\"}}", 1000, WIRE_FIN,
              "cut by rule 'r' after 1000 bytes");
    check_cut("{\"body\": {\"after\": 1000, \"do\": \"reset\"}}", 1000, ECONNRESET,
              "reset by rule 'r' after 1000 bytes");
    check_cut("{\"body\": {\"after\": \"50%\", \"do\": \"close\"}}", 50000, WIRE_FIN,
              "cut by rule 'r' after 50000 bytes");
    check_cut("{\"body\": {\"after\": 0, \"do\": \"reset\"}}", 0, ECONNRESET,
              "reset by rule 'r' after 0 bytes");
    check_cut("{\"body\": {\"after\": 99999, \"do\": \"close\"}}", 99999, WIRE_FIN,
              "cut by rule 'r' after 99999 bytes");
    check_cut("{\"body\": {\"after\": 100000, \"do\": \"reset\"}}", 100000, ECONNRESET,
              "reset by rule 'r' after 100000 bytes");
}

static void test_nothing_to_cut(void)
{
    ask("{\"body\": {\"after\": 100000, \"do\": \"close\"}}", GET KEEP GET CLOSE);
    ok(strstr(wire_body(got) + 100000, "HTTP/1.1 200 OK") != NULL,
       "a cut behind the body leaves the connection alone");
    ask("{\"body\": {\"after\": 0, \"do\": \"reset\"}}", "HEAD /size/100000 HTTP/1.1\r\n" CLOSE);
    ok(got_end == WIRE_FIN && got_size > 0, "HEAD has no body to cut");
    ask("{\"body\": {\"after\": 5, \"do\": \"close\"}}",
        "GET /size/1000 HTTP/1.1\r\nRange: bytes=500-\r\n" KEEP);
    ok(body_size() == 5 && fault_bytes_are(wire_body(got), 5, 500),
       "of a range, the bytes of this answer count");
}

/* The peer reads late: what was sent before the reset is not lost. */
static void test_reset_waits(void)
{
    int ended = atomic_load(&fault_ended), small = 65536, fd, end;
    size_t n;
    char *text;

    fault_rule("{\"body\": {\"after\": 3000000, \"do\": \"reset\"}}");
    fd = wire_dial();
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
    wire_say(fd, "GET /size/20000000 HTTP/1.1\r\n" KEEP);
    text = wire_hear(fd, WIRE_PATIENCE_MS, &n, &end);
    is_int((long long)(n - (size_t)(wire_body(text) - text)), 3000000,
           "reset after 3 MB: all of them came");
    is_int(end, ECONNRESET, "reset after 3 MB: then RST");
    ok(wire_reached(&fault_ended, ended + 1), "reset after 3 MB: the exchange ended");
    free(text);
    (void)close(fd);
}

static void test_stalled_body(void)
{
    int fd, end;
    size_t n;
    char *text;

    fault_rule("{\"body\": {\"after\": 10, \"do\": \"stall\"}}");
    fd = wire_dial();
    wire_say(fd, GET KEEP);
    text = wire_hear(fd, QUIET_MS, &n, &end);
    is_int((long long)strlen(wire_body(text)), 10, "stall after 10: so many bytes");
    is_int(end, WIRE_SILENT, "stall after 10: then silence");
    free(text);
    fault_cancel();
    text = wire_hear(fd, WIRE_PATIENCE_MS, &n, &end);
    ok(n == 0 && end == WIRE_FIN, "stall after 10: ended by a cancel");
    is_str(fault_last_end().reason, "stalled by rule 'r' after 10 bytes", "stall: says so");
    free(text);
    (void)close(fd);
}

/* --- Cut heads ---------------------------------------------------------------------------------
 */

static void test_heads(void)
{
    ask("{\"head\": {\"after\": 12, \"do\": \"close\"}}", GET KEEP);
    is_str(got, "HTTP/1.1 200", "a head is cut");
    is_int(got_end, WIRE_FIN, "and the connection closed");
    ask("{\"head\": {\"after\": 5, \"do\": \"reset\"}}", "HEAD /size/1 HTTP/1.1\r\n" KEEP);
    is_str(got, "HTTP/", "of HEAD, too");
    is_int(got_end, ECONNRESET, "and reset");
    is_str(fault_last_end().reason, "reset by rule 'r' after 5 bytes", "says so");
    ask("{\"head\": {\"after\": 100000, \"do\": \"close\"}}", GET KEEP);
    ok(got_size > 50 && strcmp(got + got_size - 4, "\r\n\r\n") == 0,
       "a whole head without its body");
    ask("{\"head\": {\"after\": 0, \"do\": \"close\"}, \"status\": 503}", GET KEEP);
    ok(got_size == 0 && got_end == WIRE_FIN, "nothing of a head");
}

static void test_held_head(void)
{
    int fd, end;
    size_t n;
    char *text;

    fault_rule("{\"head\": {\"after\": 8, \"do\": \"hold\"}}");
    fd = wire_dial();
    wire_say(fd, "GET /size/50 HTTP/1.1\r\n" KEEP);
    text = wire_hear(fd, QUIET_MS, &n, &end);
    ok(strcmp(text, "HTTP/1.1") == 0 && end == WIRE_SILENT, "a head is held in its middle");
    free(text);
    is_int((long long)fault_release("r", true), 1, "at the gate of the rule's name");
    text = wire_hear(fd, WIRE_PATIENCE_MS, &n, &end);
    ok(strncmp(text, " 200 OK\r\n", 9) == 0 && fault_bytes_are(wire_body(text), 50, 0),
       "the rest comes when it is released");
    free(text);
    (void)close(fd);
}

static void test_accept(void)
{
    int fd, end;
    size_t n;

    fault_rule("{\"listener\": \"refuse\"}");
    fd = wire_dial(); /* nothing is sent: that could be told of the reset first */
    free(wire_hear(fd, WIRE_PATIENCE_MS, &n, &end));
    (void)close(fd);
    ok(n == 0 && end == ECONNRESET, "listener: refuse is RST at once");
    ask(NULL, GET CLOSE);
    is_int((long long)body_size(), 100000, "without the rule it answers");
}

int main(void)
{
    plan_lazy();
    fault_start((struct fault_setup){0});
    test_no_answer();
    test_drop_with_body();
    test_stall();
    test_cuts();
    test_nothing_to_cut();
    test_reset_waits();
    test_stalled_body();
    test_heads();
    test_held_head();
    test_accept();
    free(got);
    fault_stop();
    done_testing();
}

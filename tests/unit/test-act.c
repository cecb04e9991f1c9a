/* SPDX-License-Identifier: MIT */
/* Rules that take their time: delays, rates, gates, their limits and their ends. */
#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/act_help.h"
#include "tests/unit/wire_help.h"

enum { BUSY_MS = 5000, QUIET_MS = 100, LIMIT_MS = 400, HELD_MAX = 8 };

/* The answer to a request with the rule; how long it took. */
static char *timed(const char *then, const char *request, long long *ret_ms)
{
    long long start;
    size_t n;
    int end;
    char *got;

    fault_rule(then);
    start = wire_now();
    got = wire_ask(request, &n, &end);
    *ret_ms = wire_now() - start;
    return got;
}

/* Took it so long? On a machine that is busy it is more; how much more is for the bench to say. */
static void took(long long ms, long long want, const char *name)
{
    if (!ok(ms >= want - want / 20 && ms < want + BUSY_MS, "%s: %lld ms", name, want))
        diag("it took %lld ms", ms);
}

static void test_delays(void)
{
    long long ms;
    char *got = timed("{\"delay\": \"200ms\"}", "GET /size/10 HTTP/1.1\r\n" CLOSE, &ms);

    took(ms, 200, "delay");
    is_int((long long)strlen(wire_body(got)), 10, "then the answer");
    free(got);
    got = timed("{\"delay\": \"100ms\", \"status\": 503}", "GET /size/10 HTTP/1.1\r\n" CLOSE, &ms);
    took(ms, 100, "delayed refusal");
    ok(strncmp(got, "HTTP/1.1 503 ", 13) == 0, "then the refusal");
    free(got);
    got = timed("{\"delay\": {\"dist\": \"uniform\", \"min\": \"100ms\", \"max\": \"120ms\"}}",
                "GET /size/10 HTTP/1.1\r\n" CLOSE, &ms);
    ok(ms >= 95, "uniform: at least its least");
    free(got);
    got = timed("{\"delay_body\": \"10s\"}", "HEAD /size/10 HTTP/1.1\r\n" CLOSE, &ms);
    ok(ms < BUSY_MS, "delay_body: nothing to delay for HEAD");
    free(got);
}

/* Delays of several rules add up. */
static void test_sum(void)
{
    long long start;
    size_t n;
    int end;

    fault_rules("[{\"then\": {\"delay\": \"100ms\"}}, {\"then\": {\"delay\": \"150ms\"}}]");
    start = wire_now();
    free(wire_ask("GET /size/10 HTTP/1.1\r\n" CLOSE, &n, &end));
    took(wire_now() - start, 250, "two rules");
}

static void test_delayed_body(void)
{
    int fd = wire_dial(), end;
    size_t n;
    char *got;

    fault_rule("{\"delay_body\": \"300ms\"}");
    wire_say(fd, "GET /size/10 HTTP/1.1\r\n" CLOSE);
    got = wire_hear(fd, QUIET_MS, &n, &end);
    ok(end == WIRE_SILENT && strstr(got, "\r\n\r\n") == got + n - 4, "the head comes at once");
    free(got);
    got = wire_hear(fd, WIRE_PATIENCE_MS, &n, &end);
    ok(n == 10 && end == WIRE_FIN, "the body later");
    free(got);
    (void)close(fd);
}

static void test_rates(void)
{
    long long ms;
    char *got = timed("{\"rate\": \"100KiB\"}", "GET /size/102400 HTTP/1.1\r\n" CLOSE, &ms);

    took(ms, 1000, "rate");
    ok(fault_bytes_are(wire_body(got), 102400, 0), "rate: all bytes");
    free(got);
    got = timed("{\"drip\": {\"pieces\": 5, \"over\": \"500ms\"}}",
                "GET /size/1003 HTTP/1.1\r\n" CLOSE, &ms);
    took(ms, 500, "drip");
    ok(fault_bytes_are(wire_body(got), 1003, 0), "drip: all bytes");
    free(got);
}

/* Pieces come one by one. */
static void test_pieces(void)
{
    char request[] = "GET /size/40 HTTP/1.1\r\n" CLOSE;
    int fd = wire_dial(), end;
    size_t n, pieces = 0, total = 0;

    fault_rule("{\"drip\": {\"pieces\": 4, \"over\": \"1s\"}}");
    wire_say(fd, request);
    do {
        char *got = wire_hear(fd, QUIET_MS, &n, &end);

        if (n > 0 && strncmp(got, "HTTP", 4) != 0) {
            pieces++;
            total += n;
            is_int((long long)n, 10, "piece %zu", pieces);
        }
        free(got);
    } while (end == WIRE_SILENT && total < 40);
    is_int((long long)pieces, 4, "four of them");
    (void)close(fd);
}

/* --- Gates -------------------------------------------------------------------------------------
 */

#define HOLD "{\"hold\": {\"gate\": \"g\"}}"

static int dial_held(const char *request)
{
    int fd = wire_dial();

    wire_say(fd, request);
    return fd;
}

/* Waits for the answer and hangs up; the size of its body, -1 when there is none. */
static long long body_of_answer(int fd)
{
    size_t n;
    int end;
    char *got = wire_hear(fd, WIRE_PATIENCE_MS, &n, &end);
    const char *body = wire_body(got);
    long long size = body != NULL ? (long long)strlen(body) : -1;

    free(got);
    (void)close(fd);
    return size;
}

static void expect_answer(int fd, size_t want, const char *name)
{
    is_int(body_of_answer(fd), (long long)want, "%s: answered", name);
}

static void expect_answers(const int *fds, size_t count, size_t want, const char *name)
{
    size_t good = 0;

    for (size_t i = 0; i < count; i++)
        good += body_of_answer(fds[i]) == (long long)want;
    is_int((long long)good, (long long)count, "%s: all answered", name);
}

static void test_gate(void)
{
    int handled = atomic_load(&fault_handled), first, second;
    char *gates;

    fault_rule(HOLD);
    first = dial_held("GET /size/11 HTTP/1.1\r\n" CLOSE);
    second = dial_held("GET /size/12 HTTP/1.1\r\n" CLOSE);
    ok(fault_held_reached(2), "two are held");
    is_int(atomic_load(&fault_handled), handled, "before the handler");
    gates = fault_gates();
    is_str(gates, "[{\"name\":\"g\",\"open\":false,\"held\":2}]", "the gate says so");
    free(gates);
    is_int((long long)fault_release("other", true), 0, "another gate holds nobody");
    is_int((long long)fault_release("g", true), 2, "released");
    expect_answer(first, 11, "first");
    expect_answer(second, 12, "second");
    gates = fault_gates();
    is_str(gates, "[]", "released once, the gate is closed again");
    free(gates);
    first = dial_held("GET /size/13 HTTP/1.1\r\n" CLOSE);
    ok(fault_held_reached(1), "and holds the next one");
    is_int((long long)fault_release("g", false), 1, "released for good");
    expect_answer(first, 13, "third");
    expect_answer(dial_held("GET /size/14 HTTP/1.1\r\n" CLOSE), 14, "open gate");
    fault_close_gate("g");
    first = dial_held("GET /size/15 HTTP/1.1\r\n" CLOSE);
    ok(fault_held_reached(1), "closed, it holds again");
    (void)fault_release("g", true);
    expect_answer(first, 15, "fourth");
}

static void test_gate_in_body(void)
{
    int fd, end;
    size_t n;
    char *got;

    fault_rule("{\"hold\": {\"gate\": \"g\", \"after\": 30}}");
    fd = dial_held("GET /size/100 HTTP/1.1\r\n" CLOSE);
    got = wire_hear(fd, QUIET_MS, &n, &end);
    is_int((long long)strlen(wire_body(got)), 30, "held after 30 bytes");
    free(got);
    is_int((long long)fault_release("g", true), 1, "one is held");
    got = wire_hear(fd, WIRE_PATIENCE_MS, &n, &end);
    ok(n == 70 && fault_bytes_are(got, n, 30), "the rest comes");
    free(got);
    (void)close(fd);
    fault_rule("{\"body\": {\"after\": 1, \"do\": \"hold\"}}");
    fd = dial_held("GET /size/100 HTTP/1.1\r\n" CLOSE);
    ok(fault_held_reached(1), "do: hold");
    free(wire_hear(fd, QUIET_MS, &n, &end));
    is_int((long long)fault_release("r", true), 1, "waits at the gate of the rule's name");
    (void)close(fd);
}

/* Two gates one behind the other, and a delay before. */
static void test_gates_in_row(void)
{
    int fd;

    fault_rules("[{\"priority\": 2, \"then\": {\"hold\": \"a\", \"delay\": \"20ms\"}},"
                " {\"priority\": 1, \"then\": {\"hold\": {\"gate\": \"b\"}}}]");
    fd = dial_held("GET /size/5 HTTP/1.1\r\n" CLOSE);
    ok(fault_held_reached(1), "held");
    while (fault_release("a", true) == 0)
        ;
    is_int((long long)fault_release("a", true), 0, "not at the first gate any more");
    is_int((long long)fault_release("b", true), 1, "but at the second");
    expect_answer(fd, 5, "behind both");
}

static void test_client_leaves(void)
{
    int ended = atomic_load(&fault_ended), fd;

    fault_rule(HOLD);
    fd = dial_held("GET /size/5 HTTP/1.1\r\n" KEEP);
    ok(fault_held_reached(1), "held");
    (void)close(fd);
    ok(wire_reached(&fault_ended, ended + 1), "a client that leaves is noticed");
    is_int((long long)fault_release("g", true), 0, "and waits no more");
    ok(fault_held_reached(0), "nor counts");
}

static void test_limit(void)
{
    int fd, end, ended = atomic_load(&fault_ended);
    long long start = wire_now();
    size_t n;

    fault_rule(HOLD);
    fd = dial_held("GET /size/5 HTTP/1.1\r\n" KEEP);
    free(wire_hear(fd, WIRE_PATIENCE_MS, &n, &end));
    ok(n == 0 && end == WIRE_FIN, "a hold that nobody releases ends the connection");
    took(wire_now() - start, LIMIT_MS, "at its limit");
    ok(wire_reached(&fault_ended, ended + 1), "the exchange is over");
    is_str(fault_last_end().reason, "held by rule 'r' and not released in time", "and says why");
    (void)close(fd);
    fault_rule("{\"connection\": \"stall\"}");
    fd = dial_held("GET /size/5 HTTP/1.1\r\n" KEEP);
    free(wire_hear(fd, WIRE_PATIENCE_MS, &n, &end));
    ok(n == 0 && end == WIRE_FIN, "silence ends at the limit, too");
    is_str(fault_last_end().reason, "stalled by rule 'r'", "and says why");
    (void)close(fd);
}

static void test_overflow(void)
{
    uint64_t overflow = fault_counts().overflow;
    int fds[HELD_MAX], end;
    size_t n;
    char *got;

    fault_rule(HOLD);
    for (int i = 0; i < HELD_MAX; i++)
        fds[i] = dial_held("GET /size/5 HTTP/1.1\r\n" CLOSE);
    ok(fault_held_reached(HELD_MAX), "as many as allowed are held");
    got = wire_ask("GET /size/5 HTTP/1.1\r\n" CLOSE, &n, &end);
    ok(strncmp(got, "HTTP/1.1 503 ", 13) == 0, "one more is answered 503");
    is_int((long long)fault_counts().overflow, (long long)overflow + 1, "and counted");
    free(got);
    is_int((long long)fault_release("g", true), HELD_MAX, "the others are still there");
    expect_answers(fds, HELD_MAX, 5, "the others");
}

static void test_cancel(void)
{
    int held, delayed, slow;

    fault_rules("[{\"when\": {\"repo\": \"/size/1\"}, \"then\": {\"hold\": {\"gate\": \"g\"}}},"
                " {\"when\": {\"repo\": \"/size/2\"}, \"then\": {\"delay\": \"1h\"}},"
                " {\"when\": {\"repo\": \"/size/300000\"}, \"then\": {\"rate\": 1000}}]");
    held = dial_held("GET /size/1 HTTP/1.1\r\n" CLOSE);
    delayed = dial_held("GET /size/2 HTTP/1.1\r\n" CLOSE);
    slow = dial_held("GET /size/300000 HTTP/1.1\r\n" CLOSE);
    ok(fault_held_reached(3), "three take their time");
    fault_cancel();
    expect_answer(held, 1, "cancelled hold");
    expect_answer(delayed, 2, "cancelled delay");
    expect_answer(slow, 300000, "cancelled rate");
    ok(fault_held_reached(0), "nobody waits");
}

/* What each of many that are held costs, in the head and in the body. */
static void test_memory(const char *then, const char *name)
{
    enum { MANY = 200, MOST = 20 * 1024 };
    int fds[MANY];
    size_t before, cost;

    fault_rule(then);
    before = mallinfo2().uordblks;
    for (int i = 0; i < MANY; i++)
        fds[i] = dial_held("GET /memory HTTP/1.1\r\n" CLOSE);
    ok(fault_held_reached(MANY), "%s: many are held", name);
    cost = (mallinfo2().uordblks - before) / MANY;
    if (cost == 0)
        skip("%s: this allocator does not tell what is in use", name);
    else
        ok(cost < MOST, "%s: %zu bytes each, less than 20 KiB", name, cost);
    (void)fault_release("g", true);
    expect_answers(fds, MANY, 7, name);
}

/* An engine that goes takes what it holds along. */
static void test_engine_goes(void)
{
    int held, slow, end, ended = atomic_load(&fault_ended);
    size_t n;

    fault_rules("[{\"when\": {\"repo\": \"/size/1\"}, \"then\": {\"hold\": {\"gate\": \"g\"}}},"
                " {\"when\": {\"repo\": \"/size/9\"}, \"then\": {\"rate\": 1}}]");
    held = dial_held("GET /size/1 HTTP/1.1\r\n" KEEP);
    slow = dial_held("GET /size/9 HTTP/1.1\r\n" KEEP);
    ok(fault_held_reached(2), "one is held, one slow");
    fault_free();
    free(wire_hear(held, WIRE_PATIENCE_MS, &n, &end));
    ok(n == 0 && end == WIRE_FIN, "the held one ends");
    free(wire_hear(slow, WIRE_PATIENCE_MS, &n, &end));
    is_int(end, WIRE_FIN, "the slow one, too");
    ok(wire_reached(&fault_ended, ended + 2), "both exchanges are over");
    is_str(fault_last_end().reason, "its rules are gone", "and say why");
    (void)close(held);
    (void)close(slow);
}

/* Many at once keep their rate. */
static void test_many(void)
{
    enum { MANY = 50 };
    int fds[MANY];
    long long start = wire_now();

    fault_rule("{\"rate\": \"20KiB\"}");
    for (int i = 0; i < MANY; i++)
        fds[i] = dial_held("GET /size/10240 HTTP/1.1\r\n" CLOSE);
    start = wire_now();
    expect_answers(fds, MANY, 10240, "many rates");
    took(wire_now() - start, 500, "fifty at once");
}

int main(void)
{
    plan_lazy();
    fault_start((struct fault_setup){.held_max = HELD_MAX});
    test_delays();
    test_sum();
    test_delayed_body();
    test_rates();
    test_pieces();
    test_gate();
    test_gate_in_body();
    test_gates_in_row();
    test_client_leaves();
    test_overflow();
    test_cancel();
    fault_stop();
    fault_start((struct fault_setup){.hold_limit_ms = LIMIT_MS});
    test_limit();
    fault_stop();
    fault_start((struct fault_setup){0});
    test_many();
    test_memory("{\"hold\": {\"gate\": \"g\"}}", "held head");
    test_memory("{\"hold\": {\"gate\": \"g\", \"after\": 3}}", "held body");
    test_engine_goes();
    fault_stop();
    done_testing();
}

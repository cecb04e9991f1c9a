/* SPDX-License-Identifier: MIT */
/* Back-pressure: clients that do not read cost neither memory nor the others' time. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "tests/integration/lib/bail.h"
#include "tests/integration/lib/cert.h"
#include "tests/integration/lib/registry.h"
#include "tests/tap/tap.h"

#define PING "GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n"

enum {
    LARGE = 32 * 1024 * 1024, /* bytes of a blob */
    STALLED = 12,             /* clients that do not read */
    PINGS = 40000,            /* requests of a client that never reads */
};

static const char *const args[] = {"--tls-listen", "127.0.0.1:0", "--tls-cert", "tls.crt",
                                   "--tls-key",    "tls.key",     NULL};

static void write_certificate(const char *folder, void *arg)
{
    (void)arg;
    cert_write(folder, "tls", 1);
}

/* Growth of the heap that is still fine, in KiB; sanitizers keep freed memory for a while. */
static long allowed(long kib)
{
    return server_is_sanitized() ? kib + 512L * 1024 : kib;
}

static void is_small(const struct server *s, long before, long kib, const char *what)
{
    long grown = server_memory(s) - before;

    if (!ok(grown < allowed(kib), "memory: %s", what))
        diag("grown by %ld KiB", grown);
}

static void others_are_served(const struct server *s, const char *what)
{
    struct client *plain = client_new(server_url(s, 0)), *tls = client_new(server_url(s, 1));

    is_int(client_get(plain, "/v2/")->status, 200, "%s: others are served", what);
    is_int(client_get(tls, "/v2/")->status, 200, "%s: and over TLS", what);
    client_free(plain);
    client_free(tls);
}

/* Many who ask for a large blob and do not take it. */
static void test_not_reading(struct script *t, unsigned url, const char *what)
{
    struct server *s = script_server(t);
    long before = server_memory(s);
    struct client *c[STALLED];
    unsigned i, good = 0;

    for (i = 0; i < STALLED; i++) {
        c[i] = client_new_narrow(server_url(s, url), 4096);
        client_sendf(c[i], "GET /v2/app/blobs/%s HTTP/1.1\r\nHost: x\r\n\r\n",
                     script_get(t, "large"));
    }
    for (i = 0; i < STALLED; i++)
        good += client_wait_bytes(c[i], 1);
    is_int(good, STALLED, "%s: each answer starts", what);
    others_are_served(s, what);
    is_small(s, before, 16 * 1024, what);
    is_int((long long)client_read(c[0], false)->size, LARGE, "%s: who reads again gets it all",
           what);
    for (i = 0; i < STALLED; i++)
        client_free_reset(c[i]);
    others_are_served(s, what);
}

/* One who asks and asks, and reads only in the end. */
static void test_flood(struct script *t, unsigned url, const char *what)
{
    struct server *s = script_server(t);
    long before = server_memory(s);
    size_t one = strlen(PING), taken, i;
    char *pings = malloc(PINGS * one);
    struct client *c = client_new_narrow(server_url(s, url), 4096);
    unsigned good = 0;

    if (pings == NULL)
        bail("out of memory");
    for (i = 0; i < PINGS; i++)
        memcpy(pings + i * one, PING, one);
    taken = client_send_until_full(c, pings, PINGS * one, 300);
    others_are_served(s, what);
    is_small(s, before, 16 * 1024, what);
    for (i = 0; i < taken / one && client_read(c, false)->status == 200; i++)
        good++;
    is_int(good, (long long)(taken / one), "%s: each request that went out is answered", what);
    client_free(c);
    free(pings);
}

/* One blob of LARGE bytes in one PUT; the heap does not hold it. */
static void push(struct script *t, unsigned url, const char *what)
{
    struct server *s = script_server(t);
    long before = server_memory(s);
    char *text = malloc(LARGE + 1);

    if (text == NULL)
        bail("out of memory");
    memset(text, 'a' + (int)url, LARGE);
    text[LARGE] = '\0';
    script_use(t, url);
    registry_blob(t, "app", "large", text);
    free(text);
    is_small(s, before, 16 * 1024, what);
}

/* Those who leave in the middle of something. */
static void test_leaving(struct script *t)
{
    struct server *s = script_server(t);
    unsigned url, i;

    registry_upload(t, "app", "loc");
    for (url = 0; url < 2; url++) {
        for (i = 0; i < 10; i++) {
            struct client *c = client_new(server_url(s, url));

            client_sendf(c, "GET /v2/app/blobs/%s HTTP/1.1\r\nHost: x\r\n\r\n",
                         script_get(t, "large"));
            (void)client_wait_bytes(c, 1);
            client_free_reset(c);
            c = client_new(server_url(s, url));
            client_sendf(c,
                         "PUT %s?digest=%s HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n"
                         "some",
                         script_get(t, "loc"), script_get(t, "large"));
            client_free_reset(c);
            c = client_new(server_url(s, url));
            client_sendf(c, PING PING PING);
            client_free(c);
            c = client_new_plain(server_url(s, url));
            client_send(c, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 5 + i % 7);
            if (i % 2 == 0)
                client_free_reset(c);
            else
                client_free(c);
        }
    }
    others_are_served(s, "clients that leave in the middle");
}

/* The soft limit of descriptors at the start does not bound the connections. */
static void test_descriptors(void)
{
    struct rlimit before, low;
    struct client *c[200];
    struct server *s;
    unsigned i, good = 0;

    if (getrlimit(RLIMIT_NOFILE, &before) != 0 || before.rlim_max < 1024) {
        skip("the hard limit of descriptors is too low");
        return;
    }
    low = (struct rlimit){.rlim_cur = 64, .rlim_max = before.rlim_max};
    (void)setrlimit(RLIMIT_NOFILE, &low);
    s = server_new(NULL);
    low.rlim_cur = 1024;
    (void)setrlimit(RLIMIT_NOFILE, &low);
    for (i = 0; i < ARRAY_LEN(c); i++) {
        c[i] = client_new(server_url(s, 0));
        client_sendf(c[i], PING);
    }
    for (i = 0; i < ARRAY_LEN(c); i++) {
        good += client_read(c[i], false)->status == 200;
        client_free(c[i]);
    }
    is_int(good, ARRAY_LEN(c), "200 connections with a soft limit of 64 descriptors");
    (void)setrlimit(RLIMIT_NOFILE, &before);
    server_free(s);
}

/* No descriptor is left: who comes then waits in the backlog and is served when others leave. */
static void test_no_descriptors(void)
{
    struct server *s = server_new(NULL);
    struct client *c[60];
    unsigned i, good = 0;

    server_limit_descriptors(s, 40);
    for (i = 0; i < ARRAY_LEN(c); i++) {
        c[i] = client_new(server_url(s, 0));
        client_sendf(c[i], PING);
    }
    ok(client_wait_bytes(c[0], 1), "40 descriptors: the first of 60 connections is served");
    ok(client_quiet(c[ARRAY_LEN(c) - 1], 20), "40 descriptors: the last one waits");
    for (i = 0; i < ARRAY_LEN(c); i++) {
        good += client_read(c[i], false)->status == 200;
        client_free(c[i]);
    }
    is_int(good, ARRAY_LEN(c), "40 descriptors: in the end each of them is served");
    server_free(s);
}

int main(void)
{
    struct server_options options = {.args = args, .prepare = write_certificate};
    struct server *s;
    struct script *t;

    plan_lazy();
    s = server_new(&options);
    t = script_new(s);
    push(t, 1, "a push of 32 MiB over TLS");
    push(t, 0, "a push of 32 MiB");
    test_not_reading(t, 0, "clients that do not read");
    test_not_reading(t, 1, "TLS clients that do not read");
    test_flood(t, 0, "a client that only asks");
    test_flood(t, 1, "a TLS client that only asks");
    test_leaving(t);
    script_free(t);
    server_free(s);
    test_descriptors();
    test_no_descriptors();
    done_testing();
}

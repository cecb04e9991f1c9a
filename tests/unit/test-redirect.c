/* SPDX-License-Identifier: MIT */
/* Marks in redirected URLs, and names of listeners. What follows a redirect between real listeners
   is in tests/integration/test-redirect.c. */
#include "registry/redirect.h"

#include <stdio.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "lib/util/text.h"
#include "lib/util/util.h"
#include "registry/call.h"
#include "tests/tap/tap.h"
#include "tests/unit/fixture.h"

/* "12c" and its MAC for a path, as the server makes it. */
static void make_mark(const struct world *w, const char *what, const char *path, char ret[100])
{
    unsigned char mac[EVP_MAX_MD_SIZE];
    char text[300], hex[33];
    unsigned n;

    (void)snprintf(text, sizeof(text), "%s %s", what, path);
    ASSERT(HMAC(EVP_sha256(), w->mark_key, sizeof(w->mark_key), (const unsigned char *)text,
                strlen(text), mac, &n) != NULL);
    text_hex(hex, mac, 16);
    (void)snprintf(ret, 100, "%s%.32s", what, hex);
}

static void reads(struct fixture *f, const char *line, const char *headers, const char *want)
{
    struct http_exchange *x = fake_exchange_new(f->loop, f->world, line, headers, NULL);
    struct registry_call *call = call_new(x, f->world);
    char got[64];

    ASSERT(call != NULL);
    redirect_read(call);
    (void)snprintf(got, sizeof(got), "%llu %d %d", (unsigned long long)call->redirected_from,
                   call->redirect_grants, call->redirect_leaks);
    is_str(got, want, "%s", line);
    http_exchange_set_data(x, NULL);
    call_free(call);
    fake_exchange_free(x);
}

static void test_marks(struct fixture *f)
{
    static const struct {
        const char *method, *what, *path, *headers, *want; /* number, grants, leaks */
    } rows[] = {
        {"GET", "7a", "/v2/a", NULL, "7 0 0"},
        {"GET", "7a", "/v2/a", "Authorization: x", "7 0 0"},
        {"GET", "7b", "/v2/a", "Authorization: x", "7 0 1"},
        {"GET", "12c", "/v2/a", NULL, "12 1 0"},
        {"HEAD", "12c", "/v2/a", "Authorization: x", "12 1 1"},
        {"GET", "18446744073709551615d", "/v2/a", "Authorization: x", "18446744073709551615 1 0"},
        {"DELETE", "12c", "/v2/a", NULL, "12 0 0"},
        {"GET", "12c", "/v2/b", NULL, "0 0 0"}, /* made for another path */
        {"GET", "", "/v2/a", NULL, "0 0 0"},
        {"GET", "184467440737095516150000c", "/v2/a", NULL, "0 0 0"}, /* longer than any */
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        char mark[100], line[300];

        make_mark(f->world, rows[i].what, rows[i].path, mark);
        (void)snprintf(line, sizeof(line), "%s /v2/a?x=y&redirect-mark=%s", rows[i].method, mark);
        reads(f, line, rows[i].headers, rows[i].want);
    }
}

static void test_forged(struct fixture *f)
{
    char mark[100], line[300];

    make_mark(f->world, "12c", "/v2/a", mark);
    for (size_t i = 0; i < strlen(mark); i += 7) {
        char forged[100];

        (void)snprintf(forged, sizeof(forged), "%s", mark);
        forged[i] = forged[i] == '1' ? '2' : '1';
        (void)snprintf(line, sizeof(line), "GET /v2/a?redirect-mark=%s", forged);
        reads(f, line, NULL, "0 0 0");
    }
    reads(f, "GET /v2/a?redirect-mark=", NULL, "0 0 0");
    reads(f, "GET /v2/a?redirect-mark=12c", NULL, "0 0 0");
}

static void test_names(void)
{
    static const char *const good[] = {"http://a",    "host:5000",    "listener:1",
                                       "listener:16", "listener:tls", "listener:plain"};
    static const char *const bad[] = {"listener:",   "listener:0",   "listener:x",
                                      "listener:1x", "listener:100", "listener:-1"};

    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        ok(redirect_check_place(good[i]) == NULL, "%s is a place", good[i]);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        ok(redirect_check_place(bad[i]) != NULL, "%s is none", bad[i]);
}

static void test_places(struct fixture *f)
{
    static const struct {
        const char *to;
        enum fault_place want;
    } rows[] = {
        {"http://h", FAULT_PLACE_HERE},      {"http://H:80/", FAULT_PLACE_HERE},
        {"http://h/x", FAULT_PLACE_OTHER},   {"https://h", FAULT_PLACE_OTHER},
        {"http://h:81", FAULT_PLACE_OTHER},  {"http://[::1]", FAULT_PLACE_OTHER},
        {"http://", FAULT_PLACE_OTHER},      {"mirror:5000", FAULT_PLACE_OTHER},
        {"listener:1", FAULT_PLACE_UNKNOWN},
    };
    struct http_exchange *x = fake_exchange_new(f->loop, f->world, "GET /v2/", "Host: h", NULL);
    struct registry_call *call = call_new(x, f->world);
    char url[100];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        is_int(redirect_place(x, rows[i].to, url, sizeof(url), NULL), rows[i].want, "%s",
               rows[i].to);
    http_exchange_set_data(x, NULL);
    call_free(call);
    fake_exchange_free(x);
}

int main(void)
{
    struct fixture f;

    plan_lazy();
    fixture_init(&f);
    test_marks(&f);
    test_forged(&f);
    test_names();
    test_places(&f);
    fixture_done(&f);
    done_testing();
}

/* SPDX-License-Identifier: MIT */
#include "auth/authorization.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/http/request.h"
#include "lib/util/base64.h"
#include "lib/util/buf.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

static void test_headers(void)
{
    static const struct {
        const char *value;
        enum authorization_kind kind;
        const char *user, *secret, *token;
    } rows[] = {
        {NULL, AUTHORIZATION_NONE, "", "", ""},
        {"Basic Og==", AUTHORIZATION_NONE, "", "", ""},
        {"Basic YWxpY2U6d29uZGVy", AUTHORIZATION_BASIC, "alice", "wonder", ""},
        {"bAsIc   YWxpY2U6d29uZGVy", AUTHORIZATION_BASIC, "alice", "wonder", ""},
        {"Basic YWxpY2U6YTpiOmM=", AUTHORIZATION_BASIC, "alice", "a:b:c", ""},
        {"Basic Z3LDvG46d2Vpw58=", AUTHORIZATION_BASIC, "grün", "weiß", ""},
        {"Basic YWxpY2U6", AUTHORIZATION_BAD, "alice", "", ""}, /* no password */
        {"Basic OndvbmRlcg==", AUTHORIZATION_BAD, "", "", ""},  /* no user */
        {"Basic YWxpY2U=", AUTHORIZATION_BAD, "", "", ""},      /* no colon */
        {"Basic", AUTHORIZATION_BAD, "", "", ""},
        {"Basic ", AUTHORIZATION_BAD, "", "", ""},
        {"Basic YWxpY2U6d29uZGVy=", AUTHORIZATION_BAD, "", "", ""}, /* padding */
        {"Basic YWxpY2U6d29uZGV", AUTHORIZATION_BAD, "", "", ""},
        {"Basic YWxpY2U6d29uZGVy YWxp", AUTHORIZATION_BAD, "", "", ""},
        {"Basic %%%", AUTHORIZATION_BAD, "", "", ""},
        {"Basic YWxpY2U6AGE=", AUTHORIZATION_BAD, "", "", ""}, /* NUL */
        {"Basic YWxpY2U6CmE=", AUTHORIZATION_BAD, "", "", ""}, /* line feed */
        {"Basic YWxpY2U6/w==", AUTHORIZATION_BAD, "", "", ""}, /* no UTF-8 */
        {"BasicYWxpY2U6d29uZGVy", AUTHORIZATION_BAD, "", "", ""},
        {"Bearer a.b-c_d~e+f/g==", AUTHORIZATION_BEARER, "", "", "a.b-c_d~e+f/g=="},
        {"BEARER  x", AUTHORIZATION_BEARER, "", "", "x"},
        {"Bearer", AUTHORIZATION_BAD, "", "", ""},
        {"Bearer ", AUTHORIZATION_BAD, "", "", ""},
        {"Bearer =", AUTHORIZATION_BAD, "", "", ""},
        {"Bearer a=b", AUTHORIZATION_BAD, "", "", ""},
        {"Bearer a b", AUTHORIZATION_BAD, "", "", ""},
        {"Bearer a,b", AUTHORIZATION_BAD, "", "", ""},
        {"", AUTHORIZATION_BAD, "", "", ""},
        {"Digest username=\"alice\"", AUTHORIZATION_BAD, "", "", ""},
        {"Negotiate YII=", AUTHORIZATION_BAD, "", "", ""},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        const char *value = rows[i].value;
        struct authorization a;

        authorization_parse(&a, value);
        is_int(a.kind, rows[i].kind, "kind of '%s'", value == NULL ? "(none)" : value);
        is_str(a.user, rows[i].user, "user");
        is_str(a.secret, rows[i].secret, "secret");
        is_str(a.token, rows[i].token, "token");
        ok((a.reason[0] != '\0') == (a.kind == AUTHORIZATION_BAD), "reason: %s", a.reason);
        authorization_done(&a);
        is_str(a.secret, "", "forgotten");
    }
}

/* A header "Basic" of n bytes x and a colon in the middle. */
static char *make_long(size_t n)
{
    auto_free char *text = malloc(n);
    struct buf b = BUF_INIT(1024 * 1024);

    memset(text, 'x', n);
    text[n / 2] = ':';
    (void)buf_append_text(&b, "Basic ");
    base64_encode(&b, BASE64_STANDARD, text, n);
    return buf_take(&b, NULL);
}

static void test_lengths(void)
{
    static const struct {
        size_t n;
        enum authorization_kind kind;
    } rows[] = {
        {20000, AUTHORIZATION_BASIC}, {40000, AUTHORIZATION_BAD}, {600000, AUTHORIZATION_BAD}};
    auto_free char *token = malloc(100000);
    struct authorization a;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        auto_free char *value = make_long(rows[i].n);

        authorization_parse(&a, value);
        is_int(a.kind, rows[i].kind, "Basic with %zu bytes: %s", rows[i].n, a.reason);
        authorization_done(&a);
    }
    memset(token, 'x', 99999);
    token[99999] = '\0';
    memcpy(token, "Bearer ", 7);
    authorization_parse(&a, token);
    is_int(a.kind, AUTHORIZATION_BAD, "a token of 99,992 bytes: %s", a.reason);
    authorization_done(&a);
}

static void test_requests(void)
{
    static const struct http_header headers[] = {
        {"Host", "registry"}, {"authorization", "Bearer x"}, {"AUTHORIZATION", "Bearer x"}};
    struct http_request req = {.headers = headers, .header_count = 1};
    struct authorization a;

    authorization_read(&a, &req);
    is_int(a.kind, AUTHORIZATION_NONE, "no header");
    authorization_done(&a);
    req.header_count = 2;
    authorization_read(&a, &req);
    is_int(a.kind, AUTHORIZATION_BEARER, "one header");
    authorization_done(&a);
    req.header_count = 3;
    authorization_read(&a, &req);
    is_int(a.kind, AUTHORIZATION_BAD, "two headers, even the same");
    is_str(a.reason, "several Authorization headers", "why");
    authorization_done(&a);
}

int main(void)
{
    plan_lazy();
    test_headers();
    test_lengths();
    test_requests();
    done_testing();
}

/* SPDX-License-Identifier: MIT */
#include "auth/challenge_format.h"

#include <string.h>

#include "lib/util/buf.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

#define REALM "http://a:1/token"

static const struct {
    const char *name;
    const char *realm;
    const char *service;
    const char *scope; /* NULL: none */
    enum challenge_error error;
    const char *want;
} rows[] = {
    {"PI2 a ping has realm and service only", REALM, "s", NULL, CHALLENGE_PLAIN,
     "Bearer realm=\"" REALM "\",service=\"s\""},
    {"an empty scope is left out", REALM, "s", "", CHALLENGE_PLAIN,
     "Bearer realm=\"" REALM "\",service=\"s\""},
    {"no service", REALM, "", NULL, CHALLENGE_PLAIN, "Bearer realm=\"" REALM "\""},
    {"a scope", REALM, "s", "repository:a/b:pull,push", CHALLENGE_PLAIN,
     "Bearer realm=\"" REALM "\",service=\"s\",scope=\"repository:a/b:pull,push\""},
    {"several scopes", REALM, "s", "repository:a:pull repository:b:pull,push", CHALLENGE_PLAIN,
     "Bearer realm=\"" REALM "\",service=\"s\",scope=\"repository:a:pull repository:b:pull,push\""},
    {"the catalog", REALM, "s", "registry:catalog:*", CHALLENGE_PLAIN,
     "Bearer realm=\"" REALM "\",service=\"s\",scope=\"registry:catalog:*\""},
    {"insufficient scope", REALM, "s", "repository:a:pull", CHALLENGE_INSUFFICIENT_SCOPE,
     "Bearer realm=\"" REALM
     "\",service=\"s\",scope=\"repository:a:pull\",error=\"insufficient_scope\""},
    {"invalid token", REALM, NULL, NULL, CHALLENGE_INVALID_TOKEN,
     "Bearer realm=\"" REALM "\",error=\"invalid_token\""},
    {"quotes and what is no ASCII", "a\"b", "c\\d\r\n\xc3\xa4", NULL, CHALLENGE_PLAIN,
     "Bearer realm=\"a\\\"b\",service=\"c\\\\d????\""},
};

static void check_basic(const char *realm, const char *want)
{
    auto_buf struct buf b = BUF_INIT(1000);

    challenge_format_basic(&b, realm);
    is_str(buf_text(&b), want, "Basic with realm '%s'", realm);
}

int main(void)
{
    plan_lazy();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        auto_buf struct buf b = BUF_INIT(1000);
        struct challenge c = {.realm = rows[i].realm,
                              .service = rows[i].service,
                              .error = challenge_error_text(rows[i].error),
                              .scope = rows[i].scope};

        challenge_format_bearer(&b, &c);
        is_str(buf_text(&b), rows[i].want, "%s", rows[i].name);
    }
    check_basic("ocimock", "Basic realm=\"ocimock\"");
    check_basic("a \"b\"\n", "Basic realm=\"a \\\"b\\\"?\"");
    done_testing();
}

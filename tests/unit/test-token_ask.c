/* SPDX-License-Identifier: MIT */
#include "auth/token_ask.h"

#include <stdlib.h>
#include <string.h>

#include "auth/form.h"
#include "lib/http/request.h"
#include "lib/http/uri.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

static void check_scopes(const struct token_ask *ask, const char *want)
{
    auto_buf struct buf b = BUF_INIT(2000);

    scope_set_format(&b, &ask->scopes);
    is_str(buf_text(&b), want, "  scopes '%s'", want);
}

/* --- GET ------------------------------------------------------------------------------------- */

struct query {
    char memory[4000];
    struct parameter parameters[50];
    struct http_request req;
};

static int read_query(struct query *q, struct token_ask *ask, const char *target,
                      enum token_error *error)
{
    struct err err;

    *q = (struct query){0};
    ASSERT(strlen(target) * 3 + 3 <= sizeof(q->memory) &&
           uri_parse(&q->req, target, strlen(target), q->memory, q->parameters,
                     ARRAY_LEN(q->parameters), &err) == 0);
    return token_ask_read_query(ask, &q->req, error, &err);
}

static const struct {
    const char *name;
    const char *target;
    const char *service;
    const char *account;
    bool offline;
    const char *scopes;
} queries[] = {
    {"nothing is asked", "/token", "", "", false, ""},
    {"a login of docker", "/token?account=alice&client_id=docker&offline_token=true&service=s", "s",
     "alice", true, ""},
    {"one scope", "/token?service=s&scope=repository%3Aa%2Fb%3Apull%2Cpush", "s", "", false,
     "repository:a/b:pull,push"},
    {"several parameters", "/token?scope=repository:a:pull&service=s&scope=repository:b:pull", "s",
     "", false, "repository:a:pull repository:b:pull"},
    {"one parameter with blanks",
     "/token?scope=repository:a:pull+repository:b:pull%20registry:catalog:*", "", "", false,
     "repository:a:pull repository:b:pull registry:catalog:*"},
    {"the same resource twice", "/token?scope=repository:a:pull&scope=repository:a:push", "", "",
     false, "repository:a:pull,push"},
    {"a name with host and port", "/token?scope=repository:localhost:5000/a:pull", "", "", false,
     "repository:localhost:5000/a:pull"},
    {"all actions", "/token?scope=repository:a:*", "", "", false, "repository:a:*"},
    {"an empty scope", "/token?scope=&service=s", "s", "", false, ""},
    {"offline_token that is not true", "/token?offline_token=false", "", "", false, ""},
};

static void test_queries(void)
{
    for (size_t i = 0; i < ARRAY_LEN(queries); i++) {
        enum token_error error = TOKEN_UNAVAILABLE;
        struct token_ask ask;
        struct query q;

        is_int(read_query(&q, &ask, queries[i].target, &error), 0, "GET: %s", queries[i].name);
        is_int(ask.grant, TOKEN_GRANT_HEADER, "  who asks stands in the header");
        is_str(ask.service, queries[i].service, "  service");
        is_str(ask.account, queries[i].account, "  account");
        is_int(ask.offline, queries[i].offline, "  offline");
        check_scopes(&ask, queries[i].scopes);
        token_ask_done(&ask);
    }
}

static void test_bad_queries(void)
{
    static const char *const bad[] = {"/token?scope=repository", "/token?scope=:a:pull",
                                      "/token?scope=repository:a:pull&scope=nonsense"};

    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        enum token_error error = TOKEN_UNAVAILABLE;
        struct token_ask ask;
        struct query q;

        is_int(read_query(&q, &ask, bad[i], &error), -1, "GET: %s is refused", bad[i]);
        is_int(error, TOKEN_INVALID_SCOPE, "  as a scope");
        token_ask_done(&ask);
    }
}

/* --- POST ------------------------------------------------------------------------------------ */

#define CLIENT "&client_id=c"

static const struct {
    const char *name;
    const char *form;
    enum token_grant_type grant;
    const char *first; /* username or refresh token */
    const char *password;
    bool offline;
    const char *scopes;
} forms[] = {
    {"containerd",
     "client_id=containerd-client&grant_type=password&password=p%20w&scope=repository%3Aa%3Apull"
     "&service=s&username=alice",
     TOKEN_GRANT_PASSWORD, "alice", "p w", false, "repository:a:pull"},
    {"docker with an identity token",
     "access_type=offline&client_id=docker&grant_type=refresh_token&refresh_token=r1&service=s",
     TOKEN_GRANT_REFRESH, "r1", "", true, ""},
    {"containers/image repeats scope",
     "grant_type=refresh_token&refresh_token=r1&scope=repository:a:pull&scope=repository:b:"
     "push" CLIENT,
     TOKEN_GRANT_REFRESH, "r1", "", false, "repository:a:pull repository:b:push"},
    {"an empty password is for others to judge", "grant_type=password&username=u&password=" CLIENT,
     TOKEN_GRANT_PASSWORD, "u", "", false, ""},
};

static const struct {
    const char *name;
    const char *form;
    enum token_error error;
    const char *says;
} bad_forms[] = {
    {"an empty form", "", TOKEN_INVALID_REQUEST, "grant_type"},
    {"no client", "grant_type=password&username=u&password=p", TOKEN_INVALID_REQUEST, "client_id"},
    {"no user", "grant_type=password&password=p" CLIENT, TOKEN_INVALID_REQUEST, "username"},
    {"no refresh token", "grant_type=refresh_token" CLIENT, TOKEN_INVALID_REQUEST, "refresh_token"},
    {"two users", "grant_type=password&username=u&username=v&password=p" CLIENT,
     TOKEN_INVALID_REQUEST, "twice"},
    {"two grants", "grant_type=password&username=u&password=p&grant_type=refresh_token" CLIENT,
     TOKEN_INVALID_REQUEST, "twice"},
    {"an unknown grant", "grant_type=client_credentials" CLIENT, TOKEN_UNSUPPORTED_GRANT_TYPE,
     "client_credentials"},
    {"the reserved grant", "grant_type=authorization_code&code=1" CLIENT,
     TOKEN_UNSUPPORTED_GRANT_TYPE, "authorization_code"},
    {"a bad scope", "grant_type=password&username=u&password=p&scope=x" CLIENT, TOKEN_INVALID_SCOPE,
     "x"},
};

static void test_forms(void)
{
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        enum token_error error = TOKEN_UNAVAILABLE;
        struct token_ask ask;
        struct form form;

        ASSERT(form_parse(&form, forms[i].form, strlen(forms[i].form), NULL) == 0);
        is_int(token_ask_read_form(&ask, &form, &error, NULL), 0, "POST: %s", forms[i].name);
        is_int(ask.grant, forms[i].grant, "  grant");
        is_str(ask.grant == TOKEN_GRANT_REFRESH ? ask.refresh_token : ask.username, forms[i].first,
               "  who");
        is_str(ask.password, forms[i].password, "  password");
        is_int(ask.offline, forms[i].offline, "  offline");
        check_scopes(&ask, forms[i].scopes);
        token_ask_done(&ask);
        form_done(&form);
    }
}

static void test_bad_forms(void)
{
    for (size_t i = 0; i < ARRAY_LEN(bad_forms); i++) {
        enum token_error error = TOKEN_UNAVAILABLE;
        struct token_ask ask;
        struct form form;
        struct err err = {0};

        ASSERT(form_parse(&form, bad_forms[i].form, strlen(bad_forms[i].form), NULL) == 0);
        is_int(token_ask_read_form(&ask, &form, &error, &err), -1, "POST: %s", bad_forms[i].name);
        is_int(error, bad_forms[i].error, "  its error");
        ok(strstr(err.msg, bad_forms[i].says) != NULL, "  '%s' names %s", err.msg,
           bad_forms[i].says);
        token_ask_done(&ask);
        form_done(&form);
    }
}

int main(void)
{
    plan_lazy();
    test_queries();
    test_bad_queries();
    test_forms();
    test_bad_forms();
    is_int(token_error_status(TOKEN_INVALID_GRANT), 401, "wrong credentials are 401");
    is_str(token_error_word(TOKEN_INVALID_GRANT), "invalid_grant", "in words of RFC 6749");
    is_str(token_error_code(TOKEN_INVALID_GRANT), "UNAUTHORIZED", "and of the Distribution API");
    done_testing();
}

/* SPDX-License-Identifier: MIT */
/* Secrets come in and never go out: answers and errors hold names only. */
#include "cli/serve_accounts.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "auth/auth.h"
#include "auth/scope.h"
#include "lib/control/control.h"
#include "lib/util/clock.h"
#include "lib/util/err.h"
#include "lib/util/schema.h"
#include "lib/util/text.h"
#include "lib/util/util.h"
#include "registry/registry.h"

/* What is far away must still be a time. */
#define DURATION_MAX ((uint64_t)20 * 366 * 24 * 3600 * 1000)

/* An id alone does not say when its token expires: refused for as long as any may live. */
#define ID_LIFE ((int64_t)(DURATION_MAX / 1000))

/* NULL when it was refused. */
static struct auth *auth_of(struct control_call *call)
{
    struct world *w = control_call_world(call);
    struct err err;

    if (w->auth == NULL) {
        (void)err_set(&err, ERR_UNSUPPORTED, "this world has no authentication");
        control_reply_error(call, &err);
    }
    return w->auth;
}

/* The body, checked; NULL when it was refused. */
static const json_t *checked_body(struct control_call *call, const struct schema *s,
                                  const char *origin, const char *example)
{
    const json_t *body = control_call_need_body(call, example);
    struct schema_place at = {.origin = origin};
    struct err err;

    if (body == NULL || schema_check(s, body, &at, &err) == 0)
        return body;
    control_reply_error(call, &err);
    return NULL;
}

/* NULL for none and for null. */
static const char *text_of(const json_t *body, const char *key)
{
    return json_string_value(json_object_get(body, key));
}

static void reply_account(struct control_call *call, const struct auth *auth, int status,
                          const char *name)
{
    json_t *row = NULL;
    struct err err;

    if (auth_account_describe(auth, name, &row, &err) != 0)
        control_reply_error(call, &err);
    else
        control_reply(call, status, row);
}

/* --- Accounts ----------------------------------------------------------------------------------
 */

static const struct schema add_members[] = {
    {.key = "name", .type = SCHEMA_TEXT, .required = true},
    {.key = "secret", .type = SCHEMA_TEXT, .secret = true},
    {.key = "hash", .type = SCHEMA_TEXT, .secret = true},
    {.key = "subject", .type = SCHEMA_TEXT},
    {.key = NULL},
};
static const struct schema add_schema = {.type = SCHEMA_OBJECT, .members = add_members};

static const struct schema rotate_members[] = {
    {.key = "secret", .type = SCHEMA_TEXT, .secret = true},
    {.key = "hash", .type = SCHEMA_TEXT, .secret = true},
    {.key = "keep_old", .type = SCHEMA_DURATION, .max = DURATION_MAX},
    {.key = NULL},
};
static const struct schema rotate_schema = {.type = SCHEMA_OBJECT, .members = rotate_members};

static void handle_list(struct control_call *call, void *arg)
{
    struct auth *auth = auth_of(call);

    (void)arg;
    if (auth != NULL)
        control_reply(call, 200,
                      json_pack("{s:s, s:o}", "mode", auth_mode_names[auth_mode(auth)], "accounts",
                                auth_account_list(auth)));
}

static void handle_get(struct control_call *call, void *arg)
{
    struct auth *auth = auth_of(call);

    (void)arg;
    if (auth != NULL)
        reply_account(call, auth, 200, control_call_parameter(call, "name"));
}

static int add(struct auth *auth, const json_t *body, struct err *err)
{
    const char *name = text_of(body, "name");
    const char *subject = text_of(body, "subject");

    if (auth_account_add(auth, name, text_of(body, "secret"), text_of(body, "hash"), err) != 0)
        return -1;
    if (subject == NULL || auth_account_set_subject(auth, name, subject, err) == 0)
        return 0;
    (void)auth_account_remove(auth, name, NULL);
    return -1;
}

/* Who starts without accounts and adds one does not get a registry that asks for a login. */
static void reply_added(struct control_call *call, const struct auth *auth, const char *name)
{
    static const char warning[] =
        "auth.mode is none: nobody has to log in; start with accounts or --auth-mode";
    json_t *row = NULL;
    struct err err;

    if (auth_account_describe(auth, name, &row, &err) != 0) {
        control_reply_error(call, &err);
        return;
    }
    if (auth_mode(auth) == AUTH_MODE_NONE)
        (void)json_object_set_new(row, "warning", json_string(warning));
    control_reply(call, 201, row);
}

static void handle_add(struct control_call *call, void *arg)
{
    struct auth *auth = auth_of(call);
    const json_t *body;
    struct err err;

    (void)arg;
    body = auth == NULL ? NULL
                        : checked_body(call, &add_schema, "account",
                                       "{\"name\": \"alice\", \"secret\": \"...\"}");
    if (body == NULL)
        return;
    if (add(auth, body, &err) != 0)
        control_reply_error(call, &err);
    else
        reply_added(call, auth, text_of(body, "name"));
}

/* When old secrets end, on the world's clock; 0: at once. */
static int64_t old_until(const struct world *w, const json_t *body)
{
    const json_t *keep = json_object_get(body, "keep_old");
    uint64_t ms = keep == NULL || json_is_null(keep) ? 0 : schema_number(&rotate_members[2], keep);

    return ms == 0 ? 0 : clock_now_ms(&w->clock) + (int64_t)ms;
}

static void handle_rotate(struct control_call *call, void *arg)
{
    const char *name = control_call_parameter(call, "name");
    struct auth *auth = auth_of(call);
    const json_t *body;
    struct err err;

    (void)arg;
    body = auth == NULL ? NULL
                        : checked_body(call, &rotate_schema, "account",
                                       "{\"secret\": \"...\", \"keep_old\": \"10m\"}");
    if (body == NULL)
        return;
    if (auth_account_rotate(auth, name, text_of(body, "secret"), text_of(body, "hash"),
                            old_until(control_call_world(call), body), &err) != 0)
        control_reply_error(call, &err);
    else
        reply_account(call, auth, 200, name);
}

static void handle_remove(struct control_call *call, void *arg)
{
    struct auth *auth = auth_of(call);
    struct err err;

    (void)arg;
    if (auth == NULL)
        return;
    if (auth_account_remove(auth, control_call_parameter(call, "name"), &err) != 0)
        control_reply_error(call, &err);
    else
        control_reply_empty(call, 204);
}

/* --- What is done to an account ----------------------------------------------------------------
 */

typedef int (*change_fn)(struct auth *auth, const char *name, struct err *err);

static int disable(struct auth *auth, const char *name, struct err *err)
{
    return auth_account_disable(auth, name, true, err);
}

static int enable(struct auth *auth, const char *name, struct err *err)
{
    return auth_account_disable(auth, name, false, err);
}

static void change(struct control_call *call, change_fn fn)
{
    const char *name = control_call_parameter(call, "name");
    struct auth *auth = auth_of(call);
    struct err err;

    if (auth == NULL)
        return;
    if (fn(auth, name, &err) != 0)
        control_reply_error(call, &err);
    else
        reply_account(call, auth, 200, name);
}

static void handle_revoke(struct control_call *call, void *arg)
{
    (void)arg;
    change(call, auth_account_revoke);
}

static void handle_disable(struct control_call *call, void *arg)
{
    (void)arg;
    change(call, disable);
}

static void handle_enable(struct control_call *call, void *arg)
{
    (void)arg;
    change(call, enable);
}

/* --- Policy ------------------------------------------------------------------------------------
 */

static const struct schema grant_members[] = {
    {.key = "repositories", .type = SCHEMA_LIST},
    {.key = "actions", .type = SCHEMA_LIST},
    {.key = "catalog", .type = SCHEMA_BOOL},
    {.key = NULL},
};
static const struct schema grant_schema = {.type = SCHEMA_OBJECT, .members = grant_members};

/* Its rules are checked by the policy. */
static const struct schema policy_members[] = {
    {.key = "policy", .type = SCHEMA_ANY, .required = true},
    {.key = NULL},
};
static const struct schema policy_schema = {.type = SCHEMA_OBJECT, .members = policy_members};

static void handle_policy(struct control_call *call, void *arg)
{
    struct auth *auth = auth_of(call);

    (void)arg;
    if (auth != NULL)
        control_reply(call, 200, json_pack("{s:o}", "policy", auth_policy_get(auth)));
}

/* An array of rules, or {"policy": [...]} as GET gives it. */
static void handle_set_policy(struct control_call *call, void *arg)
{
    const json_t *rules = control_call_body(call);
    struct auth *auth = auth_of(call);
    struct err err;

    if (auth == NULL)
        return;
    if (!json_is_array(rules)) {
        rules = checked_body(call, &policy_schema, "policy",
                             "[{\"accounts\": [\"alice\"], \"repositories\": [\"team/*\"]}]");
        if (rules == NULL)
            return;
        rules = json_object_get(rules, "policy");
    }
    if (auth_policy_set(auth, rules, &err) != 0)
        control_reply_error(call, &err);
    else
        handle_policy(call, arg);
}

/* Groups are granted to as accounts are. */
static int check_grantee(const struct auth *auth, const char *name, struct err *err)
{
    json_t *row = NULL;

    if (strcmp(name, "anonymous") == 0 || strcmp(name, "authenticated") == 0)
        return 0;
    if (auth_account_describe(auth, name, &row, err) != 0)
        return -1;
    json_decref(row);
    return 0;
}

/* The first rule that matches decides: so the new one goes in front. */
static int grant(struct auth *auth, const char *name, const json_t *body, struct err *err)
{
    json_t *rules = auth_policy_get(auth);
    json_t *rule =
        json_pack("{s:[s], s:O*, s:O*, s:O*}", "accounts", name, "repositories",
                  json_object_get(body, "repositories"), "actions",
                  json_object_get(body, "actions"), "catalog", json_object_get(body, "catalog"));
    int result;

    if (rule == NULL || json_array_insert_new(rules, 0, rule) != 0)
        result = err_set(err, ERR_NOMEM, "policy");
    else
        result = auth_policy_set(auth, rules, err);
    json_decref(rules);
    return result;
}

static void handle_grant(struct control_call *call, void *arg)
{
    static const char example[] = "{\"repositories\": [\"team/*\"], \"actions\": [\"pull\"]}";
    const char *name = control_call_parameter(call, "name");
    struct auth *auth = auth_of(call);
    const json_t *body = auth == NULL ? NULL : checked_body(call, &grant_schema, "grant", example);
    struct err err;

    if (body == NULL)
        return;
    if (!json_is_true(json_object_get(body, "catalog")) &&
        json_object_get(body, "repositories") == NULL)
        (void)err_set(&err, ERR_CONFIG, "grant: repositories are missing: %s", example);
    else if (check_grantee(auth, name, &err) == 0 && grant(auth, name, body, &err) == 0) {
        handle_policy(call, arg);
        return;
    }
    control_reply_error(call, &err);
}

/* --- Tokens ------------------------------------------------------------------------------------
 */

static const struct schema mint_members[] = {
    {.key = "account", .type = SCHEMA_TEXT},
    {.key = "scope", .type = SCHEMA_LIST, .required = true},
    {.key = "ttl", .type = SCHEMA_DURATION, .min = 1000, .max = DURATION_MAX},
    {.key = "age", .type = SCHEMA_DURATION, .max = DURATION_MAX},
    {.key = "service", .type = SCHEMA_TEXT},
    {.key = NULL},
};
static const struct schema mint_schema = {.type = SCHEMA_OBJECT, .members = mint_members};

static const struct schema revoke_members[] = {
    {.key = "token", .type = SCHEMA_TEXT, .secret = true},
    {.key = "jti", .type = SCHEMA_TEXT},
    {.key = NULL},
};
static const struct schema revoke_schema = {.type = SCHEMA_OBJECT, .members = revoke_members};

/* What the grammar leaves out (other types, other actions) is a mistake here. */
static int read_scope(struct scope_set *ret, const char *text, struct err *err)
{
    size_t before = ret->count;

    if (scope_set_parse(ret, text, err) != 0)
        return err_wrap(err, "mint.scope");
    for (size_t i = before; i < ret->count; i++) {
        if (ret->items[i].actions == 0)
            return err_set(err, ERR_CONFIG, "mint.scope: %s grants nothing", TEXT_QUOTE(text));
    }
    return 0;
}

static int read_scopes(struct scope_set *ret, const json_t *scope, struct err *err)
{
    size_t i;
    json_t *one;

    if (json_is_string(scope))
        return read_scope(ret, json_string_value(scope), err);
    json_array_foreach((json_t *)(uintptr_t)scope, i, one)
    {
        if (read_scope(ret, json_string_value(one), err) != 0)
            return -1;
    }
    return 0;
}

static int64_t seconds_of(const json_t *body, const struct schema *member)
{
    const json_t *value = json_object_get(body, member->key);

    return value == NULL || json_is_null(value) ? 0
                                                : (int64_t)(schema_number(member, value) / 1000);
}

static int mint(struct auth *auth, struct auth_minted *ret, const json_t *body, struct err *err)
{
    struct scope_set access = {0};
    const struct auth_mint what = {
        .account = text_of(body, "account"),
        .service = text_of(body, "service"),
        .access = &access,
        .ttl = seconds_of(body, &mint_members[2]),
        .age = seconds_of(body, &mint_members[3]),
    };
    int result = read_scopes(&access, json_object_get(body, "scope"), err);

    if (result == 0)
        result = auth_token_mint(auth, ret, &what, err);
    scope_set_done(&access);
    return result;
}

static void handle_mint(struct control_call *call, void *arg)
{
    struct auth *auth = auth_of(call);
    struct auth_minted minted;
    char issued[CLOCK_TEXT_MAX];
    const json_t *body;
    struct err err;

    (void)arg;
    body = auth == NULL ? NULL
                        : checked_body(call, &mint_schema, "mint",
                                       "{\"account\": \"alice\", \"scope\": "
                                       "\"repository:team/app:pull\", \"ttl\": \"5m\"}");
    if (body == NULL)
        return;
    if (mint(auth, &minted, body, &err) != 0) {
        control_reply_error(call, &err);
        return;
    }
    control_reply(call, 201,
                  json_pack("{s:s, s:s, s:I, s:s, s:s}", "token", minted.token, "access_token",
                            minted.token, "expires_in",
                            (json_int_t)(minted.expires - minted.issued_at), "issued_at",
                            clock_format(issued, minted.issued_at), "jti", minted.id));
    free(minted.token);
}

/* Access tokens have two dots, refresh tokens none. */
static int revoke(struct auth *auth, const struct world *w, const json_t *body, struct err *err)
{
    const char *token = text_of(body, "token");
    const char *id = text_of(body, "jti");

    if ((token == NULL) == (id == NULL))
        return err_set(err, ERR_CONFIG, "revoke: one of token and jti is wanted");
    if (id != NULL)
        return auth_token_revoke(auth, id, clock_now(&w->clock) + ID_LIFE, err);
    if (strchr(token, '.') != NULL)
        return auth_access_token_revoke(auth, token, err);
    return auth_refresh_token_revoke(auth, token, err);
}

static void handle_revoke_token(struct control_call *call, void *arg)
{
    struct auth *auth = auth_of(call);
    const json_t *body;
    struct err err;

    (void)arg;
    body = auth == NULL ? NULL : checked_body(call, &revoke_schema, "revoke", "{\"token\": ...}");
    if (body == NULL)
        return;
    if (revoke(auth, control_call_world(call), body, &err) != 0)
        control_reply_error(call, &err);
    else
        control_reply_empty(call, 204);
}

static const struct control_endpoint endpoints[] = {
    {HTTP_METHOD_GET, "/accounts", .world = true, .handle = handle_list,
     .help = "Accounts, without their secrets"},
    {HTTP_METHOD_POST, "/accounts", .world = true, .has_body = true, .handle = handle_add,
     .help = "Adds one: {\"name\", \"secret\" or \"hash\", \"subject\"}"},
    {HTTP_METHOD_GET, "/accounts/{name...}", .world = true, .handle = handle_get,
     .help = "One account"},
    {HTTP_METHOD_PUT, "/accounts/{name...}", .world = true, .has_body = true,
     .handle = handle_rotate,
     .help = "A new secret: {\"secret\" or \"hash\", \"keep_old\": \"10m\"}"},
    {HTTP_METHOD_DELETE, "/accounts/{name...}", .world = true, .handle = handle_remove,
     .help = "Removes an account; its tokens end"},
    {HTTP_METHOD_POST, "/accounts/{name...}:revoke", .world = true, .handle = handle_revoke,
     .help = "Ends its tokens, refresh tokens and remembered logins; the secret stays"},
    {HTTP_METHOD_POST, "/accounts/{name...}:disable", .world = true, .handle = handle_disable,
     .help = "Refuses the account and its tokens"},
    {HTTP_METHOD_POST, "/accounts/{name...}:enable", .world = true, .handle = handle_enable,
     .help = "Lets it log in again"},
    {HTTP_METHOD_POST, "/accounts/{name...}:grant", .world = true, .has_body = true,
     .handle = handle_grant,
     .help = "Puts a rule in front of the policy: {\"repositories\", \"actions\", \"catalog\"}"},
    {HTTP_METHOD_GET, "/policy", .world = true, .handle = handle_policy,
     .help = "Rules of access in their order"},
    {HTTP_METHOD_PUT, "/policy", .world = true, .has_body = true, .handle = handle_set_policy,
     .help = "Replaces the policy in one step"},
    {HTTP_METHOD_POST, "/tokens", .world = true, .has_body = true, .handle = handle_mint,
     .help = "A token, whatever the policy says: {\"account\", \"scope\", \"ttl\", \"age\"}"},
    {HTTP_METHOD_POST, "/tokens:revoke", .world = true, .has_body = true,
     .handle = handle_revoke_token, .help = "Ends one token: {\"token\"} or {\"jti\"}"},
    {.pattern = NULL},
};

int serve_accounts_register(struct control *c, struct err *err)
{
    return control_register(c, endpoints, NULL, err);
}

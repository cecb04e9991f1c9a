/* SPDX-License-Identifier: MIT */
#include "cli/world_request.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "auth/policy.h"
#include "auth/secret.h"
#include "cli/serve_auth.h"
#include "cli/serve_magic.h"
#include "cli/serve_reset.h"
#include "cli/serve_settings.h"
#include "cli/serve_world.h"
#include "cli/worlds.h"
#include "lib/fault/fault.h"
#include "lib/util/err.h"
#include "lib/util/schema.h"
#include "lib/util/text.h"
#include "lib/util/util.h"
#include "registry/reference.h"
#include "registry/store/blob_store.h"

enum {
    NAME_MAX_BYTES = 63,
    HOST_MAX_BYTES = 253,
    ADDRESS_MAX = 300,
    REALM_MAX = 100,
};

#define TTL_MAX ((uint64_t)366 * 24 * 3600 * 1000)

/* --- What may be asked for ----------------------------------------------------------------------
 */

static const struct schema account_members[] = {
    {.key = "name", .type = SCHEMA_TEXT, .required = true},
    {.key = "secret", .type = SCHEMA_TEXT, .secret = true},
    {.key = "hash", .type = SCHEMA_TEXT, .secret = true},
    {.key = "subject", .type = SCHEMA_TEXT},
    {.key = "disabled", .type = SCHEMA_BOOL},
    {.key = NULL},
};

static const struct schema members[] = {
    {.key = "name", .type = SCHEMA_TEXT, .required = true},
    {.key = "ttl", .type = SCHEMA_DURATION, .max = TTL_MAX},
    {.key = "seed", .type = SCHEMA_COUNT},
    {.key = "host", .type = SCHEMA_TEXT},
    {.key = "prefix", .type = SCHEMA_TEXT},
    {.key = "listen", .type = SCHEMA_TEXT},
    {.key = "tls", .type = SCHEMA_BOOL},
    {.key = "auth", .type = SCHEMA_CHOICE, .choices = auth_mode_names},
    {.key = "accounts", .type = SCHEMA_OBJECTS, .members = account_members},
    {.key = "policy", .type = SCHEMA_ANY}, /* checked by the policy, and by the engine: */
    {.key = "rules", .type = SCHEMA_ANY},
    {.key = NULL},
};
static const struct schema whole = {.type = SCHEMA_OBJECT, .members = members};

/* What was asked for, and what follows from it. */
struct wanted {
    const json_t *body;            /* borrowed */
    const char *name;              /* borrowed from it, as the next */
    const char *prefix;            /* NULL: none */
    char host[HOST_MAX_BYTES + 1]; /* in lower case; "": none */
    char secret[SECRET_GENERATED_SIZE];
    char realm[REALM_MAX];
    json_t *accounts; /* owned */
    json_t *policy;   /* owned; NULL: none */
};

static const char *text_of(const json_t *body, const char *key)
{
    return json_string_value(json_object_get(body, key));
}

static uint64_t number_of(const json_t *body, const char *key)
{
    const json_t *value = json_object_get(body, key);
    const struct schema *s = members;

    while (strcmp(s->key, key) != 0)
        s++;
    return value == NULL || json_is_null(value) ? 0 : schema_number(s, value);
}

static bool is_given(const json_t *body, const char *key)
{
    const json_t *value = json_object_get(body, key);

    return value != NULL && !json_is_null(value);
}

/* It stands in paths of the control API and in logs. */
static int check_name(const char *name, struct err *err)
{
    static const char more[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    size_t n = strlen(name);

    if (n == 0 || n > NAME_MAX_BYTES || strspn(name, more) != n || strchr("._-", name[0]) != NULL)
        return err_set(err, ERR_CONFIG,
                       "name: %s: expected 1 to %d letters, digits, '.', '_' and '-', a letter or "
                       "digit first",
                       TEXT_QUOTE(name), NAME_MAX_BYTES);
    return 0;
}

static int read_host(struct wanted *w, const char *host, struct err *err)
{
    size_t n = host != NULL ? strlen(host) : 0;

    if (host == NULL)
        return 0;
    for (size_t i = 0; i < n && i < HOST_MAX_BYTES; i++)
        w->host[i] = (char)tolower((unsigned char)host[i]);
    if (n == 0 || n > HOST_MAX_BYTES || w->host[0] == '.' ||
        strspn(w->host, "abcdefghijklmnopqrstuvwxyz0123456789.-") != n)
        return err_set(err, ERR_CONFIG, "host: %s: expected a host name, without a port",
                       TEXT_QUOTE(host));
    return 0;
}

static int check_prefix(const char *prefix, struct err *err)
{
    if (prefix == NULL || reference_is_name(prefix))
        return 0;
    return err_set(err, ERR_CONFIG,
                   "prefix: %s: expected the first components of a repository's name",
                   TEXT_QUOTE(prefix));
}

static int check_place(const struct world_maker *m, const json_t *body, struct err *err)
{
    int shared = is_given(body, "host") + is_given(body, "prefix");

    if (shared > 1 || (shared == 1 && (is_given(body, "listen") || is_given(body, "tls"))))
        return err_set(err, ERR_CONFIG,
                       "a world has a port of its own (listen, tls), a host or a prefix: one of "
                       "them");
    if (json_is_true(json_object_get(body, "tls")) && m->tls == NULL)
        return err_set(err, ERR_CONFIG,
                       "tls: the server has no certificate: start it with --tls-auto");
    return 0;
}

static int read_wanted(struct wanted *ret, const struct world_maker *m, const json_t *body,
                       struct err *err)
{
    struct schema_place at = {.origin = "world"};

    if (schema_check(&whole, body, &at, err) != 0)
        return -1;
    ret->body = body;
    ret->name = text_of(body, "name");
    ret->prefix = text_of(body, "prefix");
    if (check_name(ret->name, err) != 0 || read_host(ret, text_of(body, "host"), err) != 0 ||
        check_prefix(ret->prefix, err) != 0 || check_place(m, body, err) != 0)
        return err_wrap(err, "world");
    return worlds_check(m->worlds, ret->name, ret->host[0] != '\0' ? ret->host : NULL, ret->prefix,
                        err);
}

/* --- Who may use it -----------------------------------------------------------------------------
 */

/* Its own account, and those that were asked for. */
static int make_accounts(struct wanted *w, struct err *err)
{
    json_t *list = json_deep_copy(json_object_get(w->body, "accounts"));

    if (!json_is_array(list)) {
        json_decref(list);
        list = json_array();
    }
    w->accounts = list;
    if (secret_generate(w->secret, err) != 0)
        return -1;
    if (json_array_append_new(list,
                              json_pack("{s:s, s:s}", "name", w->name, "secret", w->secret)) != 0)
        return err_set(err, ERR_NOMEM, "world");
    return 0;
}

/* The first rule that matches decides: its own account's stands in front. */
static int make_policy(struct wanted *w, struct err *err)
{
    const json_t *given = json_object_get(w->body, "policy");
    struct policy *policy;

    if (given == NULL || json_is_null(given))
        return 0;
    if (policy_new(&policy, given, err) != 0) /* now, so that it is counted as it was given */
        return -1;
    policy_free(policy);
    w->policy = json_deep_copy(given);
    if (json_array_insert_new(w->policy, 0,
                              json_pack("{s:[s], s:[s], s:b}", "accounts", w->name, "repositories",
                                        "*", "catalog", 1)) != 0)
        return err_set(err, ERR_NOMEM, "world");
    return 0;
}

/* As the default world, unless it says. Who names accounts wants them asked for. */
static enum auth_mode mode_of(const struct world_maker *m, const struct wanted *w)
{
    enum auth_mode mode = (enum auth_mode)number_of(w->body, "auth");
    bool named = is_given(w->body, "accounts") || is_given(w->body, "policy");

    if (mode != AUTH_MODE_AUTO)
        return mode;
    mode = auth_mode(worlds_default(m->worlds)->auth);
    return mode == AUTH_MODE_NONE && named ? AUTH_MODE_BEARER : mode;
}

/* Requests to the token service of a prefix world do not always name a repository. */
static const char *realm_of(struct wanted *w)
{
    if (w->prefix == NULL)
        return NULL;
    (void)snprintf(w->realm, sizeof(w->realm), "/token?world=%s", w->name);
    return w->realm;
}

static struct auth_settings auth_settings_of(const struct world_maker *m, struct wanted *w)
{
    struct auth_settings auth = serve_auth_settings(m->settings);

    auth.mode = mode_of(m, w);
    auth.users = NULL;
    auth.user_count = 0;
    auth.accounts = w->accounts;
    auth.policy = w->policy;
    auth.htpasswd = NULL;
    auth.keys = NULL; /* a token for one world is none for another */
    auth.trust = NULL;
    auth.token_realm = realm_of(w);
    if (w->prefix == NULL)
        auth.external_url = NULL; /* it names the default world */
    return auth;
}

static struct registry_settings registry_settings_of(const struct world_maker *m,
                                                     const struct wanted *w)
{
    struct blob_store *blobs = worlds_default(m->worlds)->world->blobs;
    struct registry_settings s = m->settings->registry;

    s.storage_max = blobs->ops->limit(blobs); /* worked out once */
    if (is_given(w->body, "seed"))
        s.seed = number_of(w->body, "seed");
    return s;
}

/* --- Making it ----------------------------------------------------------------------------------
 */

/* The address at which the default world listens, with a port of its own. */
static const char *address_of(const struct world_maker *m, const json_t *body, bool tls,
                              char dst[ADDRESS_MAX])
{
    const struct option_list *like = tls ? &m->settings->tls_listen : &m->settings->listen;
    const char *address = text_of(body, "listen");
    const char *colon;

    if (address != NULL)
        return address;
    if (like->count == 0)
        return "127.0.0.1:0";
    colon = strrchr(like->items[0], ':');
    (void)snprintf(dst, ADDRESS_MAX, "%.*s:0", (int)(colon - like->items[0]), like->items[0]);
    return dst;
}

static int listen_on(const struct world_maker *m, struct serve_world *sw, const json_t *body,
                     struct err *err)
{
    bool tls = is_given(body, "tls") ? json_is_true(json_object_get(body, "tls"))
                                     : m->settings->listen.count == 0;
    char address[ADDRESS_MAX];

    if (sw->host != NULL || sw->prefix != NULL)
        return 0;
    return serve_world_listen(sw, m->server, address_of(m, body, tls, address), tls ? m->tls : NULL,
                              err);
}

static int load_rules(struct serve_world *sw, const json_t *body, json_t **ret_report,
                      struct err *err)
{
    if (!is_given(body, "rules"))
        return 0;
    return fault_engine_load(sw->world->faults, json_object_get(body, "rules"), true, ret_report,
                             err);
}

/* What it has from its beginning on, and goes back to. */
static int fill(const struct world_maker *m, struct serve_world *sw, const json_t *body,
                json_t **ret_report, struct err *err)
{
    if (serve_magic_start(sw->world, m->digests, err) != 0 ||
        load_rules(sw, body, ret_report, err) != 0)
        return -1;
    return serve_reset_remember(sw->world, err);
}

static int make(const struct world_maker *m, struct wanted *w, struct serve_world **ret,
                json_t **ret_report, struct err *err)
{
    struct serve_world *sw;
    struct serve_world_options options = {.name = w->name,
                                          .account = w->name,
                                          .host = w->host[0] != '\0' ? w->host : NULL,
                                          .prefix = w->prefix};

    if (make_accounts(w, err) != 0 || make_policy(w, err) != 0)
        return err_wrap(err, "world");
    options.secret = w->secret;
    options.registry = registry_settings_of(m, w);
    options.auth = auth_settings_of(m, w);
    if (serve_world_new(&sw, m->loop, &options, err) != 0)
        return err_wrap(err, "world");
    if (fill(m, sw, w->body, ret_report, err) != 0 || listen_on(m, sw, w->body, err) != 0) {
        serve_world_retire(sw);
        return err_wrap(err, "world");
    }
    *ret = sw;
    return worlds_add(m->worlds, sw, number_of(w->body, "ttl"), err);
}

int world_request_run(const struct world_maker *m, const struct json_t *body,
                      struct serve_world **ret, struct json_t **ret_report, struct err *err)
{
    struct wanted w = {.body = body};
    json_t *report = NULL;
    int result;

    result = read_wanted(&w, m, body, err);
    if (result == 0)
        result = make(m, &w, ret, &report, err);
    if (result == 0)
        *ret_report = STEAL(report);
    json_decref(report);
    json_decref(w.accounts);
    json_decref(w.policy);
    explicit_bzero(w.secret, sizeof(w.secret));
    return result;
}

int world_request_change(struct worlds *ws, const char *name, const json_t *body, struct err *err)
{
    static const struct schema change_members[] = {
        {.key = "ttl", .type = SCHEMA_DURATION, .max = TTL_MAX},
        {.key = NULL},
    };
    static const struct schema change = {.type = SCHEMA_OBJECT, .members = change_members};
    struct schema_place at = {.origin = "world"};

    if (schema_check(&change, body, &at, err) != 0)
        return -1;
    if (json_object_get(body, "ttl") == NULL)
        return err_set(err, ERR_CONFIG, "world: ttl: is missing");
    return worlds_set_ttl(ws, name, number_of(body, "ttl"), err);
}

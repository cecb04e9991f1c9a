/* SPDX-License-Identifier: MIT */
#include "auth/auth.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "auth/account.h"
#include "auth/account_check.h"
#include "auth/account_snapshot.h"
#include "auth/auth_internal.h"
#include "auth/base_url.h"
#include "auth/htpasswd_watch.h"
#include "auth/internal.h"
#include "auth/keyed_hash.h"
#include "auth/keyring.h"
#include "auth/login.h"
#include "auth/policy.h"
#include "auth/refresh.h"
#include "auth/revoked.h"
#include "auth/trust.h"
#include "auth/verified.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

#define SERVICE_DEFAULT "ocimock"

enum {
    TOKEN_LIFE_DEFAULT = 300 * 1000,
    TEXT_MAX = 255, /* of service, issuer, realm */
    WARNINGS_MAX = 16 * 1024,
    NAMES_MAX = 10, /* in a description */
};

DEFINE_AUTO(auth, struct auth, auth_free)
#define auto_auth __attribute__((cleanup(auto_auth_)))

/* --- Settings -----------------------------------------------------------------------------------
 */

/* A text that goes into headers and tokens. */
static int copy_text(char **ret, const char *key, const char *text, struct err *err)
{
    size_t n = strlen(text);

    if (n == 0 || n > TEXT_MAX)
        return err_set(err, ERR_CONFIG, "%s: expected 1 to %d bytes", key, TEXT_MAX);
    for (size_t i = 0, step; i < n; i += step) {
        step = text_printable(text + i, n - i);
        if (step == 0 || text[i] == '"' || text[i] == '\\')
            return err_set(err, ERR_CONFIG, "%s: %s holds what cannot be quoted", key,
                           TEXT_QUOTE(text));
    }
    *ret = strdup(text);
    return *ret != NULL ? 0 : err_set(err, ERR_NOMEM, "%s", key);
}

static int copy_token_realm(struct auth *auth, const char *url, struct err *err)
{
    if (url == NULL || url[0] == '\0')
        return 0;
    if (url[0] != '/' && strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
        return err_set(err, ERR_CONFIG, "auth.token_realm: %s is no http or https URL and no path",
                       TEXT_QUOTE(url));
    return copy_text(&auth->token_realm, "auth.token_realm", url, err);
}

static int copy_services(struct auth *auth, const struct auth_settings *s, struct err *err)
{
    auth->services = calloc(s->service_count + 1, sizeof(*auth->services));
    if (auth->services == NULL)
        return err_set(err, ERR_NOMEM, "auth.services");
    for (; auth->service_count < s->service_count; auth->service_count++) {
        if (copy_text(&auth->services[auth->service_count], "auth.services",
                      s->services[auth->service_count], err) != 0)
            return -1;
    }
    return 0;
}

static int copy_settings(struct auth *auth, const struct auth_settings *s, struct err *err)
{
    const char *service = s->service != NULL ? s->service : SERVICE_DEFAULT;
    uint32_t life = s->token_life != 0 ? s->token_life : TOKEN_LIFE_DEFAULT;

    auth->mode = s->mode;
    auth->ping = s->ping;
    auth->anonymous = s->anonymous;
    auth->token_life = life / 1000;
    auth->leeway = s->leeway;
    if (life < 1000)
        return err_set(err, ERR_CONFIG, "auth.token_life: expected a second or more");
    if (life < AUTH_TOKEN_LIFE_MIN)
        (void)buf_appendf(&auth->warnings,
                          "auth.token_life is below a minute: clients may use tokens longer\n");
    if (copy_text(&auth->service, "auth.service", service, err) != 0 ||
        copy_text(&auth->issuer, "auth.issuer", s->issuer != NULL ? s->issuer : service, err) !=
            0 ||
        copy_text(&auth->realm, "auth.realm", s->realm != NULL ? s->realm : service, err) != 0 ||
        copy_token_realm(auth, s->token_realm, err) != 0)
        return -1;
    return copy_services(auth, s, err);
}

/* --- Mode and ping ------------------------------------------------------------------------------
 */

static int choose_mode(struct auth *auth, const struct auth_settings *s, struct err *err)
{
    bool somebody =
        accounts_count(auth->accounts) > 0 || auth->htpasswd != NULL || auth->trust != NULL;

    if (auth->mode == AUTH_MODE_AUTO)
        auth->mode = somebody ? AUTH_MODE_BEARER : AUTH_MODE_NONE;
    if (auth->mode == AUTH_MODE_BASIC && !somebody)
        return err_set(err, ERR_CONFIG,
                       "auth.mode is basic, but nobody can log in: give auth.accounts, "
                       "auth.htpasswd or --user");
    if (auth->mode == AUTH_MODE_NONE && json_array_size(s->policy) > 0)
        (void)buf_appendf(
            &auth->warnings,
            "auth.policy has no effect: there are no accounts, so auth.mode is none\n");
    auth->ping_auto = auth->ping == AUTH_PING_AUTO;
    auth_choose_ping(auth);
    return 0;
}

/* --- Policy -------------------------------------------------------------------------------------
 */

static void warn_unknown(void *arg, size_t rule, const char *name)
{
    struct auth *auth = arg;

    /* ':' is in no name of ours: a subject of a trusted issuer. */
    if (accounts_find(auth->accounts, name) == NULL && strchr(name, ':') == NULL)
        (void)buf_appendf(&auth->warnings,
                          "auth.policy[%zu] names %s, but there is no such account\n", rule,
                          TEXT_QUOTE(name));
}

static int load_policy(struct auth *auth, const json_t *rules, struct err *err)
{
    if (policy_new(&auth->policy, rules, err) != 0)
        return err_wrap(err, "auth");
    policy_each_name(auth->policy, warn_unknown, auth);
    return 0;
}

/* --- All of it ----------------------------------------------------------------------------------
 */

static int make_parts(struct auth *auth, const struct auth_settings *s, struct err *err)
{
    if (keyed_hash_new(&auth->hash, err) != 0 ||
        accounts_new(&auth->accounts, auth->clock, auth->hash, err) != 0 ||
        refresh_new(&auth->refresh, auth->accounts, auth->hash, err) != 0 ||
        revoked_new(&auth->revoked, auth->clock, err) != 0 ||
        logins_new(&auth->logins, auth, err) != 0 ||
        base_url_new(&auth->base_url, s->external_url, s->trusted_proxies, s->trusted_proxy_count,
                     err) != 0)
        return -1;
    accounts_set_cache_life(auth->accounts, s->cache_life);
    auth->verified = verified_new();
    return auth->verified != NULL ? 0 : err_set(err, ERR_NOMEM, "authentication");
}

static int load_trust(struct auth *auth, const json_t *list, struct err *err)
{
    if (json_array_size(list) == 0)
        return 0;
    if (trust_new(&auth->trust, list, err) != 0)
        return -1;
    (void)buf_append_text(&auth->warnings, trust_warnings(auth->trust));
    return 0;
}

int auth_new(struct auth **ret, struct loop *loop, const struct clock *clock,
             const struct auth_settings *settings, struct err *err)
{
    auto_auth struct auth *auth = calloc(1, sizeof(*auth));

    if (auth == NULL)
        return err_set(err, ERR_NOMEM, "authentication");
    auth->loop = loop;
    auth->clock = clock;
    buf_init(&auth->warnings, WARNINGS_MAX);
    if (copy_settings(auth, settings, err) != 0 || make_parts(auth, settings, err) != 0 ||
        auth_load_accounts(auth, settings, err) != 0 ||
        load_policy(auth, settings->policy, err) != 0 ||
        load_trust(auth, settings->trust, err) != 0 || choose_mode(auth, settings, err) != 0 ||
        auth_load_keys(auth, settings, err) != 0)
        return -1;
    *ret = STEAL(auth);
    return 0;
}

void auth_free(struct auth *auth)
{
    if (auth == NULL)
        return;
    logins_free(auth->logins);
    htpasswd_watch_free(auth->htpasswd);
    verified_free(auth->verified);
    trust_free(auth->trust);
    accounts_snapshot_free(auth->start_accounts);
    json_decref(auth->start_policy);
    keyring_free(auth->keyring);
    keyring_free(auth->stranger);
    revoked_free(auth->revoked);
    refresh_free(auth->refresh);
    policy_free(auth->policy);
    accounts_free(auth->accounts);
    keyed_hash_free(auth->hash);
    base_url_free(auth->base_url);
    for (size_t i = 0; i < auth->service_count; i++)
        free(auth->services[i]);
    free(auth->services);
    free(auth->issuer);
    free(auth->service);
    free(auth->token_realm);
    free(auth->realm);
    buf_done(&auth->warnings);
    free(auth);
}

/* --- Telling ------------------------------------------------------------------------------------
 */

const char *auth_warnings(const struct auth *auth)
{
    return buf_text(&auth->warnings);
}

const char *const auth_mode_names[] = {"auto", "none", "basic", "bearer", NULL};

enum auth_mode auth_mode(const struct auth *auth)
{
    return auth->mode;
}

void auth_describe(const struct auth *auth, struct buf *to)
{
    json_t *list = accounts_to_json(auth->accounts);
    size_t n = json_array_size(list);

    (void)buf_append_text(to, auth_mode_names[auth->mode]);
    (void)buf_appendf(to, ", %zu account%s", n, n == 1 ? "" : "s");
    for (size_t i = 0; i < n && i < NAMES_MAX; i++)
        (void)buf_appendf(to, "%s%s", i == 0 ? " (" : ", ",
                          json_string_value(json_object_get(json_array_get(list, i), "name")));
    if (n > 0)
        (void)buf_append_text(to, n > NAMES_MAX ? " ...)" : ")");
    json_decref(list);
}

int auth_reload(struct auth *auth, struct err *err)
{
    return auth->htpasswd == NULL ? 0 : htpasswd_watch_reload(auth->htpasswd, err);
}

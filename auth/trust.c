/* SPDX-License-Identifier: MIT */
#include "auth/trust.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "auth/claims.h"
#include "auth/jwks.h"
#include "auth/key_set.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/file.h"
#include "lib/util/schema.h"
#include "lib/util/util.h"

enum { WARNINGS_MAX = 16 * 1024 };

/* One entry of the configuration. */
struct issuer {
    json_t *config;                             /* owned: the texts below are borrowed from it */
    const char *name;                           /* what `iss` says */
    const char *prefix;                         /* of accounts; "" for none */
    const char *audiences[TRUST_AUDIENCES_MAX]; /* one of these */
    size_t audience_count;
    struct key_set keys; /* owned */
};

struct trust {
    struct issuer *issuers; /* owned array */
    size_t count;
    struct buf warnings; /* lines */
};

DEFINE_AUTO(trust, struct trust, trust_free)
#define auto_trust __attribute__((cleanup(auto_trust_)))

void trust_free(struct trust *trust)
{
    if (trust == NULL)
        return;
    for (size_t i = 0; i < trust->count; i++) {
        key_set_done(&trust->issuers[i].keys);
        json_decref(trust->issuers[i].config);
    }
    free(trust->issuers);
    buf_done(&trust->warnings);
    free(trust);
}

const char *trust_warnings(const struct trust *trust)
{
    return buf_text(&trust->warnings);
}

/* --- Configuration ------------------------------------------------------------------------------
 */

const struct schema trust_schema[] = {
    {.key = "issuer", .type = SCHEMA_TEXT, .required = true},
    {.key = "audience", .type = SCHEMA_LIST, .required = true},
    {.key = "jwks", .type = SCHEMA_PATH},
    {.key = "pem", .type = SCHEMA_PATH},
    {.key = "account_prefix", .type = SCHEMA_TEXT},
    {.key = NULL},
};

/* Where a warning belongs to. */
struct source {
    struct buf *warnings;
    const char *path;
};

static void warn(void *arg, const char *message)
{
    const struct source *source = arg;

    (void)buf_appendf(source->warnings, "%s: %s\n", source->path, message);
}

/* "" counts as not given. */
static const char *text_of(const json_t *config, const char *name)
{
    const char *text = json_string_value(json_object_get(config, name));

    return text != NULL && text[0] != '\0' ? text : NULL;
}

static int add_audience(struct issuer *issuer, const json_t *value, struct err *err)
{
    const char *text = json_string_value(value);

    if (text == NULL || text[0] == '\0')
        return err_set(err, ERR_CONFIG, "'audience' is needed: a text, or a list of texts");
    if (issuer->audience_count == TRUST_AUDIENCES_MAX)
        return err_set(err, ERR_CONFIG, "more than %d audiences", TRUST_AUDIENCES_MAX);
    issuer->audiences[issuer->audience_count++] = text;
    return 0;
}

/* An issuer signs tokens for many; without an audience anybody's would do here. */
static int read_audiences(struct issuer *issuer, struct err *err)
{
    const json_t *value = json_object_get(issuer->config, "audience");
    const json_t *item;
    size_t i;

    if (json_array_size(value) == 0)
        return add_audience(issuer, value, err);
    json_array_foreach(value, i, item)
    {
        if (add_audience(issuer, item, err) != 0)
            return -1;
    }
    return 0;
}

static int load_pem(struct key_set *keys, const char *path, struct err *err)
{
    auto_buf struct buf b = BUF_INIT(KEY_FILE_MAX);

    if (file_read(&b, path, err) != 0)
        return -1;
    return key_set_parse_pem(keys, buf_text(&b), b.len, err) == 0 ? 0 : err_wrap(err, "%s", path);
}

static int load_keys(struct issuer *issuer, struct buf *warnings, struct err *err)
{
    const char *jwks = text_of(issuer->config, "jwks");
    const char *pem = text_of(issuer->config, "pem");
    struct source source = {.warnings = warnings, .path = jwks};

    if ((jwks == NULL) == (pem == NULL))
        return err_set(err, ERR_CONFIG, "either 'jwks' or 'pem' is needed: a file with keys");
    return jwks != NULL ? jwks_load(&issuer->keys, jwks, warn, &source, err)
                        : load_pem(&issuer->keys, pem, err);
}

static int read_issuer(struct issuer *issuer, const json_t *config, struct buf *warnings,
                       struct err *err)
{
    const char *prefix = text_of(config, "account_prefix");

    issuer->config = json_deep_copy(config);
    if (issuer->config == NULL)
        return err_set(err, ERR_NOMEM, "issuer");
    issuer->name = text_of(issuer->config, "issuer");
    if (issuer->name == NULL)
        return err_set(err, ERR_CONFIG, "'issuer' is needed: what 'iss' of its tokens says");
    issuer->prefix = prefix == NULL ? "" : text_of(issuer->config, "account_prefix");
    if (read_audiences(issuer, err) != 0)
        return -1;
    return load_keys(issuer, warnings, err);
}

int trust_new(struct trust **ret, const struct json_t *list, struct err *err)
{
    auto_trust struct trust *trust = calloc(1, sizeof(*trust));
    const json_t *config;
    size_t i;

    if (json_array_size(list) > TRUST_MAX)
        return err_set(err, ERR_CONFIG, "auth.trust: more than %d issuers", TRUST_MAX);
    if (trust != NULL)
        trust->issuers = calloc(json_array_size(list) + 1, sizeof(*trust->issuers));
    if (trust == NULL || trust->issuers == NULL)
        return err_set(err, ERR_NOMEM, "issuers");
    buf_init(&trust->warnings, WARNINGS_MAX);
    json_array_foreach(list, i, config)
    {
        struct err why = {0};

        if (read_issuer(&trust->issuers[trust->count++], config, &trust->warnings, &why) != 0)
            return err_set(err, why.code == ERR_NOMEM ? ERR_NOMEM : ERR_CONFIG,
                           "auth.trust[%zu]: %s", i, why.msg);
    }
    *ret = STEAL(trust);
    return 0;
}

/* --- Use ----------------------------------------------------------------------------------------
 */

static bool add_prefix(struct claims *claims, const char *prefix)
{
    size_t n = strlen(claims->subject);
    size_t more = strlen(prefix);

    if (n == 0)
        return true;
    if (n + more > CLAIMS_TEXT_MAX)
        return false;
    memmove(claims->subject + more, claims->subject, n + 1);
    memcpy(claims->subject, prefix, more);
    return true;
}

static enum jws_result verify_by(const struct issuer *issuer, struct claims *ret, const char *token,
                                 size_t n, const struct trust_time *time, struct err *err)
{
    const struct jws_rules rules = {
        .keys = &issuer->keys,
        .issuer = issuer->name,
        .audiences = issuer->audiences,
        .audience_count = issuer->audience_count,
        .now_ms = time->now_ms,
        .leeway_ms = time->leeway_ms,
    };
    enum jws_result result = jws_verify(ret, token, n, &rules, err);

    if (add_prefix(ret, issuer->prefix))
        return result;
    claims_done(ret);
    (void)err_set(err, ERR_LIMIT, "its subject is too long");
    return JWS_MALFORMED;
}

/* Whom the token says it is from; nothing of it is believed yet. */
static int read_issuer_name(char name[CLAIMS_TEXT_MAX + 1], const char *token, size_t n,
                            struct err *err)
{
    struct claims_header header;
    struct claims claims;

    if (jws_read(&header, &claims, token, n, err) != 0)
        return -1;
    memcpy(name, claims.issuer, sizeof(claims.issuer));
    claims_done(&claims);
    return 0;
}

/* Several entries may be of one issuer; of failures the one that came furthest counts. */
enum jws_result trust_verify(const struct trust *trust, struct claims *ret, const char *token,
                             size_t n, const struct trust_time *time, struct err *err)
{
    enum jws_result best = JWS_UNKNOWN_KEY;
    char name[CLAIMS_TEXT_MAX + 1];
    struct err why = {0};

    *ret = (struct claims){0};
    if (read_issuer_name(name, token, n, &why) != 0) {
        (void)err_set(err, why.code, "%s", why.msg);
        return why.code == ERR_NOMEM ? JWS_NO_MEMORY : JWS_MALFORMED;
    }
    (void)err_set(err, ERR_INVALID, "nobody who is trusted issued it");
    for (size_t i = 0; i < trust->count && best != JWS_GOOD; i++) {
        struct claims claims = {0};
        enum jws_result result;

        if (strcmp(trust->issuers[i].name, name) != 0)
            continue;
        result = verify_by(&trust->issuers[i], &claims, token, n, time, &why);
        if (result != JWS_GOOD && best != JWS_UNKNOWN_KEY && result <= best) {
            claims_done(&claims);
            continue;
        }
        claims_done(ret);
        *ret = claims;
        best = result;
        (void)err_set(err, why.code, "%s", why.msg);
    }
    return best;
}

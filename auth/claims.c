/* SPDX-License-Identifier: MIT */
#include "auth/claims.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <jwt.h>
#include <openssl/rand.h>

#include "auth/jwks.h"
#include "auth/openssl_err.h"
#include "lib/util/base64.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/json.h"
#include "lib/util/util.h"

enum {
    ID_BYTES = 16,
    JSON_DEPTH_MAX = 16,
    JSON_VALUES_MAX = 4000,
};

/* Numbers up to here have no gaps in JSON (RFC 8259, 6). */
#define TIME_MAX ((int64_t)1 << 53)

DEFINE_AUTO(object, jwt_t, jwt_free)
DEFINE_AUTO(tree, json_t, json_decref)
#define auto_object __attribute__((cleanup(auto_object_)))
#define auto_tree   __attribute__((cleanup(auto_tree_)))

static int object_new(jwt_t **ret, struct err *err)
{
    return jwt_new(ret) == 0 ? 0 : err_set(err, ERR_NOMEM, "token");
}

/* --- Writing ------------------------------------------------------------------------------------
 */

static int random_id(struct buf *b, struct err *err)
{
    unsigned char bytes[ID_BYTES];

    if (RAND_bytes(bytes, sizeof(bytes)) != 1)
        return openssl_failed(err, "random numbers");
    base64_encode(b, BASE64_URL, bytes, sizeof(bytes));
    return buf_check(b, "token id", err);
}

static bool add_texts(jwt_t *object, const struct claims_settings *settings, const char *id)
{
    return jwt_add_grant(object, "iss", settings->issuer) == 0 &&
           jwt_add_grant(object, "sub", settings->subject) == 0 &&
           jwt_add_grant(object, "aud", settings->audience) == 0 &&
           jwt_add_grant(object, "jti", id) == 0;
}

static bool add_times(jwt_t *object, const struct claims_settings *settings)
{
    return jwt_add_grant_int(object, "exp", settings->expires) == 0 &&
           jwt_add_grant_int(object, "nbf", settings->not_before) == 0 &&
           jwt_add_grant_int(object, "iat", settings->issued_at) == 0;
}

/* libjwt takes what is neither text nor number as the text of an object; list is taken. */
static bool add_list(int (*add)(jwt_t *, const char *), jwt_t *object, const char *name,
                     json_t *list)
{
    auto_tree json_t *outer = json_pack("{s:o}", name, list);
    auto_free char *text = outer == NULL ? NULL : json_dumps(outer, JSON_COMPACT);

    return text != NULL && add(object, text) == 0;
}

int claims_build(char **ret_json, const struct claims_settings *settings, struct err *err)
{
    auto_buf struct buf id = BUF_INIT(CLAIMS_TEXT_MAX);
    auto_object jwt_t *object = NULL;
    char *text;

    if (settings->id == NULL && random_id(&id, err) != 0)
        return -1;
    if (object_new(&object, err) != 0)
        return -1;
    if (!add_texts(object, settings, settings->id != NULL ? settings->id : buf_text(&id)) ||
        !add_times(object, settings) ||
        !add_list(jwt_add_grants_json, object, "access", scope_set_to_json(settings->access)))
        return err_set(err, ERR_INVALID, "claims of a token");
    text = jwt_get_grants_json(object, NULL);
    if (text == NULL)
        return err_set(err, ERR_NOMEM, "claims of a token");
    *ret_json = text;
    return 0;
}

int claims_build_header(char **ret_json, const struct key *key, bool x5c, struct err *err)
{
    auto_object jwt_t *object = NULL;
    char *text;

    if (object_new(&object, err) != 0)
        return -1;
    if (jwt_add_header(object, "typ", "JWT") != 0 ||
        jwt_add_header(object, "alg", key_algorithm_name(key_algorithm(key))) != 0 ||
        (key_id(key)[0] != '\0' && jwt_add_header(object, "kid", key_id(key)) != 0) ||
        (x5c && key_certificate_count(key) > 0 &&
         !add_list(jwt_add_headers_json, object, "x5c", jwks_certificates(key))))
        return err_set(err, ERR_INVALID, "header of a token");
    text = jwt_get_headers_json(object, NULL);
    if (text == NULL)
        return err_set(err, ERR_NOMEM, "header of a token");
    *ret_json = text;
    return 0;
}

int claims_sign_hs256(char **ret_token, const char *header, const char *claims,
                      const struct key *key, struct err *err)
{
    auto_object jwt_t *object = NULL;
    const unsigned char *secret;
    char *token;
    size_t n;

    secret = key_secret(key, &n);
    if (object_new(&object, err) != 0)
        return -1;
    if (jwt_add_headers_json(object, header) != 0 || jwt_add_grants_json(object, claims) != 0 ||
        jwt_set_alg(object, JWT_ALG_HS256, secret, (int)n) != 0)
        return err_set(err, ERR_INVALID, "token");
    token = jwt_encode_str(object);
    if (token == NULL)
        return err_set(err, ERR_INVALID, "token: it cannot be signed");
    *ret_token = token;
    return 0;
}

/* --- Reading ------------------------------------------------------------------------------------
 */

/* Bounded before libjwt builds a tree of it; libjwt wants a terminated text. */
static int read_object(jwt_t **ret, int (*add)(jwt_t *, const char *), const char *json, size_t n,
                       struct err *err)
{
    const struct util_json_limits limits = {
        .size = CLAIMS_JSON_MAX, .depth = JSON_DEPTH_MAX, .values = JSON_VALUES_MAX};
    auto_object jwt_t *object = NULL;
    auto_free char *text = NULL;

    if (util_json_scan(json, n, &limits, err) != 0)
        return -1;
    if (memchr(json, '\0', n) != NULL)
        return err_set(err, ERR_SYNTAX, "there is a NUL in it");
    text = strndup(json, n);
    if (text == NULL)
        return err_set(err, ERR_NOMEM, "token");
    if (object_new(&object, err) != 0)
        return -1;
    if (add(object, text) != 0)
        return err_set(err, ERR_SYNTAX, "it is no JSON object");
    *ret = STEAL(object);
    return 0;
}

/* value: what libjwt found, with errno as it left it. */
static int copy_text(char *to, size_t size, bool *ret_has, const char *value, const char *name,
                     struct err *err)
{
    size_t n;

    if (value == NULL && errno == ENOENT)
        return 0;
    if (value == NULL)
        return err_set(err, ERR_SYNTAX, "'%s' is no text", name);
    n = strlen(value);
    if (n >= size)
        return err_set(err, ERR_LIMIT, "'%s' has more than %zu bytes", name, size - 1);
    memcpy(to, value, n + 1);
    if (ret_has != NULL)
        *ret_has = true;
    return 0;
}

static int get_text(char to[CLAIMS_TEXT_MAX + 1], bool *ret_has, jwt_t *object, const char *name,
                    struct err *err)
{
    errno = 0;
    return copy_text(to, CLAIMS_TEXT_MAX + 1, ret_has, jwt_get_grant(object, name), name, err);
}

/* A claim as a tree of its own; NULL with 0: it is not there. */
static int get_tree(json_t **ret, jwt_t *object, const char *name, struct err *err)
{
    auto_free char *text = jwt_get_grants_json(object, name);

    *ret = NULL;
    if (text == NULL)
        return 0;
    *ret = json_loads(text, JSON_DECODE_ANY, NULL);
    return *ret != NULL ? 0 : err_set(err, ERR_NOMEM, "token");
}

/* A time may have a fraction (RFC 7519, "NumericDate"). */
static int read_fraction(int64_t *ret, const json_t *value, const char *name, struct err *err)
{
    double seconds;

    if (!json_is_real(value))
        return err_set(err, ERR_SYNTAX, "'%s' is no number", name);
    seconds = json_real_value(value);
    if (seconds > (double)TIME_MAX || seconds < (double)-TIME_MAX)
        return err_set(err, ERR_SYNTAX, "'%s' is no time", name);
    *ret = (int64_t)seconds;
    if ((double)*ret > seconds)
        --*ret; /* downwards, before 1970 too */
    return 0;
}

/* libjwt knows whole numbers only; of anything else it says 0, or nothing at all. */
static int get_time(int64_t *ret, bool *ret_has, jwt_t *object, const char *name, struct err *err)
{
    auto_tree json_t *other = NULL;
    int64_t value;

    errno = 0;
    value = jwt_get_grant_int(object, name);
    if (errno != 0 || value == 0) {
        if (get_tree(&other, object, name, err) != 0)
            return -1;
        if (other == NULL)
            return 0;
        if (!json_is_integer(other) && read_fraction(&value, other, name, err) != 0)
            return -1;
    }
    if (value > TIME_MAX || value < -TIME_MAX)
        return err_set(err, ERR_SYNTAX, "'%s' is no time", name);
    *ret = value;
    *ret_has = true;
    return 0;
}

static int check_audience(const json_t *audience, struct err *err)
{
    const json_t *item;
    size_t i;

    if (audience == NULL || json_is_string(audience))
        return 0;
    if (!json_is_array(audience))
        return err_set(err, ERR_SYNTAX, "'aud' is neither a text nor a list");
    json_array_foreach(audience, i, item)
    {
        if (!json_is_string(item))
            return err_set(err, ERR_SYNTAX, "'aud' is no list of texts");
    }
    return 0;
}

static int get_access(struct claims *claims, jwt_t *object, struct err *err)
{
    auto_tree json_t *access = NULL;

    if (get_tree(&access, object, "access", err) != 0)
        return -1;
    claims->has_access = access != NULL;
    return scope_set_from_json(&claims->access, access, err);
}

static int get_all(struct claims *claims, jwt_t *object, struct err *err)
{
    if (get_text(claims->issuer, NULL, object, "iss", err) != 0 ||
        get_text(claims->subject, &claims->has_subject, object, "sub", err) != 0 ||
        get_text(claims->id, NULL, object, "jti", err) != 0 ||
        get_time(&claims->expires, &claims->has_expires, object, "exp", err) != 0 ||
        get_time(&claims->not_before, &claims->has_not_before, object, "nbf", err) != 0 ||
        get_time(&claims->issued_at, &claims->has_issued_at, object, "iat", err) != 0 ||
        get_tree(&claims->audience, object, "aud", err) != 0 ||
        check_audience(claims->audience, err) != 0)
        return -1;
    return get_access(claims, object, err);
}

int claims_parse(struct claims *ret, const char *json, size_t n, struct err *err)
{
    auto_object jwt_t *object = NULL;
    struct claims claims = {0};

    if (read_object(&object, jwt_add_grants_json, json, n, err) != 0)
        return err_wrap(err, "claims");
    if (get_all(&claims, object, err) != 0) {
        claims_done(&claims);
        return err_wrap(err, "claims");
    }
    *ret = claims;
    return 0;
}

void claims_done(struct claims *claims)
{
    json_decref(claims->audience);
    scope_set_done(&claims->access);
    *claims = (struct claims){0};
}

static bool is_text(const json_t *value, const char *text)
{
    const char *has = json_string_value(value);

    return has != NULL && strcmp(has, text) == 0;
}

bool claims_has_audience(const struct claims *claims, const char *audience)
{
    const json_t *item;
    size_t i;

    json_array_foreach(claims->audience, i, item)
    {
        if (is_text(item, audience))
            return true;
    }
    return is_text(claims->audience, audience);
}

int claims_parse_header(struct claims_header *ret, const char *json, size_t n, struct err *err)
{
    auto_object jwt_t *object = NULL;
    auto_free char *critical = NULL;
    struct claims_header header = {0};
    bool has = false;

    if (read_object(&object, jwt_add_headers_json, json, n, err) != 0 ||
        copy_text(header.algorithm, sizeof(header.algorithm), &has, jwt_get_header(object, "alg"),
                  "alg", err) != 0 ||
        copy_text(header.key_id, sizeof(header.key_id), &header.has_key_id,
                  jwt_get_header(object, "kid"), "kid", err) != 0)
        return err_wrap(err, "header");
    if (!has)
        return err_set(err, ERR_SYNTAX, "header: 'alg' is missing");
    critical = jwt_get_headers_json(object, "crit");
    if (critical != NULL)
        return err_set(err, ERR_UNSUPPORTED, "header: nothing that is 'crit' is understood");
    *ret = header;
    return 0;
}

/* SPDX-License-Identifier: MIT */
#include "auth/jws.h"

#include <stdlib.h>
#include <string.h>

#include "auth/claims.h"
#include "auth/key_set.h"
#include "lib/util/base64.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

/* A token taken apart; everything points into it. */
struct parts {
    const char *header;
    size_t header_n;
    const char *claims;
    size_t claims_n;
    const char *signature;
    size_t signature_n;
    size_t signed_n; /* bytes from header on that are signed */
};

const char *jws_result_name(enum jws_result result)
{
    static const char *const names[] = {
#define JWS_WORD(name, word, text) [JWS_##name] = (word),
        JWS_RESULTS(JWS_WORD)
#undef JWS_WORD
    };

    return names[result];
}

const char *jws_result_text(enum jws_result result)
{
    static const char *const texts[] = {
#define JWS_TEXT(name, word, text) [JWS_##name] = (text),
        JWS_RESULTS(JWS_TEXT)
#undef JWS_TEXT
    };

    return texts[result];
}

static int split(struct parts *ret, const char *token, size_t n, struct err *err)
{
    const char *end = token + n;
    const char *first = n > JWS_MAX ? NULL : memchr(token, '.', n);
    const char *second = first == NULL ? NULL : memchr(first + 1, '.', (size_t)(end - first - 1));

    if (n > JWS_MAX)
        return err_set(err, ERR_LIMIT, "a token of more than %d bytes", JWS_MAX);
    if (second == NULL || memchr(second + 1, '.', (size_t)(end - second - 1)) != NULL)
        return err_set(err, ERR_SYNTAX, "a token has three parts with dots between");
    *ret = (struct parts){
        .header = token,
        .header_n = (size_t)(first - token),
        .claims = first + 1,
        .claims_n = (size_t)(second - first - 1),
        .signature = second + 1,
        .signature_n = (size_t)(end - second - 1),
        .signed_n = (size_t)(second - token),
    };
    return 0;
}

/* Terminated; the caller frees it. */
static int decode(char **ret, size_t *ret_n, const char *text, size_t n, const char *what,
                  struct err *err)
{
    auto_free char *bytes = malloc(BASE64_DECODED_MAX(n) + 1);

    if (bytes == NULL)
        return err_set(err, ERR_NOMEM, "%s", what);
    if (!base64_decode(bytes, ret_n, BASE64_URL, text, n))
        return err_set(err, ERR_SYNTAX, "%s: it is not base64url", what);
    bytes[*ret_n] = '\0';
    *ret = STEAL(bytes);
    return 0;
}

static int read_header(struct claims_header *ret, const struct parts *p, struct err *err)
{
    auto_free char *json = NULL;
    size_t n;

    return decode(&json, &n, p->header, p->header_n, "header", err) == 0
               ? claims_parse_header(ret, json, n, err)
               : -1;
}

static int read_claims(struct claims *ret, const struct parts *p, struct err *err)
{
    auto_free char *json = NULL;
    size_t n;

    return decode(&json, &n, p->claims, p->claims_n, "claims", err) == 0
               ? claims_parse(ret, json, n, err)
               : -1;
}

/* --- Checking -----------------------------------------------------------------------------------
 */

static enum jws_result fail(enum jws_result result, struct err *err)
{
    (void)err_set(err, ERR_INVALID, "%s", jws_result_text(result));
    return result;
}

/* What reading it failed with. */
static enum jws_result fail_reading(const struct err *err)
{
    return err->code == ERR_NOMEM ? JWS_NO_MEMORY : JWS_MALFORMED;
}

/* The key must fit the algorithm before it is used: `none`, or a secret where a public key is. */
static enum jws_result check_signature(const struct claims_header *header, const struct parts *p,
                                       const struct key_set *keys, struct err *err)
{
    const char *id = header->has_key_id ? header->key_id : NULL;
    unsigned char signature[BASE64_DECODED_MAX(KEY_SIGNATURE_MAX / 3 * 4 + 4)];
    enum key_algorithm algorithm;
    const struct key *key;
    bool tried = false;
    size_t at = 0;
    size_t n;

    if (p->signature_n > KEY_SIGNATURE_MAX / 3 * 4 + 4 ||
        !base64_decode(signature, &n, BASE64_URL, p->signature, p->signature_n)) {
        (void)err_set(err, ERR_SYNTAX, "signature: it is not base64url");
        return JWS_MALFORMED;
    }
    if (!key_algorithm_parse(&algorithm, header->algorithm))
        return fail(JWS_BAD_ALGORITHM, err);
    while ((key = key_set_next(keys, id, algorithm, &at)) != NULL) {
        if (key_verify(key, p->header, p->signed_n, signature, n))
            return JWS_GOOD;
        tried = true;
    }
    if (tried)
        return fail(JWS_BAD_SIGNATURE, err);
    return fail(id != NULL && key_set_has_id(keys, id) ? JWS_BAD_ALGORITHM : JWS_UNKNOWN_KEY, err);
}

static bool audience_fits(const struct claims *claims, const struct jws_rules *rules)
{
    for (size_t i = 0; i < rules->audience_count; i++) {
        if (claims_has_audience(claims, rules->audiences[i]))
            return true;
    }
    return rules->audience_count == 0;
}

/* The world's time in whole seconds, downwards; far from where adding overflows. */
static int64_t shifted_seconds(const struct jws_rules *rules, int64_t shift_ms)
{
    const int64_t most = (int64_t)1 << 60;
    int64_t ms = rules->now_ms > most ? most : rules->now_ms < -most ? -most : rules->now_ms;

    ms += shift_ms;
    return ms / 1000 - (ms % 1000 < 0 ? 1 : 0);
}

enum jws_result jws_check_claims(const struct claims *claims, const struct jws_rules *rules,
                                 struct err *err)
{
    if (!claims->has_expires) {
        (void)err_set(err, ERR_SYNTAX, "claims: 'exp' is missing");
        return JWS_MALFORMED;
    }
    if (rules->issuer != NULL && strcmp(rules->issuer, claims->issuer) != 0)
        return fail(JWS_WRONG_ISSUER, err);
    if (!audience_fits(claims, rules))
        return fail(JWS_WRONG_AUDIENCE, err);
    if (claims->has_not_before && shifted_seconds(rules, rules->leeway_ms) < claims->not_before)
        return fail(JWS_NOT_YET, err);
    if (shifted_seconds(rules, -(int64_t)rules->leeway_ms) >= claims->expires)
        return fail(JWS_EXPIRED, err);
    return JWS_GOOD;
}

enum jws_result jws_verify(struct claims *ret, const char *token, size_t n,
                           const struct jws_rules *rules, struct err *err)
{
    struct claims_header header;
    enum jws_result result;
    struct parts p;
    struct err own = {0};

    err = err != NULL ? err : &own;
    *ret = (struct claims){0};
    if (split(&p, token, n, err) != 0 || read_header(&header, &p, err) != 0)
        return fail_reading(err);
    result = check_signature(&header, &p, rules->keys, err);
    if (result != JWS_GOOD)
        return result;
    if (read_claims(ret, &p, err) != 0)
        return fail_reading(err);
    result = jws_check_claims(ret, rules, err);
    if (result == JWS_MALFORMED)
        claims_done(ret);
    return result;
}

int jws_read(struct claims_header *ret_header, struct claims *ret_claims, const char *token,
             size_t n, struct err *err)
{
    struct parts p;

    if (split(&p, token, n, err) != 0 || read_header(ret_header, &p, err) != 0)
        return -1;
    return read_claims(ret_claims, &p, err);
}

int jws_read_texts(char **ret_header, char **ret_claims, const char *token, size_t n,
                   struct err *err)
{
    auto_free char *header = NULL;
    size_t length;
    struct parts p;

    if (split(&p, token, n, err) != 0 ||
        decode(&header, &length, p.header, p.header_n, "header", err) != 0 ||
        decode(ret_claims, &length, p.claims, p.claims_n, "claims", err) != 0)
        return -1;
    *ret_header = STEAL(header);
    return 0;
}

/* --- Signing ------------------------------------------------------------------------------------
 */

static int sign_text(char **ret_token, const struct key *key, const char *header,
                     const char *claims, struct err *err)
{
    unsigned char signature[KEY_SIGNATURE_MAX];
    auto_buf struct buf b = BUF_INIT(JWS_MAX);
    char *token;
    size_t n;

    base64_encode(&b, BASE64_URL, header, strlen(header));
    (void)buf_append_char(&b, '.');
    base64_encode(&b, BASE64_URL, claims, strlen(claims));
    if (buf_check(&b, "token", err) != 0 || key_sign(key, b.data, b.len, signature, &n, err) != 0)
        return -1;
    (void)buf_append_char(&b, '.');
    base64_encode(&b, BASE64_URL, signature, n);
    if (buf_check(&b, "token", err) != 0)
        return -1;
    token = buf_take(&b, NULL);
    if (token == NULL)
        return err_set(err, ERR_NOMEM, "token");
    *ret_token = token;
    return 0;
}

int jws_sign(char **ret_token, const struct key *key, const char *header,
             const struct claims_settings *claims, struct err *err)
{
    auto_free char *text = NULL;

    if (claims_build(&text, claims, err) != 0)
        return -1;
    return key_algorithm(key) == KEY_HS256 ? claims_sign_hs256(ret_token, header, text, key, err)
                                           : sign_text(ret_token, key, header, text, err);
}

/* SPDX-License-Identifier: MIT */
#include "auth/secret.h"

#include <crypt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

_Static_assert(SECRET_HASH_MAX + 1 == CRYPT_OUTPUT_SIZE, "room for what crypt makes");
_Static_assert(SECRET_HASHED_MAX + 1 == CRYPT_MAX_PASSPHRASE_SIZE, "what crypt takes");

#define INSTEAD "make one with 'ocimock hash-password'"

enum {
    BCRYPT_LENGTH = 60,
    BCRYPT_SECRET_MAX = 72,    /* bytes that bcrypt looks at */
    BCRYPT_COST_MAX = 18,      /* a minute */
    ROUNDS_MAX = 10 * 1000000, /* of SHA-crypt: some ten seconds */
};

/* --- Known hashes -------------------------------------------------------------------------------
 */

/* What a hash may begin with. */
struct hash_kind {
    const char *prefix;
    const char *refused;     /* why it cannot be checked; NULL: it can */
    size_t digest;           /* characters behind the last '$'; 0: any number but none */
    unsigned long costs_max; /* of a number behind the prefix; 0: none is there */
};

static const struct hash_kind kinds[] = {
    {"$2y$", NULL, 53, BCRYPT_COST_MAX},
    {"$2b$", NULL, 53, BCRYPT_COST_MAX},
    {"$2a$", NULL, 53, BCRYPT_COST_MAX},
    {"$6$rounds=", NULL, 86, ROUNDS_MAX},
    {"$5$rounds=", NULL, 43, ROUNDS_MAX},
    {"$6$", NULL, 86, 0},
    {"$5$", NULL, 43, 0},
    {"$y$", NULL, 43, 0},
    {"$gy$", NULL, 43, 0},
    {"$7$", NULL, 43, 0},
    {"$apr1$", "an Apache MD5 hash ($apr1$)", 0, 0},
    {"$1$", "an MD5 hash ($1$)", 0, 0},
    {"$2x$", "a hash of the broken bcrypt ($2x$)", 0, 0},
    {"$argon2", "an Argon2 hash", 0, 0},
    {"{SHA}", "an unsalted SHA-1 hash ({SHA})", 0, 0},
    {"{SSHA}", "an LDAP hash ({SSHA})", 0, 0},
    {"{", "an LDAP hash", 0, 0},
};

static const struct hash_kind *find_kind(const char *hash)
{
    for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
        if (strncmp(hash, kinds[i].prefix, strlen(kinds[i].prefix)) == 0)
            return &kinds[i];
    }
    return NULL;
}

static bool is_crypt_text(const char *p, size_t n)
{
    static const char alphabet[] =
        "./0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

    return strspn(p, alphabet) >= n;
}

/* The number at p, which ends at a '$'; the largest when it is none or too long. */
static unsigned long read_cost(const char *p)
{
    unsigned long cost = 0;
    size_t n = strspn(p, "0123456789");

    if (n == 0 || n > 9 || p[n] != '$')
        return ULONG_MAX;
    for (size_t i = 0; i < n; i++)
        cost = cost * 10 + (unsigned long)(p[i] - '0');
    return cost;
}

static int check_form(const struct hash_kind *kind, const char *hash, struct err *err)
{
    const char *digest = strrchr(hash, '$') + 1;
    size_t n = strlen(digest);
    int salt = crypt_checksalt(hash);

    if (n != kind->digest || !is_crypt_text(digest, n) || salt == CRYPT_SALT_INVALID)
        return err_set(err, ERR_SYNTAX, "the %s hash is cut or damaged: " INSTEAD, kind->prefix);
    if (kind->costs_max == 0)
        return 0;
    if (read_cost(hash + strlen(kind->prefix)) > kind->costs_max)
        return err_set(
            err, ERR_UNSUPPORTED,
            "the cost of the %s hash is above %lu: a login would take too long; " INSTEAD,
            kind->prefix, kind->costs_max);
    return 0;
}

int secret_check_hash(const char *hash, struct err *err)
{
    const struct hash_kind *kind = find_kind(hash);

    if (strlen(hash) > SECRET_HASH_MAX)
        return err_set(err, ERR_SYNTAX, "the hash is longer than %d bytes", SECRET_HASH_MAX);
    if (kind == NULL)
        return err_set(err, ERR_UNSUPPORTED,
                       "no hash that can be checked (plain text, or crypt of old?): " INSTEAD);
    if (kind->refused != NULL)
        return err_set(err, ERR_UNSUPPORTED, "%s, which cannot be checked: " INSTEAD,
                       kind->refused);
    return check_form(kind, hash, err);
}

/* --- Checking and making ------------------------------------------------------------------------
 */

/* The hash of secret with the setting of another hash; false when there is none. */
static bool hash_with(char dst[SECRET_HASH_MAX + 1], const char *setting, const char *secret)
{
    auto_free struct crypt_data *data = calloc(1, sizeof(*data));
    const char *made = data == NULL ? NULL : crypt_r(secret, setting, data);
    bool good = made != NULL && made[0] != '*';

    if (good)
        (void)snprintf(dst, SECRET_HASH_MAX + 1, "%s", made);
    if (data != NULL)
        OPENSSL_cleanse(data, sizeof(*data));
    return good;
}

bool secret_matches(const char *hash, const char *secret)
{
    char made[SECRET_HASH_MAX + 1];
    size_t n = strlen(hash);

    if (secret_check_hash(hash, NULL) != 0 || !hash_with(made, hash, secret))
        return false;
    return strlen(made) == n && CRYPTO_memcmp(made, hash, n) == 0;
}

/* What differs between the methods. */
struct method {
    const char *name;
    const char *prefix;
    unsigned preset, least, largest;
};

static const struct method methods[SECRET_METHOD_COUNT] = {
#define SECRET_ROW(id, word, prefix, preset, least, largest)                                       \
    [SECRET_##id] = {word, prefix, preset, least, largest},
    SECRET_METHODS(SECRET_ROW)
#undef SECRET_ROW
};

const char *secret_method_name(enum secret_method method)
{
    return methods[method].name;
}

static int check_lengths(enum secret_method method, const char *secret, struct err *err)
{
    size_t n = strlen(secret);

    if (secret_check(secret, err) != 0)
        return -1;
    if (n > SECRET_HASHED_MAX)
        return err_set(err, ERR_INVALID, "the password is longer than %d bytes", SECRET_HASHED_MAX);
    if (method == SECRET_BCRYPT && n > BCRYPT_SECRET_MAX)
        return err_set(err, ERR_INVALID,
                       "bcrypt looks at the first %d bytes of a password and this one is longer: "
                       "use another method",
                       BCRYPT_SECRET_MAX);
    return 0;
}

int secret_make_hash(char dst[SECRET_HASH_MAX + 1], enum secret_method method, unsigned cost,
                     const char *secret, struct err *err)
{
    const struct method *m = &methods[method];
    char setting[CRYPT_GENSALT_OUTPUT_SIZE];

    if (check_lengths(method, secret, err) != 0)
        return -1;
    if (cost != 0 && (cost < m->least || cost > m->largest))
        return err_set(err, ERR_INVALID, "the cost of %s is %u to %u", m->name, m->least,
                       m->largest);
    if (crypt_gensalt_rn(m->prefix, cost != 0 ? cost : m->preset, NULL, 0, setting,
                         sizeof(setting)) == NULL)
        return err_sys(err, "salt for %s", m->name);
    if (!hash_with(dst, setting, secret))
        return err_set(err, ERR_NOMEM, "%s hash", m->name);
    return 0;
}

int secret_check(const char *secret, struct err *err)
{
    size_t n = strlen(secret);

    if (n == 0)
        return err_set(err, ERR_INVALID, "the secret is empty");
    if (n > SECRET_MAX)
        return err_set(err, ERR_INVALID, "the secret is longer than %d bytes", SECRET_MAX);
    for (size_t i = 0; i < n; i++) {
        if ((unsigned char)secret[i] < ' ' || secret[i] == 0x7f)
            return err_set(err, ERR_INVALID, "the secret holds a control character");
    }
    return text_is_utf8(secret, n) ? 0 : err_set(err, ERR_INVALID, "the secret is not UTF-8");
}

int secret_generate(char dst[SECRET_GENERATED_SIZE], struct err *err)
{
    unsigned char bytes[SECRET_GENERATED_SIZE / 2];

    if (RAND_bytes(bytes, sizeof(bytes)) != 1)
        return err_set(err, ERR_SYSTEM, "no random numbers");
    text_hex(dst, bytes, sizeof(bytes));
    OPENSSL_cleanse(bytes, sizeof(bytes));
    return 0;
}

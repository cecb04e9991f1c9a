/* SPDX-License-Identifier: MIT */
#include "lib/util/digest.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>

#include "lib/util/err.h"
#include "lib/util/util.h"

struct hasher {
    enum digest_algorithm algorithm;
    EVP_MD_CTX *ctx; /* owned */
};

static const struct {
    const char *name;
    size_t digits;
} algorithms[] = {
    [DIGEST_SHA256] = {"sha256", 64},
    [DIGEST_SHA512] = {"sha512", 128},
};

static bool is_lower_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

/* Length of a well-formed algorithm name that ends at a colon, or 0. */
static size_t algorithm_length(const char *text)
{
    size_t i = 0;
    bool component = false;

    for (; text[i] != ':'; i++) {
        if (i > DIGEST_ALGORITHM_MAX)
            return 0;
        if (is_lower_alnum(text[i]))
            component = true;
        else if (component && text[i] != '\0' && strchr("+._-", text[i]) != NULL)
            component = false;
        else
            return 0;
    }
    return component ? i : 0;
}

bool digest_is_wellformed(const char *text)
{
    size_t n = algorithm_length(text);
    const char *p = text + n + 1;

    if (n == 0 || *p == '\0')
        return false;
    for (; *p != '\0'; p++) {
        if (!isascii((unsigned char)*p) ||
            (!isalnum((unsigned char)*p) && strchr("=_-", *p) == NULL))
            return false;
    }
    return true;
}

bool digest_algorithm_parse(enum digest_algorithm *ret, const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(algorithms); i++) {
        if (strcmp(name, algorithms[i].name) == 0) {
            *ret = (enum digest_algorithm)i;
            return true;
        }
    }
    return false;
}

int digest_parse(struct digest *ret, const char *text, struct err *err)
{
    char name[DIGEST_ALGORITHM_MAX + 2];
    enum digest_algorithm algorithm;
    const char *encoded;
    size_t n;

    if (!digest_is_wellformed(text))
        return err_set(err, ERR_DIGEST, "'%.100s' is not a digest: expected algorithm:hex", text);
    n = algorithm_length(text);
    memcpy(name, text, n);
    name[n] = '\0';
    if (!digest_algorithm_parse(&algorithm, name))
        return err_set(err, ERR_UNSUPPORTED,
                       "digest algorithm '%s' is not supported: use sha256 or sha512", name);
    encoded = text + n + 1;
    if (strlen(encoded) != algorithms[algorithm].digits ||
        strspn(encoded, "0123456789abcdef") != algorithms[algorithm].digits)
        return err_set(err, ERR_DIGEST,
                       "'%.160s' is not a digest: %s has %zu lower-case hex digits", text, name,
                       algorithms[algorithm].digits);
    ret->algorithm = algorithm;
    memcpy(ret->text, text, n + 1 + algorithms[algorithm].digits + 1);
    return 0;
}

bool digest_equal(const struct digest *a, const struct digest *b)
{
    return strcmp(a->text, b->text) == 0;
}

const char *digest_encoded(const struct digest *d)
{
    return strchr(d->text, ':') + 1;
}

const char *digest_algorithm_name(enum digest_algorithm algorithm)
{
    return algorithms[algorithm].name;
}

int digest_of(struct digest *ret, enum digest_algorithm algorithm, const void *p, size_t n,
              struct err *err)
{
    struct hasher *h;

    if (hasher_new(&h, algorithm, err) != 0)
        return -1;
    hasher_update(h, p, n);
    hasher_finish(h, ret);
    hasher_free(h);
    return 0;
}

int hasher_new(struct hasher **ret, enum digest_algorithm algorithm, struct err *err)
{
    struct hasher *h = calloc(1, sizeof(*h));

    if (h == NULL)
        return err_set(err, ERR_NOMEM, "digest");
    h->algorithm = algorithm;
    h->ctx = EVP_MD_CTX_new();
    if (h->ctx == NULL ||
        EVP_DigestInit_ex(h->ctx, algorithm == DIGEST_SHA512 ? EVP_sha512() : EVP_sha256(), NULL) !=
            1) {
        hasher_free(h);
        return err_set(err, ERR_NOMEM, "digest");
    }
    *ret = h;
    return 0;
}

void hasher_free(struct hasher *h)
{
    if (h == NULL)
        return;
    EVP_MD_CTX_free(h->ctx);
    free(h);
}

void hasher_update(struct hasher *h, const void *p, size_t n)
{
    int ok = EVP_DigestUpdate(h->ctx, p, n);

    ASSERT(ok == 1); /* cannot fail on an initialised SHA-2 context */
}

void hasher_finish(struct hasher *h, struct digest *ret)
{
    static const char hex[] = "0123456789abcdef";
    unsigned char md[EVP_MAX_MD_SIZE];
    unsigned int n;
    char *p;
    int ok = EVP_DigestFinal_ex(h->ctx, md, &n);

    ASSERT(ok == 1);
    ret->algorithm = h->algorithm;
    p = stpcpy(ret->text, algorithms[h->algorithm].name);
    *p++ = ':';
    for (unsigned int i = 0; i < n; i++) {
        *p++ = hex[md[i] >> 4];
        *p++ = hex[md[i] & 15];
    }
    *p = '\0';
}

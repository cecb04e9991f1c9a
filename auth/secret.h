/* SPDX-License-Identifier: MIT */
/*
 * Hashed secrets: which there are, checking a secret against one, making new ones (crypt(5)).
 *
 * Checking and making take milliseconds to seconds on purpose: pure functions, for a job
 * (lib/http/loop.h). No message ever holds a secret or a hash.
 */
#ifndef AUTH_SECRET_H
#define AUTH_SECRET_H

#include <stdbool.h>
#include <stddef.h>

struct err;

enum {
    SECRET_MAX = 16 * 1024,  /* bytes of a secret; tokens are used as secrets too */
    SECRET_HASHED_MAX = 511, /* bytes of a secret that is checked against a hash (crypt(3)) */
    SECRET_HASH_MAX = 383,
    SECRET_GENERATED_SIZE = 49, /* with the NUL */
};

/* How `ocimock hash-password` hashes: X(ENUM, "word", "prefix", default cost, least, largest). */
#define SECRET_METHODS(X)                                                                          \
    X(BCRYPT, "bcrypt", "$2y$", 10, 4, 18)                                                         \
    X(SHA512, "sha512", "$6$", 500000, 1000, 10000000)                                             \
    X(YESCRYPT, "yescrypt", "$y$", 5, 1, 11)

enum secret_method {
#define SECRET_ENUM(name, word, prefix, preset, least, largest) SECRET_##name,
    SECRET_METHODS(SECRET_ENUM)
#undef SECRET_ENUM
        SECRET_METHOD_COUNT
};

const char *secret_method_name(enum secret_method method);

/*
 * 0 when hash is one that secret_matches() can check: bcrypt ($2a$, $2b$, $2y$), SHA-256 and
 * SHA-512 crypt ($5$, $6$), yescrypt ($y$, $gy$), scrypt ($7$). Otherwise the message says of which
 * kind it is and what to use instead. ERR_UNSUPPORTED, ERR_SYNTAX.
 */
int secret_check_hash(const char *hash, struct err *err);
/* Slow. False for a hash that secret_check_hash() refuses, too. */
bool secret_matches(const char *hash, const char *secret);
/* Slow. cost 0: the method's default. ERR_INVALID for a cost or secret that the method refuses. */
int secret_make_hash(char dst[SECRET_HASH_MAX + 1], enum secret_method method, unsigned cost,
                     const char *secret, struct err *err);
/* 1 to SECRET_MAX bytes without control characters, in UTF-8. */
int secret_check(const char *secret, struct err *err);
/* A new one that nobody can guess: 48 hex digits. ERR_SYSTEM. */
int secret_generate(char dst[SECRET_GENERATED_SIZE], struct err *err);

#endif

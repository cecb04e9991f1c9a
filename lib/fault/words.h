/* SPDX-License-Identifier: MIT */
/*
 * The words in which a product names its requests: what rules match and the journal remembers.
 *
 * lib/ knows no product: it works on a table of words that the product hands over, and on the
 * values of these words for one request. Everything here is static or borrowed.
 */
#ifndef LIB_FAULT_WORDS_H
#define LIB_FAULT_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct http_request;

enum { WORDS_MAX = 32, WORDS_OPS_MAX = 64 };

enum word_kind {
    WORD_TEXT,    /* compared as a glob */
    WORD_OP,      /* one of `ops`; globs are resolved when a rule is read */
    WORD_ADDRESS, /* "192.0.2.1:40312"; compared with CIDR notation */
    WORD_CHOICE,  /* one of `choices`; others are refused when a rule is read */
};

struct word {
    const char *name; /* "repo" */
    enum word_kind kind;
    const char *const *choices; /* CHOICE: ended by NULL */
    bool early; /* known before a request: rules with `tls` or `listener` can name it (client,
                   listener) */
    bool hello; /* the same, but not before the ClientHello of TLS: nothing for `listener` (SNI) */
    uint64_t ops;                        /* bit per op whose requests may have it; 0: all */
    bool (*can_be)(const char *literal); /* whether any request may say that; NULL: of course */
    const char *help;
};

struct vocabulary {
    const struct word *words;
    size_t word_count;      /* at most WORDS_MAX */
    const char *const *ops; /* names, in the order of their numbers */
    size_t op_count;        /* at most WORDS_OPS_MAX */
    size_t op_word;         /* index of the word that is the op */
    size_t key_word;        /* index of the word that most rules name literally (repo): indexed */
    size_t client_word;     /* index of the client's address */
    size_t user_word;       /* index of the account */
};

/* One request in these words. Values are NULL where a word says nothing. */
struct subject {
    unsigned op;
    const char *values[WORDS_MAX];
    const struct http_request *request; /* for header, query and path criteria; may be NULL */
};

#endif

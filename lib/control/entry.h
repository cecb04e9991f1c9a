/* SPDX-License-Identifier: MIT */
/*
 * One entry of the journal: numbers and texts in one piece of memory, which moves when it grows.
 *
 * Texts are the words of the journal's vocabulary and a few more, each cut to ENTRY_TEXT_MAX. What
 * could be a secret (credentials in headers and in the query) is masked before it is stored.
 */
#ifndef LIB_CONTROL_ENTRY_H
#define LIB_CONTROL_ENTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/fault/words.h"
#include "lib/http/request.h"

enum {
    ENTRY_TEXT_MAX = 1536,    /* of one text */
    ENTRY_HEADERS_MAX = 4096, /* of all headers together */
    ENTRY_HEADER_COUNT = 64,
    ENTRY_PARAMETER_COUNT = 32,
};

/* Texts beside the words. */
enum { ENTRY_PATH = WORDS_MAX, ENTRY_QUERY, ENTRY_TEXTS };

struct journal_entry {
    uint64_t seq;
    uint64_t stamp;     /* which one it was to be closed (1, 2, ...); 0: it is open */
    int64_t arrived_ms; /* on the world's clock */
    int64_t ended_ms;
    uint64_t bytes_in;
    uint64_t bytes_out;
    uint64_t duration_us;
    uint32_t size; /* of this piece of memory */
    uint32_t used; /* of text; the first byte is unused, so that offset 0 means no text */
    uint16_t status;
    uint8_t op;
    uint8_t header_count;
    uint16_t headers;         /* offset: name, NUL, value, NUL, name ... */
    uint16_t at[ENTRY_TEXTS]; /* offsets into text; 0: says nothing */
    char text[];
};

/* Copies the words and what is worth knowing of the request; NULL when memory is short. */
struct journal_entry *entry_new(const struct subject *s, size_t word_count);
/* Sets a text; *e may move. False when memory is short: it is as before. */
bool entry_set(struct journal_entry **e, size_t which, const char *value);
/* NULL when it says nothing. Borrowed until the entry changes. */
const char *entry_text(const struct journal_entry *e, size_t which);

/* An entry as the words of a request again, to be matched. Points into the entry and into itself.
 */
struct entry_view {
    struct subject subject;
    struct http_request request;
    struct http_header headers[ENTRY_HEADER_COUNT];
    struct parameter parameters[ENTRY_PARAMETER_COUNT];
    char query[2 * ENTRY_TEXT_MAX]; /* masks may be longer than what they hide */
};

/* with_request: also path, query and headers, which takes longer. */
void entry_view(const struct journal_entry *e, size_t word_count, bool with_request,
                struct entry_view *ret);

/* Whose values are masked: credentials. In any case of letters. */
bool entry_header_is_secret(const char *name);
bool entry_parameter_is_secret(const char *name);

#endif

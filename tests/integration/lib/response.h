/* SPDX-License-Identifier: MIT */
/*
 * Reads HTTP/1.x answers strictly (RFC 9112): what a lenient client would repair is an error here.
 */
#ifndef TESTS_INTEGRATION_LIB_RESPONSE_H
#define TESTS_INTEGRATION_LIB_RESPONSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/integration/lib/client.h"

/* How far the reading of one answer is. Start with zeroes and to_head. */
struct response_reader {
    bool to_head; /* the answer has no body, whatever it says */
    bool have_head;
    bool until_close; /* the body ends with the connection */
    bool in_chunk;    /* length counts the rest of a chunk */
    bool last_chunk;  /* trailers follow */
    uint64_t length;  /* what is missing of the body, or of the chunk */
};

/*
 * Uses up bytes of p (n) and says how many; true when the answer is complete or broken (status 0).
 * ended: no bytes will follow p.
 */
bool response_feed(struct response_reader *reader, struct response *r, const char *p, size_t n,
                   bool ended, size_t *ret_used);
/* Sets status 0 and the error text; keeps what was read. */
void response_fail(struct response *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Frees what r owns and clears it. */
void response_done(struct response *r);

#endif

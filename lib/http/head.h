/* SPDX-License-Identifier: MIT */
/*
 * The head of a request: found in the bytes, checked, parsed. Private to lib/http, and pure.
 *
 * llhttp parses; it lets some shapes through that RFC 9112 forbids and that smuggle requests past
 * a proxy (a bare LF, folded lines, control bytes, no Host, two lengths, HTTP/2.0). The scan and
 * the checks around it refuse these.
 */
#ifndef LIB_HTTP_HEAD_H
#define LIB_HTTP_HEAD_H

#include <stdbool.h>
#include <stddef.h>

#include <llhttp.h>

#include "lib/http/request.h"

struct err;

/* How far a head was looked at; start with zeros. */
struct head_scan {
    size_t pos;   /* bytes looked at */
    size_t line;  /* where the line at pos begins */
    size_t start; /* where the request line begins, behind empty lines */
    size_t lines; /* complete lines, with the request line */
};

enum head_result { HEAD_MORE, HEAD_COMPLETE, HEAD_BAD };

/*
 * Looks at p[scan->pos .. n). COMPLETE: the head is p[scan->start .. scan->pos), its empty last
 * line included. BAD: *status and err say why. MORE: call again with more bytes behind the same.
 */
enum head_result head_scan(struct head_scan *scan, const char *p, size_t n, int *status,
                           struct err *err);

/* A parsed head and the memory behind it. */
struct head {
    struct http_request request; /* its strings are in memory */
    char *memory;                /* owned; kept for the next head that is parsed into this */
    size_t capacity;
};

/*
 * Parses a complete head of `lines` lines and leaves the parser behind it: further bytes are the
 * body. head was zeroed or parsed into before. On -1, *status is the answer that the client
 * deserves, err says why, and head->request is empty.
 */
int head_parse(struct head *head, llhttp_t *parser, const char *p, size_t n, size_t lines,
               int *status, struct err *err);
void head_done(struct head *head); /* frees; also a zeroed one */
/* What a head without content looks like: no request at all. */
extern const struct http_request head_no_request;

/* Bodies: what the connection wants to hear from the parser. */
struct head_body_events {
    void (*data)(void *arg, const char *p, size_t n);
    void (*complete)(void *arg);
    void *arg;
};

/*
 * Feeds body bytes; events are called from within. *used counts the bytes of this message (fewer
 * than n when it was completed). -1: the framing is broken.
 */
int head_feed_body(llhttp_t *parser, struct head_body_events *events, const char *p, size_t n,
                   size_t *used, struct err *err);

#endif

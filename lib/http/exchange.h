/* SPDX-License-Identifier: MIT */
/*
 * One request and its answer: what a handler works with.
 *
 * A handler is called when the head is complete. It answers at once or later (after a job), and
 * it may read the body first. Calls on the loop thread only. An exchange lives until the
 * application's `ended` was called; no callback comes after that.
 *
 *     http_app.request(x) -> [http_body_read(x) -> data* -> end] -> http_reply_*(x) ->
 *     http_reply_send(x) -> http_app.ended(x)
 */
#ifndef LIB_HTTP_EXCHANGE_H
#define LIB_HTTP_EXCHANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/http/body.h"

struct err;
struct http_conn;
struct http_exchange;
struct http_request;
struct loop;

/* How an exchange came to its end. */
enum http_end {
    HTTP_END_COMPLETE,       /* the whole answer was handed to the kernel */
    HTTP_END_CLIENT_ABORTED, /* the peer closed or reset while something was under way */
    HTTP_END_TIMEOUT,        /* the peer stalled */
    HTTP_END_SERVER_ABORTED, /* a source failed, a hook cut it, or the server stopped */
    HTTP_END_RESET,          /* a hook sent a reset */
};

/* Counted for the log and the journal. Times are monotonic microseconds. */
struct http_traffic {
    uint64_t started_us; /* head complete */
    uint64_t ended_us;
    uint64_t body_in;  /* bytes of request body, chunk framing not counted */
    uint64_t body_out; /* bytes of response body that were sent */
};

const struct http_request *http_exchange_request(const struct http_exchange *x);
struct http_conn *http_exchange_conn(const struct http_exchange *x);
struct loop *http_exchange_loop(const struct http_exchange *x);
const struct http_traffic *http_exchange_traffic(const struct http_exchange *x);
enum http_end http_exchange_end(const struct http_exchange *x);
/* Why it did not end well; "" when it did. Borrowed. */
const char *http_exchange_end_reason(const struct http_exchange *x);
/* One pointer for the application (its call), NULL at first. */
void http_exchange_set_data(struct http_exchange *x, void *data);
void *http_exchange_data(const struct http_exchange *x);

/* --- Request body ---------------------------------------------------------------------------- */

/* Exactly one of end and failed is called, and nothing after it. */
struct http_sink {
    void (*data)(void *arg, const void *p, size_t n);
    void (*end)(void *arg); /* all of it arrived */
    /* Framing error, size over max, timeout or the peer left. A reply may still be sent when
       err says ERR_BODY_TOO_LARGE or ERR_BODY_SYNTAX; otherwise the connection is gone. */
    void (*failed)(void *arg, const struct err *err);
};

/*
 * Starts reading the body (answers Expect: 100-continue). max: bytes allowed, UINT64_MAX for no
 * limit. Callbacks come after this call returned. A body that is never read is discarded once the
 * reply was sent.
 */
void http_body_read(struct http_exchange *x, const struct http_sink *sink, void *arg, uint64_t max);
/* Before http_body_read(): no more than so many bytes per second reach the sink. The sender is
   slowed by TCP. False: memory is short. */
bool http_body_limit_rate(struct http_exchange *x, uint64_t bytes_per_second);
/* Stops and restarts the flow of data; may be called from the sink. The sender is slowed by TCP. */
void http_body_pause(struct http_exchange *x);
void http_body_resume(struct http_exchange *x);
/* From now on drops what still comes of the body; the sink is not called again. */
void http_body_discard(struct http_exchange *x);

/* --- Reply ----------------------------------------------------------------------------------- */

/* Sets the status and forgets headers and body set so far. */
void http_reply_begin(struct http_exchange *x, int status);
/* Adds a header line. The value must not hold CR or LF (they are refused by an assertion). */
void http_reply_header(struct http_exchange *x, const char *name, const char *value);
void http_reply_headerf(struct http_exchange *x, const char *name, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Replaces all headers of that name. */
void http_reply_set_header(struct http_exchange *x, const char *name, const char *value);
void http_reply_remove_header(struct http_exchange *x, const char *name);
/* Copies the first header of that name, cut to size; false when the reply has none so far. */
bool http_reply_get_header(const struct http_exchange *x, const char *name, char *value,
                           size_t size);
int http_reply_status(const struct http_exchange *x);
/* As http_reply_remove_header, and keeps us from adding that line ourselves (Date, Server,
   Content-Length, Transfer-Encoding, Connection). A header of that name that is added before or
   after also replaces ours; how the body is framed and when the connection ends stay as they are.
 */
void http_reply_omit_header(struct http_exchange *x, const char *name);
/* Takes the source (NULL: memory was short, the reply becomes a 500). length: its size in bytes,
   or -1 for chunked. On HEAD the length is announced and the source dropped. */
void http_reply_body(struct http_exchange *x, struct http_source *src, int64_t length);
/* Copies n bytes; for small bodies. */
void http_reply_text(struct http_exchange *x, const void *p, size_t n);
/* The length that was given with the body, or that is announced instead of it; -1: chunked, unless
   the reply has a Transfer-Encoding of its own: then the source is sent as it is. */
int64_t http_reply_length(const struct http_exchange *x);
void http_reply_set_length(struct http_exchange *x, int64_t length);
/* True when bytes of a body will follow the head: not on HEAD, 204, 304, and where there is none.
 */
bool http_reply_has_body(const struct http_exchange *x);
/*
 * Instead of head and body these n bytes leave (copied), then what `after` gives (taken; NULL:
 * nothing); then the connection is closed. Until the head began to leave; at response-body, too.
 */
void http_reply_raw(struct http_exchange *x, const void *p, size_t n, struct http_source *after);
/* At response-body: the head that is about to leave. Borrowed, until the reply is changed. */
const char *http_reply_head(const struct http_exchange *x, size_t *n);
/* At response-body: hands the body's source over, with its chunk framing. NULL: there is none. */
struct http_source *http_reply_take_body(struct http_exchange *x);
/* Close the connection after this reply. */
void http_reply_close(struct http_exchange *x);
/* Sends. Once per exchange; a body of length 0 is announced where none was given and the status
   allows one. */
void http_reply_send(struct http_exchange *x);
/* True once http_reply_send() was called. */
bool http_reply_sent(const struct http_exchange *x);
/* A waiting source has more. */
void http_exchange_wake(struct http_exchange *x);

/*
 * Whether the exchange is over as soon as the peer sends nothing more (HTTP_END_CLIENT_ABORTED).
 * Off at first: a peer that closed only its half still gets its answer. For answers that may take
 * long; while a hook holds the exchange or a source waits it is always so. A reset ends it in any
 * case.
 */
void http_exchange_watch(struct http_exchange *x, bool on);

/* Ends the connection without (further) answer: with FIN, or with RST. */
void http_exchange_abort(struct http_exchange *x, bool reset, const char *reason);

#endif

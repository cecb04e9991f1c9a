/* SPDX-License-Identifier: MIT */
/*
 * Every limit of the HTTP layer in one place. Sizes are bytes, times are milliseconds.
 * The constants are the defaults; a server takes a struct http_limits of its own.
 */
#ifndef LIB_HTTP_LIMITS_H
#define LIB_HTTP_LIMITS_H

#include <stddef.h>
#include <stdint.h>

enum {
    HTTP_HEAD_MAX = 32 * 1024,            /* request line and header lines together */
    HTTP_HEADERS_MAX = 100,               /* header lines */
    HTTP_QUERY_PARAMETERS_MAX = 100,      /* parameters of one request target */
    HTTP_RANGES_MAX = 32,                 /* ranges of one Range header; more answer in full */
    HTTP_REPLY_HEADERS_MAX = 64 * 1024,   /* bytes of one response head */
    HTTP_READ_SIZE = 256 * 1024,          /* one read from a socket */
    HTTP_WRITE_QUANTUM = 2 * 1024 * 1024, /* written to one connection before others get a turn */
    HTTP_TLS_BATCH = 64 * 1024,           /* plain bytes encrypted before one write */
    HTTP_PIPELINE_MAX = 64 * 1024,        /* bytes kept of requests that are not their turn yet */
    HTTP_LISTEN_BACKLOG = 4096,
    HTTP_LISTENERS_MAX = 16,
};

struct http_limits {
    size_t connections;      /* open at once; one more is answered 503 and closed */
    uint32_t head_timeout;   /* from the first byte (or accept) to the end of the head */
    uint32_t body_timeout;   /* without a byte of the body */
    uint32_t idle_timeout;   /* kept alive without a request */
    uint32_t write_timeout;  /* without the peer taking a byte */
    uint32_t linger_timeout; /* for a refused body to be read and dropped */
    uint32_t drain_timeout;  /* from a graceful stop to closing what is left */
    uint64_t discard;        /* bytes of a refused body that are read before closing */
};

#define HTTP_LIMITS_DEFAULT                                                                        \
    ((struct http_limits){                                                                         \
        .connections = 16000,                                                                      \
        .head_timeout = 30 * 1000,                                                                 \
        .body_timeout = 60 * 1000,                                                                 \
        .idle_timeout = 120 * 1000,                                                                \
        .write_timeout = 60 * 1000,                                                                \
        .linger_timeout = 10 * 1000,                                                               \
        .drain_timeout = 10 * 1000,                                                                \
        .discard = 64ULL * 1024 * 1024,                                                            \
    })

#endif

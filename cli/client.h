/* SPDX-License-Identifier: MIT */
/*
 * Requests from subcommands to a running server.
 *
 * libcurl does the work. It is loaded with dlopen(3) by the first request, never linked: it brings
 * more than twenty further libraries along, which `serve` would pay for without using one of them.
 * Measured on Debian 12, not linked and linked: `ocimock version` 3.0 and 9.6 ms, an idle server
 * 4.2 and 8.2 MB of VmRSS, 0.6 and 1.3 MB of RssAnon.
 * One request at a time, one thread. Proxies are not used: the server is ours.
 */
#ifndef CLI_CLIENT_H
#define CLI_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct client;
struct err;
struct json_t;

struct client_options {
    const char *url;   /* "http://127.0.0.1:5001": where paths begin */
    const char *token; /* bearer token; NULL: none */
    bool insecure;     /* take any certificate */
    uint32_t timeout;  /* milliseconds for a whole request; 0: no limit */
};

struct client_reply {
    long status;
    char *body; /* owned, terminated */
    size_t length;
    char *content_type; /* owned, as the next two; NULL: none given */
    char *location;
    char *challenge; /* WWW-Authenticate */
};

/* A request with a body of any kind. */
struct client_message {
    const char *method;
    const char *url;           /* absolute, or a path */
    const char *type;          /* Content-Type; NULL: none */
    const char *authorization; /* value of that header; NULL: none */
    const void *data;          /* size bytes; NULL: `read` gives them, or there are none */
    uint64_t size;
    /* Fills p with n bytes from offset on. */
    void (*read)(const void *arg, uint64_t offset, void *p, size_t n);
    const void *arg;
};

/* Makes an address into a URL: scheme added, 0.0.0.0, :: and none become loopback. malloc'd. */
int client_url(char **ret, const char *address, struct err *err);

int client_new(struct client **ret, const struct client_options *options, struct err *err);
void client_free(struct client *c); /* NULL-safe */
/*
 * GET, PUT, POST, DELETE or whatever `method` says. body: JSON to send, borrowed; NULL: none. Any
 * status is a reply. ERR_UNREACHABLE when no connection came about or it broke; ERR_UNSUPPORTED
 * when libcurl is not installed.
 */
int client_request(struct client *c, const char *method, const char *path,
                   const struct json_t *body, struct client_reply *ret, struct err *err);
/* The same, without what client_new() was told to send along. */
int client_send(struct client *c, const struct client_message *m, struct client_reply *ret,
                struct err *err);
void client_reply_done(struct client_reply *reply);

/* Version of libcurl, or NULL when it cannot be loaded. */
const char *client_library_version(void);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Listeners and connections of one HTTP/1.1 server.
 *
 * Stop contract: http_server_stop() closes the listeners and idle connections at once, lets busy
 * exchanges finish until the drain timeout, then closes them and calls stopped exactly once.
 * It is idempotent. http_server_free() may be called after stopped, or without a stop.
 */
#ifndef LIB_HTTP_SERVER_H
#define LIB_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/http/hook.h"
#include "lib/http/limits.h"

struct err;
struct http_conn;
struct http_exchange;
struct http_listener;
struct http_server;
struct http_tls;
struct loop;

/* What the server asks of its product. */
struct http_app {
    /* The head of a request is complete. */
    void (*request)(struct http_exchange *x, void *arg);
    /* The exchange is over; last call for x. Also for requests that `request` never saw because
       their head was refused (then http_exchange_data() is NULL). */
    void (*ended)(struct http_exchange *x, void *arg);
    /* Writes the body of an error that lib/http answers itself (400, 408, 413, 431, 503 ...) as a
       reply on x; NULL: plain text. */
    void (*refuse)(struct http_exchange *x, int status, const struct err *why, void *arg);
    void *arg;
};

struct http_server_options {
    struct loop *loop; /* borrowed, must outlive the server */
    struct http_app app;
    http_hook_fn hook; /* may be NULL */
    void *hook_arg;
    struct http_limits limits;
    const char *server_name; /* Server header; NULL: none. Borrowed. */
};

int http_server_new(struct http_server **ret, const struct http_server_options *options,
                    struct err *err);
void http_server_free(struct http_server *s); /* NULL-safe; closes everything at once */

/*
 * Listens on "host:port", "[v6]:port" or ":port" (all addresses, both families); port 0 takes a
 * free one. tls: NULL for plain, else borrowed. data: the product's pointer for this listener.
 */
int http_server_listen(struct http_server *s, struct http_listener **ret, const char *address,
                       struct http_tls *tls, void *data, struct err *err);
/* Closes port and connections at once, and frees. Not from within a callback of one of its
   connections. NULL-safe. */
void http_listener_close(struct http_listener *l);
/*
 * Down: the port is closed (ECONNREFUSED) and idle connections with it, busy ones finish. Its
 * number stays ours for up. ERR_BUSY: somebody took it nevertheless.
 */
int http_listener_set_up(struct http_listener *l, bool up, struct err *err);
bool http_listener_is_up(const struct http_listener *l);
/* "http://127.0.0.1:5000": scheme and real address as a client on this machine would type it. */
const char *http_listener_url(const struct http_listener *l);
void *http_listener_data(const struct http_listener *l);

void http_server_stop(struct http_server *s, void (*stopped)(void *arg), void *arg);
/* Open connections. */
size_t http_server_connections(const struct http_server *s);

/* --- Connections ----------------------------------------------------------------------------- */

/* "127.0.0.1:40312" */
const char *http_conn_peer(const struct http_conn *c);
/* Our own end of it: the address that the client reached. Cut to size. */
void http_conn_local(const struct http_conn *c, char *text, size_t size);
struct http_listener *http_conn_listener(const struct http_conn *c);
bool http_conn_is_tls(const struct http_conn *c);
/* The subject of the client certificate ("CN=alice,O=team"), cut to size; false: there is none. */
bool http_conn_client_subject(const struct http_conn *c, char *text, size_t size);
/* HTTP_STAGE_ACCEPT, then (TLS, its ClientHello was read) HTTP_STAGE_TLS: where its rules are
 * asked. */
enum http_stage http_conn_stage(const struct http_conn *c);
/* The file of the listener's certificate; NULL: it is plain, or its certificate is not from a file.
 */
const char *http_conn_certificate(const struct http_conn *c);
/* The server name that a TLS client asks for; "" when it names none, and before the stage tls. */
const char *http_conn_sni(const struct http_conn *c);
/*
 * At the stages accept and tls of a TLS connection: another certificate for this connection
 * (borrowed during the handshake), or NULL for none at all: then we speak plain HTTP at accept, and
 * answer the ClientHello with a plain 400 at tls.
 */
void http_conn_use_tls(struct http_conn *c, struct http_tls *tls);
/* Requests on this connection so far, the present one included. */
unsigned http_conn_requests(const struct http_conn *c);
/* Closes the connection when no exchange is under way, without announcing it. */
void http_conn_close_idle(struct http_conn *c);
/* Bytes that were written and that the peer did not acknowledge yet. */
size_t http_conn_unsent(const struct http_conn *c);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The bytes of one connection, plain or TLS, without waiting. Private to lib/http.
 *
 * All socket calls are made here. TLS is a transformation between two buffers: OpenSSL never sees
 * the socket, so both kinds of connection read and write in pieces of the same size, and the
 * first bytes can be looked at before anybody interprets them.
 */
#ifndef LIB_HTTP_TRANSPORT_H
#define LIB_HTTP_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>

struct err;
struct http_piece;
struct scratch;
struct ssl_st;

/* Buffers that all connections of a server use in turn; nothing in them outlives a call. */
struct scratch *scratch_new(struct err *err);
void scratch_free(struct scratch *s); /* NULL-safe */

struct transport {
    int fd;                  /* owned */
    struct ssl_st *ssl;      /* owned; NULL: plain */
    struct scratch *scratch; /* borrowed */
    const char *in;          /* TLS: ciphertext for OpenSSL, in the scratch */
    size_t in_size;
    char *out; /* owned; TLS: ciphertext that the socket did not take yet */
    size_t out_size;
    size_t out_sent;
    bool established; /* plain, or the handshake is done */
    bool ask_hello;   /* TRANSPORT_HELLO is wanted */
    bool hello_seen;
    char
        *sni; /* owned; what the ClientHello asked for, NULL when it did not or was not looked at */
};

enum transport_result {
    TRANSPORT_OK,
    TRANSPORT_AGAIN,  /* the socket has to become ready first */
    TRANSPORT_EOF,    /* the peer said that nothing more comes */
    TRANSPORT_PLAIN,  /* the first bytes on a TLS connection are not TLS */
    TRANSPORT_TLS,    /* the first bytes on a plain connection are a TLS ClientHello */
    TRANSPORT_HELLO,  /* the ClientHello is complete: transport_go_on() follows at once */
    TRANSPORT_FAILED, /* err says why; ERR_PEER_CLOSED for resets */
};

/* Takes fd and ssl. */
void transport_init(struct transport *t, int fd, struct ssl_st *ssl, struct scratch *scratch);
/* Closes; with reset, so that the peer gets an RST. Idempotent. */
void transport_close(struct transport *t, bool reset);

/*
 * One read(2). On OK, *ret and *n are plain bytes in the scratch buffer, good until the next call
 * on any transport; *n may be 0 when a TLS record is not complete. `fresh`: nothing was read yet.
 */
enum transport_result transport_read(struct transport *t, bool fresh, const char **ret, size_t *n,
                                     struct err *err);
/* Goes on after TRANSPORT_HELLO, as transport_read; TRANSPORT_TLS after transport_forget_tls(). */
enum transport_result transport_go_on(struct transport *t, const char **ret, size_t *n,
                                      struct err *err);
/* From now on the connection is plain. During a handshake that was answered already it breaks. */
void transport_forget_tls(struct transport *t);
/* Bytes that wait here or that the peer has not acknowledged; 0 when that cannot be told. */
size_t transport_unsent(const struct transport *t);
/*
 * Writes pieces in order; *sent counts their bytes that need not be given again (for TLS some may
 * still wait in out: transport_flush). AGAIN may come with *sent > 0. At most two pieces, of which
 * only the last may be a file.
 */
enum transport_result transport_write(struct transport *t, const struct http_piece *pieces,
                                      size_t count, size_t *sent, struct err *err);
/* Hands what waits to the socket. OK: nothing waits. */
enum transport_result transport_flush(struct transport *t, struct err *err);
/* Says that nothing more will be written (close_notify, FIN). Best effort. */
void transport_shutdown(struct transport *t);
/* For SSL_CTX_set_client_hello_cb(): remembers the server name and stops for TRANSPORT_HELLO. */
int transport_hello(struct ssl_st *ssl, int *alert, void *arg);
/* A short plain text straight to the socket, whatever the connection speaks. Best effort. */
void transport_write_raw(struct transport *t, const char *text);

#endif

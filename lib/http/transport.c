/* SPDX-License-Identifier: MIT */
#include "lib/http/transport.h"

#include <errno.h>
#include <linux/sockios.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "lib/http/body.h"
#include "lib/http/limits.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

enum {
    TLS_RECORD = 16 * 1024,
    /* A batch, its record overhead, and the largest handshake flight. */
    CIPHER_SIZE = HTTP_TLS_BATCH + 64 * 1024,
    /* One read, and what OpenSSL may still hold of a record that began before it. */
    PLAIN_SIZE = HTTP_READ_SIZE + 2 * TLS_RECORD,
    TLS_HANDSHAKE_BYTE = 22,
    PIECES_MAX = 2,
    SENDFILE_MAX = 1 << 30,
};

struct scratch {
    char plain[PLAIN_SIZE];
    char in[HTTP_READ_SIZE];
    char batch[HTTP_TLS_BATCH];
    char out[CIPHER_SIZE];
    size_t out_size;
    BIO_METHOD *method; /* owned */
};

/* --- The BIO: OpenSSL reads from t->in and writes to scratch->out ------------------------------
 */

static int bio_read(BIO *bio, char *buf, int n)
{
    struct transport *t = BIO_get_data(bio);
    size_t size = t->in_size < (size_t)n ? t->in_size : (size_t)n;

    BIO_clear_retry_flags(bio);
    if (size == 0) {
        BIO_set_retry_read(bio);
        return -1;
    }
    memcpy(buf, t->in, size);
    t->in += size;
    t->in_size -= size;
    return (int)size;
}

static int bio_write(BIO *bio, const char *buf, int n)
{
    struct transport *t = BIO_get_data(bio);
    struct scratch *s = t->scratch;

    BIO_clear_retry_flags(bio);
    if ((size_t)n > sizeof(s->out) - s->out_size)
        return -1; /* cannot be: a batch fits; OpenSSL reports a failure */
    memcpy(s->out + s->out_size, buf, (size_t)n);
    s->out_size += (size_t)n;
    return n;
}

static long bio_ctrl(BIO *bio, int cmd, long num, void *ptr)
{
    (void)bio;
    (void)num;
    (void)ptr;
    return cmd == BIO_CTRL_FLUSH ? 1 : 0;
}

struct scratch *scratch_new(struct err *err)
{
    struct scratch *s = malloc(sizeof(*s)); /* not cleared: pages are used as they are needed */

    if (s != NULL) {
        s->out_size = 0;
        s->method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "transport");
    }
    if (s == NULL || s->method == NULL || BIO_meth_set_read(s->method, bio_read) != 1 ||
        BIO_meth_set_write(s->method, bio_write) != 1 ||
        BIO_meth_set_ctrl(s->method, bio_ctrl) != 1) {
        scratch_free(s);
        (void)err_set(err, ERR_NOMEM, "connection buffers");
        return NULL;
    }
    return s;
}

void scratch_free(struct scratch *s)
{
    if (s == NULL)
        return;
    BIO_meth_free(s->method);
    free(s);
}

void transport_init(struct transport *t, int fd, struct ssl_st *ssl, struct scratch *scratch)
{
    *t = (struct transport){.fd = fd, .ssl = ssl, .scratch = scratch, .established = ssl == NULL};
    if (ssl != NULL) {
        BIO *bio = BIO_new(scratch->method);

        ASSERT(bio != NULL);
        BIO_set_data(bio, t);
        BIO_set_init(bio, 1);
        SSL_set_bio(ssl, bio, bio);
        SSL_set_app_data(ssl, (char *)t);
        SSL_set_accept_state(ssl);
    }
}

void transport_close(struct transport *t, bool reset)
{
    struct linger now = {.l_onoff = 1, .l_linger = 0};

    if (t->fd < 0)
        return;
    if (reset)
        (void)setsockopt(t->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    (void)close(t->fd);
    t->fd = -1;
    SSL_free(t->ssl);
    t->ssl = NULL;
    free(t->out);
    t->out = NULL;
    free(t->sni);
    t->sni = NULL;
}

void transport_forget_tls(struct transport *t)
{
    SSL_free(t->ssl);
    t->ssl = NULL;
    t->established = true;
}

size_t transport_unsent(const struct transport *t)
{
    int queued = 0;

    if (t->fd < 0 || ioctl(t->fd, SIOCOUTQ, &queued) != 0 || queued < 0)
        queued = 0;
    return (size_t)queued + (t->out != NULL ? t->out_size - t->out_sent : 0);
}

/* --- Sockets -----------------------------------------------------------------------------------
 */

static enum transport_result socket_failed(struct err *err, const char *what)
{
    if (errno == EAGAIN || errno == EWOULDBLOCK)
        return TRANSPORT_AGAIN;
    if (errno == ECONNRESET || errno == EPIPE || errno == ETIMEDOUT)
        (void)err_set(err, ERR_PEER_CLOSED, "%s",
                      errno == ETIMEDOUT ? "the peer vanished" : "the peer reset the connection");
    else
        (void)err_sys(err, "%s", what);
    return TRANSPORT_FAILED;
}

static enum transport_result socket_read(struct transport *t, char *buf, size_t size, size_t *n,
                                         struct err *err)
{
    ssize_t got;

    do
        got = read(t->fd, buf, size);
    while (got < 0 && errno == EINTR);
    if (got < 0)
        return socket_failed(err, "read");
    *n = (size_t)got;
    return got == 0 ? TRANSPORT_EOF : TRANSPORT_OK;
}

static enum transport_result socket_send(struct transport *t, const char *p, size_t n, size_t *sent,
                                         struct err *err)
{
    ssize_t put;

    do
        put = send(t->fd, p, n, MSG_NOSIGNAL);
    while (put < 0 && errno == EINTR);
    if (put < 0)
        return socket_failed(err, "write");
    *sent = (size_t)put;
    return TRANSPORT_OK;
}

/* --- TLS ---------------------------------------------------------------------------------------
 */

static enum transport_result tls_failed(struct transport *t, int result, struct err *err)
{
    unsigned long code;

    switch (SSL_get_error(t->ssl, result)) {
    case SSL_ERROR_WANT_CLIENT_HELLO_CB:
        return TRANSPORT_HELLO;
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
        return TRANSPORT_AGAIN;
    case SSL_ERROR_ZERO_RETURN:
        return TRANSPORT_EOF;
    default:
        code = ERR_peek_last_error();
        (void)err_set(err, ERR_TLS, "%s",
                      code != 0 ? ERR_reason_error_string(code) : "broken TLS connection");
        ERR_clear_error();
        return TRANSPORT_FAILED;
    }
}

/* Keeps what the socket does not take now; the scratch belongs to others after this call. */
static enum transport_result keep_out(struct transport *t, const char *p, size_t n, struct err *err)
{
    t->out = malloc(n);
    if (t->out == NULL) {
        (void)err_set(err, ERR_NOMEM, "TLS output");
        return TRANSPORT_FAILED;
    }
    memcpy(t->out, p, n);
    t->out_size = n;
    t->out_sent = 0;
    return TRANSPORT_AGAIN;
}

/* Sends what OpenSSL wrote into the scratch. Nothing may wait in t->out from before. */
static enum transport_result push_out(struct transport *t, struct err *err)
{
    struct scratch *s = t->scratch;
    enum transport_result result = TRANSPORT_OK;
    size_t done = 0, n = 0;

    while (done < s->out_size && result == TRANSPORT_OK) {
        result = socket_send(t, s->out + done, s->out_size - done, &n, err);
        if (result == TRANSPORT_OK)
            done += n;
    }
    n = s->out_size - done;
    s->out_size = 0;
    return result == TRANSPORT_AGAIN ? keep_out(t, s->out + done, n, err) : result;
}

enum transport_result transport_flush(struct transport *t, struct err *err)
{
    while (t->out != NULL) {
        size_t n = 0;
        enum transport_result result =
            socket_send(t, t->out + t->out_sent, t->out_size - t->out_sent, &n, err);

        if (result != TRANSPORT_OK)
            return result;
        t->out_sent += n;
        if (t->out_sent == t->out_size) {
            free(t->out);
            t->out = NULL;
        }
    }
    return TRANSPORT_OK;
}

/* Whatever OpenSSL had to say while reading (handshake, alerts, key updates) leaves behind it. */
static enum transport_result answer_peer(struct transport *t, struct err *err)
{
    enum transport_result result;

    if (t->scratch->out_size == 0)
        return TRANSPORT_OK;
    result = transport_flush(t, err);
    if (result == TRANSPORT_AGAIN) {
        /* Very rare: output waits and there is more; join them. */
        size_t left = t->out_size - t->out_sent;
        size_t more = t->scratch->out_size;
        char *joined = malloc(left + more);

        if (joined == NULL) {
            (void)err_set(err, ERR_NOMEM, "TLS output");
            return TRANSPORT_FAILED;
        }
        memcpy(joined, t->out + t->out_sent, left);
        memcpy(joined + left, t->scratch->out, more);
        free(t->out);
        t->out = joined;
        t->out_size = left + more;
        t->out_sent = 0;
        t->scratch->out_size = 0;
        return TRANSPORT_AGAIN;
    }
    return result == TRANSPORT_OK ? push_out(t, err) : result;
}

/* RFC 6066, section 3: a list with one host name in it. NULL: there is none. */
static char *hello_name(SSL *ssl)
{
    const unsigned char *p;
    size_t size, n;

    if (SSL_client_hello_get0_ext(ssl, TLSEXT_TYPE_server_name, &p, &size) != 1 || size < 5 ||
        p[2] != TLSEXT_NAMETYPE_host_name)
        return NULL;
    n = (size_t)p[3] << 8 | p[4];
    if (n == 0 || n > TLSEXT_MAXLEN_host_name || n + 5 > size || memchr(p + 5, '\0', n) != NULL)
        return NULL;
    return strndup((const char *)p + 5, n);
}

int transport_hello(struct ssl_st *ssl, int *alert, void *arg)
{
    struct transport *t = (struct transport *)(void *)SSL_get_app_data(ssl);

    (void)alert;
    (void)arg;
    if (!t->ask_hello || t->hello_seen)
        return SSL_CLIENT_HELLO_SUCCESS;
    t->hello_seen = true;
    t->sni = hello_name(ssl);
    return SSL_CLIENT_HELLO_RETRY;
}

static enum transport_result tls_handshake(struct transport *t, struct err *err)
{
    int result;

    ERR_clear_error();
    result = SSL_do_handshake(t->ssl);
    if (result == 1) {
        t->established = true;
        return TRANSPORT_OK;
    }
    return tls_failed(t, result, err);
}

/* Decrypts all of t->in; *n plain bytes are in the scratch afterwards. */
static enum transport_result tls_decrypt(struct transport *t, size_t *n, struct err *err)
{
    struct scratch *s = t->scratch;
    enum transport_result result = TRANSPORT_OK;

    *n = 0;
    if (!t->established)
        result = tls_handshake(t, err);
    while (result == TRANSPORT_OK && *n < sizeof(s->plain)) {
        size_t got = 0;
        int ok;

        ERR_clear_error();
        ok = SSL_read_ex(t->ssl, s->plain + *n, sizeof(s->plain) - *n, &got);
        if (ok == 1)
            *n += got;
        else
            result = tls_failed(t, ok, err);
    }
    return result;
}

/* Consumes the ciphertext in t->in. */
static enum transport_result tls_consume(struct transport *t, const char **ret, size_t *n,
                                         struct err *err)
{
    enum transport_result result = tls_decrypt(t, n, err);
    enum transport_result answered;

    if (result == TRANSPORT_HELLO)
        return result;
    *ret = t->scratch->plain;
    answered = answer_peer(t, err);
    if (answered == TRANSPORT_FAILED || result == TRANSPORT_FAILED)
        return TRANSPORT_FAILED;
    /* Bytes first: an end that came with them is seen again by the next read. */
    return *n > 0 || result == TRANSPORT_AGAIN ? TRANSPORT_OK : result;
}

static enum transport_result tls_read(struct transport *t, bool fresh, const char **ret, size_t *n,
                                      struct err *err)
{
    struct scratch *s = t->scratch;
    enum transport_result result = socket_read(t, s->in, sizeof(s->in), &t->in_size, err);

    if (result != TRANSPORT_OK)
        return result;
    if (fresh && (unsigned char)s->in[0] != TLS_HANDSHAKE_BYTE)
        return TRANSPORT_PLAIN;
    t->in = s->in;
    return tls_consume(t, ret, n, err);
}

enum transport_result transport_go_on(struct transport *t, const char **ret, size_t *n,
                                      struct err *err)
{
    if (t->ssl == NULL)
        return TRANSPORT_TLS;
    return tls_consume(t, ret, n, err);
}

enum transport_result transport_read(struct transport *t, bool fresh, const char **ret, size_t *n,
                                     struct err *err)
{
    enum transport_result result;

    if (t->ssl != NULL)
        return tls_read(t, fresh, ret, n, err);
    result = socket_read(t, t->scratch->plain, HTTP_READ_SIZE, n, err);
    *ret = t->scratch->plain;
    if (result == TRANSPORT_OK && fresh &&
        (unsigned char)t->scratch->plain[0] == TLS_HANDSHAKE_BYTE)
        return TRANSPORT_TLS;
    return result;
}

/* --- Writing -----------------------------------------------------------------------------------
 */

static enum transport_result plain_send_file(struct transport *t, const struct http_piece *piece,
                                             size_t *sent, struct err *err)
{
    off_t offset = (off_t)piece->offset;
    ssize_t put;

    do
        put = sendfile(t->fd, piece->fd, &offset,
                       piece->size < SENDFILE_MAX ? piece->size : SENDFILE_MAX);
    while (put < 0 && errno == EINTR);
    if (put < 0)
        return socket_failed(err, "sendfile");
    if (put == 0) {
        (void)err_set(err, ERR_SIZE, "the stored file is shorter than the blob");
        return TRANSPORT_FAILED;
    }
    *sent += (size_t)put;
    return TRANSPORT_OK;
}

static enum transport_result plain_write(struct transport *t, const struct http_piece *pieces,
                                         size_t count, size_t *sent, struct err *err)
{
    struct iovec iov[PIECES_MAX];
    struct msghdr msg = {.msg_iov = iov};
    size_t total = 0;
    ssize_t put;

    while (msg.msg_iovlen < count && pieces[msg.msg_iovlen].data != NULL) {
        const struct http_piece *piece = &pieces[msg.msg_iovlen];

        iov[msg.msg_iovlen++] = (struct iovec){(void *)(uintptr_t)piece->data, piece->size};
        total += piece->size;
    }
    if (total == 0)
        return plain_send_file(t, pieces, sent, err);
    do
        put = sendmsg(t->fd, &msg, MSG_NOSIGNAL | (msg.msg_iovlen < count ? MSG_MORE : 0));
    while (put < 0 && errno == EINTR);
    if (put < 0)
        return socket_failed(err, "write");
    *sent += (size_t)put;
    if ((size_t)put < total || msg.msg_iovlen == count)
        return TRANSPORT_OK;
    return plain_send_file(t, &pieces[msg.msg_iovlen], sent, err);
}

/* Copies the pieces' bytes together, up to one batch, so that records are full. */
static int gather(struct transport *t, const struct http_piece *pieces, size_t count, size_t *n,
                  struct err *err)
{
    char *to = t->scratch->batch;

    *n = 0;
    for (size_t i = 0; i < count && *n < HTTP_TLS_BATCH; i++) {
        size_t size = pieces[i].size < HTTP_TLS_BATCH - *n ? pieces[i].size : HTTP_TLS_BATCH - *n;
        ssize_t got = (ssize_t)size;

        if (pieces[i].data != NULL)
            memcpy(to + *n, pieces[i].data, size);
        else
            got = pread(pieces[i].fd, to + *n, size, (off_t)pieces[i].offset);
        if (got < 0)
            return err_sys(err, "reading stored content");
        if (got == 0)
            return err_set(err, ERR_SIZE, "the stored file is shorter than the blob");
        *n += (size_t)got;
        if ((size_t)got < size)
            break;
    }
    return 0;
}

static enum transport_result tls_write(struct transport *t, const struct http_piece *pieces,
                                       size_t count, size_t *sent, struct err *err)
{
    enum transport_result result = transport_flush(t, err);
    size_t n, written;
    int ok;

    if (result != TRANSPORT_OK)
        return result;
    if (gather(t, pieces, count, &n, err) != 0)
        return TRANSPORT_FAILED;
    ERR_clear_error();
    ok = SSL_write_ex(t->ssl, t->scratch->batch, n, &written);
    if (ok != 1)
        return tls_failed(t, ok, err);
    *sent += written;
    result = push_out(t, err);
    return result == TRANSPORT_AGAIN ? TRANSPORT_OK : result;
}

enum transport_result transport_write(struct transport *t, const struct http_piece *pieces,
                                      size_t count, size_t *sent, struct err *err)
{
    ASSERT(count > 0 && count <= PIECES_MAX);
    *sent = 0;
    if (t->ssl != NULL)
        return tls_write(t, pieces, count, sent, err);
    return plain_write(t, pieces, count, sent, err);
}

void transport_shutdown(struct transport *t)
{
    if (t->fd < 0)
        return;
    if (t->ssl != NULL && t->established && t->out == NULL) {
        ERR_clear_error();
        (void)SSL_shutdown(t->ssl);
        (void)push_out(t, NULL);
    }
    (void)shutdown(t->fd, SHUT_WR);
}

void transport_write_raw(struct transport *t, const char *text)
{
    size_t sent;

    (void)socket_send(t, text, strlen(text), &sent, NULL);
}

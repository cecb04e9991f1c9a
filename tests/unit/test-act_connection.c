/* SPDX-License-Identifier: MIT */
/* Rules that act on handshakes, and cuts of TLS connections, with a client that checks everything.
 */
#include <errno.h>
#include <poll.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>

#include "lib/http/tls.h"
#include "lib/util/certificate.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/act_help.h"
#include "tests/unit/wire_help.h"

static char folder[] = "/tmp/test-act_connection.XXXXXX";
static struct certificate_files files;
static SSL_CTX *trusting; /* our own CA only */

struct client {
    int fd;
    SSL *ssl;
    int result;  /* of the handshake: 1 when it worked */
    long verify; /* what the client thinks of the certificate */
};

/* Checks, but goes on whatever comes out: the result is looked at afterwards. */
static int any_certificate(int good, X509_STORE_CTX *store)
{
    (void)good;
    (void)store;
    return 1;
}

static struct client dial(const char *sni)
{
    struct timeval patience = {.tv_sec = WIRE_PATIENCE_MS / 1000};
    struct client c = {.fd = wire_dial(), .ssl = SSL_new(trusting)};

    ASSERT(c.ssl != NULL);
    (void)setsockopt(c.fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
    SSL_set_verify(c.ssl, SSL_VERIFY_PEER, any_certificate);
    if (sni != NULL)
        (void)SSL_set_tlsext_host_name(c.ssl, sni);
    (void)SSL_set1_host(c.ssl, sni != NULL ? sni : "127.0.0.1");
    (void)SSL_set_fd(c.ssl, c.fd);
    ERR_clear_error();
    c.result = SSL_connect(c.ssl);
    c.verify = SSL_get_verify_result(c.ssl);
    return c;
}

static void hang_up(struct client *c)
{
    SSL_free(c->ssl);
    (void)close(c->fd);
}

static void check(const char *then, const char *sni, long verify, const char *name)
{
    struct client c;

    fault_rule(then);
    c = dial(sni);
    is_int(c.result, 1, "%s: the handshake is finished", name);
    is_str(X509_verify_cert_error_string(c.verify), X509_verify_cert_error_string(verify),
           "%s: what the client says", name);
    hang_up(&c);
}

static void test_certificates(void)
{
    check(NULL, "localhost", X509_V_OK, "no rule");
    check("{\"tls\": \"expired\"}", "localhost", X509_V_ERR_CERT_HAS_EXPIRED, "expired");
    check("{\"tls\": \"expired\"}", "registry.example", X509_V_ERR_CERT_HAS_EXPIRED,
          "expired, another name");
    check("{\"tls\": \"expired\"}", NULL, X509_V_ERR_CERT_HAS_EXPIRED, "expired, no name");
    check("{\"tls\": \"self-signed\"}", "localhost", X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT,
          "self-signed");
    check("{\"tls\": \"wrong-name\"}", "localhost", X509_V_ERR_HOSTNAME_MISMATCH, "wrong-name");
    check(NULL, "localhost", X509_V_OK, "the rule is gone");
}

static void test_abort(void)
{
    struct client c;

    fault_rule("{\"tls\": \"abort\"}");
    c = dial("localhost");
    ok(c.result != 1, "abort: no handshake");
    ok(ERR_GET_REASON(ERR_peek_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING,
       "abort: but the end, without an alert");
    ERR_clear_error();
    hang_up(&c);
}

static void test_plain(void)
{
    struct client c;
    char text[64] = "";

    fault_rule("{\"tls\": \"plain\"}");
    c.fd = wire_dial();
    c.ssl = SSL_new(trusting);
    (void)SSL_set_fd(c.ssl, c.fd);
    c.result = SSL_connect(c.ssl);
    is_int(c.result != 1, 1, "plain: no handshake");
    ok(ERR_GET_REASON(ERR_peek_error()) == SSL_R_WRONG_VERSION_NUMBER ||
           ERR_GET_REASON(ERR_peek_error()) == SSL_R_HTTP_REQUEST ||
           ERR_GET_REASON(ERR_peek_error()) == SSL_R_PACKET_LENGTH_TOO_LONG,
       "plain: what comes is not TLS");
    ERR_clear_error();
    hang_up(&c);
    fault_rule(NULL);
    c.fd = wire_dial();
    wire_say(c.fd, "GET / HTTP/1.1\r\n" KEEP);
    (void)recv(c.fd, text, sizeof(text) - 1, 0);
    ok(strncmp(text, "HTTP/1.0 400 ", 13) == 0, "plain HTTP on a TLS port is told so");
    (void)close(c.fd);
}

/* The server name is known when the rules are asked. */
static void test_names(void)
{
    struct client c;

    fault_rules("[{\"when\": {\"sni\": \"bad.*\"}, \"times\": 1, \"then\": {\"tls\": \"abort\"}}]");
    c = dial("good.example");
    is_int(c.result, 1, "another name is let through");
    hang_up(&c);
    c = dial("bad.example");
    ok(c.result != 1, "the name that the rule means is not");
    ERR_clear_error();
    hang_up(&c);
    c = dial("bad.example");
    is_int(c.result, 1, "once");
    hang_up(&c);
    fault_rule("{\"listener\": \"refuse\"}");
    c = dial("localhost");
    ok(c.result != 1, "listener: refuse");
    ERR_clear_error();
    hang_up(&c);
}

/* --- Behind the handshake ----------------------------------------------------------------------
 */

/* Body bytes until the end, and how it ended: 0 for a TLS or TCP end, else the errno. */
static size_t body_until_end(struct client *c, int *ret_errno)
{
    static char text[1 << 20];
    size_t got = 0, n = 0;
    const char *body;

    ERR_clear_error();
    while (SSL_read_ex(c->ssl, text + got, sizeof(text) - got - 1, &n) == 1)
        got += n;
    *ret_errno = errno;
    if (SSL_get_error(c->ssl, 0) != SSL_ERROR_SYSCALL)
        *ret_errno = 0;
    text[got] = '\0';
    body = wire_body(text);
    return body != NULL && fault_bytes_are(body, got - (size_t)(body - text), 0)
               ? got - (size_t)(body - text)
               : SIZE_MAX;
}

static void check_cut(const char *then, size_t want, int want_errno)
{
    static const char request[] = "GET /size/200000 HTTP/1.1\r\n" KEEP;
    struct client c;
    int error;

    fault_rule(then);
    c = dial("localhost");
    (void)SSL_write(c.ssl, request, sizeof(request) - 1);
    is_int((long long)body_until_end(&c, &error), (long long)want, "%s: so many plain bytes", then);
    is_int(error, want_errno, "%s: and this end", then);
    hang_up(&c);
}

static void test_cuts(void)
{
    check_cut("{\"body\": {\"after\": 100000, \"do\": \"close\"}}", 100000, 0);
    check_cut("{\"body\": {\"after\": 100000, \"do\": \"reset\"}}", 100000, ECONNRESET);
    check_cut("{\"body\": {\"after\": 1, \"do\": \"reset\"}}", 1, ECONNRESET);
}

/* The client's close_notify stands unread before its end. */
static void test_leaving(void)
{
    static const char request[] = "GET /size/10 HTTP/1.1\r\n" KEEP;
    int ended = atomic_load(&fault_ended);
    struct client c;

    fault_rule("{\"hold\": {\"gate\": \"g\"}}");
    c = dial("localhost");
    (void)SSL_write(c.ssl, request, sizeof(request) - 1);
    ok(fault_held_reached(1), "held over TLS");
    (void)SSL_shutdown(c.ssl);
    hang_up(&c);
    ok(wire_reached(&fault_ended, ended + 1), "a client that leaves is noticed");
    is_int(fault_last_end().end, HTTP_END_CLIENT_ABORTED, "as that");
}

static struct http_tls *make_server(struct err *err)
{
    static struct certificate_names names;
    struct http_tls_options options = {0};
    struct http_tls *tls = NULL;

    certificate_names_init(&names);
    if (certificate_make(&files, folder, &names, err) != 0)
        return NULL;
    options.certificate = files.certificate;
    options.key = files.key;
    return http_tls_new(&tls, &options, err) == 0 ? tls : NULL;
}

static void remove_folder(void)
{
    static const char *const names[] = {"ca.crt", "ca.key", "server.crt", "server.key"};
    char path[200];

    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]);
        (void)unlink(path);
    }
    (void)rmdir(folder);
}

int main(void)
{
    struct http_tls *tls;
    struct err err;

    plan_lazy();
    ASSERT(mkdtemp(folder) != NULL);
    tls = make_server(&err);
    ASSERT(tls != NULL);
    trusting = SSL_CTX_new(TLS_client_method());
    ASSERT(SSL_CTX_load_verify_file(trusting, files.ca) == 1);
    fault_start((struct fault_setup){.tls = tls});
    test_certificates();
    test_abort();
    test_plain();
    test_names();
    test_cuts();
    test_leaving();
    fault_stop();
    SSL_CTX_free(trusting);
    http_tls_free(tls);
    remove_folder();
    done_testing();
}

/* SPDX-License-Identifier: MIT */
/* Listeners: TLS, several at once, IPv6, C7b, certificates reloaded on SIGHUP. */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <netinet/in.h>

#include "tests/integration/lib/bail.h"
#include "tests/integration/lib/cert.h"
#include "tests/integration/lib/registry.h"
#include "tests/tap/tap.h"

#define PING "GET /v2/ HTTP/1.1\r\nHost: x\r\n\r\n"

enum { PLAIN, SECURE }; /* the listeners of most servers here */

static void write_first(const char *folder, void *arg)
{
    (void)arg;
    cert_write(folder, "tls", 1);
}

static const char *const tls_args[] = {"--tls-listen", "127.0.0.1:0", "--tls-cert", "tls.crt",
                                       "--tls-key",    "tls.key",     NULL};

static const struct step both[] = {
    {"TLS: ping", "GET /v2/", .status = 200, .is = "{}"},
    {"TLS: an image pushed there", "GET /v2/app/manifests/v1", .status = 200, .is = "${img.body}"},
    {"TLS: several requests on one connection", "HEAD /v2/app/blobs/${img.layer}", .status = 200},
    {"TLS: an unknown manifest", "GET /v2/app/manifests/none", .status = 404,
     .code = "MANIFEST_UNKNOWN"},
};

static const struct step plain[] = {
    {"listeners share their content", "GET /v2/app/manifests/v1", .status = 200,
     .is = "${img.body}"},
};

static void test_end(const struct server *s)
{
    struct client *c = client_new(server_url(s, SECURE));

    client_sendf(c, "GET /v2/ HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    is_int(client_read(c, false)->status, 200, "TLS: Connection: close is answered");
    is_str(client_end_name(client_wait_end(c)), "closed", "TLS: and the connection ends");
    client_free(c);
    c = client_new(server_url(s, SECURE));
    is_str(client_tls_version(c), "TLSv1.3", "TLS: 1.3 where the client can");
    client_sendf(c, PING);
    client_shutdown(c);
    is_int(client_read(c, false)->status, 200, "TLS: who says no more still gets an answer");
    client_free(c);
    c = client_new(server_url(s, SECURE));
    client_sendf(c, PING PING PING);
    ok(client_read(c, false)->status == 200 && client_read(c, false)->status == 200 &&
           client_read(c, false)->status == 200,
       "TLS: pipelining");
    client_free(c);
}

/* C7b: those who speak the other language get an answer that starts with HTTP/. */
static void test_wrong_language(const struct server *s)
{
    /* A record of 512 bytes with the start of a ClientHello; what follows does not matter. */
    char hello[517] = "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03";
    static const char want[] = "HTTP/1.0 400 Bad Request\r\n";
    struct client *c = client_new_plain(server_url(s, PLAIN));
    const struct response *r;

    client_send(c, hello, sizeof(hello));
    ok(client_wait_bytes(c, strlen(want)) && memcmp(client_bytes(c), want, strlen(want)) == 0,
       "C7b a ClientHello on the plain port: the first bytes are an HTTP/1.0 400");
    r = client_read(c, false);
    ok(r->status == 400 && r->size > 0, "C7b ... with a line of text");
    client_free(c);
    c = client_new_plain(server_url(s, PLAIN));
    client_send(c, hello, 3);
    client_send(c, hello + 3, sizeof(hello) - 3);
    is_int(client_read(c, false)->status, 400, "C7b a ClientHello in two packets");
    client_free(c);
    c = client_new_plain(server_url(s, SECURE));
    client_send(c, PING, strlen(PING));
    r = client_read(c, false);
    if (!is_int(r->status, 400, "C7b plain HTTP on the TLS port: a plain 400"))
        response_diag(r);
    client_free(c);
    c = client_new_plain(server_url(s, SECURE));
    client_send(c, "\0\1\2\3 this is neither\r\n\r\n", 24);
    ok(client_wait_end(c) != CLIENT_END_NONE, "TLS: what is neither TLS nor HTTP is shut out");
    client_free(c);
}

/* Connects until the certificate is another one than before; the serial number it then has. */
static const char *wait_serial(const struct server *s, const char *before, char ret[80])
{
    uint64_t deadline = client_now() + CLIENT_WAIT_MS;

    do {
        struct client *c = client_new(server_url(s, SECURE));

        snprintf(ret, 80, "%s", client_peer_serial(c));
        client_free(c);
    } while (strcmp(ret, before) == 0 && client_now() < deadline);
    return ret;
}

static void test_reload(struct server *s)
{
    struct client *old = client_new(server_url(s, SECURE)), *c;
    char serial[80], path[128];
    int fd;

    is_str(client_peer_serial(old), "01", "TLS: the certificate given is shown");
    cert_write(server_folder(s), "tls", 2);
    server_signal(s, SIGHUP);
    is_str(wait_serial(s, "01", serial), "02", "SIGHUP: new connections see the new certificate");
    is_int(client_get(old, "/v2/")->status, 200, "SIGHUP: old connections go on");
    client_free(old);
    snprintf(path, sizeof(path), "%s/tls.crt", server_folder(s));
    fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC);
    close(fd);
    server_signal(s, SIGHUP);
    ok(fd >= 0 && server_wait_log(s, "tls.crt"), "SIGHUP: a broken certificate is logged");
    c = client_new(server_url(s, SECURE));
    is_str(client_peer_serial(c), "02", "SIGHUP: and the old one stays in use");
    is_int(client_get(c, "/v2/")->status, 200, "SIGHUP: the server goes on");
    client_free(c);
}

static void test_given_certificate(void)
{
    struct server_options options = {.args = tls_args, .prepare = write_first};
    struct server *s = server_new(&options);
    struct script *t = script_new(s);

    is_int(server_url_count(s), 2, "the ready line names both listeners");
    ok(strncmp(server_url(s, SECURE), "https://127.0.0.1:", 18) == 0,
       "the TLS listener is https://");
    script_use(t, SECURE);
    registry_image(t, "app", "v1", "img");
    RUN(t, both);
    registry_large(t, "TLS: 3 MiB");
    script_use(t, PLAIN);
    RUN(t, plain);
    test_end(s);
    test_wrong_language(s);
    test_reload(s);
    script_free(t);
    server_free(s);
}

static void test_auto(void)
{
    static const char *const args[] = {"--tls-listen", "127.0.0.1:0", "--tls-auto", "pki", NULL};
    struct server_options options = {.args = args};
    struct server *s = server_new(&options);
    struct script *t = script_new(s);
    struct client *c;
    char path[128], before[80], after[80];

    script_use(t, SECURE);
    registry_image(t, "app", "v1", "img");
    RUN(t, both);
    snprintf(path, sizeof(path), "%s/pki/ca.crt", server_folder(s));
    c = client_new_verified(server_url(s, SECURE), path, "localhost");
    is_str(client_tls_version(c), "TLSv1.2",
           "--tls-auto: who trusts the CA connects, with TLS 1.2");
    is_int(client_get(c, "/v2/")->status, 200, "--tls-auto: and is answered");
    snprintf(before, sizeof(before), "%s", client_peer_serial(c));
    server_signal(s, SIGHUP);
    ok(strcmp(wait_serial(s, before, after), before) != 0, "--tls-auto: SIGHUP makes a new one");
    is_int(client_get(c, "/v2/")->status, 200, "--tls-auto: old connections go on");
    client_free(c);
    c = client_new_verified(server_url(s, SECURE), path, "localhost");
    is_int(client_get(c, "/v2/")->status, 200, "--tls-auto: the CA stays the same");
    client_free(c);
    script_free(t);
    server_free(s);
}

static bool has_ipv6(void)
{
    struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool has = fd >= 0 && bind(fd, (struct sockaddr *)&a, sizeof(a)) == 0;

    if (fd >= 0)
        close(fd);
    return has;
}

static void test_several(void)
{
    static const char *const args[] = {"--listen", "127.0.0.1:0", "--listen", "127.0.0.1:0", NULL};
    struct server_options options = {.args = args};
    struct server *s = server_new(&options);
    unsigned i;

    is_int(server_url_count(s), 3, "three listeners");
    for (i = 0; i < server_url_count(s); i++) {
        struct client *c = client_new(server_url(s, i));

        is_int(client_get(c, "/v2/")->status, 200, "listener %u answers at %s", i,
               server_url(s, i));
        client_free(c);
    }
    server_free(s);
}

static void test_ipv6(void)
{
    static const char *const args[] = {"--listen", "[::1]:0", NULL};
    struct server_options options = {.args = args, .no_default_listen = true};
    struct server *s;
    struct client *c;

    if (!has_ipv6()) {
        skip("this machine has no IPv6 on loopback");
        return;
    }
    s = server_new(&options);
    ok(strncmp(server_url(s, 0), "http://[::1]:", 13) == 0, "IPv6: the ready line has brackets");
    c = client_new(server_url(s, 0));
    is_int(client_get(c, "/v2/")->status, 200, "IPv6: answers");
    client_free(c);
    server_free(s);
}

int main(void)
{
    plan_lazy();
    test_given_certificate();
    test_auto();
    test_several();
    test_ipv6();
    done_testing();
}

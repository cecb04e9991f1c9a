/* SPDX-License-Identifier: MIT */
#include "lib/util/certificate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

static char base[] = "/tmp/test-certificate-XXXXXX";
static char folder[200];
static struct certificate_files files;
static struct certificate_names names;

static X509 *load(const char *path)
{
    FILE *f = fopen(path, "r");
    X509 *x = f == NULL ? NULL : PEM_read_X509(f, NULL, NULL, NULL);

    if (f != NULL)
        (void)fclose(f);
    return x;
}

/* Number of certificates in a file. */
static int chain_length(const char *path)
{
    FILE *f = fopen(path, "r");
    X509 *x;
    int n = 0;

    while ((x = PEM_read_X509(f, NULL, NULL, NULL)) != NULL) {
        X509_free(x);
        n++;
    }
    (void)fclose(f);
    return n;
}

static long mode_of(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0 ? (long)(st.st_mode & 0777) : -1;
}

/* OpenSSL's own verdict on a certificate with the CA as only trust. */
static int verify(X509 *x, X509 *ca)
{
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *ctx = X509_STORE_CTX_new();
    int result;

    (void)X509_STORE_add_cert(store, ca);
    (void)X509_STORE_CTX_init(ctx, store, x, NULL);
    (void)X509_STORE_CTX_set_purpose(ctx, X509_PURPOSE_SSL_SERVER);
    (void)X509_VERIFY_PARAM_set_flags(X509_STORE_CTX_get0_param(ctx), X509_V_FLAG_X509_STRICT);
    result = X509_verify_cert(ctx) == 1 ? X509_V_OK : X509_STORE_CTX_get_error(ctx);
    X509_STORE_CTX_free(ctx);
    X509_STORE_free(store);
    return result;
}

static void test_names(void)
{
    struct err err;

    certificate_names_init(&names);
    ok(names.count >= 3, "the usual names");
    is_str(names.names[0], "localhost", "localhost first");
    names.count = 3;
    is_int(certificate_names_add(&names, "registry.example", &err), 0, "a name");
    is_int(certificate_names_add(&names, "REGISTRY.example", &err), 0, "the same again");
    is_int(certificate_names_add(&names, "10.1.2.3", &err), 0, "an address");
    is_int(certificate_names_add(&names, "*.apps.example", &err), 0, "a wildcard");
    is_int((long long)names.count, 6, "each once");
    is_int(certificate_names_add(&names, "a,b", &err), -1, "no name");
    is_str(err.msg, "'a,b' is neither a host name nor an address", "is refused");
    is_int(certificate_names_add(&names, "", &err), -1, "so is none");
    is_int(certificate_names_add_listener(&names, "192.168.1.1:5000", &err), 0, "a listen address");
    is_int(certificate_names_add_listener(&names, "[fe80::1%eth0]:0", &err), 0, "one of IPv6");
    is_str(names.names[6], "192.168.1.1", "gives its host");
    is_str(names.names[7], "fe80::1", "without the zone");
    is_int(certificate_names_add_listener(&names, ":5000", &err), 0, "all addresses");
    is_int(certificate_names_add_listener(&names, "0.0.0.0:5000", &err), 0, "all of IPv4");
    is_int(certificate_names_add_listener(&names, "[::]:5000", &err), 0, "all of IPv6");
    is_int((long long)names.count, 8, "are no names");
}

static void test_limit(void)
{
    struct certificate_names many = {.count = 0};
    char name[20];
    struct err err;
    int result = 0;

    for (int i = 0; i < CERTIFICATE_NAMES_MAX; i++) {
        (void)snprintf(name, sizeof(name), "h%d", i);
        result |= certificate_names_add(&many, name, &err);
    }
    is_int(result, 0, "as many names as there is room for");
    is_int(certificate_names_add(&many, "one-more", &err), -1, "one more");
    is_int(err.code, ERR_LIMIT, "is too many");
}

static void test_make(void)
{
    struct err err = {0};
    X509 *ca, *server;

    (void)snprintf(folder, sizeof(folder), "%s/a/b", base);
    ok(certificate_make(&files, folder, &names, &err) == 0, "made, with its folder: %s", err.msg);
    is_int(mode_of(folder), 0700, "the folder is ours alone");
    is_int(mode_of(files.key), 0600, "so is the key");
    is_int(mode_of(files.certificate), 0644, "the certificate may be read");
    is_int(chain_length(files.certificate), 2, "the CA stands behind the certificate");
    ca = load(files.ca);
    server = load(files.certificate);
    is_int(verify(server, ca), X509_V_OK, "OpenSSL accepts it, strictly");
    is_int(X509_check_host(server, "localhost", 0, 0, NULL), 1, "for localhost");
    is_int(X509_check_host(server, "registry.example", 0, 0, NULL), 1, "for the name given");
    is_int(X509_check_host(server, "x.apps.example", 0, 0, NULL), 1, "by wildcard");
    is_int(X509_check_host(server, "other.test", 0, 0, NULL), 0, "for no other");
    is_int(X509_check_ip_asc(server, "127.0.0.1", 0), 1, "for the loopback address");
    is_int(X509_check_ip_asc(server, "::1", 0), 1, "of IPv6 too");
    is_int(X509_check_ip_asc(server, "127.0.0.2", 0), 0, "for no other address");
    X509_free(ca);
    X509_free(server);
}

static void test_again(void)
{
    X509 *ca = load(files.ca), *old = load(files.certificate), *again_ca, *again;
    struct err err = {0};

    ok(certificate_make(&files, folder, &names, &err) == 0, "made again: %s", err.msg);
    again_ca = load(files.ca);
    again = load(files.certificate);
    is_int(X509_cmp(ca, again_ca), 0, "the CA is the same");
    ok(X509_cmp(old, again) != 0, "the certificate is new");
    is_int(verify(again, ca), X509_V_OK, "and good");
    X509_free(ca);
    X509_free(old);
    X509_free(again_ca);
    X509_free(again);
}

static void test_broken_ca(void)
{
    char key[300], kept[300];
    struct err err = {0};
    FILE *f;

    (void)snprintf(key, sizeof(key), "%s/ca.key", folder);
    (void)snprintf(kept, sizeof(kept), "%s/kept", folder);
    ok(rename(key, kept) == 0, "without the CA's key");
    is_int(certificate_make(&files, folder, &names, &err), -1, "nothing is made");
    ok(strstr(err.msg, "remove ca.crt and ca.key to get a new one") != NULL, "and told: %s",
       err.msg);
    f = fopen(key, "w");
    (void)fputs("nonsense\n", f);
    (void)fclose(f);
    is_int(certificate_make(&files, folder, &names, &err), -1, "nor with nonsense");
    ok(rename(files.key, key) == 0, "nor with another key");
    is_int(certificate_make(&files, folder, &names, &err), -1, "is anything made");
    ok(strstr(err.msg, "does not fit its key") != NULL, "which is told: %s", err.msg);
    is_int(certificate_make(&files, "/proc/nothing/here", &names, &err), -1, "a bad folder");
    ok(strstr(err.msg, "cannot make the folder") != NULL, "is told: %s", err.msg);
}

/* The folder's CA does not fit its key any more: see test_broken_ca(). */
static void test_text(void)
{
    struct certificate_request request = {.common_name = "x"};
    struct certificate_text text;
    struct err err;

    is_int(certificate_make_text(&text, NULL, &request, &err), 0, "a pair in memory");
    ok(strncmp(text.certificate, "-----BEGIN CERTIFICATE", 22) == 0 &&
           strstr(text.certificate + 5, "BEGIN CERTIFICATE") != NULL,
       "a certificate with its CA behind it");
    ok(strstr(text.key, "PRIVATE KEY") != NULL, "and its key");
    free(text.certificate);
    free(text.key);
    request.flaw = CERTIFICATE_SELF_SIGNED;
    is_int(certificate_make_text(&text, folder, &request, &err), 0, "one that needs no CA");
    ok(strstr(text.certificate + 30, "BEGIN CERTIFICATE") == NULL, "stands alone");
    free(text.certificate);
    free(text.key);
    request.flaw = CERTIFICATE_EXPIRED;
    is_int(certificate_make_text(&text, folder, &request, &err), -1, "a broken CA signs nothing");
    is_int(certificate_make_text(&text, "/proc/none", &request, &err), -1, "nor does none");
}

static void remove_all(void)
{
    static const char *const left[] = {
        "a/b/ca.crt", "a/b/ca.key", "a/b/server.crt", "a/b/kept", "a/b/server.key", "a/b",
        "a",          "."};
    char path[300];

    for (size_t i = 0; i < ARRAY_LEN(left); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", base, left[i]);
        (void)remove(path);
    }
    (void)rmdir(base);
    ok(access(base, F_OK) != 0, "no temporary file is left");
}

int main(void)
{
    plan_lazy();
    ok(mkdtemp(base) != NULL, "a folder");
    test_names();
    test_limit();
    test_make();
    test_again();
    test_broken_ca();
    test_text();
    remove_all();
    done_testing();
}

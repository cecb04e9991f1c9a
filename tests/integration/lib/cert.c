/* SPDX-License-Identifier: MIT */
#include "tests/integration/lib/cert.h"

#include <limits.h>
#include <stdio.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include "tests/integration/lib/bail.h"

static FILE *open_file(const char *folder, const char *name, const char *ending)
{
    char path[PATH_MAX];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s%s", folder, name, ending);
    f = fopen(path, "we");
    if (f == NULL)
        bail("cannot write %s", path);
    return f;
}

static X509 *make(EVP_PKEY *key, long serial)
{
    X509 *x = X509_new();
    X509_NAME *name = x != NULL ? X509_get_subject_name(x) : NULL;
    X509_EXTENSION *names =
        X509V3_EXT_conf_nid(NULL, NULL, NID_subject_alt_name, "DNS:localhost,IP:127.0.0.1,IP:::1");

    if (name == NULL || names == NULL || X509_set_version(x, X509_VERSION_3) != 1 ||
        ASN1_INTEGER_set(X509_get_serialNumber(x), serial) != 1 ||
        X509_gmtime_adj(X509_getm_notBefore(x), -3600) == NULL ||
        X509_gmtime_adj(X509_getm_notAfter(x), 24L * 3600) == NULL ||
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, (const unsigned char *)"localhost", -1,
                                   -1, 0) != 1 ||
        X509_set_issuer_name(x, name) != 1 || X509_set_pubkey(x, key) != 1 ||
        X509_add_ext(x, names, -1) != 1 || X509_sign(x, key, EVP_sha256()) == 0)
        bail("cannot make a certificate");
    X509_EXTENSION_free(names);
    return x;
}

void cert_write(const char *folder, const char *name, long serial)
{
    EVP_PKEY *key = EVP_EC_gen("P-256");
    X509 *x;
    FILE *f;

    if (key == NULL)
        bail("cannot make a key");
    x = make(key, serial);
    f = open_file(folder, name, ".crt");
    if (PEM_write_X509(f, x) != 1 || fclose(f) != 0)
        bail("cannot write the certificate");
    f = open_file(folder, name, ".key");
    if (PEM_write_PrivateKey(f, key, NULL, NULL, 0, NULL, NULL) != 1 || fclose(f) != 0)
        bail("cannot write the key");
    X509_free(x);
    EVP_PKEY_free(key);
}

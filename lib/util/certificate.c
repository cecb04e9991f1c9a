/* SPDX-License-Identifier: MIT */
#include "lib/util/certificate.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum {
    DAY = 24 * 60 * 60,
    CA_DAYS = 3650,
    LEAF_DAYS = 397, /* the most that browsers take */
    SERIAL_BYTES = 16,
};

/* A certificate and its key, both owned. */
struct pair {
    X509 *certificate;
    EVP_PKEY *key;
};

static void pair_done(struct pair *p)
{
    X509_free(p->certificate);
    EVP_PKEY_free(p->key);
    *p = (struct pair){0};
}

#define auto_pair __attribute__((cleanup(pair_done)))

static int failed(struct err *err, const char *what)
{
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    (void)err_set(err, ERR_TLS, "%s: %s", what, reason != NULL ? reason : "failed");
    ERR_clear_error();
    return -1;
}

/* --- Names --------------------------------------------------------------------------------------
 */

static bool is_address(const char *name)
{
    unsigned char bytes[16];

    return inet_pton(AF_INET, name, bytes) == 1 || inet_pton(AF_INET6, name, bytes) == 1;
}

static bool is_host_name(const char *name)
{
    size_t n = strlen(name);

    return n > 0 && n <= CERTIFICATE_NAME_MAX && name[0] != '.' && name[0] != '-' &&
           name[strspn(
               name, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._*")] == '\0';
}

int certificate_names_add(struct certificate_names *names, const char *name, struct err *err)
{
    if (!is_address(name) && !is_host_name(name))
        return err_set(err, ERR_INVALID, "%s is neither a host name nor an address",
                       TEXT_QUOTE(name));
    for (size_t i = 0; i < names->count; i++) {
        if (text_equal_nocase(names->names[i], name))
            return 0;
    }
    if (names->count == CERTIFICATE_NAMES_MAX)
        return err_set(err, ERR_LIMIT, "more than %d names in a certificate",
                       CERTIFICATE_NAMES_MAX);
    memcpy(names->names[names->count++], name, strlen(name) + 1);
    return 0;
}

void certificate_names_init(struct certificate_names *names)
{
    char host[CERTIFICATE_NAME_MAX + 1] = "";

    names->count = 0;
    (void)certificate_names_add(names, "localhost", NULL);
    (void)certificate_names_add(names, "127.0.0.1", NULL);
    (void)certificate_names_add(names, "::1", NULL);
    if (gethostname(host, sizeof(host) - 1) == 0 && host[0] != '\0')
        (void)certificate_names_add(names, host, NULL); /* an odd host name is left out */
}

int certificate_names_add_listener(struct certificate_names *names, const char *address,
                                   struct err *err)
{
    char host[CERTIFICATE_NAME_MAX + 1];
    bool v6 = address[0] == '[';
    size_t n = v6 ? strcspn(++address, "]") : strcspn(address, ":");

    if (n >= sizeof(host))
        return err_set(err, ERR_INVALID, "%s is no listen address", TEXT_QUOTE(address));
    memcpy(host, address, n);
    host[n] = '\0';
    host[strcspn(host, "%")] = '\0'; /* the zone of a link-local address */
    if (host[0] == '\0' || strcmp(host, "0.0.0.0") == 0 || strcmp(host, "::") == 0)
        return 0;
    return certificate_names_add(names, host, err);
}

/* --- Certificates -------------------------------------------------------------------------------
 */

static GENERAL_NAME *make_name(const char *name)
{
    GENERAL_NAME *gn = GENERAL_NAME_new();
    bool address = is_address(name);
    void *value;

    if (gn == NULL)
        return NULL;
    if (address) {
        value = a2i_IPADDRESS(name);
    } else {
        value = ASN1_IA5STRING_new();
        if (value != NULL && ASN1_STRING_set(value, name, -1) != 1) {
            ASN1_IA5STRING_free(value);
            value = NULL;
        }
    }
    if (value == NULL) {
        GENERAL_NAME_free(gn);
        return NULL;
    }
    GENERAL_NAME_set0_value(gn, address ? GEN_IPADD : GEN_DNS, value);
    return gn;
}

static bool add_names(X509 *x, const struct certificate_names *names)
{
    GENERAL_NAMES *list = sk_GENERAL_NAME_new_null();
    bool good = list != NULL;

    for (size_t i = 0; good && i < names->count; i++) {
        GENERAL_NAME *name = make_name(names->names[i]);

        good = name != NULL && sk_GENERAL_NAME_push(list, name) > 0;
        if (!good)
            GENERAL_NAME_free(name);
    }
    good = good && X509_add1_ext_i2d(x, NID_subject_alt_name, list, 0, X509V3_ADD_DEFAULT) == 1;
    GENERAL_NAMES_free(list);
    return good;
}

static bool add_extension(X509 *x, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;
    X509_EXTENSION *extension;
    bool good;

    X509V3_set_ctx(&ctx, issuer, x, NULL, NULL, 0);
    extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    good = extension != NULL && X509_add_ext(x, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return good;
}

/* A random positive serial number; its beginning is written to `hex` for the CA's name. */
static bool set_serial(X509 *x, char hex[9])
{
    unsigned char bytes[SERIAL_BYTES];
    BIGNUM *number = NULL;
    bool good = RAND_bytes(bytes, sizeof(bytes)) == 1;

    bytes[0] &= 0x7f;
    text_hex(hex, bytes, 4);
    if (good)
        number = BN_bin2bn(bytes, sizeof(bytes), NULL);
    good = number != NULL && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(x)) != NULL;
    BN_free(number);
    return good;
}

/* Serial, subject and key of a new certificate that is valid from an hour ago on. */
static bool begin(X509 *x, EVP_PKEY *key, const char *common_name, bool unique, int days)
{
    char text[128], hex[9];
    X509_NAME *subject = X509_get_subject_name(x);

    if (X509_set_version(x, X509_VERSION_3) != 1 || !set_serial(x, hex))
        return false;
    /* CAs of different folders must not be taken for each other. */
    (void)snprintf(text, sizeof(text), "%s%s%s", common_name, unique ? " " : "", unique ? hex : "");
    return X509_gmtime_adj(X509_getm_notBefore(x), -60 * 60) != NULL &&
           X509_gmtime_adj(X509_getm_notAfter(x), (long)days * DAY) != NULL &&
           X509_NAME_add_entry_by_txt(subject, "O", MBSTRING_ASC, (const unsigned char *)"ocimock",
                                      -1, -1, 0) == 1 &&
           X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)text, -1,
                                      -1, 0) == 1 &&
           X509_set_pubkey(x, key) == 1;
}

static int make_ca(struct pair *ret, struct err *err)
{
    auto_pair struct pair p = {.certificate = X509_new(), .key = EVP_EC_gen("P-256")};
    X509 *x = p.certificate;

    if (x == NULL || p.key == NULL || !begin(x, p.key, "ocimock CA", true, CA_DAYS) ||
        X509_set_issuer_name(x, X509_get_subject_name(x)) != 1 ||
        !add_extension(x, x, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") ||
        !add_extension(x, x, NID_key_usage, "critical,keyCertSign,cRLSign") ||
        !add_extension(x, x, NID_subject_key_identifier, "hash") ||
        X509_sign(x, p.key, EVP_sha256()) == 0)
        return failed(err, "CA certificate");
    *ret = p;
    p = (struct pair){0};
    return 0;
}

/* Moves the dates where the flaw wants them. */
static bool set_flaw(X509 *x, enum certificate_flaw flaw)
{
    switch (flaw) {
    case CERTIFICATE_EXPIRED:
        return X509_gmtime_adj(X509_getm_notBefore(x), -30L * DAY) != NULL &&
               X509_gmtime_adj(X509_getm_notAfter(x), -1L * DAY) != NULL;
    case CERTIFICATE_NOT_YET:
        return X509_gmtime_adj(X509_getm_notBefore(x), 1L * DAY) != NULL;
    default:
        return true;
    }
}

static int make_leaf(struct pair *ret, const struct pair *ca, const struct certificate_request *r,
                     struct err *err)
{
    auto_pair struct pair p = {.certificate = X509_new(), .key = EVP_EC_gen("P-256")};
    bool self = r->flaw == CERTIFICATE_SELF_SIGNED;
    X509 *x = p.certificate;
    X509 *issuer = self ? x : ca->certificate;

    if (x == NULL || p.key == NULL || !begin(x, p.key, r->common_name, false, LEAF_DAYS) ||
        !set_flaw(x, r->flaw) || X509_set_issuer_name(x, X509_get_subject_name(issuer)) != 1 ||
        !add_extension(x, issuer, NID_basic_constraints, "critical,CA:FALSE") ||
        !add_extension(x, issuer, NID_key_usage, "critical,digitalSignature") ||
        !add_extension(x, issuer, NID_ext_key_usage, r->client ? "clientAuth" : "serverAuth") ||
        !add_extension(x, issuer, NID_subject_key_identifier, "hash") ||
        !add_extension(x, issuer, NID_authority_key_identifier, "keyid") ||
        (r->names != NULL && !add_names(x, r->names)) ||
        X509_sign(x, self ? p.key : ca->key, EVP_sha256()) == 0)
        return failed(err, r->client ? "client certificate" : "server certificate");
    *ret = p;
    p = (struct pair){0};
    return 0;
}

/* --- Files --------------------------------------------------------------------------------------
 */

static int make_path(char dst[PATH_MAX], const char *folder, const char *name, struct err *err)
{
    if (snprintf(dst, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX)
        return err_set(err, ERR_INVALID, "the path of %s is too long", name);
    return 0;
}

/* Makes the folder and those above it. */
static int make_folder(const char *folder, struct err *err)
{
    char path[PATH_MAX];
    size_t n = strlen(folder);

    if (n == 0 || n >= sizeof(path))
        return err_set(err, ERR_INVALID, "%s is no folder", TEXT_QUOTE(folder));
    memcpy(path, folder, n + 1);
    for (char *p = path + 1; p <= path + n; p++) {
        char kept = *p;

        if (kept != '/' && kept != '\0')
            continue;
        *p = '\0';
        if (mkdir(path, 0700) != 0 && errno != EEXIST)
            return err_sys(err, "cannot make the folder %s", path);
        *p = kept;
    }
    return 0;
}

/* Writes what the BIO holds to a file that then takes the place of path. */
static int write_file(const char *path, BIO *bio, mode_t mode, struct err *err)
{
    char temporary[PATH_MAX];
    auto_close int fd = -1;
    char *data;
    long n = BIO_get_mem_data(bio, &data);

    if (snprintf(temporary, sizeof(temporary), "%s.XXXXXX", path) >= (int)sizeof(temporary))
        return err_set(err, ERR_INVALID, "the path %s is too long", TEXT_QUOTE(path));
    fd = mkostemp(temporary, O_CLOEXEC);
    if (fd < 0)
        return err_sys(err, "cannot write %s", path);
    if (fchmod(fd, mode) != 0 || write(fd, data, (size_t)n) != n || rename(temporary, path) != 0) {
        (void)err_sys(err, "cannot write %s", path);
        (void)unlink(temporary);
        return -1;
    }
    return 0;
}

/* chain: a further certificate to stand behind, or NULL. */
static int write_certificate(const char *path, X509 *x, X509 *chain, struct err *err)
{
    BIO *bio = BIO_new(BIO_s_mem());
    int result;

    if (bio == NULL || PEM_write_bio_X509(bio, x) != 1 ||
        (chain != NULL && PEM_write_bio_X509(bio, chain) != 1))
        result = failed(err, path);
    else
        result = write_file(path, bio, 0644, err);
    BIO_free(bio);
    return result;
}

static int write_key(const char *path, EVP_PKEY *key, struct err *err)
{
    BIO *bio = BIO_new(BIO_s_mem());
    int result;

    if (bio == NULL || PEM_write_bio_PrivateKey(bio, key, NULL, NULL, 0, NULL, NULL) != 1)
        result = failed(err, path);
    else
        result = write_file(path, bio, 0600, err);
    BIO_free(bio);
    return result;
}

static int read_pair(struct pair *ret, const char *certificate, const char *key, struct err *err)
{
    auto_pair struct pair p = {0};
    BIO *bio = BIO_new_file(certificate, "r");

    p.certificate = bio == NULL ? NULL : PEM_read_bio_X509(bio, NULL, NULL, NULL);
    BIO_free(bio);
    if (p.certificate == NULL)
        return failed(err, certificate);
    bio = BIO_new_file(key, "r");
    p.key = bio == NULL ? NULL : PEM_read_bio_PrivateKey(bio, NULL, NULL, NULL);
    BIO_free(bio);
    if (p.key == NULL)
        return failed(err, key);
    *ret = p;
    p = (struct pair){0};
    return 0;
}

/* A CA that somebody may trust already is never replaced without being asked. */
static int check_ca(const struct pair *ca, const char *path, struct err *err)
{
    if (X509_check_private_key(ca->certificate, ca->key) != 1) {
        ERR_clear_error();
        return err_set(err, ERR_TLS, "%s does not fit its key: remove both to get new ones", path);
    }
    if (X509_check_ca(ca->certificate) != 1)
        return err_set(err, ERR_TLS, "%s is no CA certificate", path);
    if (X509_cmp_current_time(X509_get0_notAfter(ca->certificate)) < 0)
        return err_set(err, ERR_TLS, "%s has expired: remove it and its key to get new ones", path);
    return 0;
}

static int get_ca(struct pair *ret, const char *certificate, const char *key, struct err *err)
{
    if (access(certificate, F_OK) == 0 || access(key, F_OK) == 0) {
        if (read_pair(ret, certificate, key, err) != 0)
            return err_wrap(err, "CA (remove ca.crt and ca.key to get a new one)");
        return check_ca(ret, certificate, err);
    }
    if (make_ca(ret, err) != 0 || write_key(key, ret->key, err) != 0)
        return -1;
    return write_certificate(certificate, ret->certificate, NULL, err);
}

static int issue(const struct certificate_files *files, const char *ca_key,
                 const struct certificate_request *r, struct err *err)
{
    auto_pair struct pair ca = {0};
    auto_pair struct pair leaf = {0};
    bool self = r->flaw == CERTIFICATE_SELF_SIGNED;

    if ((!self && get_ca(&ca, files->ca, ca_key, err) != 0) || make_leaf(&leaf, &ca, r, err) != 0 ||
        write_key(files->key, leaf.key, err) != 0)
        return -1;
    return write_certificate(files->certificate, leaf.certificate, ca.certificate, err);
}

/* FILE plus an ending, in the folder. */
static int make_leaf_path(char dst[PATH_MAX], const char *folder, const char *file,
                          const char *ending, struct err *err)
{
    char name[NAME_MAX + 1];

    if (file[0] == '\0' || file[0] == '.' || strchr(file, '/') != NULL ||
        snprintf(name, sizeof(name), "%s%s", file, ending) >= (int)sizeof(name))
        return err_set(err, ERR_INVALID, "%s is no name of a file", TEXT_QUOTE(file));
    return make_path(dst, folder, name, err);
}

int certificate_issue(struct certificate_files *ret, const char *folder,
                      const struct certificate_request *r, struct err *err)
{
    char ca_key[PATH_MAX];
    auto_close int lock = -1;

    if (make_path(ret->ca, folder, "ca.crt", err) != 0 ||
        make_leaf_path(ret->certificate, folder, r->file, ".crt", err) != 0 ||
        make_leaf_path(ret->key, folder, r->file, ".key", err) != 0 ||
        make_path(ca_key, folder, "ca.key", err) != 0 || make_folder(folder, err) != 0)
        return -1;
    lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock < 0 || flock(lock, LOCK_EX) != 0)
        return err_sys(err, "folder for certificates %s", folder);
    return issue(ret, ca_key, r, err);
}

int certificate_make(struct certificate_files *ret, const char *folder,
                     const struct certificate_names *names, struct err *err)
{
    const struct certificate_request server = {
        .file = "server", .common_name = "ocimock", .names = names};

    return certificate_issue(ret, folder, &server, err);
}

/* --- In memory ----------------------------------------------------------------------------------
 */

/* The content of the BIO as a text; NULL: memory. */
static char *take_text(BIO *bio)
{
    char *data;
    long n = bio != NULL ? BIO_get_mem_data(bio, &data) : -1;
    char *text = n >= 0 ? strndup(data, (size_t)n) : NULL;

    BIO_free(bio);
    return text;
}

static int make_text(struct certificate_text *ret, const struct pair *leaf, X509 *chain,
                     struct err *err)
{
    BIO *certificate = BIO_new(BIO_s_mem());
    BIO *key = BIO_new(BIO_s_mem());
    bool good = certificate != NULL && key != NULL &&
                PEM_write_bio_X509(certificate, leaf->certificate) == 1 &&
                (chain == NULL || PEM_write_bio_X509(certificate, chain) == 1) &&
                PEM_write_bio_PrivateKey(key, leaf->key, NULL, NULL, 0, NULL, NULL) == 1;
    struct certificate_text text = {.certificate = take_text(certificate), .key = take_text(key)};

    if (!good || text.certificate == NULL || text.key == NULL) {
        free(text.certificate);
        free(text.key);
        return failed(err, "certificate");
    }
    *ret = text;
    return 0;
}

static int read_ca(struct pair *ret, const char *folder, struct err *err)
{
    char certificate[PATH_MAX], key[PATH_MAX];

    if (make_path(certificate, folder, "ca.crt", err) != 0 ||
        make_path(key, folder, "ca.key", err) != 0 || read_pair(ret, certificate, key, err) != 0)
        return -1;
    return check_ca(ret, certificate, err);
}

int certificate_make_text(struct certificate_text *ret, const char *folder,
                          const struct certificate_request *r, struct err *err)
{
    auto_pair struct pair ca = {0};
    auto_pair struct pair leaf = {0};
    bool self = r->flaw == CERTIFICATE_SELF_SIGNED;

    if (!self && (folder != NULL ? read_ca(&ca, folder, err) : make_ca(&ca, err)) != 0)
        return -1;
    if (make_leaf(&leaf, &ca, r, err) != 0)
        return -1;
    return make_text(ret, &leaf, ca.certificate, err);
}

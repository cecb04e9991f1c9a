/* SPDX-License-Identifier: MIT */
#include "cli/registry_environment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <jansson.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>

#include "auth/secret.h"
#include "lib/util/base64.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/log.h"
#include "lib/util/option.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

#define PREFIX         "REGISTRY_"
#define REDIRECT_PATH  "/auth/token" /* where autoredirect points to unless told */
#define LISTEN_DEFAULT "127.0.0.1:5000"

enum { PASSWORD_BYTES = 32, VARIABLE_MAX = 64 };

/* What is read, and where it goes to. */
struct reading {
    struct option_set *set;   /* borrowed */
    char *const *environment; /* borrowed */
    bool provision;
    struct err *err;
};

/* The value of PREFIX and name; NULL when it is not set or empty. */
static const char *get(const struct reading *r, const char *name)
{
    size_t n = strlen(name);

    for (char *const *v = r->environment; *v != NULL; v++) {
        if (strncmp(*v, PREFIX, strlen(PREFIX)) == 0 &&
            strncmp(*v + strlen(PREFIX), name, n) == 0 && (*v)[strlen(PREFIX) + n] == '=')
            return (*v)[strlen(PREFIX) + n + 1] != '\0' ? *v + strlen(PREFIX) + n + 1 : NULL;
    }
    return NULL;
}

/* As yaml.v2 reads a boolean, which is what the registry does with its variables. */
static bool is_true(const char *value)
{
    static const char *const words[] = {"true", "yes", "on", "y"};

    for (size_t i = 0; value != NULL && i < ARRAY_LEN(words); i++) {
        if (text_equal_nocase(value, words[i]))
            return true;
    }
    return false;
}

/* True when a flag or OCIMOCK_* variable has set it. */
static bool is_ours(const struct reading *r, const char *flag)
{
    return option_source(r->set, flag) >= OPTION_ENVIRONMENT;
}

/* value NULL: nothing to set. */
static int set(struct reading *r, const char *flag, const char *value, const char *name)
{
    char origin[VARIABLE_MAX];

    if (value == NULL || is_ours(r, flag))
        return 0;
    (void)snprintf(origin, sizeof(origin), PREFIX "%s", name);
    return option_read_text(r->set, flag, OPTION_ENVIRONMENT, value, origin, r->err);
}

/* --- Authentication -----------------------------------------------------------------------------
 */

static int need(struct reading *r, const char *name, const char *flag, const char *type)
{
    if (get(r, name) != NULL || (flag != NULL && is_ours(r, flag)))
        return 0;
    return err_set(r->err, ERR_USAGE, PREFIX "AUTH=%s needs " PREFIX "%s", type, name);
}

static int read_htpasswd(struct reading *r)
{
    const char *path = get(r, "AUTH_HTPASSWD_PATH");

    if (need(r, "AUTH_HTPASSWD_REALM", "auth-realm", "htpasswd") != 0 ||
        need(r, "AUTH_HTPASSWD_PATH", "htpasswd", "htpasswd") != 0)
        return -1;
    r->provision = path != NULL && !is_ours(r, "htpasswd");
    if (set(r, "auth-mode", "basic", "AUTH") != 0 ||
        set(r, "auth-realm", get(r, "AUTH_HTPASSWD_REALM"), "AUTH_HTPASSWD_REALM") != 0)
        return -1;
    return set(r, "htpasswd", path, "AUTH_HTPASSWD_PATH");
}

/* One for the certificates, one for the JWKS. The caller owns the text; NULL: memory is short. */
static char *make_trust(const struct reading *r)
{
    const char *issuer = get(r, "AUTH_TOKEN_ISSUER");
    const char *service = get(r, "AUTH_TOKEN_SERVICE");
    const char *pem = get(r, "AUTH_TOKEN_ROOTCERTBUNDLE");
    const char *jwks = get(r, "AUTH_TOKEN_JWKS");
    json_t *list = json_array();
    char *text = NULL;

    if (pem != NULL)
        (void)json_array_append_new(list, json_pack("{s:s, s:s, s:[s]}", "pem", pem, "issuer",
                                                    issuer, "audience", service));
    if (jwks != NULL)
        (void)json_array_append_new(list, json_pack("{s:s, s:s, s:[s]}", "jwks", jwks, "issuer",
                                                    issuer, "audience", service));
    if (json_array_size(list) == (size_t)(pem != NULL) + (jwks != NULL))
        text = json_dumps(list, JSON_COMPACT);
    json_decref(list);
    return text;
}

static int read_token_realm(struct reading *r)
{
    const char *path = get(r, "AUTH_TOKEN_AUTOREDIRECTPATH");

    if (!is_true(get(r, "AUTH_TOKEN_AUTOREDIRECT")))
        return need(r, "AUTH_TOKEN_REALM", "auth-token-realm", "token") != 0
                   ? -1
                   : set(r, "auth-token-realm", get(r, "AUTH_TOKEN_REALM"), "AUTH_TOKEN_REALM");
    return set(r, "auth-token-realm", path != NULL ? path : REDIRECT_PATH,
               "AUTH_TOKEN_AUTOREDIRECT");
}

static int read_token(struct reading *r)
{
    auto_free char *trust = NULL;

    if (need(r, "AUTH_TOKEN_SERVICE", NULL, "token") != 0 ||
        need(r, "AUTH_TOKEN_ISSUER", NULL, "token") != 0)
        return -1;
    if (get(r, "AUTH_TOKEN_JWKS") == NULL &&
        need(r, "AUTH_TOKEN_ROOTCERTBUNDLE", "auth-trust", "token") != 0)
        return -1;
    trust = make_trust(r);
    if (trust == NULL)
        return err_set(r->err, ERR_NOMEM, "options");
    if (read_token_realm(r) != 0 || set(r, "auth-mode", "bearer", "AUTH") != 0 ||
        set(r, "auth-service", get(r, "AUTH_TOKEN_SERVICE"), "AUTH_TOKEN_SERVICE") != 0)
        return -1;
    return set(r, "auth-trust", trust, "AUTH_TOKEN_ROOTCERTBUNDLE");
}

static int read_auth(struct reading *r)
{
    const char *type = get(r, "AUTH");

    if (type == NULL &&
        (get(r, "AUTH_HTPASSWD_PATH") != NULL || get(r, "AUTH_HTPASSWD_REALM") != NULL))
        type = "htpasswd";
    if (type == NULL &&
        (get(r, "AUTH_TOKEN_REALM") != NULL || get(r, "AUTH_TOKEN_SERVICE") != NULL))
        type = "token";
    if (type == NULL)
        return 0;
    if (strcmp(type, "htpasswd") == 0)
        return read_htpasswd(r);
    if (strcmp(type, "token") == 0)
        return read_token(r);
    if (strcmp(type, "none") == 0)
        return set(r, "auth-mode", "none", "AUTH");
    return err_set(r->err, ERR_USAGE,
                   PREFIX "AUTH: %s is not known: expected htpasswd, token or none",
                   TEXT_QUOTE(type));
}

/* --- Addresses, TLS, deletion -------------------------------------------------------------------
 */

/* There, the one address serves TLS as soon as there is a certificate. */
static int read_http(struct reading *r)
{
    const char *certificate = get(r, "HTTP_TLS_CERTIFICATE");
    const char *address = get(r, "HTTP_ADDR");
    bool tls = certificate != NULL && !is_ours(r, "tls-cert") && !is_ours(r, "tls-auto");

    if (set(r, "external-url", get(r, "HTTP_HOST"), "HTTP_HOST") != 0)
        return -1;
    if (!tls)
        return set(r, "listen", address, "HTTP_ADDR");
    if (address == NULL && option_source(r->set, "listen") <= OPTION_DEFAULT)
        address = LISTEN_DEFAULT;
    if (set(r, "tls-cert", certificate, "HTTP_TLS_CERTIFICATE") != 0 ||
        set(r, "tls-key", get(r, "HTTP_TLS_KEY"), "HTTP_TLS_KEY") != 0 ||
        set(r, "tls-listen", address, "HTTP_ADDR") != 0)
        return -1;
    return address == NULL ? 0 : set(r, "listen", "", "HTTP_ADDR");
}

/* What is no boolean counts as false there. */
static int read_deletion(struct reading *r)
{
    static const char *const flags[] = {"delete-tag", "delete-manifest", "delete-blob"};
    const char *name = "STORAGE_DELETE_ENABLED";
    const char *enabled = get(r, name);

    for (size_t i = 0; enabled != NULL && i < ARRAY_LEN(flags); i++) {
        if (set(r, flags[i], is_true(enabled) ? "on" : "405", name) != 0)
            return -1;
    }
    return 0;
}

/* --- All of it ----------------------------------------------------------------------------------
 */

static bool is_known(const char *name, size_t length)
{
    static const char *const known[] = {
        "AUTH",
        "AUTH_HTPASSWD_REALM",
        "AUTH_HTPASSWD_PATH",
        "AUTH_TOKEN_REALM",
        "AUTH_TOKEN_SERVICE",
        "AUTH_TOKEN_ISSUER",
        "AUTH_TOKEN_ROOTCERTBUNDLE",
        "AUTH_TOKEN_JWKS",
        "AUTH_TOKEN_AUTOREDIRECT",
        "AUTH_TOKEN_AUTOREDIRECTPATH",
        "HTTP_ADDR",
        "HTTP_HOST",
        "HTTP_SECRET",
        "HTTP_TLS_CERTIFICATE",
        "HTTP_TLS_KEY",
        "STORAGE_DELETE_ENABLED",
    };

    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (strlen(known[i]) == length && memcmp(known[i], name, length) == 0)
            return true;
    }
    return false;
}

static void remark_others(const struct reading *r, struct buf *remarks)
{
    for (char *const *v = r->environment; *v != NULL; v++) {
        const char *name = *v + strlen(PREFIX);
        struct text_quote quote;

        if (strncmp(*v, PREFIX, strlen(PREFIX)) == 0 && !is_known(name, strcspn(name, "=")))
            (void)buf_appendf(remarks, "environment variable %s has no effect here\n",
                              text_quote_bytes(&quote, *v, strcspn(*v, "=")));
    }
}

int registry_environment_read(struct option_set *option_set, char *const *environment,
                              struct buf *remarks, bool *ret_provision, struct err *err)
{
    struct reading r = {.set = option_set, .environment = environment, .err = err};

    if (read_auth(&r) != 0 || read_http(&r) != 0 || read_deletion(&r) != 0)
        return -1;
    remark_others(&r, remarks);
    *ret_provision = r.provision;
    return 0;
}

/* --- A missing htpasswd file --------------------------------------------------------------------
 */

static int make_folders(const char *path, struct err *err)
{
    auto_free char *copy = strdup(path);

    if (copy == NULL)
        return err_set(err, ERR_NOMEM, "%s", path);
    for (char *slash = strchr(copy + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(copy, 0700) != 0 && errno != EEXIST)
            return err_sys(err, "%s", copy);
        *slash = '/';
    }
    return 0;
}

static int make_password(struct buf *password, struct err *err)
{
    unsigned char random[PASSWORD_BYTES];

    if (RAND_priv_bytes(random, sizeof(random)) != 1)
        return err_set(err, ERR_SYSTEM, "no random numbers");
    base64_encode(password, BASE64_URL, random, sizeof(random));
    return buf_check(password, "password", err);
}

static int write_user(const char *path, const char *password, struct err *err)
{
    auto_close int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    char hash[SECRET_HASH_MAX + 1];

    if (fd < 0)
        return err_sys(err, "%s", path);
    if (secret_make_hash(hash, SECRET_BCRYPT, 0, password, err) != 0)
        return -1;
    return dprintf(fd, "docker:%s\n", hash) > 0 ? 0 : err_sys(err, "%s", path);
}

int registry_environment_provision(const char *path, struct err *err)
{
    auto_buf struct buf password = BUF_INIT(2 * PASSWORD_BYTES);
    struct log_line line;

    if (access(path, F_OK) == 0)
        return 0;
    if (make_password(&password, err) != 0 || make_folders(path, err) != 0 ||
        write_user(path, buf_text(&password), err) != 0)
        return -1;
    /* The one secret that is logged: nobody could log in without, and the registry does the same.
     */
    log_begin(&line, LOG_LEVEL_WARN, "htpasswd is missing, provisioning with default user");
    log_text(&line, "user", "docker");
    log_text(&line, "password", buf_text(&password));
    log_end(&line);
    OPENSSL_cleanse(password.data, password.len);
    return 0;
}

/* SPDX-License-Identifier: MIT */
#include "cli/serve_tls.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/serve_settings.h"
#include "lib/http/tls.h"
#include "lib/util/certificate.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

/* Where tls.auto keeps its files unless told (XDG Base Directory Specification). */
static int find_folder(const struct serve_settings *s, char dst[PATH_MAX], struct err *err)
{
    const char *data = getenv("XDG_DATA_HOME");
    const char *home = getenv("HOME");

    if (strcmp(s->tls_auto, "true") != 0)
        (void)snprintf(dst, PATH_MAX, "%s", s->tls_auto);
    else if (data != NULL && data[0] == '/')
        (void)snprintf(dst, PATH_MAX, "%s/ocimock/tls", data);
    else if (home != NULL && home[0] == '/')
        (void)snprintf(dst, PATH_MAX, "%s/.local/share/ocimock/tls", home);
    else
        return err_set(err, ERR_USAGE, "tls.auto needs a folder: HOME is not set");
    return 0;
}

static int add_all(struct certificate_names *names, const struct option_list *list,
                   int (*add)(struct certificate_names *, const char *, struct err *),
                   struct err *err)
{
    for (size_t i = 0; i < list->count; i++) {
        if (add(names, list->items[i], err) != 0)
            return err_wrap(err, "certificate");
    }
    return 0;
}

static int make_certificate(const struct serve_settings *s, struct certificate_files *ret,
                            struct err *err)
{
    auto_free struct certificate_names *names = malloc(sizeof(*names));
    char folder[PATH_MAX];

    if (names == NULL)
        return err_set(err, ERR_NOMEM, "certificate");
    certificate_names_init(names);
    if (add_all(names, &s->tls_listen, certificate_names_add_listener, err) != 0 ||
        add_all(names, &s->listen, certificate_names_add_listener, err) != 0 ||
        add_all(names, &s->tls_hosts, certificate_names_add, err) != 0 ||
        find_folder(s, folder, err) != 0)
        return -1;
    return certificate_make(ret, folder, names, err);
}

int serve_tls_new(struct http_tls **ret, const struct serve_settings *s, struct err *err)
{
    auto_free struct certificate_files *files = NULL;
    struct http_tls_options options = {
        .certificate = s->tls_certificate,
        .key = s->tls_key,
        .client_ca = s->tls_client_ca,
        .client_required = s->tls_client_required,
    };
    struct log_line line;

    if (s->tls_auto == NULL)
        return http_tls_new(ret, &options, err);
    files = malloc(sizeof(*files));
    if (files == NULL)
        return err_set(err, ERR_NOMEM, "certificate");
    if (make_certificate(s, files, err) != 0)
        return -1;
    log_begin(&line, LOG_LEVEL_INFO, "made a certificate; clients trust it by its CA");
    log_text(&line, "ca", files->ca);
    log_end(&line);
    options.certificate = files->certificate;
    options.key = files->key;
    return http_tls_new(ret, &options, err);
}

int serve_tls_reload(struct http_tls *tls, const struct serve_settings *s, struct err *err)
{
    auto_free struct certificate_files *files = NULL;

    if (s->tls_auto != NULL) {
        files = malloc(sizeof(*files));
        if (files == NULL)
            return err_set(err, ERR_NOMEM, "certificate");
        if (make_certificate(s, files, err) != 0)
            return -1;
    }
    return http_tls_reload(tls, err);
}

void serve_tls_ca(const struct http_tls *tls, const struct serve_settings *s, char dst[PATH_MAX])
{
    const char *certificate = http_tls_certificate(tls);
    const char *slash = certificate != NULL ? strrchr(certificate, '/') : NULL;
    char path[PATH_MAX];

    dst[0] = '\0';
    if (s->tls_auto == NULL || slash == NULL)
        return;
    (void)snprintf(path, sizeof(path), "%.*s/ca.crt", (int)(slash - certificate), certificate);
    if (realpath(path, dst) == NULL)
        dst[0] = '\0';
}

/* SPDX-License-Identifier: MIT */
/*
 * What `ocimock serve` was told, from flags, environment, file and defaults.
 */
#ifndef CLI_SERVE_SETTINGS_H
#define CLI_SERVE_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "auth/auth.h"
#include "cli/command.h"
#include "lib/http/limits.h"
#include "lib/util/buf.h"
#include "lib/util/log.h"
#include "lib/util/option.h"
#include "registry/registry.h"

struct err;

struct serve_settings {
    struct option_set *set; /* owned; the texts and lists below are borrowed from it */
    struct buf warnings;    /* lines to be logged once the log is set up */
    struct buf remarks;     /* the same, of level debug */

    struct option_list listen;
    struct option_list tls_listen;
    struct option_list tls_hosts; /* further names for the certificate of tls.auto */
    const char *tls_certificate;
    const char *tls_key;
    const char
        *tls_client_ca; /* whose client certificates are accepted; NULL: none are asked for */
    bool tls_client_required;
    const char *tls_auto;       /* folder; "true": the usual one; NULL: off */
    struct option_list control; /* at most one address; none: see serve_control.c */
    const char *control_token;
    const char *control_token_file;
    struct option_list import;
    struct json_t *images;          /* borrowed; array, or NULL */
    struct option_list image_texts; /* "NAME=RECIPE" */
    struct option_list rules;       /* files and folders */
    const char *rules_json;         /* rules themselves */
    struct option_list scenarios;
    struct registry_settings registry;
    struct auth_settings auth; /* lists: the three below, see serve_auth_new() */
    struct option_list users;
    struct option_list services;
    struct option_list trusted_proxies;
    uint32_t auth_algorithm; /* index: ES256, RS256 */
    bool provision_htpasswd; /* make the file of auth.htpasswd if it is missing */
    struct http_limits limits;
    uint64_t worlds_max; /* beside the one of the start */
    enum log_format log_format;
    enum log_level log_level;
    const char *port_file;
    int ready_fd; /* -1: none */
    bool stop_on_stdin_eof;

    const char *config;
    bool print_config;
    bool check_config;
    bool json;
    bool help;
};

/* serve.c; its table is in serve_options.c. */
enum cli_status run_serve(int argc, char **argv);

/*
 * argv[0] is the command's name. Fills *ret; serve_settings_done() must follow, on failure too. A
 * help wanted wins over everything that may be wrong.
 */
int serve_settings_read(struct serve_settings *ret, int argc, char **argv, struct err *err);
void serve_settings_done(struct serve_settings *s);
/* True when the settings ask for TLS in any way. */
bool serve_settings_tls(const struct serve_settings *s);

/*
 * The URL of a server that was started with this environment: out of its port file where that is
 * there, else of its first listen address. malloc'd.
 */
int serve_settings_url(char **ret, struct err *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * ocimock gen-cert --out DIR [--ca] [--host NAME]... [--client NAME] [--flaw KIND]
 *
 * A CA and certificates signed by it, for servers and clients, good ones and bad ones.
 */
#include "cli/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "lib/util/buf.h"
#include "lib/util/certificate.h"
#include "lib/util/err.h"
#include "lib/util/option.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

/* What --flaw names; the first ones are in the order of enum certificate_flaw. */
enum flaw { FLAW_NONE, FLAW_EXPIRED, FLAW_NOT_YET, FLAW_SELF_SIGNED, FLAW_WRONG_NAME };

static const char *const flaws[] = {"none",        "expired",    "not-yet",
                                    "self-signed", "wrong-name", NULL};

/* No resolver knows it (RFC 6761). */
static const char wrong_name[] = "wrong-name.invalid";

struct gen_cert_settings {
    const char *out;
    bool ca;
    struct option_list hosts;
    const char *client;
    const char *file;
    enum flaw flaw;
    bool json;
    bool help;
};

#define MEMBER(m) OPTION_MEMBER(struct gen_cert_settings, m)

static const struct option options[] = {
    {.flag = "out",
     .letter = 'o',
     .flag_only = true,
     .arg = "FOLDER",
     .value.type = SCHEMA_TEXT,
     .help = "Where the files go, and where the CA (ca.crt, ca.key) is that signs them",
     MEMBER(out)},
    {.flag = "host",
     .flag_only = true,
     .arg = "NAME",
     .value.type = SCHEMA_LIST,
     .help = "Host name or address of the server, beside localhost and this host's name",
     MEMBER(hosts)},
    {.flag = "client",
     .flag_only = true,
     .arg = "NAME",
     .value.type = SCHEMA_TEXT,
     .help = "Make a client certificate with this common name instead of a server's",
     MEMBER(client)},
    {.flag = "file",
     .flag_only = true,
     .arg = "NAME",
     .value.type = SCHEMA_TEXT,
     .help = "Name of the files: NAME.crt and NAME.key (default: server, or the client's name)",
     MEMBER(file)},
    {.flag = "flaw",
     .flag_only = true,
     .arg = "KIND",
     .value = {.type = SCHEMA_CHOICE, .choices = flaws},
     .preset = "none",
     .help = "What shall be wrong with it",
     MEMBER(flaw)},
    {.flag = "ca",
     .flag_only = true,
     .value.type = SCHEMA_BOOL,
     .help = "Make the CA when the folder has none; without it, a missing CA is an error",
     MEMBER(ca)},
    {.flag = "json",
     .flag_only = true,
     .value.type = SCHEMA_BOOL,
     .help = "Print JSON",
     MEMBER(json)},
    {.flag = "help",
     .letter = 'h',
     .flag_only = true,
     .value.type = SCHEMA_BOOL,
     .help = "Print this help",
     MEMBER(help)},
};

static enum cli_status print_help(void)
{
    auto_buf struct buf b = BUF_INIT(8192);

    (void)buf_append_text(
        &b, "Examples:\n"
            "  ocimock gen-cert --ca --host registry.test --out tls\n"
            "  ocimock gen-cert --client alice --out tls        # signed by the CA in tls\n"
            "  ocimock gen-cert --flaw expired --file old --out tls\n"
            "  ocimock serve --tls-cert tls/server.crt --tls-key tls/server.key \\\n"
            "      --tls-client-ca tls/ca.crt\n"
            "\nUsage: ocimock gen-cert --out FOLDER [OPTION...]\n\nOptions:\n");
    option_help(&b, options, ARRAY_LEN(options));
    return cli_print_buf(&b);
}

/* A server's certificate names this machine too; a wrong one names nothing that exists. */
static int collect_names(const struct gen_cert_settings *s, struct certificate_names *names,
                         struct err *err)
{
    names->count = 0;
    if (s->flaw == FLAW_WRONG_NAME)
        return certificate_names_add(names, wrong_name, err);
    certificate_names_init(names);
    for (size_t i = 0; i < s->hosts.count; i++) {
        if (certificate_names_add(names, s->hosts.items[i], err) != 0)
            return -1;
    }
    return 0;
}

static int check(const struct gen_cert_settings *s, struct err *err)
{
    if (s->out == NULL)
        return err_set(err, ERR_USAGE, "--out is missing: name the folder for the files");
    if (s->client != NULL && s->hosts.count > 0)
        return err_set(err, ERR_USAGE, "--host is for servers, --client makes a client's");
    if (s->client != NULL && s->flaw == FLAW_WRONG_NAME)
        return err_set(err, ERR_USAGE, "a client certificate has no host name to be wrong");
    if (s->client != NULL && (*s->client == '\0' || strlen(s->client) > 64))
        return err_set(err, ERR_USAGE, "--client takes a name of 1 to 64 bytes");
    if (s->flaw == FLAW_WRONG_NAME && s->hosts.count > 0)
        return err_set(err, ERR_USAGE, "with --flaw wrong-name the name is %s", wrong_name);
    return 0;
}

/* A folder that was mistyped must not get a CA of its own that nobody trusts. */
static int check_ca(const struct gen_cert_settings *s, struct err *err)
{
    auto_free char *path = NULL;

    if (s->ca || s->flaw == FLAW_SELF_SIGNED)
        return 0;
    if (asprintf(&path, "%s/ca.crt", s->out) < 0)
        return err_set(err, ERR_NOMEM, "path");
    if (access(path, F_OK) == 0)
        return 0;
    return err_set(err, ERR_USAGE, "there is no CA in %s: add --ca to have one made",
                   TEXT_QUOTE(s->out));
}

static int make(const struct gen_cert_settings *s, struct certificate_files *files, struct err *err)
{
    auto_free struct certificate_names *names = malloc(sizeof(*names));
    struct certificate_request request = {
        .file = s->file != NULL     ? s->file
                : s->client != NULL ? s->client
                                    : "server",
        .common_name = s->client != NULL ? s->client : "ocimock",
        .client = s->client != NULL,
        .flaw = s->flaw == FLAW_WRONG_NAME ? CERTIFICATE_GOOD : (enum certificate_flaw)s->flaw,
    };

    if (names == NULL)
        return err_set(err, ERR_NOMEM, "certificate");
    if (check_ca(s, err) != 0)
        return -1;
    if (s->client == NULL) {
        if (collect_names(s, names, err) != 0)
            return -1;
        request.names = names;
    }
    return certificate_issue(files, s->out, &request, err);
}

static enum cli_status print_files(const struct gen_cert_settings *s,
                                   const struct certificate_files *files)
{
    const char *ca = s->flaw == FLAW_SELF_SIGNED ? NULL : files->ca;
    auto_buf struct buf b = BUF_INIT(4 * PATH_MAX);

    if (s->json)
        return cli_print_json(json_pack("{s:s*, s:s, s:s}", "ca", ca, "certificate",
                                        files->certificate, "key", files->key));
    if (ca != NULL)
        (void)buf_appendf(&b, "ca           %s\n", ca);
    (void)buf_appendf(&b, "certificate  %s\nkey          %s\n", files->certificate, files->key);
    return cli_print_buf(&b);
}

static int read_settings(struct gen_cert_settings *ret, struct option_set *set, int argc,
                         char **argv, struct err *err)
{
    size_t words;

    if (option_read_flags(set, OPTION_FLAG, argc - 1, argv + 1, err) != 0 ||
        option_store(set, ret, err) != 0)
        return -1;
    (void)option_words(set, &words);
    if (words > 0)
        return err_set(err, ERR_USAGE, "takes no arguments: host names go behind --host");
    return ret->help ? 0 : check(ret, err);
}

static enum cli_status run(struct option_set *set, int argc, char **argv)
{
    auto_free struct certificate_files *files = malloc(sizeof(*files));
    struct gen_cert_settings settings = {0};
    struct err err = {.code = ERR_NOMEM};

    if (files == NULL || read_settings(&settings, set, argc, argv, &err) != 0)
        return cli_fail("gen-cert", &err);
    if (settings.help)
        return print_help();
    if (make(&settings, files, &err) != 0)
        return cli_fail("gen-cert", &err);
    return print_files(&settings, files);
}

enum cli_status run_gen_cert(int argc, char **argv)
{
    struct option_set *set = NULL;
    enum cli_status status;
    struct err err;

    if (option_set_new(&set, options, ARRAY_LEN(options), &err) != 0)
        return cli_fail("gen-cert", &err);
    status = run(set, argc, argv);
    option_set_free(set);
    return status;
}

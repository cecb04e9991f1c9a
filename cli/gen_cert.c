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
#include "lib/util/text.h"
#include "lib/util/util.h"

/* What --flaw names; the first ones are in the order of enum certificate_flaw. */
enum flaw { FLAW_NONE, FLAW_EXPIRED, FLAW_NOT_YET, FLAW_SELF_SIGNED, FLAW_WRONG_NAME };

static const char *const flaws[] = {"none",        "expired",    "not-yet",
                                    "self-signed", "wrong-name", NULL};

/* No resolver knows it (RFC 6761). */
static const char wrong_name[] = "wrong-name.invalid";

struct gen_cert_settings {
    struct command_settings common;
    const char *out;
    bool ca;
    struct option_list hosts;
    const char *client;
    const char *file;
    enum flaw flaw;
};

#define MEMBER(m) OPTION_MEMBER(struct gen_cert_settings, m)

static const struct option options[] = {
    {CLI_FOLDER("out", "Where the files go, and where the CA (ca.crt, ca.key) is that signs them"),
     .letter = 'o', MEMBER(out)},
    {CLI_LIST("host", "NAME",
              "Host name or address of the server, beside localhost and this host's name"),
     MEMBER(hosts)},
    {CLI_TEXT("client", "NAME",
              "Make a client certificate with this common name instead of a server's"),
     MEMBER(client)},
    {CLI_TEXT("file", "NAME",
              "Name of the files: NAME.crt and NAME.key (default: server, or the client's name)"),
     MEMBER(file)},
    {CLI_CHOICE("flaw", "KIND", flaws, "What shall be wrong with it"), .preset = "none",
     MEMBER(flaw)},
    {CLI_SWITCH("ca", "Make the CA when the folder has none; without it, a missing CA is an error"),
     MEMBER(ca)},
};

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

    if (s->common.json)
        return cli_print_json(json_pack("{s:s*, s:s, s:s}", "ca", ca, "certificate",
                                        files->certificate, "key", files->key));
    if (ca != NULL)
        (void)buf_appendf(&b, "ca           %s\n", ca);
    (void)buf_appendf(&b, "certificate  %s\nkey          %s\n", files->certificate, files->key);
    return cli_print_buf(&b);
}

static enum cli_status gen_cert(void *settings, struct err *err)
{
    const struct gen_cert_settings *s = settings;
    auto_free struct certificate_files *files = malloc(sizeof(*files));

    if (files == NULL) {
        (void)err_set(err, ERR_NOMEM, "certificate");
        return CLI_FAILURE;
    }
    if (check(s, err) != 0 || make(s, files, err) != 0)
        return CLI_FAILURE;
    return print_files(s, files);
}

const struct command command_gen_cert = {
    .name = "gen-cert",
    .summary = "make a CA, server and client certificates, good or bad",
    .group = "Keys and secrets, without a server",
    .examples = "ocimock gen-cert --ca --host registry.test --out tls\n"
                "ocimock gen-cert --client alice --out tls        # signed by the CA in tls\n"
                "ocimock gen-cert --flaw expired --file old --out tls\n"
                "ocimock serve --tls-cert tls/server.crt --tls-key tls/server.key \\\n"
                "    --tls-client-ca tls/ca.crt",
    .about = "Makes certificates for tests: signed by the CA in a folder, for servers and clients, "
             "good ones and bad ones.",
    .options = options,
    .option_count = ARRAY_LEN(options),
    .surplus = "takes no arguments: host names go behind --host",
    .run = gen_cert,
    .settings_size = sizeof(struct gen_cert_settings),
};

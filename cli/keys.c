/* SPDX-License-Identifier: MIT */
/*
 * ocimock keys [--key FILE | --config FILE] [--show WHAT]: what others need to trust our tokens.
 * ocimock keys --generate --out FOLDER: a pair of keys as files.
 */
#include "cli/command.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include <jansson.h>

#include "auth/jwks.h"
#include "auth/key_set.h"
#include "auth/keyring.h"
#include "cli/signing.h"
#include "lib/util/buf.h"
#include "lib/util/clock.h"
#include "lib/util/err.h"
#include "lib/util/file.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum { TEXT_MAX = 256 * 1024 };

enum show { SHOW_CERTIFICATE, SHOW_JWKS, SHOW_PUBLIC, SHOW_IDS };

static const char *const shown[] = {"certificate", "jwks", "public", "ids", NULL};
static const char *const algorithms[] = {"ES256", "RS256", NULL}; /* as enum key_algorithm */

struct keys_settings {
    struct command_settings common;
    const char *config;
    const char *key;
    const char *certificate;
    const char *kid;
    enum show show;
    bool generate;
    const char *out;
    const char *file;
    enum key_algorithm algorithm;
    const char *name;
};

#define MEMBER(m) OPTION_MEMBER(struct keys_settings, m)

static const struct option options[] = {
    {CLI_FILE("config", "Configuration of the server: the keys in auth.keys"), .letter = 'c',
     MEMBER(config)},
    {CLI_FILE("key", "Private key (PEM), in place of --config"), .letter = 'k', MEMBER(key)},
    {CLI_FILE("certificate",
              "Its certificate and chain (PEM); without it, one is made that it signs itself"),
     MEMBER(certificate)},
    {CLI_TEXT("kid", "ID", "Id of the key: libtrust (default), thumbprint, or a name of your own"),
     MEMBER(kid)},
    {CLI_CHOICE("show", "WHAT", shown, "What to print: certificate or public (PEM), jwks, ids"),
     .letter = 's', .preset = "certificate", MEMBER(show)},
    {CLI_SWITCH("generate", "Make a new key and its certificate as files in --out, and a key set"),
     .letter = 'g', MEMBER(generate)},
    {CLI_FOLDER("out", "Where they go; files that are there stay as they are"), .letter = 'o',
     MEMBER(out)},
    {CLI_TEXT("file", "NAME", "Name of the files: NAME.pem, NAME.crt, NAME.json"),
     .preset = "token", MEMBER(file)},
    {CLI_CHOICE("algorithm", "NAME", algorithms,
                "What the new key signs: ES256 (EC P-256) or RS256 (RSA 2048)"),
     .preset = "ES256", MEMBER(algorithm)},
    {CLI_TEXT("name", "NAME", "Common name in the new certificate"), .preset = "ocimock",
     MEMBER(name)},
};

/* --- Showing ------------------------------------------------------------------------------------
 */

static json_t *ids_of(const struct key *key)
{
    return json_pack("{s:s, s:s, s:s, s:s}", "kid", key_id(key), "alg",
                     key_algorithm_name(key_algorithm(key)), "libtrust", key_libtrust_id(key),
                     "thumbprint", key_thumbprint(key));
}

static enum cli_status print_ids(const struct key_set *keys, bool json)
{
    auto_buf struct buf b = BUF_INIT(TEXT_MAX);
    json_t *list = json_array();

    for (size_t i = 0; i < keys->count; i++) {
        const struct key *key = keys->keys[i];

        (void)json_array_append_new(list, ids_of(key));
        (void)buf_appendf(&b, "%skid         %s\nalg         %s\nlibtrust    %s\nthumbprint  %s\n",
                          i > 0 ? "\n" : "", key_id(key), key_algorithm_name(key_algorithm(key)),
                          key_libtrust_id(key), key_thumbprint(key));
    }
    if (json)
        return cli_print_json(list);
    json_decref(list);
    return cli_print_buf(&b);
}

static enum cli_status print_pem(const struct key_set *keys, enum show show)
{
    auto_buf struct buf b = BUF_INIT(TEXT_MAX);

    for (size_t i = 0; i < keys->count; i++) {
        if (show == SHOW_PUBLIC)
            key_print_public(&b, keys->keys[i]);
        else
            key_print_certificates(&b, keys->keys[i]);
    }
    return cli_print_buf(&b);
}

static void warn_of(const struct key_set *keys)
{
    for (size_t i = 0; i < keys->count; i++) {
        if (key_has_short_coordinate(keys->keys[i]))
            (void)fprintf(stderr,
                          "ocimock keys: warning: registry 3 calculates another id than %s for "
                          "this key: let it trust the key set, or make a new key\n",
                          key_thumbprint(keys->keys[i]));
    }
}

static enum cli_status show(const struct keys_settings *s, struct err *err)
{
    const struct signing_files files = {
        .config = s->config, .key = s->key, .certificate = s->certificate, .kid = s->kid};
    struct signing signing;
    const struct key_set *keys;
    enum cli_status status;

    if (signing_open(&signing, &files, err) != 0)
        return CLI_FAILURE;
    keys = keyring_keys(signing.ring);
    warn_of(keys);
    if (s->show == SHOW_IDS)
        status = print_ids(keys, s->common.json);
    else if (s->show == SHOW_JWKS)
        status = cli_print_json(jwks_to_json(keys));
    else
        status = print_pem(keys, s->show);
    signing_done(&signing);
    return status;
}

/* --- Generating ---------------------------------------------------------------------------------
 */

/* What a new key becomes. */
struct key_files {
    char key[PATH_MAX];
    char certificate[PATH_MAX];
    char jwks[PATH_MAX];
};

static int make_path(char path[PATH_MAX], const struct keys_settings *s, const char *suffix,
                     struct err *err)
{
    struct stat st;

    if (snprintf(path, PATH_MAX, "%s/%s%s", s->out, s->file, suffix) >= PATH_MAX)
        return err_set(err, ERR_INVALID, "the path %s is too long", TEXT_QUOTE(s->out));
    if (lstat(path, &st) == 0)
        return err_set(err, ERR_EXISTS, "%s is there already: remove it, or name another --file",
                       path);
    return 0;
}

static int make_paths(struct key_files *ret, const struct keys_settings *s, struct err *err)
{
    if (s->file[0] == '\0' || strchr(s->file, '/') != NULL)
        return err_set(err, ERR_USAGE, "%s is no name of a file", TEXT_QUOTE(s->file));
    if (mkdir(s->out, 0700) != 0 && errno != EEXIST)
        return err_sys(err, "cannot make the folder %s", s->out);
    if (make_path(ret->key, s, ".pem", err) != 0 ||
        make_path(ret->certificate, s, ".crt", err) != 0)
        return -1;
    return make_path(ret->jwks, s, ".json", err);
}

static int write_jwks(const char *path, struct key *key, struct err *err)
{
    const struct key_set set = {.keys = {key}, .count = 1};
    json_t *object = jwks_to_json(&set);
    auto_free char *text = object == NULL ? NULL : json_dumps(object, JSON_INDENT(2));

    json_decref(object);
    if (text == NULL)
        return err_set(err, ERR_NOMEM, "key set");
    return file_create(path, text, strlen(text), 0644, err);
}

static int write_files(const struct key_files *files, struct key *key, struct err *err)
{
    auto_buf struct buf private = BUF_INIT(TEXT_MAX);
    auto_buf struct buf certificate = BUF_INIT(TEXT_MAX);

    key_print_private(&private, key);
    key_print_certificates(&certificate, key);
    if (buf_check(&private, "key", err) != 0 || buf_check(&certificate, "certificate", err) != 0 ||
        file_create(files->key, private.data, private.len, 0600, err) != 0 ||
        file_create(files->certificate, certificate.data, certificate.len, 0644, err) != 0)
        return -1;
    return write_jwks(files->jwks, key, err);
}

static int make_key(const struct key_files *files, const struct keys_settings *s, struct err *err)
{
    struct key *key = NULL;
    int result;

    if (key_generate(&key, s->algorithm, err) != 0)
        return -1;
    result = key_choose_id(key, s->kid, err);
    if (result == 0)
        result = key_certify(key, s->name, clock_now(NULL), err);
    if (result == 0)
        result = write_files(files, key, err);
    key_unref(key);
    return result;
}

static enum cli_status generate(const struct keys_settings *s, struct err *err)
{
    struct key_files files;
    auto_buf struct buf b = BUF_INIT(TEXT_MAX);

    if (make_paths(&files, s, err) != 0 || make_key(&files, s, err) != 0)
        return CLI_FAILURE;
    if (s->common.json)
        return cli_print_json(json_pack("{s:s, s:s, s:s}", "key", files.key, "certificate",
                                        files.certificate, "jwks", files.jwks));
    (void)buf_appendf(&b, "key          %s\ncertificate  %s\njwks         %s\n", files.key,
                      files.certificate, files.jwks);
    return cli_print_buf(&b);
}

/* --- The command
 * -----------------------------------------------------------------------------------
 */

static int check(const struct keys_settings *s, struct err *err)
{
    if (!s->generate)
        return s->out == NULL ? 0 : err_set(err, ERR_USAGE, "--out is for --generate");
    if (s->out == NULL)
        return err_set(err, ERR_USAGE, "--out is missing: name the folder for the files");
    if (s->config != NULL || s->key != NULL || s->certificate != NULL)
        return err_set(err, ERR_USAGE, "--generate makes a key: it takes none");
    return 0;
}

static enum cli_status run(void *settings, struct err *err)
{
    const struct keys_settings *s = settings;

    if (check(s, err) != 0)
        return CLI_FAILURE;
    return s->generate ? generate(s, err) : show(s, err);
}

const struct command command_keys = {
    .name = "keys",
    .summary = "make keys for tokens; print their certificates and key set",
    .examples = "ocimock keys --generate --out keys            # keys/token.pem, .crt and .json\n"
                "ocimock keys --key keys/token.pem             # certificate: rootcertbundle\n"
                "ocimock keys --config ocimock.yaml --show jwks >jwks.json",
    .about = "What other registries need to trust our tokens: a certificate or a key set. --json "
             "is for --generate and for --show ids.",
    .options = options,
    .option_count = ARRAY_LEN(options),
    .surplus = "takes no arguments: files go behind --key",
    .run = run,
    .settings_size = sizeof(struct keys_settings),
};

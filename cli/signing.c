/* SPDX-License-Identifier: MIT */
#include "cli/signing.h"

#include <libgen.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "auth/key.h"
#include "auth/keyring.h"
#include "lib/util/buf.h"
#include "lib/util/clock.h"
#include "lib/util/conf.h"
#include "lib/util/err.h"
#include "lib/util/file.h"
#include "lib/util/schema.h"
#include "lib/util/util.h"

static const char default_service[] = "ocimock";

/* --- Configuration ------------------------------------------------------------------------------
 */

static const char *text_of(const json_t *object, const char *name, const char *otherwise)
{
    const char *text = json_string_value(json_object_get(object, name));

    return text != NULL && text[0] != '\0' ? text : otherwise;
}

/* Only what is about keys is looked at: `serve` checks the rest. */
static int read_conf(struct signing *s, const char *path, json_t **ret_keys, struct err *err)
{
    const struct schema schema = {.key = "keys", .type = SCHEMA_OBJECTS, .members = keyring_schema};
    struct schema_place at = {.path = "auth.keys"};
    auto_free char *name = strdup(path);
    json_t *auth;

    if (name == NULL)
        return err_set(err, ERR_NOMEM, "configuration");
    if (conf_load(&s->conf, path, err) != 0)
        return -1;
    auth = json_object_get(conf_root(s->conf), "auth");
    at.conf = s->conf;
    *ret_keys = json_object_get(auth, "keys");
    if (json_is_object(auth) && json_array_size(*ret_keys) == 0)
        return err_set(err, ERR_CONFIG, "%s: auth.keys names no key: one is made at each start",
                       path);
    if (*ret_keys == NULL)
        return err_set(err, ERR_CONFIG, "%s: there is no auth.keys", path);
    s->service = text_of(auth, "service", default_service);
    s->issuer = text_of(auth, "issuer", s->service);
    if (schema_check(&schema, *ret_keys, &at, err) != 0)
        return -1;
    return schema_resolve_paths(&schema, *ret_keys, dirname(name), err);
}

/* --- Files --------------------------------------------------------------------------------------
 */

/* Text editors end a file with a line end, which is no part of a secret. */
static int load_secret(struct key **ret, const char *path, struct err *err)
{
    auto_buf struct buf b = BUF_INIT(KEY_FILE_MAX);
    size_t n;

    if (file_read(&b, path, err) != 0)
        return -1;
    for (n = b.len; n > 0 && (b.data[n - 1] == '\n' || b.data[n - 1] == '\r'); n--)
        continue;
    return key_from_secret(ret, buf_text(&b), n, err) == 0 ? 0 : err_wrap(err, "%s", path);
}

static int load_key(struct key **ret, const struct signing_files *files, struct err *err)
{
    if (files->key != NULL)
        return key_load_pair(ret, files->key, files->certificate, files->kid, err);
    if (load_secret(ret, files->secret_file, err) != 0)
        return -1;
    if (files->kid == NULL || key_set_id(*ret, files->kid, err) == 0)
        return 0; /* a secret has no id of its own */
    key_unref(*ret);
    return -1;
}

static int check(const struct signing_files *files, struct err *err)
{
    int named = (files->config != NULL) + (files->key != NULL) + (files->secret_file != NULL);

    if (named == 0)
        return err_set(err, ERR_USAGE, "name a key: --key FILE, or --config FILE of the server");
    if (named > 1)
        return err_set(err, ERR_USAGE, "only one of --key, --config and --secret-file can be used");
    if (files->certificate != NULL && files->key == NULL)
        return err_set(err, ERR_USAGE, "--certificate belongs to --key");
    if (files->kid != NULL && files->config != NULL)
        return err_set(err, ERR_USAGE, "--kid is for --key: the configuration has its own");
    return 0;
}

static int open_ring(struct signing *s, const struct signing_files *files, struct err *err)
{
    struct keyring_settings settings = {.x5c = files->x5c, .now = clock_now(NULL)};
    json_t *list = NULL;
    struct key *key;

    if (files->config != NULL && read_conf(s, files->config, &list, err) != 0)
        return -1;
    settings.name = s->service;
    if (keyring_new(&s->ring, &settings, err) != 0)
        return -1;
    if (files->config != NULL)
        return keyring_add_configured(s->ring, list, err);
    return load_key(&key, files, err) == 0 ? keyring_add_loaded(s->ring, key, KEYRING_LAST, err)
                                           : -1;
}

int signing_open(struct signing *ret, const struct signing_files *files, struct err *err)
{
    struct signing s = {.service = default_service, .issuer = default_service};

    if (check(files, err) != 0)
        return -1;
    if (open_ring(&s, files, err) != 0) {
        signing_done(&s);
        return -1;
    }
    *ret = s;
    return 0;
}

void signing_done(struct signing *s)
{
    keyring_free(s->ring);
    conf_free(s->conf);
    *s = (struct signing){0};
}

/* SPDX-License-Identifier: MIT */
/*
 * The accounts that settings name.
 */
#include "auth/auth_internal.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <openssl/crypto.h>

#include "auth/account.h"
#include "auth/account_subject.h"
#include "auth/htpasswd_watch.h"
#include "auth/internal.h"
#include "auth/secret.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/file.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

/* Room for a line end behind the secret. */
enum { SECRET_FILE_MAX = SECRET_MAX + 2 };

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text == NULL || text[0] == '\0' ? NULL : text;
}

static int check_keys(const json_t *account, struct err *err)
{
    static const char *const known[] = {"name", "secret",   "secret_file",
                                        "hash", "disabled", "subject"};
    const char *key;
    json_t *value;

    if (!json_is_object(account))
        return err_set(err, ERR_CONFIG, "expected keys and values");
    json_object_foreach((json_t *)account, key, value)
    {
        size_t i = 0;

        while (i < ARRAY_LEN(known) && strcmp(key, known[i]) != 0)
            i++;
        if (i == ARRAY_LEN(known))
            return err_set(err, ERR_CONFIG, "unknown key %s", TEXT_QUOTE(key));
        if (strcmp(key, "disabled") == 0 ? !json_is_boolean(value) && !json_is_null(value)
                                         : !json_is_string(value) && !json_is_null(value))
            return err_set(err, ERR_CONFIG, "%s has the wrong type", key);
    }
    return 0;
}

/* The whole file but one line end. */
static int add_from_file(struct auth *auth, const char *name, const char *path, struct err *err)
{
    auto_buf struct buf b = BUF_INIT(SECRET_FILE_MAX);
    struct account_secret secret;
    int result;

    if (file_read(&b, path, err) != 0)
        return -1;
    if (b.len > 0 && memchr(b.data, '\0', b.len) != NULL)
        return err_set(err, ERR_CONFIG, "%s: holds a NUL", path);
    if (b.len > 0 && b.data[b.len - 1] == '\n')
        b.data[--b.len] = '\0';
    if (b.len > 0 && b.data[b.len - 1] == '\r')
        b.data[--b.len] = '\0';
    secret = (struct account_secret){.plain = buf_text(&b)};
    result = accounts_add(auth->accounts, name, &secret, ACCOUNT_CONFIGURATION, err);
    if (b.data != NULL)
        OPENSSL_cleanse(b.data, b.len);
    return result == 0 ? 0 : err_wrap(err, "%s", path);
}

static int add_account(struct auth *auth, const json_t *account, struct err *err)
{
    const char *name = text_of(account, "name");
    const char *path = text_of(account, "secret_file");
    struct account_secret secret = {.plain = text_of(account, "secret"),
                                    .hash = text_of(account, "hash")};
    const char *subject = text_of(account, "subject");
    int given = (path != NULL) + (secret.plain != NULL) + (secret.hash != NULL);
    int result;

    if (check_keys(account, err) != 0)
        return -1;
    if (name == NULL)
        return err_set(err, ERR_CONFIG, "a name is missing");
    if (given > 1 || (given == 0 && subject == NULL))
        return err_set(err, ERR_CONFIG,
                       "account %s needs one of secret, secret_file and hash, or a subject",
                       TEXT_QUOTE(name));
    if (path != NULL)
        result = add_from_file(auth, name, path, err);
    else
        result = accounts_add(auth->accounts, name, &secret, ACCOUNT_CONFIGURATION, err);
    if (result == 0 && subject != NULL)
        result = accounts_set_subject(auth->accounts, name, subject, err);
    if (result == 0 && json_is_true(json_object_get(account, "disabled")))
        result = accounts_set_disabled(auth->accounts, name, true, err);
    return result;
}

static int add_configured(struct auth *auth, const json_t *accounts, struct err *err)
{
    if (accounts != NULL && !json_is_array(accounts))
        return err_set(err, ERR_CONFIG, "auth.accounts: expected a list");
    for (size_t i = 0; i < json_array_size(accounts); i++) {
        if (add_account(auth, json_array_get(accounts, i), err) != 0)
            return err_wrap(err, "auth.accounts[%zu]", i);
    }
    return 0;
}

/* "name:secret"; the secret may hold colons. */
static int add_user(struct auth *auth, const char *text, struct err *err)
{
    const char *colon = strchr(text, ':');
    auto_free char *name = colon == NULL ? NULL : strndup(text, (size_t)(colon - text));
    struct account_secret secret;

    if (colon == NULL)
        return err_set(err, ERR_CONFIG,
                       "expected name:secret (a secret with a comma belongs into auth.accounts)");
    if (name == NULL)
        return err_set(err, ERR_NOMEM, "account");
    secret = (struct account_secret){.plain = colon + 1};
    return accounts_add(auth->accounts, name, &secret, ACCOUNT_OPTION, err);
}

int auth_load_accounts(struct auth *auth, const struct auth_settings *settings, struct err *err)
{
    if (add_configured(auth, settings->accounts, err) != 0)
        return -1;
    for (size_t i = 0; i < settings->user_count; i++) {
        if (add_user(auth, settings->users[i], err) != 0)
            return err_wrap(err, "--user");
    }
    if (settings->htpasswd == NULL)
        return 0;
    return htpasswd_watch_new(&auth->htpasswd, settings->htpasswd, auth->accounts, err);
}

/* SPDX-License-Identifier: MIT */
/*
 * ocimock account add|rotate: the parts that take a secret, from standard input, a file or a
 * prompt. One on the command line is refused, because everybody on the machine could see it.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "auth/secret.h"
#include "cli/account_command.h"
#include "cli/secret_input.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/units.h"
#include "lib/util/util.h"

/* Room for a line end behind the secret. */
enum { INPUT_MAX = SECRET_MAX + 2 };

#define DURATION_MAX ((uint64_t)20 * 366 * 24 * 3600 * 1000)

#define MEMBER(m) OPTION_MEMBER(struct account_settings, m)

#define SECRET_OPTIONS                                                                             \
    {CLI_FILE("secret-file", "Read the secret from a file instead of standard input"),             \
     .letter = 'f', MEMBER(secret_file)},                                                          \
    {                                                                                              \
        CLI_SWITCH("hash", "What is read is a hash, as hash-password prints it"), MEMBER(hash)     \
    }

/* Words behind the name are secrets, most likely: no message repeats them. */
static const char surplus[] =
    "one NAME is wanted: a secret is read from standard input, a prompt or --secret-file, never "
    "from the command line";

/* --- The secret -------------------------------------------------------------------------------
 */

/* {"secret": ...} or {"hash": ...}; the caller owns it. */
static int read_secret(const struct account_settings *s, json_t **ret_body, struct err *err)
{
    auto_buf struct buf secret = BUF_INIT(INPUT_MAX);
    json_t *body = NULL;
    int result;

    result = secret_input_read(&secret, s->secret_file, err);
    if (result == 0) {
        body = json_pack("{s:s}", s->hash ? "hash" : "secret", buf_text(&secret));
        if (body == NULL)
            result = err_set(err, ERR_INVALID, "the secret is not UTF-8");
    }
    secret_input_wipe(&secret);
    if (result == 0)
        *ret_body = body;
    return result;
}

/* --- add ---------------------------------------------------------------------------------------
 */

static enum cli_status show_added(const json_t *answer, struct err *err)
{
    const char *warning = account_text(answer, "warning");

    (void)err;
    (void)printf("%s is added\n", account_text(answer, "name"));
    if (warning != NULL)
        (void)fprintf(stderr, "ocimock account add: %s\n", warning);
    return CLI_OK;
}

static enum cli_status add(void *settings, struct err *err)
{
    const struct account_settings *s = settings;
    enum cli_status status = CLI_FAILURE;
    json_t *body = NULL;

    if (read_secret(s, &body, err) != 0)
        return CLI_FAILURE;
    if (json_object_set_new(body, "name", json_string(account_name_of(s))) != 0 ||
        (s->subject != NULL && json_object_set_new(body, "subject", json_string(s->subject)) != 0))
        (void)err_set(err, ERR_USAGE, "name and subject have to be UTF-8");
    else
        status = control_command_call(&s->common, "POST", "/accounts", body, show_added, err);
    json_decref(body);
    return status;
}

static const struct option add_options[] = {
    SECRET_OPTIONS,
    {CLI_TEXT("subject", "SUBJECT", "Subject of its client certificate, such as CN=alice,O=team"),
     MEMBER(subject)},
};

const struct command command_account_add = {
    .name = "add",
    .summary = "add an account",
    .examples = "ocimock account add alice                        # asks for the secret\n"
                "printf %s \"$SECRET\" | ocimock account add alice\n"
                "ocimock hash-password <secret.txt | ocimock account add alice --hash",
    .about = "Adds an account. Without a policy it may do everything.",
    .options = add_options,
    .option_count = ARRAY_LEN(add_options),
    .words = {{.name = "NAME"}},
    .surplus = surplus,
    .redirection = "<FILE",
    .asks_server = true,
    .run = add,
    .settings_size = sizeof(struct account_settings),
};

/* --- rotate ------------------------------------------------------------------------------------
 */

static enum cli_status show_rotated(const json_t *answer, struct err *err)
{
    const char *last = NULL;
    json_t *secret;
    size_t i;

    (void)err;
    json_array_foreach(json_object_get(answer, "secrets"), i, secret)
    {
        if (account_text(secret, "until") != NULL)
            last = account_text(secret, "until");
    }
    if (last != NULL)
        (void)printf("%s has a new secret; the old one is good until %s\n",
                     account_text(answer, "name"), last);
    else
        (void)printf("%s has a new secret; the old one is refused\n", account_text(answer, "name"));
    return CLI_OK;
}

static enum cli_status rotate(void *settings, struct err *err)
{
    const struct account_settings *s = settings;
    char keep[UNITS_TEXT_MAX];
    enum cli_status status = CLI_FAILURE;
    json_t *body = NULL;

    if (read_secret(s, &body, err) != 0)
        return CLI_FAILURE;
    if (json_object_set_new(body, "keep_old",
                            json_string(units_format_duration(keep, s->keep_old))) != 0)
        (void)err_set(err, ERR_NOMEM, "account");
    else
        status = account_call(s, "PUT", "", body, show_rotated, err);
    json_decref(body);
    return status;
}

static const struct option rotate_options[] = {
    SECRET_OPTIONS,
    {CLI_DURATION("keep-old", "How long the old secret stays good, on the server's clock; 0: not "
                              "at all, and refresh tokens end"),
     .value.max = DURATION_MAX, .preset = "0", MEMBER(keep_old)},
};

const struct command command_account_rotate = {
    .name = "rotate",
    .summary = "a new secret, the old one good for a while or not at all",
    .examples = "ocimock account rotate alice --keep-old 10m        # asks for the secret\n"
                "printf %s \"$SECRET\" | ocimock account rotate alice",
    .about = "Gives an account a new secret. Access tokens that were issued go on "
             "until they expire; 'account revoke' ends them.",
    .options = rotate_options,
    .option_count = ARRAY_LEN(rotate_options),
    .words = {{.name = "NAME"}},
    .surplus = surplus,
    .redirection = "<FILE",
    .asks_server = true,
    .run = rotate,
    .settings_size = sizeof(struct account_settings),
};

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
    {.flag = "secret-file",                                                                        \
     .letter = 'f',                                                                                \
     .flag_only = true,                                                                            \
     .arg = "FILE",                                                                                \
     .value.type = SCHEMA_TEXT,                                                                    \
     .help = "Read the secret from a file instead of standard input",                              \
     MEMBER(secret_file)},                                                                         \
    {                                                                                              \
        .flag = "hash", .flag_only = true, .value.type = SCHEMA_BOOL,                              \
        .help = "What is read is a hash, as hash-password prints it", MEMBER(hash)                 \
    }

/* --- The secret -------------------------------------------------------------------------------
 */

/* Words behind the name are secrets, most likely: no message repeats them. */
static int check_words(const struct account_settings *s, struct err *err)
{
    return s->common.word_count <= 1
               ? 0
               : err_set(err, ERR_USAGE,
                         "one NAME is wanted: a secret is read from standard input, a prompt or "
                         "--secret-file, never from the command line");
}

/* {"secret": ...} or {"hash": ...}; the caller owns it. */
static int read_secret(const struct account_settings *s, json_t **ret_body, struct err *err)
{
    auto_buf struct buf secret = BUF_INIT(INPUT_MAX);
    json_t *body = NULL;
    int result;

    if (check_words(s, err) != 0)
        return -1;
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

enum cli_status run_account_add(int argc, char **argv)
{
    static const struct option options[] = {
        SECRET_OPTIONS,
        {.flag = "subject",
         .flag_only = true,
         .arg = "SUBJECT",
         .value.type = SCHEMA_TEXT,
         .help = "Subject of its client certificate, such as CN=alice,O=team",
         MEMBER(subject)},
        CONTROL_OPTIONS(struct account_settings),
    };
    static const struct control_command command = {
        .name = "account add",
        .help = "Examples:\n"
                "  ocimock account add alice                        # asks for the secret\n"
                "  printf %s \"$SECRET\" | ocimock account add alice\n"
                "  ocimock hash-password <secret.txt | ocimock account add alice --hash\n"
                "\n"
                "Adds an account. Without a policy it may do everything.\n"
                "\n"
                "Usage: ocimock account add NAME [OPTION...] <FILE\n",
        .options = options,
        .option_count = ARRAY_LEN(options),
        .words_min = 1,
        .words_max = SIZE_MAX,
        .missing = ACCOUNT_NAME_MISSING,
        .run = add,
    };
    struct account_settings settings = {0};

    return control_command_run(&command, &settings, argc, argv);
}

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

enum cli_status run_account_rotate(int argc, char **argv)
{
    static const struct option options[] = {
        SECRET_OPTIONS,
        {.flag = "keep-old",
         .flag_only = true,
         .arg = "DURATION",
         .value = {.type = SCHEMA_DURATION, .max = DURATION_MAX},
         .preset = "0",
         .help = "How long the old secret stays good, on the server's clock; 0: not at all, and "
                 "refresh tokens end",
         MEMBER(keep_old)},
        CONTROL_OPTIONS(struct account_settings),
    };
    static const struct control_command command = {
        .name = "account rotate",
        .help = "Examples:\n"
                "  ocimock account rotate alice --keep-old 10m        # asks for the secret\n"
                "  printf %s \"$SECRET\" | ocimock account rotate alice\n"
                "\n"
                "Gives an account a new secret. Access tokens that were issued go on until they\n"
                "expire; 'account revoke' ends them.\n"
                "\n"
                "Usage: ocimock account rotate NAME [OPTION...] <FILE\n",
        .options = options,
        .option_count = ARRAY_LEN(options),
        .words_min = 1,
        .words_max = SIZE_MAX,
        .missing = ACCOUNT_NAME_MISSING,
        .run = rotate,
    };
    struct account_settings settings = {0};

    return control_command_run(&command, &settings, argc, argv);
}

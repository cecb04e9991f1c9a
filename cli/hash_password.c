/* SPDX-License-Identifier: MIT */
/*
 * ocimock hash-password [--method NAME] [--cost N] [--user NAME]
 *
 * Reads a password from standard input, on a terminal without showing it, and prints its hash for
 * auth.accounts, or a line for an htpasswd file. Never takes it as an argument.
 */
#include "cli/command.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "auth/account.h"
#include "auth/secret.h"
#include "cli/secret_input.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

/* A password, and a line end of two bytes. */
enum { INPUT_MAX = SECRET_HASHED_MAX + 2 };

struct hash_settings {
    struct command_settings common;
    enum secret_method method;
    uint32_t cost;
    const char *user;
};

#define MEMBER(m) OPTION_MEMBER(struct hash_settings, m)

static const char *const methods[] = {
#define METHOD_WORD(name, word, prefix, preset, least, largest) word,
    SECRET_METHODS(METHOD_WORD)
#undef METHOD_WORD
        NULL};

static const struct option options[] = {
    {CLI_CHOICE("method", "NAME", methods, "How to hash; other registries know only bcrypt"),
     .letter = 'm', .preset = "bcrypt", MEMBER(method)},
    {CLI_COUNT(
         "cost", "N",
         "Work to do: bcrypt 4 to 18, sha512 1000 to 10000000 rounds, yescrypt 1 to 11; 0: 10, "
         "500000 or 5"),
     .preset = "0", MEMBER(cost)},
    {CLI_TEXT("user", "NAME", "Print a line for an htpasswd file"), .letter = 'u', MEMBER(user)},
};

/* --- Printing -----------------------------------------------------------------------------------
 */

static enum cli_status print_hash(const struct hash_settings *s, const char *hash)
{
    auto_buf struct buf b = BUF_INIT(1024);

    if (s->common.json)
        return cli_print_json(json_pack("{s:s*, s:s}", "user", s->user, "hash", hash));
    if (s->user != NULL)
        (void)buf_appendf(&b, "%s:", s->user);
    (void)buf_appendf(&b, "%s\n", hash);
    return cli_print_buf(&b);
}

static enum cli_status hash_password(void *settings, struct err *err)
{
    auto_buf struct buf password = BUF_INIT(INPUT_MAX);
    const struct hash_settings *s = settings;
    char hash[SECRET_HASH_MAX + 1];
    int result;

    if (s->user != NULL && account_check_name(s->user, err) != 0)
        return CLI_FAILURE;
    result = secret_input_read(&password, NULL, err);
    if (result == 0)
        result = secret_make_hash(hash, s->method, s->cost, buf_text(&password), err);
    secret_input_wipe(&password);
    return result == 0 ? print_hash(s, hash) : CLI_FAILURE;
}

const struct command command_hash_password = {
    .name = "hash-password",
    .summary = "make a hash for accounts and htpasswd files",
    .examples = "ocimock hash-password --user alice >>htpasswd     # asks for the password\n"
                "printf %s \"$SECRET\" | ocimock hash-password --method sha512",
    .about =
        "Reads a password from standard input, on a terminal without showing it, and prints its "
        "hash for auth.accounts, or a line for an htpasswd file. It is never taken as an "
        "argument.",
    .options = options,
    .option_count = ARRAY_LEN(options),
    .surplus = "takes no arguments: the password is read from standard input",
    .redirection = "<FILE",
    .run = hash_password,
    .settings_size = sizeof(struct hash_settings),
};

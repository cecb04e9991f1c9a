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
#include "lib/util/option.h"
#include "lib/util/util.h"

/* A password, and a line end of two bytes. */
enum { INPUT_MAX = SECRET_HASHED_MAX + 2 };

struct hash_settings {
    enum secret_method method;
    uint32_t cost;
    const char *user;
    bool json;
    bool help;
};

#define MEMBER(m) OPTION_MEMBER(struct hash_settings, m)

static const char *const methods[] = {
#define METHOD_WORD(name, word, prefix, preset, least, largest) word,
    SECRET_METHODS(METHOD_WORD)
#undef METHOD_WORD
        NULL};

static const struct option options[] = {
    {.flag = "method",
     .letter = 'm',
     .flag_only = true,
     .arg = "NAME",
     .value = {.type = SCHEMA_CHOICE, .choices = methods},
     .preset = "bcrypt",
     .help = "How to hash; other registries know only bcrypt",
     MEMBER(method)},
    {.flag = "cost",
     .flag_only = true,
     .arg = "N",
     .value.type = SCHEMA_COUNT,
     .preset = "0",
     .help = "Work to do: bcrypt 4 to 18, sha512 1000 to 10000000 rounds, yescrypt 1 to 11; 0: 10, "
             "500000 or 5",
     MEMBER(cost)},
    {.flag = "user",
     .letter = 'u',
     .flag_only = true,
     .arg = "NAME",
     .value.type = SCHEMA_TEXT,
     .help = "Print a line for an htpasswd file",
     MEMBER(user)},
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
            "  ocimock hash-password --user alice >>htpasswd     # asks for the password\n"
            "  printf %s \"$SECRET\" | ocimock hash-password --method sha512\n"
            "\nUsage: ocimock hash-password [OPTION...] <FILE\n\nOptions:\n");
    option_help(&b, options, ARRAY_LEN(options));
    return cli_print_buf(&b);
}

/* --- Printing -----------------------------------------------------------------------------------
 */

static enum cli_status print_hash(const struct hash_settings *s, const char *hash)
{
    auto_buf struct buf b = BUF_INIT(1024);

    if (s->json)
        return cli_print_json(json_pack("{s:s*, s:s}", "user", s->user, "hash", hash));
    if (s->user != NULL)
        (void)buf_appendf(&b, "%s:", s->user);
    (void)buf_appendf(&b, "%s\n", hash);
    return cli_print_buf(&b);
}

static enum cli_status hash_password(const struct hash_settings *s)
{
    auto_buf struct buf password = BUF_INIT(INPUT_MAX);
    char hash[SECRET_HASH_MAX + 1];
    struct err err = {0};
    int result;

    if (s->user != NULL && account_check_name(s->user, &err) != 0)
        return cli_fail("hash-password", &err);
    result = secret_input_read(&password, NULL, &err);
    if (result == 0)
        result = secret_make_hash(hash, s->method, s->cost, buf_text(&password), &err);
    secret_input_wipe(&password);
    return result == 0 ? print_hash(s, hash) : cli_fail("hash-password", &err);
}

enum cli_status run_hash_password(int argc, char **argv)
{
    struct hash_settings settings = {0};
    struct option_set *set = NULL;
    enum cli_status status;
    struct err err = {0};
    size_t words = 0;
    int result = option_set_new(&set, options, ARRAY_LEN(options), &err);

    if (result == 0)
        result = option_read_flags(set, OPTION_FLAG, argc - 1, argv + 1, &err);
    if (result == 0)
        result = option_store(set, &settings, &err);
    if (result == 0)
        (void)option_words(set, &words);
    if (words > 0)
        result = err_set(&err, ERR_USAGE,
                         "takes no arguments: the password is read from standard input");
    if (result != 0)
        status = cli_fail("hash-password", &err);
    else
        status = settings.help ? print_help() : hash_password(&settings);
    option_set_free(set);
    return status;
}

/* SPDX-License-Identifier: MIT */
/*
 * ocimock hash-password [--method NAME] [--cost N] [--user NAME]
 *
 * Reads a password from standard input, on a terminal without showing it, and prints its hash for
 * auth.accounts, or a line for an htpasswd file. Never takes it as an argument.
 */
#include "cli/command.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <jansson.h>
#include <openssl/crypto.h>

#include "auth/account.h"
#include "auth/secret.h"
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

/* --- Reading ------------------------------------------------------------------------------------
 */

static void on_interrupt(int signal)
{
    (void)signal; /* read(2) ends, and the terminal is put right */
}

/* Up to a line feed, or the end of the input, without either. */
static int read_line(struct buf *line, struct err *err)
{
    for (;;) {
        char c;
        ssize_t n = read(STDIN_FILENO, &c, 1);

        if (n < 0 && errno == EINTR)
            return err_set(err, ERR_CANCELLED, "interrupted");
        if (n < 0)
            return err_sys(err, "standard input");
        if (n == 0 || c == '\n')
            break;
        if (buf_append_char(line, c) != 0)
            return err_set(err, ERR_LIMIT, "the password is longer than %d bytes", INPUT_MAX);
    }
    if (line->len > 0 && line->data[line->len - 1] == '\r')
        line->data[--line->len] = '\0';
    if (line->len > 0 && memchr(line->data, '\0', line->len) != NULL)
        return err_set(err, ERR_INVALID, "the password holds a NUL");
    return 0;
}

/* Asks on the terminal, which does not show what is typed. */
static int ask(const char *question, struct buf *line, struct err *err)
{
    const struct sigaction action = {.sa_handler = on_interrupt};
    struct sigaction before;
    struct termios shown, hidden;
    int result;

    if (tcgetattr(STDIN_FILENO, &shown) != 0)
        return err_sys(err, "terminal");
    hidden = shown;
    hidden.c_lflag &= (tcflag_t)~ECHO;
    (void)fputs(question, stderr);
    (void)sigaction(SIGINT, &action, &before);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    result = read_line(line, err);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    (void)sigaction(SIGINT, &before, NULL);
    (void)fputc('\n', stderr);
    return result;
}

static void wipe(struct buf *b)
{
    if (b->data != NULL)
        OPENSSL_cleanse(b->data, b->cap);
}

static int ask_twice(struct buf *password, struct err *err)
{
    auto_buf struct buf again = BUF_INIT(INPUT_MAX);
    bool same;

    if (ask("Password: ", password, err) != 0 || ask("Again: ", &again, err) != 0)
        return -1;
    same = strcmp(buf_text(password), buf_text(&again)) == 0;
    wipe(&again);
    return same ? 0 : err_set(err, ERR_INVALID, "the passwords differ");
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
    result = isatty(STDIN_FILENO) ? ask_twice(&password, &err) : read_line(&password, &err);
    if (result == 0)
        result = secret_make_hash(hash, s->method, s->cost, buf_text(&password), &err);
    wipe(&password);
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

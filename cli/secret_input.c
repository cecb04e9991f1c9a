/* SPDX-License-Identifier: MIT */
#include "cli/secret_input.h"

#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <openssl/crypto.h>

#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/file.h"

static void on_interrupt(int signal)
{
    (void)signal; /* read(2) ends, and the terminal is put right */
}

static void drop_last(struct buf *b, char c)
{
    if (b->len > 0 && b->data[b->len - 1] == c)
        b->data[--b->len] = '\0';
}

static int finish(struct buf *b, struct err *err)
{
    drop_last(b, '\r');
    if (b->len > 0 && memchr(b->data, '\0', b->len) != NULL)
        return err_set(err, ERR_INVALID, "the password holds a NUL");
    return 0;
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
            return err_set(err, ERR_LIMIT, "the password is longer than %zu bytes", line->max);
    }
    return finish(line, err);
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
    (void)sigaction(SIGINT, &action, &before);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
    (void)fputs(question, stderr); /* now: an answer that comes at once is neither shown nor lost */
    result = read_line(line, err);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
    (void)sigaction(SIGINT, &before, NULL);
    (void)fputc('\n', stderr);
    return result;
}

void secret_input_wipe(struct buf *b)
{
    if (b->data != NULL)
        OPENSSL_cleanse(b->data, b->cap);
}

static int ask_twice(struct buf *password, struct err *err)
{
    auto_buf struct buf again = BUF_INIT(password->max);
    bool same;

    if (ask("Password: ", password, err) != 0 || ask("Again: ", &again, err) != 0)
        return -1;
    same = strcmp(buf_text(password), buf_text(&again)) == 0;
    secret_input_wipe(&again);
    return same ? 0 : err_set(err, ERR_INVALID, "the passwords differ");
}

/* The whole file but one line end, as with auth.accounts. */
static int read_file(struct buf *b, const char *path, struct err *err)
{
    if (file_read(b, path, err) != 0)
        return -1;
    drop_last(b, '\n');
    return finish(b, err) == 0 ? 0 : err_wrap(err, "%s", path);
}

int secret_input_read(struct buf *ret, const char *path, struct err *err)
{
    if (path != NULL && strcmp(path, "-") != 0)
        return read_file(ret, path, err);
    return isatty(STDIN_FILENO) ? ask_twice(ret, err) : read_line(ret, err);
}

/* SPDX-License-Identifier: MIT */
/* Standard input is a pipe, a file, or a terminal of our own. */
#include "cli/secret_input.h"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

enum { ROOM = 18 }; /* for a secret of 16 bytes */

static void use_as_input(const char *text, size_t n)
{
    int ends[2];

    ok(pipe(ends) == 0 && write(ends[1], text, n) == (ssize_t)n, "a pipe");
    (void)dup2(ends[0], STDIN_FILENO);
    (void)close(ends[0]);
    (void)close(ends[1]);
}

static void test_input(void)
{
    static const struct {
        const char *text;
        size_t n;
        const char *want; /* NULL: refused */
    } rows[] = {
        {"hunter2\n", 8, "hunter2"},
        {"hunter2\r\nmore\n", 14, "hunter2"},
        {"hunter2", 7, "hunter2"},
        {" a b \n", 6, " a b "},
        {"", 0, ""},
        {"a\0b\n", 4, NULL},
        {"0123456789abcdef\r\n", 18, "0123456789abcdef"},
        {"0123456789abcdefghi\n", 20, NULL},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        auto_buf struct buf b = BUF_INIT(ROOM);
        struct err err = {0};
        int result;

        use_as_input(rows[i].text, rows[i].n);
        result = secret_input_read(&b, i % 2 == 0 ? NULL : "-", &err);
        is_int(result, rows[i].want == NULL ? -1 : 0, "row %zu: %s", i, err.msg);
        if (rows[i].want != NULL)
            is_str(buf_text(&b), rows[i].want, "as it was given");
        ok(strstr(err.msg, "0123") == NULL, "no message holds it");
        secret_input_wipe(&b);
        ok(b.data == NULL || b.data[0] == '\0', "wiped");
    }
}

static void test_file(void)
{
    char path[] = "/tmp/test-secret_input-XXXXXX";
    auto_close int fd = mkstemp(path);
    auto_buf struct buf b = BUF_INIT(ROOM);
    auto_buf struct buf none = BUF_INIT(ROOM);
    struct err err = {0};

    ok(write(fd, "hunter2\r\n", 9) == 9, "a file");
    is_int(secret_input_read(&b, path, &err), 0, "is read: %s", err.msg);
    is_str(buf_text(&b), "hunter2", "without its line end");
    (void)unlink(path);
    is_int(secret_input_read(&none, path, &err), -1, "one that is not there");
    ok(strstr(err.msg, path) != NULL, "is named: %s", err.msg);
}

/* --- A terminal ---------------------------------------------------------------------------------
 */

/* What the child on the terminal does: its exit status says what came of it. */
static void ask_on_terminal(void)
{
    struct buf b = BUF_INIT(ROOM);
    struct err err = {0};

    if (secret_input_read(&b, NULL, &err) != 0)
        _exit(err.code == ERR_INVALID ? 2 : 3);
    _exit(strcmp(buf_text(&b), "hunter2") == 0 ? 0 : 1);
}

/* Reads until the text was shown. */
static bool wait_for(int fd, struct buf *seen, const char *text)
{
    while (strstr(buf_text(seen), text) == NULL) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        char part[256];
        ssize_t n = poll(&p, 1, 10000) == 1 ? read(fd, part, sizeof(part)) : -1;

        if (n <= 0 || buf_append(seen, part, (size_t)n) != 0)
            return false;
    }
    return true;
}

static void terminal_is(const char *first, const char *again, int want)
{
    auto_buf struct buf seen = BUF_INIT(4096);
    int status = -1;
    int fd = -1;
    pid_t child = forkpty(&fd, NULL, NULL, NULL);

    if (child == 0)
        ask_on_terminal();
    if (!ok(child > 0, "a terminal"))
        return;
    ok(wait_for(fd, &seen, "Password: ") && write(fd, first, strlen(first)) > 0, "it asks");
    ok(wait_for(fd, &seen, "Again: ") && write(fd, again, strlen(again)) > 0, "it asks again");
    ok(waitpid(child, &status, 0) == child && WIFEXITED(status), "it ends");
    is_int(WEXITSTATUS(status), want, "what came of it");
    (void)wait_for(fd, &seen, "\n\n");
    ok(strstr(buf_text(&seen), "hunter2") == NULL, "nothing of it is shown");
    (void)close(fd);
}

int main(void)
{
    plan_lazy();
    test_input();
    test_file();
    terminal_is("hunter2\n", "hunter2\n", 0);
    terminal_is("hunter2\n", "hunter3\n", 2);
    done_testing();
}

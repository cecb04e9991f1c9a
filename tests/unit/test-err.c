/* SPDX-License-Identifier: MIT */
#include "lib/util/err.h"

#include <errno.h>
#include <string.h>

#include "tests/tap/tap.h"

static void test_set(void)
{
    struct err err = {.code = ERR_NOMEM, .sys = 5};

    is_int(err_set(&err, ERR_LIMIT, "%d of %s", 3, "x"), -1, "err_set returns -1");
    is_int(err.code, ERR_LIMIT, "err_set sets the code");
    is_int(err.sys, 0, "err_set clears errno's copy");
    is_str(err.msg, "3 of x", "err_set formats");
    is_int(err_set(NULL, ERR_LIMIT, "x"), -1, "err_set accepts NULL");
}

static void test_sys(void)
{
    struct err err;

    errno = ENOENT;
    is_int(err_sys(&err, "open '%s'", "a"), -1, "err_sys returns -1");
    is_int(err.code, ERR_SYSTEM, "err_sys sets ERR_SYSTEM");
    is_int(err.sys, ENOENT, "err_sys keeps errno");
    is_str(err.msg, "open 'a': No such file or directory", "err_sys appends errno's text");
    errno = ENOMEM;
    (void)err_sys(&err, "x");
    is_int(err.code, ERR_NOMEM, "err_sys turns ENOMEM into ERR_NOMEM");
    is_int(err_sys(NULL, "x"), -1, "err_sys accepts NULL");
}

static void test_wrap(void)
{
    struct err err;

    errno = EACCES;
    (void)err_sys(&err, "open");
    is_int(err_wrap(&err, "import '%s'", "dir"), -1, "err_wrap returns -1");
    is_str(err.msg, "import 'dir': open: Permission denied", "err_wrap puts context in front");
    is_int(err.code, ERR_SYSTEM, "err_wrap keeps the code");
    is_int(err.sys, EACCES, "err_wrap keeps errno's copy");
    is_int(err_wrap(NULL, "x"), -1, "err_wrap accepts NULL");
}

static void test_long(void)
{
    char text[2 * sizeof(((struct err *)NULL)->msg)];
    struct err err;

    memset(text, 'a', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    (void)err_set(&err, ERR_SYNTAX, "%s", text);
    is_int((long long)strlen(err.msg), sizeof(err.msg) - 1, "a long message is cut");
    (void)err_wrap(&err, "%s", text);
    is_int((long long)strlen(err.msg), sizeof(err.msg) - 1, "a long context is cut");
    errno = EPERM;
    (void)err_sys(&err, "%s", text);
    is_int((long long)strlen(err.msg), sizeof(err.msg) - 1, "errno's text is cut");
}

static void test_text(void)
{
    is_str(err_text(ERR_NONE), "no error", "text of the first code");
    is_str(err_text(ERR_DIGEST), "digest does not match the content", "text of a code");
    is_str(err_text((enum err_code)9999), "unknown error", "text of a number that is no code");
}

int main(void)
{
    plan_lazy();
    test_set();
    test_sys();
    test_wrap();
    test_long();
    test_text();
    done_testing();
}

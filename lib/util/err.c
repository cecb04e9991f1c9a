/* SPDX-License-Identifier: MIT */
#include "lib/util/err.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static void __attribute__((format(printf, 2, 0)))
set_message(struct err *err, const char *fmt, va_list args)
{
    (void)vsnprintf(err->msg, sizeof(err->msg), fmt, args);
}

void err_fill(struct err *err, enum err_code code, const char *fmt, ...)
{
    va_list args;

    if (err == NULL)
        return;
    err->code = code;
    err->sys = 0;
    va_start(args, fmt);
    set_message(err, fmt, args);
    va_end(args);
}

void err_fill_sys(struct err *err, const char *fmt, ...)
{
    int saved = errno;
    va_list args;
    size_t len;

    if (err == NULL)
        return;
    err->code = saved == ENOMEM ? ERR_NOMEM : ERR_SYSTEM;
    err->sys = saved;
    va_start(args, fmt);
    set_message(err, fmt, args);
    va_end(args);
    len = strlen(err->msg);
    (void)snprintf(err->msg + len, sizeof(err->msg) - len, ": %s", strerror(saved));
}

void err_prepend(struct err *err, const char *fmt, ...)
{
    char inner[sizeof(err->msg)];
    va_list args;
    size_t len;

    if (err == NULL)
        return;
    memcpy(inner, err->msg, sizeof(inner));
    va_start(args, fmt);
    set_message(err, fmt, args);
    va_end(args);
    len = strlen(err->msg);
    (void)snprintf(err->msg + len, sizeof(err->msg) - len, ": %s", inner);
}

const char *err_text(enum err_code code)
{
    static const char *const texts[] = {
#define ERR_ROW(name, text) [ERR_##name] = (text),
#include "lib/util/err.tbl.h"
#undef ERR_ROW
    };

    return (size_t)code < sizeof(texts) / sizeof(texts[0]) ? texts[code] : "unknown error";
}

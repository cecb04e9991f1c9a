/* SPDX-License-Identifier: MIT */
#include "lib/util/log.h"

#include <errno.h>
#include <poll.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "lib/util/err.h"
#include "lib/util/text.h"

/* Kept free of fields: `,"cut":true}` and the newline. */
enum { TAIL_ROOM = 16 };

static struct {
    int fd;
    bool may_block; /* fd is no regular file */
    enum log_format format;
    _Atomic int level;
    atomic_bool stuck;         /* the last line found no room */
    _Atomic uint64_t lost;     /* lines that found no room, ever */
    _Atomic uint64_t reported; /* of these, told about */
} state = {.fd = STDERR_FILENO, .may_block = true, .level = LOG_LEVEL_INFO};

static const char *const level_names[] = {
    [LOG_LEVEL_ERROR] = "error",
    [LOG_LEVEL_WARN] = "warn",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_DEBUG] = "debug",
};

void log_setup(int fd, enum log_format format, enum log_level level)
{
    struct stat st;

    state.fd = fd;
    state.may_block = fstat(fd, &st) != 0 || !S_ISREG(st.st_mode);
    state.format = format;
    state.level = (int)level;
}

void log_set_level(enum log_level level)
{
    state.level = (int)level;
}

bool log_enabled(enum log_level level)
{
    return (int)level <= state.level;
}

uint64_t log_lost(void)
{
    return state.lost;
}

/* --- Putting a line together ------------------------------------------------------------------ */

/* False when it does not fit; the line is then longer by a part that the caller takes back. */
static bool put(struct log_line *line, const char *p, size_t n)
{
    if (n > sizeof(line->text) - TAIL_ROOM - line->len)
        return false;
    memcpy(line->text + line->len, p, n);
    line->len += n;
    return true;
}

static bool put_string(struct log_line *line, const char *s)
{
    return put(line, s, strlen(s));
}

static bool put_escaped_byte(struct log_line *line, unsigned char c)
{
    static const char hex[] = "0123456789abcdef";
    char u[6] = {'\\', 'u', '0', '0', hex[c >> 4], hex[c & 15]};

    if (c == '"' || c == '\\')
        return put(line, (const char[]){'\\', (char)c}, 2);
    if (c == '\n')
        return put(line, "\\n", 2);
    if (c == '\t')
        return put(line, "\\t", 2);
    return put(line, u, sizeof(u));
}

/* Bytes that stand for themselves between quotes, from p on. */
static size_t plain_run(const char *p, size_t n)
{
    size_t i = 0;

    while (i < n) {
        size_t c = text_printable(p + i, n - i);

        if (c == 0 || p[i] == '"' || p[i] == '\\')
            break;
        i += c;
    }
    return i;
}

static bool put_quoted(struct log_line *line, const char *p, size_t n)
{
    bool ok = put(line, "\"", 1);
    size_t rest = n > LOG_VALUE_MAX ? text_cut(p, LOG_VALUE_MAX) : n;
    bool cut = rest < n;

    while (ok && rest > 0) {
        size_t run = plain_run(p, rest);

        ok = run > 0 ? put(line, p, run) : put_escaped_byte(line, (unsigned char)*p);
        run = run > 0 ? run : 1;
        p += run;
        rest -= run;
    }
    return ok && (!cut || put(line, "...", 3)) && put(line, "\"", 1);
}

/* Text format: a value without anything special goes without quotes. */
static bool is_bare(const char *p, size_t n)
{
    if (n == 0 || n > LOG_VALUE_MAX)
        return false;
    for (size_t i = 0; i < n; i++) {
        if (p[i] <= ' ' || p[i] > '~' || p[i] == '"' || p[i] == '=' || p[i] == '\\')
            return false;
    }
    return true;
}

static bool put_key(struct log_line *line, const char *key)
{
    if (!line->json)
        return (line->len == 0 || put(line, " ", 1)) && put_string(line, key) && put(line, "=", 1);
    return put(line, line->len == 0 ? "{\"" : ",\"", 2) && put_string(line, key) &&
           put(line, "\":", 2);
}

/* Ends a field that began at `start`: takes it back when it did not fit. */
static void field_done(struct log_line *line, size_t start, bool ok)
{
    if (ok)
        return;
    line->len = start;
    line->cut = true;
}

void log_bytes(struct log_line *line, const char *key, const void *p, size_t n)
{
    size_t start;
    bool ok;

    if (line->off)
        return;
    start = line->len;
    ok = put_key(line, key);
    if (ok)
        ok = !line->json && is_bare(p, n) ? put(line, p, n) : put_quoted(line, p, n);
    field_done(line, start, ok);
}

void log_text(struct log_line *line, const char *key, const char *value)
{
    if (!line->off && value != NULL)
        log_bytes(line, key, value, strlen(value));
}

/* A value that is the same in both formats: number or boolean. */
static void put_literal(struct log_line *line, const char *key, const char *p, size_t n)
{
    size_t start = line->len;

    field_done(line, start, put_key(line, key) && put(line, p, n));
}

void log_u64(struct log_line *line, const char *key, uint64_t value)
{
    char digits[20];
    size_t i = sizeof(digits);

    if (line->off)
        return;
    do {
        digits[--i] = (char)('0' + value % 10);
        value /= 10;
    } while (value > 0);
    put_literal(line, key, digits + i, sizeof(digits) - i);
}

void log_i64(struct log_line *line, const char *key, int64_t value)
{
    char digits[24];
    int n;

    if (line->off)
        return;
    n = snprintf(digits, sizeof(digits), "%lld", (long long)value);
    put_literal(line, key, digits, (size_t)n);
}

void log_bool(struct log_line *line, const char *key, bool value)
{
    if (!line->off)
        put_literal(line, key, value ? "true" : "false", value ? 4 : 5);
}

void log_seconds(struct log_line *line, const char *key, uint64_t us)
{
    char digits[32];
    int n;

    if (line->off)
        return;
    n = snprintf(digits, sizeof(digits), "%llu.%06u", (unsigned long long)(us / 1000000),
                 (unsigned)(us % 1000000));
    put_literal(line, key, digits, (size_t)n);
}

static char *put_digits(char *p, unsigned value, int width)
{
    for (int i = width - 1; i >= 0; i--) {
        p[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return p + width;
}

/* RFC 3339, UTC, milliseconds. Days to a date as in "chrono-compatible low-level date algorithms":
   gmtime_r(3) takes a lock for the time zone. */
static void put_time(struct log_line *line)
{
    struct timespec now;
    unsigned day, era_day, era_year, month, second;
    char text[24];
    char *p = text;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    second = (unsigned)(now.tv_sec % 86400);
    day = (unsigned)(now.tv_sec / 86400) + 719468; /* from 0000-03-01 on */
    era_day = day % 146097;
    era_year = (era_day - era_day / 1460 + era_day / 36524 - era_day / 146096) / 365;
    day = era_day - (365 * era_year + era_year / 4 - era_year / 100);
    month = (5 * day + 2) / 153;
    day = day - (153 * month + 2) / 5 + 1;
    era_year += 400 * (((unsigned)(now.tv_sec / 86400) + 719468) / 146097) + (month >= 10);
    month = month < 10 ? month + 3 : month - 9;
    p = put_digits(p, era_year, 4);
    *p++ = '-';
    p = put_digits(p, month, 2);
    *p++ = '-';
    p = put_digits(p, day, 2);
    *p++ = 'T';
    p = put_digits(p, second / 3600, 2);
    *p++ = ':';
    p = put_digits(p, second / 60 % 60, 2);
    *p++ = ':';
    p = put_digits(p, second % 60, 2);
    *p++ = '.';
    p = put_digits(p, (unsigned)(now.tv_nsec / 1000000), 3);
    *p++ = 'Z';
    log_bytes(line, "ts", text, sizeof(text));
}

void log_begin(struct log_line *line, enum log_level level, const char *msg)
{
    line->off = !log_enabled(level);
    if (line->off)
        return;
    line->cut = false;
    line->json = state.format == LOG_FORMAT_JSON;
    line->len = 0;
    put_time(line);
    log_text(line, "level", level_names[level]);
    log_text(line, "msg", msg);
}

/* --- Writing it ------------------------------------------------------------------------------- */

static bool has_room(void)
{
    struct pollfd p = {.fd = state.fd, .events = POLLOUT};
    int r;

    if (!state.may_block)
        return true;
    /* A pipe that polls writable takes PIPE_BUF bytes without blocking. */
    do {
        r = poll(&p, 1, state.stuck ? 0 : LOG_WAIT_MS);
    } while (r < 0 && errno == EINTR);
    return r != 0;
}

static void finish(struct log_line *line)
{
    const char *tail =
        line->json ? (line->cut ? ",\"cut\":true}\n" : "}\n") : (line->cut ? " cut=true\n" : "\n");
    size_t n = strlen(tail); /* TAIL_ROOM has place for the longest */

    memcpy(line->text + line->len, tail, n);
    line->len += n;
}

static bool emit(const struct log_line *line)
{
    size_t done = 0;

    if (!has_room()) {
        state.stuck = true;
        state.lost++;
        return false;
    }
    state.stuck = false;
    while (done < line->len) {
        ssize_t n = write(state.fd, line->text + done, line->len - done);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0) /* nowhere to say so; EAGAIN from a descriptor that others made non-blocking */
            break;
        done += (size_t)n;
    }
    return true;
}

/* Tells how many lines were lost since that was told last. */
static void report_lost(void)
{
    uint64_t lost = state.lost;
    uint64_t news = lost - atomic_exchange(&state.reported, lost);
    struct log_line line;

    if (news == 0)
        return;
    log_begin(&line, LOG_LEVEL_ERROR, "log lines were lost because nobody read them");
    if (line.off)
        return;
    log_u64(&line, "count", news);
    finish(&line);
    (void)emit(&line);
}

void log_end(struct log_line *line)
{
    if (line->off)
        return;
    finish(line);
    line->off = true;
    if (emit(line) && state.reported != state.lost)
        report_lost();
}

void log_message(enum log_level level, const char *fmt, ...)
{
    char msg[LOG_VALUE_MAX];
    struct log_line line;
    va_list args;

    if (!log_enabled(level))
        return;
    va_start(args, fmt);
    (void)vsnprintf(msg, sizeof(msg), fmt, args);
    va_end(args);
    log_begin(&line, level, msg);
    log_end(&line);
}

void log_failure(enum log_level level, const char *msg, const struct err *err)
{
    struct log_line line;

    log_begin(&line, level, msg);
    log_text(&line, "error", err->msg);
    log_end(&line);
}

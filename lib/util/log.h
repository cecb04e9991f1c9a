/* SPDX-License-Identifier: MIT */
/*
 * Structured log lines: `ts=… level=info msg=request op=ping status=200`, or the same as JSON.
 *
 *     struct log_line line;
 *
 *     log_begin(&line, LOG_LEVEL_INFO, "request");
 *     log_text(&line, "op", "ping");
 *     log_u64(&line, "status", 200);
 *     log_end(&line);
 *
 * A line is built in the caller's struct and leaves with one write(2): no allocation, and nothing
 * but a comparison when the level is off. Keys are ours (lower case, no blanks); values may be
 * anything: quotes, control characters and bytes that are not UTF-8 are escaped, so that a value
 * can neither end a line nor forge a field. A value is cut behind LOG_VALUE_MAX bytes ("..." shows
 * it); a field that does not fit any more is left out and the line ends with `cut=true`.
 *
 * The loop must not stand still because nobody reads the log: where the descriptor is no regular
 * file, a line waits at most LOG_WAIT_MS for room, and while it is stuck further lines do not wait
 * at all. Lines lost that way are counted and reported by the next line that gets out.
 *
 * Any thread may log. The descriptor, format and level are set before threads start (level may
 * change later). Never pass secrets.
 */
#ifndef LIB_UTIL_LOG_H
#define LIB_UTIL_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct err;

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

enum {
    LOG_LINE_MAX = 4096,  /* PIPE_BUF: what a pipe takes in one piece */
    LOG_VALUE_MAX = 1024, /* bytes of one value, before escaping */
    LOG_WAIT_MS = 50,
};

struct log_line {
    bool off;  /* the level is not logged: everything else is unset */
    bool cut;  /* a field was left out */
    bool json; /* format when the line began */
    size_t len;
    char text[LOG_LINE_MAX];
};

/* Defaults: descriptor 2, text, info. The descriptor is borrowed. */
void log_setup(int fd, enum log_format format, enum log_level level);
void log_set_level(enum log_level level);
bool log_enabled(enum log_level level);

void log_begin(struct log_line *line, enum log_level level, const char *msg);
void log_text(struct log_line *line, const char *key, const char *value); /* NULL: no field */
void log_bytes(struct log_line *line, const char *key, const void *p, size_t n);
void log_u64(struct log_line *line, const char *key, uint64_t value);
void log_i64(struct log_line *line, const char *key, int64_t value);
void log_bool(struct log_line *line, const char *key, bool value);
/* Microseconds as seconds with six decimals, for keys that end in _s. */
void log_seconds(struct log_line *line, const char *key, uint64_t us);
void log_end(struct log_line *line);

/* A line with nothing but a message. */
void log_message(enum log_level level, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* A line with a message and the error's text as `error`. */
void log_failure(enum log_level level, const char *msg, const struct err *err);

/* Lines lost because nobody read. */
uint64_t log_lost(void);

#endif

/* SPDX-License-Identifier: MIT */
#include "lib/util/log.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

static int pipe_fds[2];

/* What the last line says behind its time stamp; static storage. */
static const char *last_line(void)
{
    static char text[2 * LOG_LINE_MAX];
    ssize_t n = read(pipe_fds[0], text, sizeof(text) - 1);
    char *behind;

    text[n > 0 ? n : 0] = '\0';
    if (strncmp(text, "ts=", 3) != 0)
        return text;
    behind = strchr(text, ' ');
    return behind == NULL ? text : behind + 1;
}

static void begin(enum log_format format)
{
    ok(pipe2(pipe_fds, O_NONBLOCK) == 0, "a pipe");
    log_setup(pipe_fds[1], format, LOG_LEVEL_INFO);
}

static void end(void)
{
    (void)close(pipe_fds[0]);
    (void)close(pipe_fds[1]);
}

static void test_text(void)
{
    struct log_line line;

    begin(LOG_FORMAT_TEXT);
    log_begin(&line, LOG_LEVEL_INFO, "request");
    log_text(&line, "op", "manifest.get");
    log_u64(&line, "status", 200);
    log_u64(&line, "most", UINT64_MAX);
    log_u64(&line, "none", 0);
    log_i64(&line, "less", -5);
    log_bool(&line, "yes", true);
    log_bool(&line, "no", false);
    log_seconds(&line, "dur_s", 1000042);
    log_text(&line, "left_out", NULL);
    log_end(&line);
    is_str(last_line(),
           "level=info msg=request op=manifest.get status=200 most=18446744073709551615 none=0 "
           "less=-5 yes=true no=false dur_s=1.000042\n",
           "fields as key=value");
    end();
}

static void value_is(const char *value, size_t n, const char *want)
{
    struct log_line line;

    log_begin(&line, LOG_LEVEL_WARN, "m");
    log_bytes(&line, "v", value, n);
    log_end(&line);
    is_str(last_line(), want, "value in %s", want);
}

static void test_text_quotes(void)
{
    begin(LOG_FORMAT_TEXT);
    value_is("", 0, "level=warn msg=m v=\"\"\n");
    value_is("a b", 3, "level=warn msg=m v=\"a b\"\n");
    value_is("a=b", 3, "level=warn msg=m v=\"a=b\"\n");
    value_is("a\"b\\", 4, "level=warn msg=m v=\"a\\\"b\\\\\"\n");
    value_is("a\nlevel=error\r\t\0", 16,
             "level=warn msg=m v=\"a\\nlevel=error\\u000d\\t\\u0000\"\n");
    value_is("\xc3\xa4\xff\x1b[0m\xc2\x9b", 9,
             "level=warn msg=m v=\"\xc3\xa4\\u00ff\\u001b[0m\\u00c2\\u009b\"\n");
    end();
}

static void test_json(void)
{
    struct log_line line;
    json_t *root;
    json_error_t why;

    begin(LOG_FORMAT_JSON);
    log_begin(&line, LOG_LEVEL_ERROR, "a \"message\"\n");
    log_bytes(&line, "bytes", "\xff\0\x1f\xc3\xa4", 5);
    log_u64(&line, "n", 7);
    log_bool(&line, "b", true);
    log_seconds(&line, "dur_s", 12);
    log_end(&line);
    root = json_loads(last_line(), JSON_ALLOW_NUL, &why);
    ok(root != NULL, "the line is JSON: %s", root == NULL ? why.text : "");
    is_str(json_string_value(json_object_get(root, "level")), "error", "level");
    is_str(json_string_value(json_object_get(root, "msg")), "a \"message\"\n", "msg");
    is_int(json_integer_value(json_object_get(root, "n")), 7, "a number");
    ok(json_is_true(json_object_get(root, "b")), "a boolean");
    ok(json_real_value(json_object_get(root, "dur_s")) == 0.000012, "seconds");
    json_decref(root);
    end();
}

/* The time stamp is the present time (checked against strptime(3) and timegm(3)). */
static void test_time(void)
{
    char text[LOG_LINE_MAX];
    struct timespec now;
    struct tm tm = {0};
    const char *rest;
    ssize_t n;

    begin(LOG_FORMAT_TEXT);
    (void)clock_gettime(CLOCK_REALTIME, &now);
    log_message(LOG_LEVEL_INFO, "%s-%d", "m", 1);
    n = read(pipe_fds[0], text, sizeof(text) - 1);
    text[n > 0 ? n : 0] = '\0';
    rest = strptime(text, "ts=%Y-%m-%dT%H:%M:%S", &tm);
    ok(rest != NULL && rest[0] == '.' && strcmp(rest + 4, "Z level=info msg=m-1\n") == 0,
       "RFC 3339 with milliseconds: %s", text);
    ok(timegm(&tm) - now.tv_sec <= 1 && timegm(&tm) >= now.tv_sec, "the present time");
    end();
}

static void test_levels(void)
{
    struct log_line line;
    struct err err;

    begin(LOG_FORMAT_TEXT);
    ok(log_enabled(LOG_LEVEL_ERROR) && log_enabled(LOG_LEVEL_INFO), "error and info are on");
    ok(!log_enabled(LOG_LEVEL_DEBUG), "debug is off");
    log_begin(&line, LOG_LEVEL_DEBUG, "nothing");
    log_text(&line, "a", "b");
    log_u64(&line, "a", 1);
    log_end(&line);
    log_message(LOG_LEVEL_DEBUG, "nothing");
    is_str(last_line(), "", "what is off is not written");
    log_set_level(LOG_LEVEL_DEBUG);
    (void)err_set(&err, ERR_USAGE, "bad thing");
    log_failure(LOG_LEVEL_DEBUG, "it failed", &err);
    is_str(last_line(), "level=debug msg=\"it failed\" error=\"bad thing\"\n", "until switched on");
    end();
}

static void test_long(enum log_format format)
{
    char value[2 * LOG_VALUE_MAX];
    struct log_line line;
    const char *text;
    size_t n;

    begin(format);
    memset(value, 'x', sizeof(value));
    log_begin(&line, LOG_LEVEL_INFO, "m");
    log_bytes(&line, "v", value, sizeof(value));
    log_end(&line);
    text = last_line();
    ok(strstr(text, "xxx...\"") != NULL, "a long value is cut");
    ok(strlen(text) < LOG_VALUE_MAX + 100, "to its maximum");
    memset(value, 1, sizeof(value));
    log_begin(&line, LOG_LEVEL_INFO, "m");
    log_bytes(&line, "v", value, sizeof(value));
    log_u64(&line, "n", 1);
    for (int i = 0; i < 1000; i++)
        log_text(&line, "key", "value");
    log_end(&line);
    text = last_line();
    n = strlen(text);
    ok(n <= LOG_LINE_MAX, "a line never exceeds its maximum");
    ok(strstr(text, "\\u0001") == NULL, "a value that does not fit is left out");
    is_str(text + n - (format == LOG_FORMAT_JSON ? 13 : 10),
           format == LOG_FORMAT_JSON ? ",\"cut\":true}\n" : " cut=true\n", "and the line says so");
    end();
}

/* Fills a pipe that nobody reads, then reads it. */
static void test_lost(void)
{
    char text[LOG_LINE_MAX];
    struct timespec start, stop;
    uint64_t lost = log_lost();

    begin(LOG_FORMAT_TEXT);
    (void)fcntl(pipe_fds[1], F_SETFL, 0);
    (void)clock_gettime(CLOCK_MONOTONIC, &start);
    for (int i = 0; i < 20000; i++)
        log_message(LOG_LEVEL_INFO,
                    "a line of some length, of which a pipe holds about a thousand");
    (void)clock_gettime(CLOCK_MONOTONIC, &stop);
    ok(stop.tv_sec - start.tv_sec < 5, "a full pipe does not stop the program");
    ok(log_lost() > lost, "lines were lost");
    while (read(pipe_fds[0], text, sizeof(text)) > 0)
        ;
    log_message(LOG_LEVEL_INFO, "again");
    (void)snprintf(text, sizeof(text), "%s", last_line());
    ok(strncmp(text, "level=info msg=again\n", 21) == 0, "once somebody reads, a line gets out");
    ok(strstr(text, "were lost because nobody read them\" count=") != NULL, "with what was lost");
    log_message(LOG_LEVEL_INFO, "more");
    is_str(last_line(), "level=info msg=more\n", "which is told once");
    end();
}

static void test_closed(void)
{
    begin(LOG_FORMAT_TEXT);
    end();
    log_message(LOG_LEVEL_INFO, "to nobody");
    ok(true, "a closed descriptor does no harm");
}

int main(void)
{
    plan_lazy();
    test_text();
    test_text_quotes();
    test_json();
    test_time();
    test_levels();
    test_long(LOG_FORMAT_TEXT);
    test_long(LOG_FORMAT_JSON);
    test_lost();
    test_closed();
    done_testing();
}

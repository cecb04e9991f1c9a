/* SPDX-License-Identifier: MIT */
#include "lib/control/print.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "lib/control/ring.h"
#include "lib/util/buf.h"
#include "lib/util/clock.h"
#include "lib/util/text.h"
#include "lib/util/units.h"
#include "lib/util/util.h"

enum { TEXT_MAX = 8 * ENTRY_HEADERS_MAX, KEY_MAX = 64 };

const char *print_time(char dst[PRINT_TIME_MAX], int64_t ms)
{
    char seconds[CLOCK_TEXT_MAX];
    int64_t rest = ms % 1000;

    if (rest < 0)
        rest += 1000;
    (void)clock_format(seconds, (ms - rest) / 1000);
    (void)snprintf(dst, PRINT_TIME_MAX, "%.*s.%03dZ", (int)strcspn(seconds, "Z"), seconds,
                   (int)rest);
    return dst;
}

json_t *print_text(const char *s)
{
    auto_buf struct buf b = BUF_INIT(TEXT_MAX);
    size_t n, left;

    if (s == NULL)
        return json_null();
    left = strlen(s);
    if (text_is_utf8(s, left))
        return json_stringn(s, left);
    for (; left > 0; s += n, left -= n) {
        n = text_utf8(s, left);
        if (n > 0) {
            (void)buf_append(&b, s, n);
            continue;
        }
        (void)buf_appendf(&b, "\\x%02X", (unsigned)(unsigned char)*s);
        n = 1;
    }
    return json_string(buf_text(&b));
}

/* --- Members -----------------------------------------------------------------------------------
 */

/* The texts between separators; an empty array for none. */
static json_t *split(const char *s, char separator)
{
    json_t *array = json_array();
    const char stop[] = {separator, '\0'};

    while (s != NULL && *s != '\0') {
        size_t n = strcspn(s, stop);

        if (n > 0)
            (void)json_array_append_new(array, json_stringn_nocheck(s, n));
        s += n + (s[n] != '\0' ? 1 : 0);
    }
    return array;
}

static json_t *print_moment(int64_t ms)
{
    char text[PRINT_TIME_MAX];

    return json_string(print_time(text, ms));
}

static json_t *print_tls(const char *text)
{
    if (text == NULL || strcmp(text, "false") == 0)
        return json_false();
    return strcmp(text, "true") == 0 ? json_true() : print_text(text);
}

static const char *own_text(const struct journal *j, const struct journal_entry *e,
                            enum journal_text which)
{
    return entry_text(e, j->own[which]);
}

/* null for who was not redirected. */
static json_t *print_number(const char *text)
{
    uint64_t n = 0;

    if (text == NULL || units_parse_size(&n, text, NULL) != 0)
        return json_null();
    return json_integer((json_int_t)n);
}

static json_t *print_leaked(const char *text)
{
    return text == NULL ? json_null() : json_boolean(strcmp(text, "true") == 0);
}

static json_t *print_scopes(const struct journal *j, const struct journal_entry *e)
{
    const char *asked = own_text(j, e, JOURNAL_SCOPES_ASKED);
    const char *granted = own_text(j, e, JOURNAL_SCOPES_GRANTED);

    if (asked == NULL && granted == NULL)
        return json_null();
    return json_pack("{s:o, s:o}", "asked", split(asked, ' '), "granted", split(granted, ' '));
}

/* userAgent is user_agent. */
static const char *key_of(const char *word, char dst[KEY_MAX])
{
    size_t n = 0;

    for (; *word != '\0' && n + 2 < KEY_MAX; word++) {
        if (isupper((unsigned char)*word))
            dst[n++] = '_';
        dst[n++] = (char)tolower((unsigned char)*word);
    }
    dst[n] = '\0';
    return dst;
}

static bool is_own(const struct journal *j, size_t word)
{
    for (size_t i = 0; i < JOURNAL_TEXTS; i++) {
        if (j->own[i] == word)
            return true;
    }
    return false;
}

/* The op is known by its number, too. */
static json_t *print_word(const struct journal *j, const struct journal_entry *e, size_t word)
{
    const char *text = entry_text(e, word);

    if (text == NULL && word == j->vocabulary.op_word)
        text = j->vocabulary.ops[e->op];
    return print_text(text);
}

static void add_words(const struct journal *j, const struct journal_entry *e, json_t *into)
{
    char key[KEY_MAX];

    for (size_t i = 0; i < j->vocabulary.word_count; i++) {
        if (!is_own(j, i))
            (void)json_object_set_new(into, key_of(j->vocabulary.words[i].name, key),
                                      print_word(j, e, i));
    }
}

static void add_begin(const struct journal *j, const struct journal_entry *e, json_t *into)
{
    bool closed = e->stamp != 0;

    (void)json_object_set_new(into, "seq", json_integer((json_int_t)e->seq));
    (void)json_object_set_new(into, "arrived", print_moment(e->arrived_ms));
    (void)json_object_set_new(into, "ended", closed ? print_moment(e->ended_ms) : json_null());
    (void)json_object_set_new(into, "method", print_text(own_text(j, e, JOURNAL_METHOD)));
    (void)json_object_set_new(into, "path", print_text(entry_text(e, ENTRY_PATH)));
    (void)json_object_set_new(into, "query", print_text(entry_text(e, ENTRY_QUERY)));
    (void)json_object_set_new(into, "tls", print_tls(own_text(j, e, JOURNAL_TLS)));
}

static void add_end(const struct journal *j, const struct journal_entry *e, json_t *into)
{
    bool closed = e->stamp != 0;

    (void)json_object_set_new(into, "fingerprint", print_text(own_text(j, e, JOURNAL_FINGERPRINT)));
    (void)json_object_set_new(into, "scopes", print_scopes(j, e));
    (void)json_object_set_new(into, "range", print_text(own_text(j, e, JOURNAL_RANGE)));
    (void)json_object_set_new(into, "status",
                              e->status > 0 ? json_integer(e->status) : json_null());
    (void)json_object_set_new(into, "bytes_in", json_integer((json_int_t)e->bytes_in));
    (void)json_object_set_new(into, "bytes_out", json_integer((json_int_t)e->bytes_out));
    (void)json_object_set_new(into, "duration_ms",
                              closed ? json_real((double)e->duration_us / 1000) : json_null());
    (void)json_object_set_new(into, "state", print_text(own_text(j, e, JOURNAL_STATE)));
    (void)json_object_set_new(into, "rules", split(own_text(j, e, JOURNAL_RULE), ','));
    (void)json_object_set_new(into, "redirected_from",
                              print_number(own_text(j, e, JOURNAL_REDIRECTED_FROM)));
    (void)json_object_set_new(into, "leaked", print_leaked(own_text(j, e, JOURNAL_LEAKED)));
    (void)json_object_set_new(into, "end", print_text(own_text(j, e, JOURNAL_END)));
    (void)json_object_set_new(into, "end_reason", print_text(own_text(j, e, JOURNAL_END_REASON)));
}

/* An array, because a name may come more than once: [["Accept", "a"], ...]. */
static json_t *print_headers(const struct journal *j, const struct journal_entry *e)
{
    json_t *array = json_array();
    struct entry_view v;

    entry_view(e, j->vocabulary.word_count, true, &v);
    for (size_t i = 0; v.subject.request != NULL && i < v.request.header_count; i++)
        (void)json_array_append_new(array, json_pack("[o, o]", print_text(v.headers[i].name),
                                                     print_text(v.headers[i].value)));
    return array;
}

json_t *print_entry(const struct journal *j, const struct journal_entry *e, bool with_headers)
{
    json_t *object = json_object();

    if (object == NULL)
        return NULL;
    add_begin(j, e, object);
    add_words(j, e, object);
    add_end(j, e, object);
    if (with_headers)
        (void)json_object_set_new(object, "headers", print_headers(j, e));
    return object;
}

void print_line(const struct journal *j, const struct journal_entry *e, char *dst, size_t size)
{
    const char *method = own_text(j, e, JOURNAL_METHOD);
    const char *path = entry_text(e, ENTRY_PATH);
    const char *status = own_text(j, e, JOURNAL_STATUS);
    struct text_quote quoted;

    if (path != NULL)
        (void)snprintf(dst, size, "#%llu %s %s %s", (unsigned long long)e->seq,
                       method != NULL ? method : "?", text_quote(&quoted, path),
                       status != NULL  ? status
                       : e->stamp != 0 ? "without an answer"
                                       : "(open)");
    else
        (void)snprintf(dst, size, "#%llu %s", (unsigned long long)e->seq, j->vocabulary.ops[e->op]);
}

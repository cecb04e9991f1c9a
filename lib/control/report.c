/* SPDX-License-Identifier: MIT */
#include "lib/control/report.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/control/expect.h"
#include "lib/control/print.h"
#include "lib/fault/match.h"
#include "lib/util/buf.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum { MESSAGE_MAX = 8000, LINE_MAX = 240, VALUE_MAX = 300 };

/* --- Near misses -------------------------------------------------------------------------------
 */

struct miss {
    const struct journal_entry *e; /* borrowed */
    unsigned held;                 /* criteria that hold */
    unsigned total;
};

/* What is missing: the match of a count, or the first step that was not seen. */
static const struct match *wanted_match(const struct expectation *x, const struct expect_state *s)
{
    if (x->steps == NULL)
        return x->match;
    return s->steps < x->step_count ? x->steps[s->steps].match : NULL;
}

/* Keeps the best, the newer of equals. */
static void offer_miss(struct miss best[REPORT_NEAREST], struct miss m)
{
    for (size_t i = 0; i < REPORT_NEAREST; i++) {
        struct miss displaced = best[i];

        if (displaced.e != NULL &&
            (displaced.held > m.held || (displaced.held == m.held && displaced.e->seq > m.e->seq)))
            continue;
        best[i] = m;
        if (displaced.e == NULL)
            return;
        m = displaced;
    }
}

static void find_misses(const struct journal *j, const struct expectation *x, const struct match *m,
                        uint64_t since, struct miss best[REPORT_NEAREST])
{
    uint64_t newest = j->last > REPORT_LOOK_AT ? j->last - REPORT_LOOK_AT : 0;
    const struct journal_entry *e;
    struct ring_walk w;

    ring_walk(&w, j, since > newest ? since : newest);
    while ((e = ring_next(&w)) != NULL) {
        struct miss miss = {.e = e};
        struct entry_view view;

        if (x->steps != NULL && !ring_fits(j, &x->filter, e))
            continue;
        entry_view(e, j->vocabulary.word_count, true, &view);
        json_decref(match_explain(m, &view.subject, &miss.held, &miss.total));
        if (miss.held > 0 && miss.held < miss.total)
            offer_miss(best, miss);
    }
}

/* The member "X" or, for "header.X", the member of the member. */
static const json_t *wanted_value(const struct match *m, const char *criterion)
{
    const json_t *whole = json_object_get(match_json(m), criterion);
    const char *dot = strchr(criterion, '.');
    char outer[16];

    if (whole != NULL || dot == NULL || (size_t)(dot - criterion) >= sizeof(outer))
        return whole;
    memcpy(outer, criterion, (size_t)(dot - criterion));
    outer[dot - criterion] = '\0';
    return json_object_get(json_object_get(match_json(m), outer), dot + 1);
}

static const char *actual_value(const struct journal *j, const struct journal_entry *e,
                                const struct entry_view *v, const char *criterion)
{
    for (size_t i = 0; i < j->vocabulary.word_count; i++) {
        if (strcmp(j->vocabulary.words[i].name, criterion) == 0)
            return i == j->vocabulary.op_word ? j->vocabulary.ops[e->op] : v->subject.values[i];
    }
    if (v->subject.request == NULL)
        return NULL;
    if (strcmp(criterion, "path") == 0)
        return v->request.path;
    if (strncmp(criterion, "header.", 7) == 0)
        return http_request_header(&v->request, criterion + 7);
    if (strncmp(criterion, "query.", 6) == 0)
        return http_request_parameter(&v->request, criterion + 6);
    return NULL;
}

static void add_compact(struct buf *b, const json_t *value)
{
    char *text = json_is_string(value) ? strdup(json_string_value(value))
                                       : json_dumps(value, JSON_COMPACT | JSON_ENCODE_ANY);
    size_t n = text != NULL ? strlen(text) : 0;

    if (n > VALUE_MAX) {
        (void)buf_append(b, text, text_cut(text, VALUE_MAX));
        (void)buf_append_text(b, "...");
    } else if (text != NULL) {
        (void)buf_append(b, text, n);
    }
    free(text);
}

/* ": repo is 'other', wanted team*" for each criterion that failed; and as JSON. */
static json_t *explain_differences(const struct journal *j, const struct match *m,
                                   const struct miss *miss, struct buf *message)
{
    struct entry_view view;
    json_t *criteria, *held, *differs = json_array();
    const char *name, *between = ": ";

    entry_view(miss->e, j->vocabulary.word_count, true, &view);
    criteria = match_explain(m, &view.subject, &(unsigned){0}, &(unsigned){0});
    json_object_foreach(criteria, name, held)
    {
        const char *actual = actual_value(j, miss->e, &view, name);
        const json_t *wanted = wanted_value(m, name);

        if (json_is_true(held))
            continue;
        (void)buf_appendf(message, "%s%s is %s, wanted ", between, name,
                          actual != NULL ? TEXT_QUOTE(actual) : "missing");
        add_compact(message, wanted);
        between = "; ";
        (void)json_array_append_new(differs,
                                    json_pack("{s:s, s:O?, s:o}", "criterion", name, "wanted",
                                              wanted, "actual", print_text(actual)));
    }
    return json_pack("{s:I, s:I, s:I, s:o?, s:o}", "seq", (json_int_t)miss->e->seq, "held",
                     (json_int_t)miss->held, "of", (json_int_t)miss->total, "criteria", criteria,
                     "differs", differs);
}

static json_t *nearest(const struct journal *j, const struct expectation *x,
                       const struct expect_state *s, struct buf *message)
{
    const struct match *m = wanted_match(x, s);
    struct miss best[REPORT_NEAREST] = {{0}};
    json_t *array = json_array();

    if (m == NULL)
        return array;
    find_misses(j, x, m, x->steps != NULL && s->after > x->since ? s->after : x->since, best);
    for (size_t i = 0; i < REPORT_NEAREST && best[i].e != NULL; i++) {
        char line[LINE_MAX];
        json_t *row;

        print_line(j, best[i].e, line, sizeof(line));
        (void)buf_appendf(message, "\n  nearest %s", line);
        row = explain_differences(j, m, &best[i], message);
        (void)json_object_set_new(row, "request", print_text(line));
        (void)json_array_append_new(array, row);
    }
    return array;
}

/* --- What was expected -------------------------------------------------------------------------
 */

static const char *plural(uint64_t n)
{
    return n == 1 ? "" : "s";
}

static void say_count(struct buf *b, const struct expectation *x)
{
    if (x->max == 0)
        (void)buf_append_text(b, "no request");
    else if (x->min == x->max)
        (void)buf_appendf(b, "exactly %" PRIu64 " request%s", x->min, plural(x->min));
    else if (x->max == UINT64_MAX)
        (void)buf_appendf(b, "at least %" PRIu64 " request%s", x->min, plural(x->min));
    else if (x->min == 0)
        (void)buf_appendf(b, "at most %" PRIu64 " request%s", x->max, plural(x->max));
    else
        (void)buf_appendf(b, "%" PRIu64 " to %" PRIu64 " requests", x->min, x->max);
    if (x->match != NULL) {
        (void)buf_append_text(b, x->max == 0 || x->min == 1 ? " that fits " : " that fit ");
        add_compact(b, x->asked);
    }
}

static void say_sequence(struct buf *b, const struct expectation *x, const struct expect_state *s)
{
    (void)buf_appendf(b, "expected %zu requests in this order%s, found ", x->step_count,
                      x->strict ? " and nothing in between" : "");
    if (s->steps == x->step_count) {
        (void)buf_appendf(b, "all of them, the last is #%" PRIu64, s->after);
        return;
    }
    if (s->steps == 0)
        (void)buf_append_text(b, "none that begins it: ");
    else
        (void)buf_appendf(b, "%zu, up to #%" PRIu64 ", and nothing %s that fits ", s->steps,
                          s->after, x->strict ? "next" : "behind it");
    add_compact(b, json_array_get(x->asked, s->steps));
}

static void say_dropped(struct buf *b, const struct expectation *x, const struct expect_state *s)
{
    (void)buf_appendf(b,
                      "\n  cannot tell for sure: %" PRIu64
                      " request%s that may have fitted %s dropped from the journal since #%" PRIu64,
                      s->dropped, plural(s->dropped), s->dropped == 1 ? "was" : "were", x->since);
}

static json_t *expected(const struct expectation *x)
{
    if (x->steps != NULL)
        return json_pack("{s:O, s:b}", "sequence", x->asked, "strict", (int)x->strict);
    return json_pack("{s:O?, s:I, s:o}", "match", x->asked, "min", (json_int_t)x->min, "max",
                     x->max == UINT64_MAX ? json_null() : json_integer((json_int_t)x->max));
}

static json_t *fitting(const struct journal *j, const struct expectation *x)
{
    const struct journal_entry *e;
    json_t *array = json_array();
    struct ring_walk w;

    ring_walk(&w, j, x->since);
    while (json_array_size(array) < REPORT_REQUESTS && (e = ring_next(&w)) != NULL) {
        if (ring_counts(j, e) && ring_fits(j, &x->filter, e))
            (void)json_array_append_new(array, print_entry(j, e, false));
    }
    return array;
}

static json_t *warnings(const struct expectation *x)
{
    if (!x->impossible)
        return json_array();
    return json_pack("[s]", "no request can ever fit one of these matches");
}

static void add_numbers(json_t *answer, const struct journal *j, const struct expectation *x,
                        const struct expect_state *s)
{
    if (x->steps != NULL)
        (void)json_object_set_new(answer, "steps", json_integer((json_int_t)s->steps));
    else
        (void)json_object_set_new(answer, "found", json_integer((json_int_t)s->found));
    (void)json_object_set_new(answer, "since", json_integer((json_int_t)x->since));
    (void)json_object_set_new(answer, "last", json_integer((json_int_t)j->last));
    (void)json_object_set_new(answer, "dropped", json_integer((json_int_t)s->dropped));
}

json_t *report(const struct journal *j, const struct expectation *x, const struct expect_state *s,
               bool held)
{
    auto_buf struct buf message = BUF_INIT(MESSAGE_MAX);
    json_t *answer = json_object(), *misses;

    if (x->steps != NULL) {
        say_sequence(&message, x, s);
    } else {
        (void)buf_append_text(&message, "expected ");
        say_count(&message, x);
        (void)buf_appendf(&message, ", found %" PRIu64, s->found);
    }
    if (!held && s->dropped > 0)
        say_dropped(&message, x, s);
    /* Near misses of too few; too many are shown themselves. */
    misses = !held && s->found < x->min ? nearest(j, x, s, &message) : json_array();
    (void)json_object_set_new(answer, "held", json_boolean(held));
    (void)json_object_set_new(answer, "message", print_text(buf_text(&message)));
    (void)json_object_set_new(answer, "expected", expected(x));
    add_numbers(answer, j, x, s);
    if (x->steps == NULL)
        (void)json_object_set_new(answer, "requests", fitting(j, x));
    (void)json_object_set_new(answer, "nearest", misses);
    (void)json_object_set_new(answer, "warnings", warnings(x));
    return answer;
}

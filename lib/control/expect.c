/* SPDX-License-Identifier: MIT */
#include "lib/control/expect.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/fault/match.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/units.h"
#include "lib/util/util.h"

enum { KNOWN_TEXT_MAX = 200, PATH_MAX_SHOWN = 40 };

/* --- Reading -----------------------------------------------------------------------------------
 */

static int check_keys(const json_t *object, const char *where, const char *const *known,
                      struct err *err)
{
    auto_buf struct buf all = BUF_INIT(KNOWN_TEXT_MAX);
    struct text_nearest nearest;
    const char *key;
    json_t *value;

    for (size_t i = 0; known[i] != NULL; i++)
        (void)buf_appendf(&all, "%s%s", i > 0 ? ", " : "", known[i]);
    json_object_foreach((json_t *)object, key, value)
    {
        size_t i = 0;

        text_nearest_begin(&nearest, key);
        for (; known[i] != NULL && strcmp(known[i], key) != 0; i++)
            text_nearest_offer(&nearest, known[i]);
        if (known[i] != NULL)
            continue;
        if (nearest.name != NULL)
            return err_set(err, ERR_CONFIG, "%s%s: unknown key: did you mean '%s'? known are %s",
                           where, TEXT_QUOTE(key), nearest.name, buf_text(&all));
        return err_set(err, ERR_CONFIG, "%s%s: unknown key: known are %s", where, TEXT_QUOTE(key),
                       buf_text(&all));
    }
    return 0;
}

/* A whole number that is not negative; absent or null: *ret stays as it is. */
static int read_number(const json_t *object, const char *where, const char *key, uint64_t *ret,
                       struct err *err)
{
    const json_t *value = json_object_get(object, key);

    if (value == NULL || json_is_null(value))
        return 0;
    if (!json_is_integer(value) || json_integer_value(value) < 0)
        return err_set(err, ERR_CONFIG, "%s%s: expected a whole number, 0 or more", where, key);
    *ret = (uint64_t)json_integer_value(value);
    return 0;
}

static int read_time(const json_t *object, const char *key, uint32_t *ret_ms, struct err *err)
{
    const json_t *value = json_object_get(object, key);
    uint64_t ms;

    if (value == NULL || json_is_null(value))
        return 0;
    if (!json_is_string(value))
        return err_set(err, ERR_CONFIG, "%s: expected a duration such as \"5s\"", key);
    if (units_parse_duration(&ms, json_string_value(value), err) != 0) {
        if (err != NULL)
            err->code = ERR_CONFIG;
        return err_wrap(err, "%s", key);
    }
    if (ms > EXPECT_WAIT_MAX_MS)
        return err_set(err, ERR_CONFIG, "%s: %s is longer than an hour", key,
                       TEXT_QUOTE(json_string_value(value)));
    *ret_ms = (uint32_t)ms;
    return 0;
}

static int read_flag(const json_t *object, const char *key, bool *ret, struct err *err)
{
    const json_t *value = json_object_get(object, key);

    if (value == NULL || json_is_null(value))
        return 0;
    if (!json_is_boolean(value))
        return err_set(err, ERR_CONFIG, "%s: expected true or false", key);
    *ret = json_is_true(value);
    return 0;
}

static int read_match(struct expectation *x, const struct journal *j, const json_t *body,
                      struct err *err)
{
    const json_t *match = json_object_get(body, "match");

    if (match == NULL || json_is_null(match)) {
        x->filter = ring_filter(NULL);
        return 0;
    }
    if (journal_match_parse(&x->match, j, match, "match", err) != 0)
        return -1;
    x->filter = ring_filter(x->match);
    x->impossible = x->impossible || match_is_impossible(x->match);
    if (x->asked == NULL)
        x->asked = json_incref((json_t *)match);
    return 0;
}

static int read_bounds(struct expectation *x, const json_t *count, struct err *err)
{
    static const char *const known[] = {"min", "max", NULL};

    x->min = 0;
    if (check_keys(count, "count.", known, err) != 0 ||
        read_number(count, "count.", "min", &x->min, err) != 0 ||
        read_number(count, "count.", "max", &x->max, err) != 0)
        return -1;
    x->bounded = x->max != UINT64_MAX;
    if (x->min == 0 && !x->bounded)
        return err_set(err, ERR_CONFIG, "count: expected min, max or both");
    if (x->min > x->max)
        return err_set(err, ERR_CONFIG, "count: min is larger than max");
    return 0;
}

/* A number is exact; reaching it is enough, but for 0, which must stay. */
static int read_count(struct expectation *x, const json_t *body, struct err *err)
{
    const json_t *count = json_object_get(body, "count");

    x->min = 1;
    x->max = UINT64_MAX;
    if (count == NULL || json_is_null(count))
        return 0;
    if (json_is_object(count))
        return read_bounds(x, count, err);
    if (!json_is_integer(count))
        return err_set(err, ERR_CONFIG, "count: expected a number, or an object with min and max");
    if (read_number(body, "", "count", &x->min, err) != 0)
        return -1;
    x->max = x->min;
    x->bounded = x->min == 0;
    return 0;
}

static int read_steps(struct expectation *x, const struct journal *j, const json_t *sequence,
                      struct err *err)
{
    size_t count = json_array_size(sequence);

    if (!json_is_array(sequence) || count == 0 || count > EXPECT_STEPS_MAX)
        return err_set(err, ERR_CONFIG, "sequence: expected a list of 1 to %d matches",
                       EXPECT_STEPS_MAX);
    x->steps = calloc(count, sizeof(x->steps[0]));
    if (x->steps == NULL)
        return err_set(err, ERR_NOMEM, "sequence");
    for (; x->step_count < count; x->step_count++) {
        struct expect_step *step = &x->steps[x->step_count];
        char path[PATH_MAX_SHOWN];

        (void)snprintf(path, sizeof(path), "sequence[%zu]", x->step_count);
        if (journal_match_parse(&step->match, j, json_array_get(sequence, x->step_count), path,
                                err) != 0)
            return -1;
        step->filter = ring_filter(step->match);
        x->impossible = x->impossible || match_is_impossible(step->match);
    }
    x->asked = json_incref((json_t *)sequence);
    return 0;
}

static bool is_given(const json_t *body, const char *key)
{
    const json_t *value = json_object_get(body, key);

    return value != NULL && !json_is_null(value);
}

static int read_sequence(struct expectation *x, const struct journal *j, const json_t *body,
                         struct err *err)
{
    if (!is_given(body, "sequence")) {
        if (is_given(body, "strict"))
            return err_set(err, ERR_CONFIG, "strict: goes with a sequence only");
        return 0;
    }
    if (is_given(body, "count"))
        return err_set(err, ERR_CONFIG, "count: does not go with a sequence");
    if (read_steps(x, j, json_object_get(body, "sequence"), err) != 0)
        return -1;
    return read_flag(body, "strict", &x->strict, err);
}

static int parse(struct expectation *x, const struct journal *j, const json_t *body,
                 const char *const *known, const char *time_key, struct err *err)
{
    if (!json_is_object(body))
        return err_set(err, ERR_CONFIG, "expected an object with match");
    if (check_keys(body, "", known, err) != 0)
        return -1;
    if (!is_given(body, "match") && !is_given(body, "count") && !is_given(body, "sequence"))
        return err_set(err, ERR_CONFIG, "match: is missing");
    if (read_sequence(x, j, body, err) != 0 || read_match(x, j, body, err) != 0 ||
        read_count(x, body, err) != 0 || read_number(body, "", "since", &x->since, err) != 0)
        return -1;
    return read_time(body, time_key, &x->within_ms, err);
}

int expect_parse_verify(struct expectation *ret, const struct journal *j, const json_t *body,
                        struct err *err)
{
    static const char *const known[] = {"match",    "count",  "since", "within",
                                        "sequence", "strict", NULL};
    struct expectation x = {0};

    if (parse(&x, j, body, known, "within", err) != 0) {
        expect_done(&x);
        return -1;
    }
    *ret = x;
    return 0;
}

static int check_wait(struct expectation *x, const json_t *body, struct err *err)
{
    if (is_given(body, "count") && !json_is_integer(json_object_get(body, "count")))
        return err_set(err, ERR_CONFIG, "count: expected a number");
    if (x->min == 0)
        return err_set(err, ERR_CONFIG, "count: nothing to wait for; 'never' is verify's");
    /* More than that in one turn is as good. */
    x->max = UINT64_MAX;
    x->bounded = false;
    return 0;
}

int expect_parse_wait(struct expectation *ret, const struct journal *j, const json_t *body,
                      struct err *err)
{
    static const char *const known[] = {"match", "count", "since", "timeout", NULL};
    struct expectation x = {.within_ms = EXPECT_WAIT_MS};

    if (parse(&x, j, body, known, "timeout", err) != 0 || check_wait(&x, body, err) != 0) {
        expect_done(&x);
        return -1;
    }
    *ret = x;
    return 0;
}

void expect_done(struct expectation *x)
{
    /* step_count is how many were read; the one that failed holds nothing. */
    for (size_t i = 0; i < x->step_count; i++)
        match_free(x->steps[i].match);
    free(x->steps);
    match_free(x->match);
    json_decref(x->asked);
    *x = (struct expectation){0};
}

/* --- Looking -----------------------------------------------------------------------------------
 */

static bool is_looked_at(const struct journal *j, const struct expectation *x,
                         const struct journal_entry *e)
{
    return ring_counts(j, e) && ring_fits(j, &x->filter, e);
}

static bool step_fits(const struct journal *j, const struct expectation *x, size_t step,
                      const struct journal_entry *e)
{
    return ring_fits(j, &x->steps[step].filter, e);
}

static void count_all(const struct journal *j, const struct expectation *x, struct expect_state *s)
{
    const struct journal_entry *e;
    struct ring_walk w;

    ring_walk(&w, j, x->since);
    while ((e = ring_next(&w)) != NULL)
        s->found += is_looked_at(j, x, e) ? 1 : 0;
}

/* Each step by the first request that fits behind the last one's. */
static void follow(const struct journal *j, const struct expectation *x, struct expect_state *s)
{
    const struct journal_entry *e;
    struct ring_walk w;

    ring_walk(&w, j, x->since);
    while ((e = ring_next(&w)) != NULL && s->steps < x->step_count) {
        if (!is_looked_at(j, x, e) || !step_fits(j, x, s->steps, e))
            continue;
        s->steps++;
        s->after = e->seq;
    }
}

/* How many steps fit one request after the other, beginning with the next of the walk. */
static size_t follow_strictly_from(const struct journal *j, const struct expectation *x,
                                   struct ring_walk walk, uint64_t *ret_after)
{
    const struct journal_entry *e;
    size_t steps = 0;

    while (steps < x->step_count && (e = ring_next(&walk)) != NULL) {
        if (!is_looked_at(j, x, e))
            continue;
        if (!step_fits(j, x, steps, e))
            break;
        steps++;
        *ret_after = e->seq;
    }
    return steps;
}

static void follow_strictly(const struct journal *j, const struct expectation *x,
                            struct expect_state *s)
{
    struct ring_walk w, here;
    const struct journal_entry *e;

    ring_walk(&w, j, x->since);
    for (here = w; (e = ring_next(&w)) != NULL && s->steps < x->step_count; here = w) {
        uint64_t after = 0;
        size_t steps;

        /* What is missing may have come in between. */
        if (e->seq < j->first && s->dropped > 0)
            continue;
        steps = follow_strictly_from(j, x, here, &after);
        if (steps > s->steps) {
            s->steps = steps;
            s->after = after;
        }
    }
}

struct expect_state expect_look(const struct journal *j, const struct expectation *x)
{
    struct expect_state s = {.dropped = ring_dropped_of(j, x->since, x->filter.ops)};

    if (x->steps == NULL)
        count_all(j, x, &s);
    else if (x->strict)
        follow_strictly(j, x, &s);
    else
        follow(j, x, &s);
    return s;
}

bool expect_holds(const struct expectation *x, const struct expect_state *s, bool *ret_final)
{
    *ret_final = false;
    if (x->steps != NULL) {
        *ret_final = s->steps == x->step_count;
        return *ret_final;
    }
    if (x->max == UINT64_MAX) {
        *ret_final = s->found >= x->min;
        return *ret_final;
    }
    *ret_final = s->found > x->max || s->dropped > 0;
    return !*ret_final && s->found >= x->min;
}

bool expect_concerns(const struct journal *j, const struct expectation *x,
                     const struct journal_entry *e)
{
    if (!is_looked_at(j, x, e))
        return false;
    if (x->steps == NULL || x->strict)
        return true;
    for (size_t i = 0; i < x->step_count; i++) {
        if (step_fits(j, x, i, e))
            return true;
    }
    return false;
}

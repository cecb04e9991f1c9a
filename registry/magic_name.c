/* SPDX-License-Identifier: MIT */
#include "registry/magic_name.h"

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"
#include "registry/magic_words.h"

/* Counts begin anew after such a pause: longer than the longest back-off of a kubelet, 5 minutes.
 */
#define IDLE "10m"

enum { JSON_MAX = 400 };

const char *magic_inner(const char *name)
{
    size_t prefix = strlen(MAGIC_PREFIX);

    if (strncmp(name, MAGIC_PREFIX, prefix) != 0)
        return NULL;
    name += prefix;
    name += strcspn(name, "/");
    return *name == '/' ? name + 1 : name;
}

static int no_memory(struct err *err)
{
    return err_set(err, ERR_NOMEM, "magic name");
}

/* --- Rules --------------------------------------------------------------------------------------
 */

/* A name that is read. */
struct reader {
    const struct magic_presets *presets; /* or NULL */
    const char *words[MAGIC_WORDS_MAX];
    bool taken[MAGIC_WORDS_MAX];
    size_t count;
    json_t *rules; /* owned array */
};

/* JSON with the value in it; NULL: memory is short. Both come from tables and checked values. */
static json_t *fill(const char *pattern, const char *value)
{
    char text[JSON_MAX];
    const char *hole = strstr(pattern, "%s");

    if (hole == NULL)
        return json_loads(pattern, 0, NULL);
    (void)snprintf(text, sizeof(text), "%.*s%s%s", (int)(hole - pattern), pattern, value, hole + 2);
    return json_loads(text, 0, NULL);
}

/* Members of objects that both have are merged, others are replaced. */
static int merge(json_t *into, json_t *from)
{
    const char *key;
    json_t *value;

    json_object_foreach(from, key, value)
    {
        json_t *old = json_object_get(into, key);
        int result = json_is_object(old) && json_is_object(value)
                         ? merge(old, value)
                         : json_object_set(into, key, value);

        if (result != 0)
            return -1;
    }
    return 0;
}

static int merge_filled(json_t *rule, const char *key, const char *pattern, const char *value)
{
    json_t *filled, *object = json_object_get(rule, key);
    int result;

    if (pattern == NULL)
        return 0;
    if (object == NULL && json_object_set_new(rule, key, object = json_object()) != 0)
        return -1;
    filled = fill(pattern, value);
    if (strcmp(key, "when") == 0 && json_object_get(filled, "op") != NULL)
        (void)json_object_del(object, "role"); /* another selection altogether */
    result = filled != NULL ? merge(object, filled) : -1;
    json_decref(filled);
    return result;
}

static bool is_preset(const struct reader *r, const char *word)
{
    const char *name;

    for (size_t i = 0; r->presets != NULL && (name = r->presets->name(i)) != NULL; i++) {
        if (strcmp(name, word) == 0)
            return true;
    }
    return false;
}

static const char *nearest_word(const struct reader *r, const char *word)
{
    struct text_nearest nearest;
    const char *name;

    text_nearest_begin(&nearest, word);
    for (const struct magic_word *w = magic_faults; w->word != NULL; w++)
        text_nearest_offer(&nearest, w->word);
    for (const struct magic_word *w = magic_limits; w->word != NULL; w++)
        text_nearest_offer(&nearest, w->word);
    for (size_t i = 0; r->presets != NULL && (name = r->presets->name(i)) != NULL; i++)
        text_nearest_offer(&nearest, name);
    return nearest.name;
}

/* A value may stand behind the word. */
static int unknown_word(const struct reader *r, const char *word, struct err *err)
{
    const char *dash = strrchr(word, '-');
    const char *nearest = nearest_word(r, word);
    auto_free char *begin = NULL;

    if (nearest == NULL && dash != NULL && (begin = strndup(word, (size_t)(dash - word))) != NULL)
        nearest = nearest_word(r, begin);
    if (nearest == NULL)
        return err_set(err, ERR_CONFIG, "%s is no fault", TEXT_QUOTE(word));
    return err_set(err, ERR_CONFIG, "%s is no fault: did you mean '%s'?", TEXT_QUOTE(word),
                   nearest);
}

/* Or another word was meant, of which this one is the beginning: rate-limited. */
static int bad_value(const struct reader *r, const struct magic_word *w, const char *word,
                     struct err *err)
{
    const char *nearest = nearest_word(r, word);

    if (nearest == NULL || strcmp(nearest, w->word) == 0)
        return err_set(err, ERR_CONFIG, "%s: behind '%s-' %s is wanted", TEXT_QUOTE(word), w->word,
                       magic_word_wants(w));
    return err_set(err, ERR_CONFIG, "%s: behind '%s-' %s is wanted; or did you mean '%s'?",
                   TEXT_QUOTE(word), w->word, magic_word_wants(w), nearest);
}

static int add_rule(struct reader *r, const struct magic_word *w, const char *value,
                    struct err *err)
{
    json_t *rule = json_object();
    int result = 0;

    if (merge_filled(rule, "then", w->then, value) != 0 ||
        merge_filled(rule, "when", w->when, value) != 0 || json_array_append(r->rules, rule) != 0)
        result = no_memory(err);
    json_decref(rule);
    return result;
}

/* Who asks for a cut behind 1 MiB does not look up first how large the layers are: what is not
   larger is cut shortly before its end. */
static int add_fault(struct reader *r, const struct magic_word *w, const char *word,
                     const char *text, struct err *err)
{
    char value[MAGIC_VALUE_MAX];

    if (!magic_word_settle(w, text, value))
        return bad_value(r, w, word, err);
    if (add_rule(r, w, value, err) != 0)
        return -1;
    return magic_word_is_offset(w) && strchr(value, '%') == NULL ? add_rule(r, w, "99%", err) : 0;
}

static int add_preset(struct reader *r, size_t i, struct err *err)
{
    json_t *rules = NULL;
    int result;

    if (r->presets->rules(r->words + i, r->count - i, r->taken + i, &rules, err) != 0)
        return -1;
    result = json_array_extend(r->rules, rules);
    json_decref(rules);
    return result == 0 ? 0 : no_memory(err);
}

/* Makes rules of a word that is a fault; limits are for later. */
static int read_fault(struct reader *r, size_t i, struct err *err)
{
    const char *word = r->words[i], *value = "";
    const struct magic_word *w;

    if (r->taken[i])
        return 0;
    if (is_preset(r, word))
        return add_preset(r, i, err);
    if (magic_word_find(magic_limits, word, &value) != NULL)
        return 0;
    w = magic_word_find(magic_faults, word, &value);
    return w != NULL ? add_fault(r, w, word, value, err) : unknown_word(r, word, err);
}

static int read_limit(struct reader *r, size_t i, struct err *err)
{
    const char *text = "";
    const struct magic_word *w = magic_word_find(magic_limits, r->words[i], &text);
    char value[MAGIC_VALUE_MAX];
    json_t *rule;
    size_t k;

    if (r->taken[i] || w == NULL)
        return 0;
    if (!magic_word_settle(w, text, value))
        return bad_value(r, w, r->words[i], err);
    json_array_foreach(r->rules, k, rule)
    {
        if (merge_filled(rule, "then", w->then, value) != 0 ||
            merge_filled(rule, "when", w->when, value) != 0)
            return no_memory(err);
    }
    return 0;
}

/* --- Counting -----------------------------------------------------------------------------------
 */

static json_int_t number_of(const json_t *object, const char *key)
{
    return json_integer_value(json_object_get(object, key));
}

/* Which requests count, as numbers from 1; 0: not said. */
struct counts {
    json_int_t from, to, every, times;
};

static struct counts counts_of(const json_t *rule, const json_t *nth)
{
    struct counts c = {.from = number_of(nth, "from"),
                       .to = number_of(nth, "to"),
                       .every = number_of(nth, "every"),
                       .times = number_of(nth, "times")};

    if (json_is_integer(nth))
        c.from = c.to = json_integer_value(nth);
    if (c.times == 0)
        c.times = number_of(rule, "times");
    if (c.from == 0)
        c.from = c.every > 0 ? c.every : 1;
    if (c.every == 0)
        c.every = 1;
    if (c.times > 0)
        c.to = c.from + (c.times - 1) * c.every;
    return c;
}

/* Times of a rule, and from when on, are those of one client on one name. */
static int count_apart(json_t *rule)
{
    json_t *when = json_object_get(rule, "when");
    const json_t *given = json_object_get(when, "nth");
    struct counts c;
    json_t *nth;

    if (given == NULL && json_object_get(rule, "times") == NULL)
        return 0;
    c = counts_of(rule, given);
    nth = json_pack("{s:I, s:I, s:s, s:[s,s,s]}", "from", c.from, "every", c.every, "idle", IDLE,
                    "per", "repo", "client", "userAgent");
    if (c.to > 0 && json_object_set_new(nth, "to", json_integer(c.to)) != 0) {
        json_decref(nth);
        return -1;
    }
    (void)json_object_del(rule, "times");
    return json_object_set_new(when, "nth", nth);
}

/* What belongs to a set of rules, and not to a name. */
static int strip(json_t *rule, struct err *err)
{
    static const char *const strange[] = {"id", "tags", "ttl", "priority", "enabled"};
    static const char *const refused[] = {"listener", "tls", "set", "retag", "image_state"};
    const json_t *then = json_object_get(rule, "then");

    for (size_t i = 0; i < ARRAY_LEN(strange); i++)
        (void)json_object_del(rule, strange[i]);
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        if (json_object_get(then, refused[i]) != NULL)
            return err_set(err, ERR_CONFIG,
                           "it cannot be asked for by a name: '%s' reaches beyond the repository",
                           refused[i]);
    }
    return count_apart(rule) == 0 ? 0 : no_memory(err);
}

/* --- All of it ----------------------------------------------------------------------------------
 */

static int split(struct reader *r, char *text, struct err *err)
{
    char *word;

    while ((word = strsep(&text, ".")) != NULL) {
        if (r->count == MAGIC_WORDS_MAX)
            return err_set(err, ERR_CONFIG, "more than %d words", MAGIC_WORDS_MAX);
        r->words[r->count++] = word;
    }
    return 0;
}

static int read_all(struct reader *r, struct err *err)
{
    json_t *rule;
    size_t k;

    for (size_t i = 0; i < r->count; i++) {
        if (read_fault(r, i, err) != 0)
            return -1;
    }
    if (json_array_size(r->rules) == 0)
        return err_set(err, ERR_CONFIG, "%s says no fault", TEXT_QUOTE(r->words[0]));
    for (size_t i = 0; i < r->count; i++) {
        if (read_limit(r, i, err) != 0)
            return -1;
    }
    json_array_foreach(r->rules, k, rule)
    {
        if (strip(rule, err) != 0)
            return -1;
    }
    return 0;
}

int magic_parse(json_t **ret, const char *text, size_t n, const struct magic_presets *presets,
                struct err *err)
{
    auto_free char *copy = strndup(text, n);
    struct reader r = {.presets = presets, .rules = json_array()};
    int result;

    if (copy == NULL || r.rules == NULL)
        result = no_memory(err);
    else
        result = split(&r, copy, err);
    if (result == 0)
        result = read_all(&r, err);
    if (result == 0)
        *ret = r.rules;
    else
        json_decref(r.rules);
    return result;
}

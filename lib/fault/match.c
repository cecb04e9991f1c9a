/* SPDX-License-Identifier: MIT */
#include "lib/fault/match.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/fault/pattern.h"
#include "lib/http/request.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/schema.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum { CRITERIA_MAX = 100, ALLOWED_TEXT_MAX = 300 };

enum criterion_kind { CRITERION_WORD, CRITERION_HEADER, CRITERION_QUERY, CRITERION_PATH };

struct criterion {
    enum criterion_kind kind;
    size_t word;                 /* WORD: its index */
    const char *name;            /* HEADER, QUERY: of the field; borrowed from the match's JSON */
    struct pattern_list *values; /* owned */
};

struct match {
    const struct vocabulary *vocabulary; /* borrowed */
    json_t *json;                        /* owned: as given */
    uint64_t ops;                        /* bit per op that may fit */
    bool has_op;                         /* ops were named: criteria holds them, too */
    uint64_t saying; /* bit per op whose requests have all the words that are wanted */
    bool impossible;
    const struct criterion *key; /* borrowed from criteria: on the key word, or NULL */
    size_t count;
    struct criterion criteria[]; /* room for CRITERIA_MAX while it is being read */
};

DEFINE_AUTO(match, struct match, match_free)
#define auto_match __attribute__((cleanup(auto_match_)))

/* Criteria on the request itself, beside the words. */
static const char *const request_keys[] = {"header", "query", "path"};

/* --- Reading ------------------------------------------------------------------------------------
 */

struct reader {
    struct match *match;     /* being made */
    const char *const *skip; /* keys of the caller; may be NULL */
    struct schema_place at;
};

static uint64_t all_ops(const struct vocabulary *v)
{
    return v->op_count >= 64 ? UINT64_MAX : (UINT64_C(1) << v->op_count) - 1;
}

static void offer(struct text_nearest *nearest, struct buf *known, const char *name)
{
    text_nearest_offer(nearest, name);
    (void)buf_appendf(known, "%s%s", known->len > 0 ? ", " : "", name);
}

static int unknown_key(struct reader *r, const char *key, struct err *err)
{
    const struct vocabulary *v = r->match->vocabulary;
    auto_buf struct buf known = BUF_INIT(SCHEMA_KNOWN_MAX);
    struct text_nearest nearest;

    text_nearest_begin(&nearest, key);
    for (size_t i = 0; i < v->word_count; i++)
        offer(&nearest, &known, v->words[i].name);
    for (size_t i = 0; i < ARRAY_LEN(request_keys); i++)
        offer(&nearest, &known, request_keys[i]);
    for (size_t i = 0; r->skip != NULL && r->skip[i] != NULL; i++)
        offer(&nearest, &known, r->skip[i]);
    return schema_unknown_of(&r->at, nearest.name, &known, err);
}

static int unknown_value(struct reader *r, const char *value, const char *const *names,
                         size_t count, struct err *err)
{
    auto_buf struct buf allowed = BUF_INIT(ALLOWED_TEXT_MAX);
    struct text_nearest nearest;

    text_nearest_begin(&nearest, value);
    for (size_t i = 0; i < count; i++) {
        text_nearest_offer(&nearest, names[i]);
        (void)buf_appendf(&allowed, "%s%s", i > 0 ? ", " : "", names[i]);
    }
    if (nearest.name == NULL)
        return schema_error(&r->at, err, "%s is not allowed: expected %s", TEXT_QUOTE(value),
                            buf_text(&allowed));
    return schema_error(&r->at, err, "%s is not allowed: did you mean '%s'? expected %s",
                        TEXT_QUOTE(value), nearest.name, buf_text(&allowed));
}

static bool is_known(const char *value, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (strcmp(names[i], value) == 0)
            return true;
    }
    return false;
}

/* Values without `*` and `?` must be one of the names. */
static int check_names(struct reader *r, const struct pattern_list *values, const json_t *json,
                       const char *const *names, size_t count, struct err *err)
{
    size_t len = strlen(r->at.path);
    const char *value;
    bool negated;

    for (size_t i = 0; (value = pattern_list_at(values, i, &negated)) != NULL; i++) {
        if (text_is_glob(value) || is_known(value, names, count))
            continue;
        if (json_is_array(json))
            conf_path_add(r->at.path, NULL, i);
        (void)unknown_value(r, value, names, count, err);
        r->at.path[len] = '\0';
        return -1;
    }
    return 0;
}

static size_t choice_count(const char *const *choices)
{
    size_t n = 0;

    while (choices[n] != NULL)
        n++;
    return n;
}

/* Whether one of the values that are wanted may occur at all. */
static bool may_be(const struct word *word, const struct pattern_list *values)
{
    const char *value;
    bool negated;

    for (size_t i = 0; (value = pattern_list_at(values, i, &negated)) != NULL; i++) {
        if (!negated && (text_is_glob(value) || word->can_be(value)))
            return true;
    }
    return false;
}

/* Values that are wanted, of a word that few requests have: {"op": "ping", "repo": "a"}. */
static void settle_wanted(struct match *m, const struct word *word,
                          const struct pattern_list *values)
{
    if (!pattern_list_has_plain(values))
        return;
    if (word->ops != 0)
        m->saying &= word->ops;
    if (word->can_be != NULL && !may_be(word, values))
        m->impossible = true;
}

static int settle_word(struct reader *r, const struct word *word, const struct pattern_list *values,
                       const json_t *json, struct err *err)
{
    struct match *m = r->match;
    const struct vocabulary *v = m->vocabulary;

    settle_wanted(m, word, values);
    if (word->kind == WORD_OP) {
        m->has_op = true;
        m->ops = pattern_list_resolve(values, v->ops, v->op_count);
        return check_names(r, values, json, v->ops, v->op_count, err);
    }
    if (word->kind == WORD_CHOICE) {
        size_t count = choice_count(word->choices);

        if (pattern_list_has_plain(values) &&
            pattern_list_resolve(values, word->choices, count) == 0)
            m->impossible = true;
        return check_names(r, values, json, word->choices, count, err);
    }
    return 0;
}

/* Adds a criterion with the values; r->at is theirs. */
static int add_criterion(struct reader *r, const struct criterion *template, const json_t *values,
                         struct err *err)
{
    struct match *m = r->match;
    const struct vocabulary *v = m->vocabulary;
    const struct word *word = template->kind == CRITERION_WORD ? &v->words[template->word] : NULL;
    enum pattern_kind kind =
        word != NULL && word->kind == WORD_ADDRESS ? PATTERN_ADDRESS : PATTERN_TEXT;
    struct criterion *c = &m->criteria[m->count];

    if (m->count == CRITERIA_MAX)
        return schema_error(&r->at, err, "more than %d criteria", CRITERIA_MAX);
    *c = *template;
    if (pattern_list_parse(&c->values, kind, values, &r->at, err) != 0)
        return -1;
    m->count++;
    if (word != NULL && template->word == v->key_word)
        m->key = c;
    if (pattern_list_is_impossible(c->values))
        m->impossible = true;
    return word != NULL ? settle_word(r, word, c->values, values, err) : 0;
}

/* {"X-A": "b*"} */
static int read_fields(struct reader *r, enum criterion_kind kind, const json_t *object,
                       struct err *err)
{
    size_t len = strlen(r->at.path);
    const char *name;
    json_t *values;

    if (!json_is_object(object))
        return schema_error(&r->at, err, "expected names and values");
    json_object_foreach((json_t *)object, name, values)
    {
        struct criterion c = {.kind = kind, .name = name};
        int result = 0;

        conf_path_add(r->at.path, name, 0);
        if (!json_is_null(values))
            result = add_criterion(r, &c, values, err);
        r->at.path[len] = '\0';
        if (result != 0)
            return -1;
    }
    return 0;
}

/* A path that does not begin with '/' fits no request. */
static int read_path(struct reader *r, const json_t *values, struct err *err)
{
    struct criterion c = {.kind = CRITERION_PATH};
    bool negated, possible = false;
    const char *text;

    if (add_criterion(r, &c, values, err) != 0)
        return -1;
    c = r->match->criteria[r->match->count - 1];
    for (size_t i = 0; (text = pattern_list_at(c.values, i, &negated)) != NULL; i++)
        possible = possible || negated || strchr("/*?", text[0]) != NULL;
    if (!possible)
        r->match->impossible = true;
    return 0;
}

static bool is_skipped(const struct reader *r, const char *key)
{
    for (size_t i = 0; r->skip != NULL && r->skip[i] != NULL; i++) {
        if (strcmp(r->skip[i], key) == 0)
            return true;
    }
    return false;
}

static int read_member(struct reader *r, const char *key, const json_t *value, struct err *err)
{
    const struct vocabulary *v = r->match->vocabulary;

    if (is_skipped(r, key))
        return 0;
    for (size_t i = 0; i < v->word_count; i++) {
        struct criterion c = {.kind = CRITERION_WORD, .word = i};

        if (strcmp(v->words[i].name, key) == 0)
            return json_is_null(value) ? 0 : add_criterion(r, &c, value, err);
    }
    if (!is_known(key, request_keys, ARRAY_LEN(request_keys)))
        return unknown_key(r, key, err);
    if (json_is_null(value))
        return 0;
    if (strcmp(key, "path") == 0)
        return read_path(r, value, err);
    return read_fields(r, strcmp(key, "header") == 0 ? CRITERION_HEADER : CRITERION_QUERY, value,
                       err);
}

static int read_members(struct reader *r, struct err *err)
{
    size_t len = strlen(r->at.path);
    const char *key;
    json_t *value;

    json_object_foreach(r->match->json, key, value)
    {
        int result;

        conf_path_add(r->at.path, key, 0);
        result = read_member(r, key, value, err);
        r->at.path[len] = '\0';
        if (result != 0)
            return -1;
    }
    return 0;
}

/* Most have one or two criteria: gives back the room of the others. */
static struct match *shrink(struct match *m)
{
    size_t key = m->key != NULL ? (size_t)(m->key - m->criteria) : 0;
    bool has_key = m->key != NULL;
    struct match *small = realloc(m, sizeof(*m) + m->count * sizeof(m->criteria[0]));

    if (small == NULL)
        return m;
    small->key = has_key ? &small->criteria[key] : NULL;
    return small;
}

int match_parse(struct match **ret, const struct vocabulary *v, const json_t *object,
                const char *path, const char *const *skip, struct err *err)
{
    auto_match struct match *m = calloc(1, sizeof(*m) + CRITERIA_MAX * sizeof(m->criteria[0]));
    struct reader r = {.match = m, .skip = skip};

    if (m == NULL)
        return err_set(err, ERR_NOMEM, "criteria");
    (void)snprintf(r.at.path, sizeof(r.at.path), "%s", path);
    m->vocabulary = v;
    m->ops = all_ops(v);
    m->saying = UINT64_MAX;
    if (object != NULL && !json_is_null(object) && !json_is_object(object))
        return schema_error(&r.at, err, "expected words and values");
    m->json = json_is_object(object) ? json_deep_copy(object) : json_object();
    if (m->json == NULL)
        return err_set(err, ERR_NOMEM, "criteria");
    if (read_members(&r, err) != 0)
        return -1;
    *ret = shrink(STEAL(m));
    return 0;
}

void match_free(struct match *m)
{
    if (m == NULL)
        return;
    for (size_t i = 0; i < m->count; i++)
        pattern_list_free(m->criteria[i].values);
    json_decref(m->json);
    free(m);
}

/* --- Asking -------------------------------------------------------------------------------------
 */

typedef const char *(*next_fn)(const struct http_request *req, const char *name, size_t *pos);

/* A field may come several times: one has to fit, none may be refused. */
static bool field_holds(const struct criterion *c, const struct http_request *req, next_fn next)
{
    bool wanted = !pattern_list_has_plain(c->values);
    const char *value;
    size_t pos = 0;

    while (req != NULL && (value = next(req, c->name, &pos)) != NULL) {
        if (pattern_list_refuses(c->values, value))
            return false;
        wanted = wanted || pattern_list_wants(c->values, value);
    }
    return wanted;
}

static bool criterion_holds(const struct match *m, const struct criterion *c,
                            const struct subject *s)
{
    switch (c->kind) {
    case CRITERION_HEADER:
        return field_holds(c, s->request, http_request_header_next);
    case CRITERION_QUERY:
        return field_holds(c, s->request, http_request_parameter_next);
    case CRITERION_PATH:
        return pattern_list_fits(c->values, s->request != NULL ? s->request->path : NULL);
    default:
        if (m->vocabulary->words[c->word].kind == WORD_OP)
            return s->op < WORDS_OPS_MAX && (m->ops >> s->op & 1) != 0;
        return pattern_list_fits(c->values, s->values[c->word]);
    }
}

bool match_holds(const struct match *m, const struct subject *s)
{
    if (m->has_op && (s->op >= WORDS_OPS_MAX || (m->ops >> s->op & 1) == 0))
        return false;
    for (size_t i = 0; i < m->count; i++) {
        if (!criterion_holds(m, &m->criteria[i], s))
            return false;
    }
    return true;
}

bool match_holds_early(const struct match *m, const struct subject *s)
{
    return !m->has_op && match_holds(m, s);
}

bool match_is_early(const struct match *m, bool at_accept)
{
    for (size_t i = 0; i < m->count; i++) {
        const struct criterion *c = &m->criteria[i];
        const struct word *word = &m->vocabulary->words[c->word];

        if (c->kind == CRITERION_WORD && (word->early || (word->hello && !at_accept)))
            continue;
        if (pattern_list_has_plain(c->values) ||
            (c->kind == CRITERION_WORD && m->has_op && c->word == m->vocabulary->op_word))
            return false;
    }
    return true;
}

uint64_t match_ops(const struct match *m)
{
    return m->ops;
}

const char *match_key_literal(const struct match *m)
{
    const char *text;
    size_t len;
    bool whole = false;

    text = m->key != NULL ? pattern_list_prefix(m->key->values, &len, &whole) : NULL;
    return whole ? text : NULL;
}

const char *match_key_prefix(const struct match *m, size_t *ret_len)
{
    bool whole;

    return m->key != NULL ? pattern_list_prefix(m->key->values, ret_len, &whole) : NULL;
}

bool match_is_impossible(const struct match *m)
{
    return m->impossible || (m->ops & m->saying) == 0;
}

const json_t *match_json(const struct match *m)
{
    return m->json;
}

/* --- Explaining ---------------------------------------------------------------------------------
 */

static int explain_criterion(const struct match *m, const struct criterion *c, bool held,
                             json_t *into)
{
    char label[300];

    if (c->kind == CRITERION_WORD)
        return json_object_set_new(into, m->vocabulary->words[c->word].name, json_boolean(held));
    (void)snprintf(label, sizeof(label), "%s%s%.200s",
                   c->kind == CRITERION_HEADER  ? "header"
                   : c->kind == CRITERION_QUERY ? "query"
                                                : "path",
                   c->name != NULL ? "." : "", c->name != NULL ? c->name : "");
    /* A long name may have been cut within a character: then the row is left out. */
    (void)json_object_set_new(into, label, json_boolean(held));
    return 0;
}

json_t *match_explain(const struct match *m, const struct subject *s, unsigned *ret_held,
                      unsigned *ret_total)
{
    json_t *object = json_object();
    unsigned held = 0;

    for (size_t i = 0; object != NULL && i < m->count; i++) {
        bool holds = criterion_holds(m, &m->criteria[i], s);

        held += holds;
        if (explain_criterion(m, &m->criteria[i], holds, object) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    *ret_held = held;
    *ret_total = (unsigned)m->count;
    return object;
}

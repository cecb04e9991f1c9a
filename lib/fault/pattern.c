/* SPDX-License-Identifier: MIT */
#include "lib/fault/pattern.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/util/cidr.h"
#include "lib/util/err.h"
#include "lib/util/schema.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum how {
    HOW_EQUAL,  /* the whole text */
    HOW_PREFIX, /* the text and whatever follows: "team-" for "team-*" */
    HOW_GLOB,
    HOW_BLOCK, /* an address in `block` */
};

struct pattern {
    char *text; /* owned; without `!` */
    size_t len; /* EQUAL: of text; else of what stands in front of the first `*` or `?` */
    enum how how;
    bool negated;
    struct cidr block; /* BLOCK */
};

struct pattern_list {
    enum pattern_kind kind;
    bool has_plain;
    size_t count;
    struct pattern patterns[]; /* as given */
};

DEFINE_AUTO(pattern_list, struct pattern_list, pattern_list_free)
#define auto_pattern_list __attribute__((cleanup(auto_pattern_list_)))

/* --- Reading ------------------------------------------------------------------------------------
 */

static void read_text(struct pattern *p)
{
    p->len = strcspn(p->text, "*?");
    if (p->text[p->len] == '\0')
        p->how = HOW_EQUAL;
    else if (strcmp(p->text + p->len, "*") == 0)
        p->how = HOW_PREFIX;
    else
        p->how = HOW_GLOB;
}

size_t pattern_address(const char *text, const char **ret_begin)
{
    const char *colon = strchr(text, ':');
    const char *end = text[0] == '[' ? strchr(text, ']') : NULL;

    *ret_begin = end != NULL ? text + 1 : text;
    if (end != NULL)
        return (size_t)(end - text) - 1;
    if (colon != NULL && strchr(colon + 1, ':') == NULL)
        return (size_t)(colon - text);
    return strlen(text);
}

static bool has_port(const char *text)
{
    const char *begin;
    size_t n = pattern_address(text, &begin);

    return begin[n] == ':' || (begin[n] == ']' && begin[n + 1] == ':');
}

static int read_address(struct pattern *p, const struct schema_place *at, struct err *err)
{
    struct err why = {0};

    if (text_is_glob(p->text) || has_port(p->text)) {
        read_text(p);
        return 0;
    }
    p->how = HOW_BLOCK;
    if (cidr_parse(&p->block, p->text, &why) != 0)
        return schema_error(at, err, "%s", why.msg);
    return 0;
}

static int read_pattern(struct pattern *p, enum pattern_kind kind, const json_t *value,
                        const struct schema_place *at, struct err *err)
{
    char number[SCHEMA_SCALAR_MAX];
    const char *text = schema_choice_text(value, number);

    if (text == NULL)
        return schema_error(at, err, "expected a text");
    p->negated = text[0] == '!';
    p->text = strdup(text + p->negated);
    if (p->text == NULL)
        return err_set(err, ERR_NOMEM, "criterion");
    if (kind == PATTERN_ADDRESS)
        return read_address(p, at, err);
    read_text(p);
    return 0;
}

int pattern_list_parse(struct pattern_list **ret, enum pattern_kind kind, const json_t *value,
                       struct schema_place *at, struct err *err)
{
    static const struct schema texts = {.type = SCHEMA_SCALARS};
    auto_pattern_list struct pattern_list *l = NULL;
    size_t count = json_is_array(value) ? json_array_size(value) : 1;
    size_t len = strlen(at->path);

    if (schema_check(&texts, value, at, err) != 0)
        return -1;
    if (count == 0)
        return schema_error(at, err, "the list is empty");
    if (count > PATTERN_VALUES_MAX)
        return schema_error(at, err, "more than %d values", PATTERN_VALUES_MAX);
    l = calloc(1, sizeof(*l) + count * sizeof(l->patterns[0]));
    if (l == NULL)
        return err_set(err, ERR_NOMEM, "criterion");
    l->kind = kind;
    for (; l->count < count; l->count++) {
        struct pattern *p = &l->patterns[l->count];
        const json_t *one = json_is_array(value) ? json_array_get(value, l->count) : value;

        if (json_is_array(value))
            conf_path_add(at->path, NULL, l->count);
        if (read_pattern(p, kind, one, at, err) != 0) {
            at->path[len] = '\0';
            free(p->text);
            return -1;
        }
        at->path[len] = '\0';
        l->has_plain = l->has_plain || !p->negated;
    }
    *ret = STEAL(l);
    return 0;
}

void pattern_list_free(struct pattern_list *l)
{
    for (size_t i = 0; l != NULL && i < l->count; i++)
        free(l->patterns[i].text);
    free(l);
}

/* --- Asking -------------------------------------------------------------------------------------
 */

static bool in_block(const struct cidr *block, const char *value)
{
    char address[64];
    const char *begin;
    size_t n = pattern_address(value, &begin);

    if (n >= sizeof(address))
        return false;
    memcpy(address, begin, n);
    address[n] = '\0';
    return cidr_contains(block, address);
}

static bool pattern_fits(const struct pattern *p, const char *value)
{
    switch (p->how) {
    case HOW_EQUAL:
        return strcmp(p->text, value) == 0;
    case HOW_PREFIX:
        return strncmp(p->text, value, p->len) == 0;
    case HOW_BLOCK:
        return in_block(&p->block, value);
    default:
        return strncmp(p->text, value, p->len) == 0 && text_glob(p->text + p->len, value + p->len);
    }
}

/* Whether any pattern of that sign fits. */
static bool any_fits(const struct pattern_list *l, bool negated, const char *value)
{
    for (size_t i = 0; value != NULL && i < l->count; i++) {
        if (l->patterns[i].negated == negated && pattern_fits(&l->patterns[i], value))
            return true;
    }
    return false;
}

bool pattern_list_refuses(const struct pattern_list *l, const char *value)
{
    return any_fits(l, true, value);
}

bool pattern_list_wants(const struct pattern_list *l, const char *value)
{
    return any_fits(l, false, value);
}

bool pattern_list_has_plain(const struct pattern_list *l)
{
    return l->has_plain;
}

bool pattern_list_fits(const struct pattern_list *l, const char *value)
{
    return (!l->has_plain || any_fits(l, false, value)) && !any_fits(l, true, value);
}

/* True when all that p fits is refused for sure: an honest "no" where it cannot be told. */
static bool is_covered(const struct pattern_list *l, const struct pattern *p)
{
    for (size_t i = 0; i < l->count; i++) {
        const struct pattern *other = &l->patterns[i];

        if (!other->negated)
            continue;
        if (strcmp(other->text, p->text) == 0 || strcmp(other->text, "*") == 0)
            return true;
        if (p->how == HOW_EQUAL && pattern_fits(other, p->text))
            return true;
        if (p->how == HOW_PREFIX && other->how == HOW_PREFIX &&
            strncmp(p->text, other->text, other->len) == 0)
            return true;
    }
    return false;
}

bool pattern_list_is_impossible(const struct pattern_list *l)
{
    if (!l->has_plain)
        return false;
    for (size_t i = 0; i < l->count; i++) {
        if (!l->patterns[i].negated && !is_covered(l, &l->patterns[i]))
            return false;
    }
    return true;
}

const char *pattern_list_at(const struct pattern_list *l, size_t i, bool *ret_negated)
{
    if (i >= l->count)
        return NULL;
    *ret_negated = l->patterns[i].negated;
    return l->patterns[i].text;
}

const char *pattern_list_prefix(const struct pattern_list *l, size_t *ret_len, bool *ret_whole)
{
    const struct pattern *only = NULL;

    for (size_t i = 0; i < l->count; i++) {
        if (l->patterns[i].negated)
            continue;
        if (only != NULL)
            return NULL;
        only = &l->patterns[i];
    }
    if (only == NULL || l->kind != PATTERN_TEXT)
        return NULL;
    *ret_len = only->len;
    *ret_whole = only->how == HOW_EQUAL;
    return only->text;
}

uint64_t pattern_list_resolve(const struct pattern_list *l, const char *const *names, size_t count)
{
    uint64_t bits = 0;

    for (size_t i = 0; i < count; i++)
        bits |= (uint64_t)pattern_list_fits(l, names[i]) << i;
    return bits;
}

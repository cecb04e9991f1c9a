/* SPDX-License-Identifier: MIT */
#include "auth/scope.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "auth/scope_internal.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

static const struct {
    const char *name;
    unsigned bit;
} actions[] = {
    {"pull", SCOPE_PULL},
    {"push", SCOPE_PUSH},
    {"delete", SCOPE_DELETE},
    {"*", SCOPE_ALL},
};

size_t scope_action_names(const char *ret[SCOPE_ACTIONS], unsigned bits)
{
    size_t n = 0;

    for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
        if ((bits & actions[i].bit) != 0)
            ret[n++] = actions[i].name;
    }
    return n;
}

unsigned scope_action_bit(const char *name, size_t n)
{
    for (size_t i = 0; i < ARRAY_LEN(actions); i++) {
        if (strlen(actions[i].name) == n && memcmp(actions[i].name, name, n) == 0)
            return actions[i].bit;
    }
    return 0;
}

/* --- Sets -------------------------------------------------------------------------------------
 */

void scope_set_done(struct scope_set *set)
{
    free(set->items);
    *set = (struct scope_set){0};
}

/* The items that are allocated: the smallest power of two that fits. */
static size_t room_for(size_t count)
{
    size_t room = 1;

    while (room < count)
        room *= 2;
    return room;
}

int scope_set_copy(struct scope_set *to, const struct scope_set *from)
{
    struct scope *items = NULL;

    if (from->count > 0) {
        items = reallocarray(NULL, room_for(from->count), sizeof(*items));
        if (items == NULL)
            return -1;
        memcpy(items, from->items, from->count * sizeof(*items));
    }
    *to = (struct scope_set){.items = items, .count = from->count};
    return 0;
}

static struct scope *find_same(const struct scope_set *set, const struct scope *scope)
{
    for (size_t i = 0; i < set->count; i++) {
        struct scope *item = &set->items[i];

        if (strcmp(item->name, scope->name) == 0 && strcmp(item->type, scope->type) == 0 &&
            strcmp(item->class, scope->class) == 0)
            return item;
    }
    return NULL;
}

static int make_room(struct scope_set *set)
{
    struct scope *items;

    if (set->count > 0 && room_for(set->count) > set->count)
        return 0;
    items = reallocarray(set->items, room_for(set->count + 1), sizeof(*items));
    if (items == NULL)
        return -1;
    set->items = items;
    return 0;
}

int scope_set_add(struct scope_set *set, const struct scope *scope, struct err *err)
{
    struct scope *same = find_same(set, scope);

    if (same != NULL) {
        same->actions |= scope->actions;
        return 0;
    }
    if (set->count >= SCOPES_MAX)
        return err_set(err, ERR_LIMIT, "more than %d scopes", SCOPES_MAX);
    if (make_room(set) != 0)
        return err_set(err, ERR_NOMEM, "scopes");
    set->items[set->count++] = *scope;
    return 0;
}

const struct scope *scope_set_find(const struct scope_set *set, const char *type, const char *name)
{
    for (size_t i = 0; i < set->count; i++) {
        if (strcmp(set->items[i].name, name) == 0 && strcmp(set->items[i].type, type) == 0)
            return &set->items[i];
    }
    return NULL;
}

/* The class does not narrow anything: what a class grants, the repository grants. */
bool scope_set_covers(const struct scope_set *set, const struct scope *wanted)
{
    unsigned held = 0;

    for (size_t i = 0; i < set->count; i++) {
        const struct scope *item = &set->items[i];

        if (strcmp(item->name, wanted->name) == 0 && strcmp(item->type, wanted->type) == 0)
            held |= item->actions;
    }
    return (held & SCOPE_ALL) != 0 || (wanted->actions & ~held) == 0;
}

/* --- Reading ------------------------------------------------------------------------------------
 */

static bool is_word(const char *p, size_t n, const char *others)
{
    for (size_t i = 0; i < n; i++) {
        if (!(p[i] >= 'a' && p[i] <= 'z') && !(p[i] >= '0' && p[i] <= '9') &&
            (p[i] == '\0' || strchr(others, p[i]) == NULL))
            return false;
    }
    return n > 0;
}

/* What a challenge can carry in quotes; whether such a repository can be is not for us to say. */
static bool is_name(const char *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (p[i] <= ' ' || p[i] > '~' || p[i] == '"' || p[i] == '\\' || p[i] == ',')
            return false;
    }
    return n > 0 && n <= SCOPE_NAME_MAX;
}

static void copy(char *to, const char *from, size_t n)
{
    memcpy(to, from, n);
    to[n] = '\0';
}

static bool parse_class(struct scope *ret, const char *p, size_t n)
{
    if (!is_word(p, n, "") || n > SCOPE_TYPE_MAX)
        return false;
    copy(ret->class, p, n);
    return true;
}

/* "repository" or "repository(plugin)" */
static bool parse_type(struct scope *ret, const char *p, size_t n)
{
    const char *open = memchr(p, '(', n);
    size_t type = open == NULL ? n : (size_t)(open - p);

    if (open != NULL &&
        (n - type < 3 || p[n - 1] != ')' || !parse_class(ret, open + 1, n - type - 2)))
        return false;
    if (!is_word(p, type, "") || type > SCOPE_TYPE_MAX)
        return false;
    copy(ret->type, p, type);
    return true;
}

static bool parse_actions(unsigned *ret, const char *p, size_t n)
{
    unsigned bits = 0;
    size_t length;

    for (;; p += length + 1, n -= length + 1) {
        const char *comma = memchr(p, ',', n);

        length = comma == NULL ? n : (size_t)(comma - p);
        if (length > 0 && !is_word(p, length, "*"))
            return false;
        bits |= scope_action_bit(p, length);
        if (comma == NULL)
            break;
    }
    *ret = bits;
    return true;
}

int scope_fill(struct scope *ret, const struct scope_parts *parts)
{
    struct scope scope = {.actions = parts->actions};

    if (!parse_type(&scope, parts->type, parts->type_length) ||
        (parts->class_length > 0 && !parse_class(&scope, parts->class, parts->class_length)) ||
        !is_name(parts->name, parts->name_length))
        return -1;
    copy(scope.name, parts->name, parts->name_length);
    *ret = scope;
    return 0;
}

int scope_parse(struct scope *ret, const char *text, size_t n, struct err *err)
{
    const char *first = memchr(text, ':', n);
    const char *last = memrchr(text, ':', n);
    struct scope_parts parts;

    if (first != last) {
        parts = (struct scope_parts){.type = text,
                                     .type_length = (size_t)(first - text),
                                     .name = first + 1,
                                     .name_length = (size_t)(last - first - 1)};
        if (parse_actions(&parts.actions, last + 1, (size_t)(text + n - last - 1)) &&
            scope_fill(ret, &parts) == 0)
            return 0;
    }
    return err_set(err, ERR_SYNTAX, "%s is no scope: type:name:action[,action...]",
                   text_quote_bytes(&(struct text_quote){{0}}, text, n));
}

bool scope_is_known(const struct scope *scope)
{
    return strcmp(scope->type, "repository") == 0 || strcmp(scope->type, "registry") == 0;
}

int scope_set_parse(struct scope_set *set, const char *text, struct err *err)
{
    struct scope scope;
    size_t n;

    for (text += strspn(text, " "); *text != '\0'; text += n, text += strspn(text, " ")) {
        n = strcspn(text, " ");
        if (scope_parse(&scope, text, n, err) != 0 ||
            (scope_is_known(&scope) && scope_set_add(set, &scope, err) != 0))
            return -1;
    }
    return 0;
}

/* --- Writing ------------------------------------------------------------------------------------
 */

void scope_format(struct buf *to, const struct scope *scope)
{
    const char *names[SCOPE_ACTIONS];
    size_t count = scope_action_names(names, scope->actions);

    (void)buf_append_text(to, scope->type);
    if (scope->class[0] != '\0')
        (void)buf_appendf(to, "(%s)", scope->class);
    (void)buf_appendf(to, ":%s:", scope->name);
    for (size_t i = 0; i < count; i++)
        (void)buf_appendf(to, "%s%s", i > 0 ? "," : "", names[i]);
}

void scope_set_format(struct buf *to, const struct scope_set *set)
{
    for (size_t i = 0; i < set->count; i++) {
        if (i > 0)
            (void)buf_append_char(to, ' ');
        scope_format(to, &set->items[i]);
    }
}

static void fill(struct scope *ret, const char *type, const char *name, unsigned bits)
{
    size_t n = strlen(name);

    ASSERT(n <= SCOPE_NAME_MAX);
    *ret = (struct scope){.actions = bits};
    copy(ret->type, type, strlen(type));
    copy(ret->name, name, n);
}

void scope_repository(struct scope *ret, const char *name, unsigned bits)
{
    fill(ret, "repository", name, bits);
}

void scope_catalog(struct scope *ret)
{
    fill(ret, "registry", "catalog", SCOPE_ALL);
}

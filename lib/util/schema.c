/* SPDX-License-Identifier: MIT */
#include "lib/util/schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "lib/util/buf.h"
#include "lib/util/text.h"
#include "lib/util/units.h"
#include "lib/util/util.h"

enum { NAME_MAX_SHOWN = 70 };

/* --- Messages -----------------------------------------------------------------------------------
 */

/* A long file name is shown by its end, which tells more. */
static const char *shown_name(const char *name, const char **ret_dots)
{
    size_t n = strlen(name);

    *ret_dots = n > NAME_MAX_SHOWN ? "..." : "";
    return n > NAME_MAX_SHOWN ? name + n - NAME_MAX_SHOWN : name;
}

static void put_place(const struct schema_place *at, char *dst, size_t size)
{
    const char *dots, *name;

    if (at->conf == NULL && at->origin == NULL) {
        (void)snprintf(dst, size, "%s", at->path);
        return;
    }
    if (at->conf == NULL) {
        (void)snprintf(dst, size, "%s%s%s", at->origin, at->path[0] != '\0' ? ": " : "", at->path);
        return;
    }
    name = shown_name(conf_name(at->conf), &dots);
    (void)snprintf(dst, size, "%s%s:%u: %s", dots, name, conf_line(at->conf, at->path), at->path);
}

int schema_error(const struct schema_place *at, struct err *err, const char *fmt, ...)
{
    char place[CONF_PATH_MAX + NAME_MAX_SHOWN + 40];
    char what[400];
    va_list args;

    put_place(at, place, sizeof(place));
    va_start(args, fmt);
    (void)vsnprintf(what, sizeof(what), fmt, args);
    va_end(args);
    return err_set(err, at->conf == NULL && at->origin != NULL ? ERR_USAGE : ERR_CONFIG,
                   "%.150s%s%s", place, place[0] != '\0' ? ": " : "", what);
}

int schema_unknown_key(const struct schema_place *at, const char *nearest, struct err *err)
{
    if (nearest == NULL)
        return schema_error(at, err, "unknown key");
    return schema_error(at, err, "unknown key: did you mean '%s'?", nearest);
}

int schema_unknown_of(const struct schema_place *at, const char *nearest, const struct buf *known,
                      struct err *err)
{
    if (nearest != NULL || known->failed)
        return schema_unknown_key(at, nearest, err);
    return schema_error(at, err, "unknown key: expected one of %s", buf_text(known));
}

/* What a value is, for "expected ..., not ...". */
static const char *type_name(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "keys and values";
    case JSON_ARRAY:
        return "a list";
    case JSON_STRING:
        return "a text";
    case JSON_INTEGER:
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "a boolean";
    default:
        return "null";
    }
}

static int wrong_type(const struct schema_place *at, const char *expected, const json_t *value,
                      struct err *err)
{
    return schema_error(at, err, "expected %s, not %s", expected, type_name(value));
}

/* --- Scalars ------------------------------------------------------------------------------------
 */

static int check_bool(const struct schema *s, const json_t *value, struct schema_place *at,
                      struct err *err)
{
    (void)s;
    return json_is_boolean(value) ? 0 : wrong_type(at, "true or false", value, err);
}

static int check_text(const struct schema *s, const json_t *value, struct schema_place *at,
                      struct err *err)
{
    if (json_is_string(value) || (s->or_bool && json_is_boolean(value)))
        return 0;
    if (json_is_array(value) || json_is_object(value))
        return wrong_type(at, s->type == SCHEMA_PATH ? "a path" : "a text", value, err);
    return schema_error(at, err, "expected a text, not %s: put it in quotes", type_name(value));
}

static int check_range(const struct schema *s, uint64_t n, struct schema_place *at, struct err *err)
{
    char least[UNITS_TEXT_MAX], most[UNITS_TEXT_MAX];
    uint64_t max = s->max == 0 ? UINT64_MAX : s->max;

    if (n >= s->min && n <= max)
        return 0;
    if (s->type == SCHEMA_COUNT) {
        (void)snprintf(least, sizeof(least), "%llu", (unsigned long long)s->min);
        (void)snprintf(most, sizeof(most), "%llu", (unsigned long long)max);
    } else if (s->type == SCHEMA_SIZE) {
        (void)units_format_size(least, s->min);
        (void)units_format_size(most, max);
    } else {
        (void)units_format_duration(least, s->min);
        (void)units_format_duration(most, max);
    }
    if (max == UINT64_MAX)
        return schema_error(at, err, "out of range: allowed is %s and more", least);
    return schema_error(at, err, "out of range: allowed is %s to %s", least, most);
}

static int check_count(const struct schema *s, const json_t *value, struct schema_place *at,
                       struct err *err)
{
    if (!json_is_integer(value))
        return wrong_type(at, "a whole number", value, err);
    if (json_integer_value(value) < 0)
        return schema_error(at, err, "must not be negative");
    return check_range(s, (uint64_t)json_integer_value(value), at, err);
}

typedef int (*parse_fn)(uint64_t *ret, const char *text, struct err *err);

static int check_units(const struct schema *s, parse_fn parse, const json_t *value,
                       struct schema_place *at, struct err *err)
{
    struct err why = {0};
    uint64_t n;

    if (parse(&n, json_string_value(value), &why) != 0)
        return schema_error(at, err, "%s", why.msg);
    return check_range(s, n, at, err);
}

static int check_size(const struct schema *s, const json_t *value, struct schema_place *at,
                      struct err *err)
{
    if (json_is_integer(value))
        return check_count(s, value, at, err);
    if (!json_is_string(value))
        return wrong_type(at, "a size such as 8MiB", value, err);
    return check_units(s, units_parse_size, value, at, err);
}

static int check_duration(const struct schema *s, const json_t *value, struct schema_place *at,
                          struct err *err)
{
    if (json_is_integer(value) && json_integer_value(value) == 0)
        return check_range(s, 0, at, err);
    if (json_is_integer(value))
        return schema_error(at, err, "expected a duration with its unit, such as %lldms or %llds",
                            (long long)json_integer_value(value),
                            (long long)json_integer_value(value));
    if (!json_is_string(value))
        return wrong_type(at, "a duration such as 30s", value, err);
    return check_units(s, units_parse_duration, value, at, err);
}

static int check_shift(const struct schema *s, const json_t *value, struct schema_place *at,
                       struct err *err)
{
    struct err why = {0};
    int64_t ms;

    if (!json_is_string(value))
        return check_duration(s, value, at, err);
    if (units_parse_shift(&ms, json_string_value(value), &why) != 0)
        return schema_error(at, err, "%s", why.msg);
    return check_range(s, (uint64_t)(ms < 0 ? -ms : ms), at, err);
}

static int check_choice(const struct schema *s, const json_t *value, struct schema_place *at,
                        struct err *err)
{
    char number[SCHEMA_SCALAR_MAX];
    const char *text = schema_choice_text(value, number);
    auto_buf struct buf list = BUF_INIT(200);
    struct text_nearest nearest;

    if (schema_find_choice(s, value) >= 0)
        return 0;
    text_nearest_begin(&nearest, text != NULL ? text : "");
    for (int i = 0; s->choices[i] != NULL; i++) {
        text_nearest_offer(&nearest, s->choices[i]);
        (void)buf_appendf(&list, "%s%s",
                          i == 0                      ? ""
                          : s->choices[i + 1] == NULL ? " or "
                                                      : ", ",
                          s->choices[i]);
    }
    if (text == NULL)
        return wrong_type(at, buf_text(&list), value, err);
    if (nearest.name != NULL)
        return schema_error(at, err, "%s is not allowed: did you mean '%s'? expected %s",
                            TEXT_QUOTE(text), nearest.name, buf_text(&list));
    return schema_error(at, err, "%s is not allowed: expected %s", TEXT_QUOTE(text),
                        buf_text(&list));
}

static int check_scalar(const struct schema *s, const json_t *value, struct schema_place *at,
                        struct err *err)
{
    char number[SCHEMA_SCALAR_MAX];

    (void)s;
    if (schema_choice_text(value, number) != NULL)
        return 0;
    return wrong_type(at, "a text", value, err);
}

static int check_int(const struct schema *s, const json_t *value, struct schema_place *at,
                     struct err *err)
{
    (void)s;
    if (!json_is_integer(value))
        return wrong_type(at, "a whole number", value, err);
    if (json_integer_value(value) < INT32_MIN || json_integer_value(value) > INT32_MAX)
        return schema_error(at, err, "out of range: allowed is %d to %d", INT32_MIN, INT32_MAX);
    return 0;
}

static int check_number(const struct schema *s, const json_t *value, struct schema_place *at,
                        struct err *err)
{
    double n = json_number_value(value);

    if (!json_is_number(value))
        return wrong_type(at, "a number", value, err);
    if (n >= (double)s->min && (s->max == 0 || n <= (double)s->max))
        return 0;
    if (s->max == 0)
        return schema_error(at, err, "out of range: allowed is %llu and more",
                            (unsigned long long)s->min);
    return schema_error(at, err, "out of range: allowed is %llu to %llu",
                        (unsigned long long)s->min, (unsigned long long)s->max);
}

static int check_offset(const struct schema *s, const json_t *value, struct schema_place *at,
                        struct err *err)
{
    const char *text = json_string_value(value);

    if (text == NULL || text[0] == '\0' || text[strlen(text) - 1] != '%')
        return check_size(s, value, at, err);
    if (schema_share(value) < 0)
        return schema_error(at, err, "%s is not allowed: a share is 0%% to 100%%",
                            TEXT_QUOTE(text));
    return 0;
}

static int check_any(const struct schema *s, const json_t *value, struct schema_place *at,
                     struct err *err)
{
    (void)s;
    (void)value;
    (void)at;
    (void)err;
    return 0;
}

/* --- Lists and objects --------------------------------------------------------------------------
 */

static int check_list(const struct schema *s, const json_t *value, struct schema_place *at,
                      struct err *err)
{
    size_t len = strlen(at->path);
    const json_t *child;
    size_t i;
    int result = 0;

    (void)s;
    if (json_is_string(value))
        return 0;
    if (!json_is_array(value))
        return wrong_type(at, "a list of texts", value, err);
    json_array_foreach(value, i, child)
    {
        conf_path_add(at->path, NULL, i);
        if (!json_is_string(child))
            result = schema_error(at, err, "expected a text, not %s: put it in quotes",
                                  type_name(child));
        at->path[len] = '\0';
        if (result != 0)
            break;
    }
    return result;
}

/* An array of what `check` takes, or one. */
static int check_some(const struct schema *s, const json_t *value, struct schema_place *at,
                      struct err *err)
{
    int (*check)(const struct schema *, const json_t *, struct schema_place *, struct err *) =
        s->type == SCHEMA_SIZES ? check_size : check_scalar;
    size_t len = strlen(at->path);
    const json_t *child;
    size_t i;

    if (!json_is_array(value))
        return check(s, value, at, err);
    json_array_foreach(value, i, child)
    {
        int result;

        conf_path_add(at->path, NULL, i);
        result = check(s, child, at, err);
        at->path[len] = '\0';
        if (result != 0)
            return -1;
    }
    return 0;
}

static const struct schema *find_member(const struct schema *members, const char *key)
{
    for (; members->key != NULL; members++) {
        if (strcmp(members->key, key) == 0)
            return members;
    }
    return NULL;
}

static int unknown_member(const struct schema *members, const char *key,
                          const struct schema_place *at, struct err *err)
{
    auto_buf struct buf known = BUF_INIT(SCHEMA_KNOWN_MAX);
    struct text_nearest nearest;

    text_nearest_begin(&nearest, key);
    for (; members->key != NULL; members++) {
        text_nearest_offer(&nearest, members->key);
        (void)buf_appendf(&known, "%s%s", known.len > 0 ? ", " : "", members->key);
    }
    return schema_unknown_of(at, nearest.name, &known, err);
}

static int check_required(const struct schema *members, const json_t *value,
                          const struct schema_place *at, struct err *err)
{
    for (; members->key != NULL; members++) {
        const json_t *member = json_object_get(value, members->key);

        if (members->required && (member == NULL || json_is_null(member)))
            return schema_error(at, err, "the key '%s' is missing", members->key);
    }
    return 0;
}

static int check_object(const struct schema *s, const json_t *value, struct schema_place *at,
                        struct err *err)
{
    size_t len = strlen(at->path);
    const char *key;
    json_t *child;
    int result = 0;

    if (!json_is_object(value))
        return wrong_type(at, "keys and values", value, err);
    json_object_foreach((json_t *)value, key, child)
    {
        const struct schema *member = find_member(s->members, key);

        conf_path_add(at->path, key, 0);
        result = member == NULL ? unknown_member(s->members, key, at, err)
                                : schema_check(member, child, at, err);
        at->path[len] = '\0';
        if (result != 0)
            return -1;
    }
    return check_required(s->members, value, at, err);
}

static int check_objects(const struct schema *s, const json_t *value, struct schema_place *at,
                         struct err *err)
{
    size_t len = strlen(at->path);
    const json_t *child;
    size_t i;

    if (!json_is_array(value))
        return wrong_type(at, "a list", value, err);
    json_array_foreach(value, i, child)
    {
        int result;

        conf_path_add(at->path, NULL, i);
        result = check_object(s, child, at, err);
        at->path[len] = '\0';
        if (result != 0)
            return -1;
    }
    return 0;
}

static int check_map(const struct schema *s, const json_t *value, struct schema_place *at,
                     struct err *err)
{
    size_t len = strlen(at->path);
    const char *key;
    json_t *child;

    if (!json_is_object(value))
        return wrong_type(at, "keys and values", value, err);
    json_object_foreach((json_t *)value, key, child)
    {
        int result;

        conf_path_add(at->path, key, 0);
        result = schema_check(s->members, child, at, err);
        at->path[len] = '\0';
        if (result != 0)
            return -1;
    }
    return 0;
}

/* True when a value of this kind may be meant by that type at all. */
static bool takes_kind(const struct schema *s, const json_t *value)
{
    switch (s->type) {
    case SCHEMA_ANY:
        return true;
    case SCHEMA_OBJECT:
    case SCHEMA_MAP:
        return json_is_object(value);
    case SCHEMA_OBJECTS:
        return json_is_array(value);
    case SCHEMA_LIST:
    case SCHEMA_PATHS:
    case SCHEMA_SCALARS:
    case SCHEMA_SIZES:
        return !json_is_object(value);
    default:
        return !json_is_object(value) && !json_is_array(value);
    }
}

const struct schema *schema_form(const struct schema *s, const json_t *value)
{
    for (const struct schema *form = s; form != NULL; form = form->other) {
        if (takes_kind(form, value))
            return form;
    }
    return s;
}

int schema_check(const struct schema *s, const json_t *value, struct schema_place *at,
                 struct err *err)
{
    static int (*const checks[])(const struct schema *, const json_t *, struct schema_place *,
                                 struct err *) = {
        [SCHEMA_BOOL] = check_bool,       [SCHEMA_TEXT] = check_text,
        [SCHEMA_PATH] = check_text,       [SCHEMA_COUNT] = check_count,
        [SCHEMA_SIZE] = check_size,       [SCHEMA_DURATION] = check_duration,
        [SCHEMA_CHOICE] = check_choice,   [SCHEMA_LIST] = check_list,
        [SCHEMA_PATHS] = check_list,      [SCHEMA_OBJECT] = check_object,
        [SCHEMA_OBJECTS] = check_objects, [SCHEMA_SCALAR] = check_scalar,
        [SCHEMA_SCALARS] = check_some,    [SCHEMA_INT] = check_int,
        [SCHEMA_NUMBER] = check_number,   [SCHEMA_SIZES] = check_some,
        [SCHEMA_OFFSET] = check_offset,   [SCHEMA_MAP] = check_map,
        [SCHEMA_SHIFT] = check_shift,     [SCHEMA_ANY] = check_any,
    };

    if (json_is_null(value))
        return 0;
    s = schema_form(s, value);
    return checks[s->type](s, value, at, err);
}

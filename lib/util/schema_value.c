/* SPDX-License-Identifier: MIT */
/*
 * Values of a schema: made from text, turned into numbers, paths and what people read.
 */
#include "lib/util/schema.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/util/json.h"
#include "lib/util/text.h"
#include "lib/util/units.h"
#include "lib/util/util.h"

enum { INLINE_VALUES_MAX = 10000 };

/* --- Choices ------------------------------------------------------------------------------------
 */

const char *schema_choice_text(const json_t *value, char dst[SCHEMA_SCALAR_MAX])
{
    if (json_is_string(value))
        return json_string_value(value);
    if (json_is_boolean(value))
        return json_is_true(value) ? "true" : "false";
    if (!json_is_integer(value))
        return NULL;
    (void)snprintf(dst, SCHEMA_SCALAR_MAX, "%lld", (long long)json_integer_value(value));
    return dst;
}

int schema_find_choice(const struct schema *s, const json_t *value)
{
    char number[SCHEMA_SCALAR_MAX];
    const char *text = schema_choice_text(value, number);

    for (int i = 0; text != NULL && s->choices[i] != NULL; i++) {
        if (strcmp(text, s->choices[i]) == 0)
            return i;
    }
    return -1;
}

/* --- From text ----------------------------------------------------------------------------------
 */

/* NULL when the text is no boolean, too. */
static json_t *bool_from_text(const char *text)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};

    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (text_equal_nocase(text, words[i]))
            return json_boolean(i % 2);
    }
    return NULL;
}

static json_t *count_from_text(const char *text)
{
    json_int_t value = 0;
    const char *s = text;

    for (; *s >= '0' && *s <= '9'; s++) {
        if (__builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, *s - '0', &value))
            return NULL;
    }
    return s == text || *s != '\0' ? NULL : json_integer(value);
}

/* Parts between commas, without the blanks around them; empty ones are dropped. */
static json_t *list_from_text(const char *text)
{
    json_t *list = json_array();

    while (*text != '\0') {
        size_t n = strcspn(text, ",");
        size_t lead = strspn(text, " ");
        size_t end = n;

        while (end > lead && text[end - 1] == ' ')
            end--;
        if (end > lead && json_array_append_new(list, json_stringn(text + lead, end - lead)) != 0) {
            json_decref(list);
            return NULL;
        }
        text += n + (text[n] == ',');
    }
    return list;
}

static int json_from_text(json_t **ret, const char *text, const struct schema_place *at,
                          struct err *err)
{
    static const struct util_json_limits limits = {
        .size = CONF_FILE_MAX,
        .depth = CONF_DEPTH_MAX,
        .values = INLINE_VALUES_MAX,
        .secret = true,
    };
    struct err why = {0};

    if (util_json_parse(ret, text, strlen(text), &limits, &why) != 0)
        return schema_error(at, err, "%s", why.msg);
    return 0;
}

static json_t *value_from_text(const struct schema *s, const char *text)
{
    json_t *as_bool;

    switch (s->type) {
    case SCHEMA_BOOL:
        return bool_from_text(text);
    case SCHEMA_COUNT:
        return count_from_text(text);
    case SCHEMA_LIST:
    case SCHEMA_PATHS:
        return list_from_text(text);
    default:
        as_bool = s->or_bool ? bool_from_text(text) : NULL;
        return as_bool != NULL ? as_bool : json_string(text);
    }
}

int schema_from_text(json_t **ret, const struct schema *s, const char *text,
                     struct schema_place *at, struct err *err)
{
    json_t *value = NULL;

    if (!text_is_utf8(text, strlen(text)))
        return schema_error(at, err, "%s is not UTF-8", TEXT_QUOTE(text));
    if (s->type == SCHEMA_OBJECT || s->type == SCHEMA_OBJECTS) {
        if (json_from_text(&value, text, at, err) != 0)
            return -1;
    } else {
        value = value_from_text(s, text);
    }
    if (value == NULL && s->type == SCHEMA_BOOL)
        return schema_error(at, err, "%s is not allowed: expected true or false", TEXT_QUOTE(text));
    if (value == NULL && s->type == SCHEMA_COUNT)
        return schema_error(at, err, "%s is no whole number", TEXT_QUOTE(text));
    if (value == NULL)
        return err_set(err, ERR_NOMEM, "%s", at->origin);
    if (schema_check(s, value, at, err) != 0) {
        json_decref(value);
        return -1;
    }
    *ret = value;
    return 0;
}

/* --- Using checked values -----------------------------------------------------------------------
 */

uint64_t schema_number(const struct schema *s, const json_t *value)
{
    uint64_t n = 0;
    int64_t shift = 0;
    int result = 0;

    switch (s->type) {
    case SCHEMA_SHIFT:
        if (json_is_string(value))
            result = units_parse_shift(&shift, json_string_value(value), NULL);
        ASSERT(result == 0); /* was checked */
        return (uint64_t)shift;
    case SCHEMA_BOOL:
        return json_is_true(value);
    case SCHEMA_CHOICE:
        return (uint64_t)schema_find_choice(s, value);
    case SCHEMA_SIZE:
    case SCHEMA_SIZES:
    case SCHEMA_OFFSET:
    case SCHEMA_DURATION:
        if (json_is_string(value))
            result = s->type != SCHEMA_DURATION
                         ? units_parse_size(&n, json_string_value(value), NULL)
                         : units_parse_duration(&n, json_string_value(value), NULL);
        else
            n = (uint64_t)json_integer_value(value);
        ASSERT(result == 0); /* was checked */
        return n;
    default:
        return (uint64_t)json_integer_value(value);
    }
}

/* Digits, and perhaps a dot and more digits, in front of the '%' that ends the text. */
static bool parse_share(double *ret, const char *text)
{
    double n = 0, place = 1;
    size_t whole = strspn(text, "0123456789");
    const char *rest = text + whole;

    for (size_t i = 0; i < whole; i++)
        n = n * 10 + (text[i] - '0');
    if (*rest == '.') {
        for (rest++; *rest >= '0' && *rest <= '9'; rest++)
            n += (*rest - '0') * (place /= 10);
    }
    if (whole == 0 || rest[0] != '%' || rest[1] != '\0' || n > 100)
        return false;
    *ret = n / 100;
    return true;
}

double schema_share(const json_t *value)
{
    double share;

    return json_is_string(value) && parse_share(&share, json_string_value(value)) ? share : -1;
}

static int resolve_path(json_t *text, const char *folder, struct err *err)
{
    const char *path = json_string_value(text);
    auto_free char *full = NULL;

    if (path == NULL || path[0] == '\0' || path[0] == '/')
        return 0;
    if (asprintf(&full, "%s%s%s", folder, folder[strlen(folder) - 1] == '/' ? "" : "/", path) < 0) {
        full = NULL;
        return err_set(err, ERR_NOMEM, "path");
    }
    return json_string_set(text, full) == 0 ? 0 : err_set(err, ERR_NOMEM, "path");
}

static int resolve_members(const struct schema *members, json_t *object, const char *folder,
                           struct err *err)
{
    for (; members->key != NULL; members++) {
        json_t *member = json_object_get(object, members->key);

        if (member != NULL && schema_resolve_paths(members, member, folder, err) != 0)
            return -1;
    }
    return 0;
}

int schema_resolve_paths(const struct schema *s, json_t *value, const char *folder, struct err *err)
{
    json_t *child;
    size_t i;

    if (s->type == SCHEMA_OBJECT)
        return resolve_members(s->members, value, folder, err);
    if (s->type == SCHEMA_PATH || (s->type == SCHEMA_PATHS && json_is_string(value)))
        return resolve_path(value, folder, err);
    if (s->type != SCHEMA_PATHS && s->type != SCHEMA_OBJECTS)
        return 0;
    json_array_foreach(value, i, child)
    {
        int result = s->type == SCHEMA_PATHS ? resolve_path(child, folder, err)
                                             : resolve_members(s->members, child, folder, err);

        if (result != 0)
            return -1;
    }
    return 0;
}

/* --- For people ---------------------------------------------------------------------------------
 */

static json_t *printable_object(const struct schema *members, const json_t *object)
{
    json_t *copy = json_object();

    for (; copy != NULL && members->key != NULL; members++) {
        const json_t *member = json_object_get(object, members->key);

        if (member == NULL || json_is_null(member))
            continue;
        if (json_object_set_new(copy, members->key, schema_printable(members, member)) != 0) {
            json_decref(copy);
            return NULL;
        }
    }
    return copy;
}

static json_t *printable_objects(const struct schema *members, const json_t *array)
{
    json_t *copy = json_array();
    const json_t *child;
    size_t i;

    json_array_foreach(array, i, child)
    {
        if (json_array_append_new(copy, printable_object(members, child)) != 0) {
            json_decref(copy);
            return NULL;
        }
    }
    return copy;
}

static json_t *printable_units(const struct schema *s, const json_t *value)
{
    char text[UNITS_TEXT_MAX];
    uint64_t n = schema_number(s, value);

    if (s->type == SCHEMA_DURATION)
        return n == 0 ? json_integer(0) : json_string(units_format_duration(text, n));
    (void)units_format_size(text, n);
    return text[strspn(text, "0123456789")] == '\0' && n <= INT64_MAX ? json_integer((json_int_t)n)
                                                                      : json_string(text);
}

json_t *schema_printable(const struct schema *s, const json_t *value)
{
    if (s->secret && json_is_array(value))
        return json_array_size(value) == 0 ? json_array() : json_pack("[s]", "***");
    if (s->secret)
        return json_string(json_string_length(value) == 0 && json_is_string(value) ? "" : "***");
    s = schema_form(s, value);
    switch (s->type) {
    case SCHEMA_SIZE:
    case SCHEMA_DURATION:
        return printable_units(s, value);
    case SCHEMA_CHOICE:
        return json_string(s->choices[schema_number(s, value)]);
    case SCHEMA_LIST:
    case SCHEMA_PATHS:
        return json_is_string(value) ? json_pack("[O]", value) : json_deep_copy(value);
    case SCHEMA_OBJECT:
        return printable_object(s->members, value);
    case SCHEMA_OBJECTS:
        return printable_objects(s->members, value);
    default:
        return json_deep_copy(value);
    }
}

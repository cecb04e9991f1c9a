/* SPDX-License-Identifier: MIT */
/*
 * The same tables as JSON Schema (2020-12), for editors and for programs that write such values.
 */
#include "lib/util/schema.h"

#include <string.h>

#include <jansson.h>

#include "lib/util/util.h"

#define SIZE_PATTERN     "^[0-9]+([.][0-9]+)?([kKmMgGtT]?[bB]?|[kKmMgGtT][iI][bB])$"
#define SHARE_PATTERN    "^(100([.]0+)?|[0-9]{1,2}([.][0-9]+)?)%$"
#define DURATION_PATTERN "^(0|([0-9]+([.][0-9]+)?(ms|s|m|h|d))+)$"
#define SHIFT_PATTERN    "^[+-]?(0|([0-9]+([.][0-9]+)?(ms|s|m|h|d))+)$"

/* Sets a member unless memory was short before; object and value are taken on failure, too. */
static json_t *with(json_t *object, const char *key, json_t *value)
{
    if (object != NULL && value != NULL && json_object_set_new(object, key, value) == 0)
        return object;
    if (object == NULL || value == NULL)
        json_decref(value);
    json_decref(object);
    return NULL;
}

static json_t *of_type(const char *type)
{
    return json_pack("{s:s}", "type", type);
}

static json_t *number(const struct schema *s, const char *type)
{
    json_t *object = of_type(type);

    object = with(object, "minimum", json_integer((json_int_t)s->min));
    if (s->max > 0 && s->max <= INT64_MAX)
        object = with(object, "maximum", json_integer((json_int_t)s->max));
    return object;
}

static json_t *pattern(const char *text)
{
    return json_pack("{s:s,s:s}", "type", "string", "pattern", text);
}

/* Takes both. */
static json_t *either(json_t *a, json_t *b)
{
    json_t *both = NULL;

    if (a != NULL && b != NULL)
        both = json_pack("{s:[O,O]}", "anyOf", a, b);
    json_decref(a);
    json_decref(b);
    return both;
}

/* A choice that reads as a number or boolean may be written as such, too. */
static json_t *choice_value(const char *text)
{
    size_t digits = strspn(text, "0123456789");
    json_int_t n = 0;

    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0)
        return json_boolean(text[0] == 't');
    if (digits == 0 || digits > 9 || text[digits] != '\0')
        return NULL;
    for (; *text != '\0'; text++)
        n = n * 10 + (*text - '0');
    return json_integer(n);
}

static json_t *choice(const struct schema *s)
{
    json_t *list = json_array();
    int result = list == NULL ? -1 : 0;

    for (int i = 0; result == 0 && s->choices[i] != NULL; i++) {
        json_t *scalar_form = choice_value(s->choices[i]);

        result = json_array_append_new(list, json_string(s->choices[i]));
        if (scalar_form != NULL && json_array_append_new(list, scalar_form) != 0)
            result = -1;
    }
    if (result != 0) {
        json_decref(list);
        return NULL;
    }
    return json_pack("{s:o}", "enum", list);
}

static json_t *array_of(json_t *items)
{
    return items == NULL ? NULL : json_pack("{s:s,s:o}", "type", "array", "items", items);
}

static json_t *scalar(void)
{
    return json_pack("{s:[s,s,s]}", "type", "string", "number", "boolean");
}

static json_t *size_or(const struct schema *s, const char *text)
{
    return either(number(s, "integer"), pattern(text));
}

/* Lets null stand for the value, too. Takes it. */
static json_t *or_null(json_t *value)
{
    json_t *type = json_object_get(value, "type");
    json_t *list = json_object_get(value, "anyOf");
    int result = 0;

    if (list == NULL)
        list = json_object_get(value, "enum");
    if (json_is_string(type))
        result =
            json_object_set_new(value, "type", json_pack("[s,s]", json_string_value(type), "null"));
    else if (type != NULL)
        result = json_array_append_new(type, json_string("null"));
    else if (list != NULL)
        result = json_array_append_new(
            list, json_object_get(value, "enum") == list ? json_null() : of_type("null"));
    if (result == 0)
        return value;
    json_decref(value);
    return NULL;
}

static json_t *properties(const struct schema *members)
{
    json_t *object = json_object();

    for (; object != NULL && members->key != NULL; members++)
        object = with(object, members->key,
                      members->required ? schema_json(members) : or_null(schema_json(members)));
    return object;
}

static json_t *required(const struct schema *members)
{
    json_t *array = json_array();

    for (; array != NULL && members->key != NULL; members++) {
        if (members->required && json_array_append_new(array, json_string(members->key)) != 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *object(const struct schema *s)
{
    json_t *names = required(s->members);
    json_t *result = of_type("object");

    result = with(result, "properties", properties(s->members));
    result = with(result, "additionalProperties", json_false());
    if (json_array_size(names) > 0)
        return with(result, "required", names);
    json_decref(names);
    return result;
}

static json_t *lists(const struct schema *s)
{
    static const struct schema one_size = {.type = SCHEMA_SIZE};

    switch (s->type) {
    case SCHEMA_SCALARS:
        return either(scalar(), array_of(scalar()));
    case SCHEMA_SIZES:
        return either(schema_json(&one_size), array_of(schema_json(&one_size)));
    case SCHEMA_OBJECTS:
        return array_of(object(s));
    default:
        return either(of_type("string"), array_of(of_type("string")));
    }
}

static json_t *form(const struct schema *s)
{
    switch (s->type) {
    case SCHEMA_BOOL:
        return of_type("boolean");
    case SCHEMA_TEXT:
    case SCHEMA_PATH:
        return s->or_bool ? either(of_type("string"), of_type("boolean")) : of_type("string");
    case SCHEMA_COUNT:
        return number(s, "integer");
    case SCHEMA_INT:
        return of_type("integer");
    case SCHEMA_NUMBER:
        return number(s, "number");
    case SCHEMA_SIZE:
        return size_or(s, SIZE_PATTERN);
    case SCHEMA_OFFSET:
        return either(size_or(s, SIZE_PATTERN), pattern(SHARE_PATTERN));
    case SCHEMA_DURATION:
        return either(json_pack("{s:i}", "const", 0), pattern(DURATION_PATTERN));
    case SCHEMA_SHIFT:
        return either(json_pack("{s:i}", "const", 0), pattern(SHIFT_PATTERN));
    case SCHEMA_CHOICE:
        return choice(s);
    case SCHEMA_SCALAR:
        return scalar();
    case SCHEMA_OBJECT:
        return object(s);
    case SCHEMA_MAP:
        return with(of_type("object"), "additionalProperties", or_null(schema_json(s->members)));
    case SCHEMA_ANY:
        return json_object();
    default:
        return lists(s);
    }
}

json_t *schema_json(const struct schema *s)
{
    json_t *result = form(s);

    if (s->other != NULL)
        result = either(result, schema_json(s->other));
    if (s->help != NULL)
        result = with(result, "description", json_string(s->help));
    return result;
}

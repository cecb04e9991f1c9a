/* SPDX-License-Identifier: MIT */
#include "lib/fault/effect_read.h"

#include <jansson.h>

#include "lib/util/err.h"

/* --- Members of checked objects -----------------------------------------------------------------
 */

/* The row of that key; the value in object, or NULL where there is none. */
static const struct schema *member(const struct schema *s, const json_t *object, const char *key,
                                   const json_t **ret_value)
{
    const struct schema *row = s->members;

    while (strcmp(row->key, key) != 0)
        row++;
    *ret_value = json_object_get(object, key);
    if (json_is_null(*ret_value))
        *ret_value = NULL;
    return row;
}

uint64_t effect_number(const struct schema *s, const json_t *object, const char *key,
                       uint64_t preset)
{
    const json_t *value;
    const struct schema *row = member(s, object, key, &value);

    return value == NULL ? preset : schema_number(row, value);
}

bool effect_has(const json_t *object, const char *key)
{
    const json_t *value = json_object_get(object, key);

    return value != NULL && !json_is_null(value);
}

const char *effect_text(const json_t *value, const char *key)
{
    return json_is_string(value) ? json_string_value(value)
                                 : json_string_value(json_object_get(value, key));
}

/* --- Names and header lines ---------------------------------------------------------------------
 */

bool fault_name_is_good(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "._~:@+-";
    size_t n = strlen(name);

    return n > 0 && n <= FAULT_NAME_MAX && strspn(name, letters) == n;
}

bool effect_is_token(const char *s)
{
    size_t n = strlen(s);

    return n > 0 && n <= 256 &&
           strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                     "!#$%&'*+-.^_`|~") == n;
}

bool effect_is_line(const char *s)
{
    for (; *s != '\0'; s++) {
        if (((unsigned char)*s < ' ' && *s != '\t') || *s == 0x7f)
            return false;
    }
    return true;
}

int effect_settle_text(json_t *object, const char *name, struct err *err)
{
    char number_text[SCHEMA_SCALAR_MAX];
    json_t *value = json_object_get(object, name);
    json_t *array = json_is_array(value) ? value : NULL;
    size_t count = array != NULL ? json_array_size(array) : 1;

    for (size_t i = 0; i < count; i++) {
        json_t *one = array != NULL ? json_array_get(array, i) : value;
        json_t *settled;

        if (json_is_string(one) || json_is_null(one))
            continue;
        settled = json_string(schema_choice_text(one, number_text));
        if ((array != NULL ? json_array_set_new(array, i, settled)
                           : json_object_set_new(object, name, settled)) != 0)
            return err_set(err, ERR_NOMEM, "rule");
    }
    return 0;
}

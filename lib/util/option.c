/* SPDX-License-Identifier: MIT */
#include "lib/util/option.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/util/option_set.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

DEFINE_AUTO(option_set, struct option_set, option_set_free)
#define auto_option_set __attribute__((cleanup(auto_option_set_)))

int option_set_new(struct option_set **ret, const struct option *rows, size_t count,
                   struct err *err)
{
    auto_option_set struct option_set *set = calloc(1, sizeof(*set));

    if (set == NULL || (set->values = calloc(count, sizeof(*set->values))) == NULL)
        return err_set(err, ERR_NOMEM, "options");
    set->rows = rows;
    set->count = count;
    for (size_t i = 0; i < count; i++) {
        if (rows[i].preset != NULL &&
            option_set_text(set, i, OPTION_DEFAULT, rows[i].preset, rows[i].flag, err) != 0)
            return err_wrap(err, "default");
    }
    *ret = STEAL(set);
    return 0;
}

void option_set_free(struct option_set *set)
{
    if (set == NULL)
        return;
    for (size_t i = 0; i < set->count && set->values != NULL; i++) {
        json_decref(set->values[i].value);
        free(set->values[i].items);
    }
    for (size_t i = 0; i < set->text_count; i++)
        free(set->texts[i]);
    free(set->texts);
    free(set->values);
    free(set->words);
    conf_free(set->conf);
    free(set);
}

/* --- Values -------------------------------------------------------------------------------------
 */

/* What the row allows, with the limit that its member sets. */
static struct schema effective_schema(const struct option *row)
{
    struct schema s = row->value;

    if (row->size == sizeof(uint32_t) && s.max == 0)
        s.max = s.type == SCHEMA_COUNT ? INT32_MAX : UINT32_MAX;
    return s;
}

int option_set_value(struct option_set *set, size_t row, enum option_source source, json_t *value)
{
    struct option_value *v = &set->values[row];
    bool append = v->source == source && json_is_array(v->value) && json_is_array(value) &&
                  source >= OPTION_OPTIONS;
    int result = 0;

    if (v->source > source) {
        json_decref(value);
        return 0;
    }
    if (append) {
        result = json_array_extend(v->value, value);
        json_decref(value);
        return result;
    }
    json_decref(v->value);
    v->value = value;
    v->source = source;
    return result;
}

int option_set_text(struct option_set *set, size_t row, enum option_source source, const char *text,
                    const char *origin, struct err *err)
{
    struct schema s = effective_schema(&set->rows[row]);
    struct schema_place at = {.origin = origin};
    json_t *value;

    if (schema_from_text(&value, &s, text, &at, err) != 0)
        return -1;
    return option_set_value(set, row, source, value) == 0 ? 0 : err_set(err, ERR_NOMEM, "option");
}

int option_read_text(struct option_set *set, const char *flag, enum option_source source,
                     const char *text, const char *origin, struct err *err)
{
    size_t row = option_find_flag(set, flag, strlen(flag));

    ASSERT(row < set->count);
    return option_set_text(set, row, source, text, origin, err);
}

/* Index of the row with that flag, or the number of rows. */
size_t option_find_flag(const struct option_set *set, const char *flag, size_t length)
{
    size_t i = 0;

    while (i < set->count &&
           (strncmp(set->rows[i].flag, flag, length) != 0 || set->rows[i].flag[length] != '\0'))
        i++;
    return i;
}

static const struct option_value *get_value(const struct option_set *set, const char *flag)
{
    size_t row = option_find_flag(set, flag, strlen(flag));

    ASSERT(row < set->count);
    return &set->values[row];
}

const char *option_text(const struct option_set *set, const char *flag)
{
    return json_string_value(get_value(set, flag)->value);
}

bool option_is_true(const struct option_set *set, const char *flag)
{
    return json_is_true(get_value(set, flag)->value);
}

enum option_source option_source(const struct option_set *set, const char *flag)
{
    return get_value(set, flag)->source;
}

const char *const *option_words(const struct option_set *set, size_t *ret_count)
{
    *ret_count = set->word_count;
    return set->words;
}

/* --- Files --------------------------------------------------------------------------------------
 */

/* What is being read. */
struct file_reader {
    struct option_set *set; /* borrowed */
    struct schema_place at;
    const char *folder; /* borrowed: where relative paths begin */
};

static int take_value(struct file_reader *r, size_t row, json_t *value, struct err *err)
{
    struct schema s = effective_schema(&r->set->rows[row]);

    if (json_is_null(value))
        return 0;
    if (schema_check(&s, value, &r->at, err) != 0 ||
        schema_resolve_paths(&s, value, r->folder, err) != 0)
        return -1;
    (void)option_set_value(r->set, row, OPTION_FILE, json_incref(value));
    return 0;
}

/* The row of exactly that path, or the number of rows; *ret_inner: others lie below it. */
static size_t find_key(const struct option_set *set, const char *path, bool *ret_inner)
{
    size_t n = strlen(path);
    size_t found = set->count;

    *ret_inner = false;
    for (size_t i = 0; i < set->count; i++) {
        const char *key = set->rows[i].key;

        if (key == NULL || strncmp(key, path, n) != 0)
            continue;
        if (key[n] == '\0')
            found = i;
        else if (key[n] == '.')
            *ret_inner = true;
    }
    return found;
}

/* Offers the steps that may follow the first `prefix` bytes of the keys. */
static void offer_steps(struct text_nearest *nearest, const struct option *row, size_t prefix,
                        char *step, size_t size)
{
    const char *key = row->key + prefix;
    size_t n = strcspn(key, ".");

    if (n >= size)
        return;
    memcpy(step, key, n);
    step[n] = '\0';
    text_nearest_offer(nearest, step);
}

static int unknown_key(struct file_reader *r, size_t prefix, const char *key, struct err *err)
{
    char best[OPTION_VARIABLE_MAX] = "";
    char step[OPTION_VARIABLE_MAX];
    struct text_nearest nearest;

    text_nearest_begin(&nearest, key);
    for (size_t i = 0; i < r->set->count; i++) {
        const struct option *row = &r->set->rows[i];

        if (row->key == NULL || strlen(row->key) <= prefix ||
            strncmp(row->key, r->at.path, prefix) != 0)
            continue;
        offer_steps(&nearest, row, prefix, step, sizeof(step));
        if (nearest.name == step) { /* keep it: step is used again */
            memcpy(best, step, sizeof(best));
            nearest.name = best;
        }
    }
    return schema_unknown_key(&r->at, nearest.name, err);
}

/* The object at r->at.path. */
static int read_object(struct file_reader *r, json_t *object, struct err *err)
{
    size_t length = strlen(r->at.path);
    size_t prefix = length == 0 ? 0 : length + 1; /* with the dot */
    const char *key;
    json_t *value;

    json_object_foreach(object, key, value)
    {
        bool inner = false;
        size_t row;
        int result;

        conf_path_add(r->at.path, key, 0);
        row = strchr(key, '.') != NULL ? r->set->count : find_key(r->set, r->at.path, &inner);
        if (row < r->set->count)
            result = take_value(r, row, value, err);
        else if (strchr(key, '.') != NULL || !inner)
            result = unknown_key(r, prefix, key, err);
        else if (json_is_null(value))
            result = 0;
        else if (!json_is_object(value))
            result = schema_error(&r->at, err, "expected keys and values below it");
        else
            result = read_object(r, value, err);
        r->at.path[length] = '\0';
        if (result != 0)
            return -1;
    }
    return 0;
}

int option_read_conf(struct option_set *set, struct conf *conf, struct err *err)
{
    auto_free char *name = strdup(conf_name(conf));
    auto_free char *folder = NULL;
    struct file_reader r = {.set = set, .at = {.conf = conf}};

    conf_free(set->conf);
    set->conf = conf;
    if (name == NULL)
        return err_set(err, ERR_NOMEM, "options");
    folder = realpath(dirname(name), NULL);
    if (folder == NULL)
        return err_sys(err, "folder of %s", conf_name(conf));
    r.folder = folder;
    return read_object(&r, conf_root(conf), err);
}

int option_read_file(struct option_set *set, const char *path, struct err *err)
{
    struct conf *conf;

    if (conf_load(&conf, path, err) != 0)
        return -1;
    return option_read_conf(set, conf, err);
}

/* --- Storing ------------------------------------------------------------------------------------
 */

static int store_list(struct option_value *v, void *member, struct err *err)
{
    struct option_list *list = member;
    const json_t *child;
    size_t i;

    free(v->items);
    v->items = calloc(json_array_size(v->value) + 1, sizeof(*v->items));
    if (v->items == NULL)
        return err_set(err, ERR_NOMEM, "options");
    if (json_is_string(v->value))
        v->items[0] = json_string_value(v->value);
    json_array_foreach(v->value, i, child)
    {
        v->items[i] = json_string_value(child);
    }
    list->items = v->items;
    list->count = json_is_string(v->value) ? 1 : json_array_size(v->value);
    return 0;
}

static void store_text(const struct option_value *v, void *member)
{
    const char *text = json_is_true(v->value) ? "true" : json_string_value(v->value);

    if (text != NULL && text[0] == '\0')
        text = NULL;
    memcpy(member, &text, sizeof(text));
}

static void store_number(const struct option *row, const struct option_value *v, void *member)
{
    uint64_t n = schema_number(&row->value, v->value);
    uint32_t n32 = (uint32_t)n;
    bool truth = n != 0;

    ASSERT(row->size == sizeof(n) || row->size == sizeof(n32) || row->size == sizeof(truth));
    if (row->size == sizeof(n))
        memcpy(member, &n, sizeof(n));
    else if (row->size == sizeof(n32))
        memcpy(member, &n32, sizeof(n32));
    else
        memcpy(member, &truth, sizeof(truth));
}

static int store_value(const struct option *row, struct option_value *v, void *member,
                       struct err *err)
{
    switch (row->value.type) {
    case SCHEMA_LIST:
    case SCHEMA_PATHS:
        ASSERT(row->size == sizeof(struct option_list));
        return store_list(v, member, err);
    case SCHEMA_TEXT:
    case SCHEMA_PATH:
        ASSERT(row->size == sizeof(const char *));
        store_text(v, member);
        return 0;
    case SCHEMA_OBJECT:
    case SCHEMA_OBJECTS:
        ASSERT(row->size == sizeof(json_t *));
        memcpy(member, &v->value, sizeof(v->value));
        return 0;
    default:
        store_number(row, v, member);
        return 0;
    }
}

int option_store(struct option_set *set, void *settings, struct err *err)
{
    for (size_t i = 0; i < set->count; i++) {
        const struct option *row = &set->rows[i];

        if (row->size > 0 && set->values[i].value != NULL &&
            store_value(row, &set->values[i], (char *)settings + row->offset, err) != 0)
            return -1;
    }
    return 0;
}

/* SPDX-License-Identifier: MIT */
#include "cli/serve_rules.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <jansson.h>

#include "cli/serve_settings.h"
#include "lib/fault/fault.h"
#include "lib/util/conf.h"
#include "lib/util/err.h"
#include "lib/util/log.h"
#include "lib/util/text.h"
#include "lib/util/util.h"
#include "registry/registry.h"

/* Read when it is there, so that an image or a package can bring rules along. */
#define INIT_FOLDER "/etc/ocimock/init.d"

enum { FILES_MAX = 1000, FILE_NAME_MAX = 512 };

/* All rules, and from which file each part of them came. */
struct rule_files {
    json_t *rules; /* owned array */
    size_t count;
    struct {
        char name[FILE_NAME_MAX];
        size_t first; /* index of its first rule */
    } * files;        /* owned */
};

static int add_rules(struct rule_files *f, const char *name, const json_t *root, struct err *err)
{
    const json_t *list = json_is_object(root) ? json_object_get(root, "rules") : root;

    if (f->count == FILES_MAX)
        return err_set(err, ERR_LIMIT, "more than %d files of rules", FILES_MAX);
    (void)snprintf(f->files[f->count].name, FILE_NAME_MAX, "%s", name);
    f->files[f->count++].first = json_array_size(f->rules);
    if (list == NULL) /* an object that is a rule itself */
        return json_array_append(f->rules, (json_t *)(uintptr_t)root);
    if (!json_is_array(list))
        return err_set(err, ERR_CONFIG, "%s: expected a rule, an array of rules, or 'rules:'",
                       name);
    return json_array_extend(f->rules, (json_t *)(uintptr_t)list);
}

static int add_conf(struct rule_files *f, struct conf *conf, struct err *err)
{
    int result = add_rules(f, conf_name(conf), conf_root(conf), err);

    conf_free(conf);
    return result;
}

static int add_text(struct rule_files *f, const char *name, const char *text, struct err *err)
{
    struct conf *conf;

    return conf_parse_list(&conf, name, "rules", text, strlen(text), err) == 0
               ? add_conf(f, conf, err)
               : -1;
}

static int add_file(struct rule_files *f, const char *path, struct err *err)
{
    struct conf *conf;

    return conf_load_list(&conf, path, "rules", err) == 0 ? add_conf(f, conf, err) : -1;
}

static int is_rule_file(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');

    return entry->d_name[0] != '.' && dot != NULL &&
           (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0 || strcmp(dot, ".json") == 0);
}

/* In the order of their names. */
static int add_folder(struct rule_files *f, const char *folder, struct err *err)
{
    struct dirent **entries;
    int n = scandir(folder, &entries, is_rule_file, alphasort);
    int result = 0;

    if (n < 0)
        return err_sys(err, "rules: %s", folder);
    for (int i = 0; i < n; i++) {
        auto_free char *path = NULL;

        if (result == 0 && asprintf(&path, "%s/%s", folder, entries[i]->d_name) < 0) {
            path = NULL;
            result = err_set(err, ERR_NOMEM, "rules");
        }
        if (result == 0)
            result = add_file(f, path, err);
        free(entries[i]);
    }
    free(entries);
    return result;
}

static int add_item(struct rule_files *f, const char *item, struct err *err)
{
    struct stat st;

    if (stat(item, &st) != 0)
        return err_sys(err, "rules: %s", TEXT_QUOTE(item));
    return S_ISDIR(st.st_mode) ? add_folder(f, item, err) : add_file(f, item, err);
}

static int add_all(struct rule_files *f, const struct serve_settings *s, struct err *err)
{
    struct stat st;

    if (stat(INIT_FOLDER, &st) == 0 && S_ISDIR(st.st_mode) && add_folder(f, INIT_FOLDER, err) != 0)
        return -1;
    for (size_t i = 0; i < s->rules.count; i++) {
        if (add_item(f, s->rules.items[i], err) != 0)
            return -1;
    }
    return s->rules_json != NULL ? add_text(f, "OCIMOCK_RULES", s->rules_json, err) : 0;
}

/* The number in the first brackets of a path such as "rules[12].when"; false: there is none. */
static bool find_index(const char *path, size_t *ret)
{
    const char *p = strchr(path, '[');
    size_t n = 0, digits;

    digits = p != NULL ? strspn(p + 1, "0123456789") : 0;
    if (digits == 0 || digits > 9 || p[1 + digits] != ']')
        return false;
    for (p++; digits > 0; digits--, p++)
        n = n * 10 + (size_t)(*p - '0');
    *ret = n;
    return true;
}

/* The engine counts through all of them; people look for the file. */
static int name_file(const struct rule_files *f, struct err *err)
{
    size_t index, file = 0;

    if (!find_index(err->msg, &index))
        return -1;
    for (size_t i = 0; i < f->count && f->files[i].first <= index; i++)
        file = i;
    return err_wrap(err, "%s (its rule %zu)", f->files[file].name, index - f->files[file].first);
}

static void log_warnings(const json_t *report)
{
    const json_t *warnings = json_object_get(report, "warnings");
    const json_t *warning;
    size_t i;

    json_array_foreach(warnings, i, warning)
    {
        log_message(LOG_LEVEL_WARN, "rules: %s",
                    json_is_string(warning) ? json_string_value(warning) : "see GET /rules");
    }
}

int serve_rules_load(struct world *w, const struct serve_settings *s, bool *ret_any,
                     struct err *err)
{
    struct rule_files f = {.rules = json_array(), .files = calloc(FILES_MAX, sizeof(*f.files))};
    json_t *report = NULL;
    int result = -1;

    if (f.rules == NULL || f.files == NULL)
        (void)err_set(err, ERR_NOMEM, "rules");
    else if (add_all(&f, s, err) == 0)
        result = f.count == 0 ? 0 : fault_engine_load(w->faults, f.rules, true, &report, err);
    if (result != 0 && f.count > 0 && err->code == ERR_CONFIG)
        (void)name_file(&f, err);
    *ret_any = f.count > 0;
    log_warnings(report);
    json_decref(report);
    json_decref(f.rules);
    free(f.files);
    return result;
}

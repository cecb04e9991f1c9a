/* SPDX-License-Identifier: MIT */
/*
 * Scopes in tokens: the claim `access` (distribution, docs/content/spec/auth/jwt.md).
 */
#include "auth/scope.h"

#include <jansson.h>

#include "auth/scope_internal.h"
#include "lib/util/err.h"

static json_t *actions_to_json(unsigned bits)
{
    const char *names[SCOPE_ACTIONS];
    size_t count = scope_action_names(names, bits);
    json_t *list = json_array();

    for (size_t i = 0; i < count; i++) {
        if (json_array_append_new(list, json_string(names[i])) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

json_t *scope_set_to_json(const struct scope_set *set)
{
    json_t *list = json_array();

    for (size_t i = 0; i < set->count; i++) {
        const struct scope *s = &set->items[i];
        json_t *item = json_pack("{s:s, s:s*, s:s, s:o}", "type", s->type, "class",
                                 s->class[0] != '\0' ? s->class : NULL, "name", s->name, "actions",
                                 actions_to_json(s->actions));

        if (json_array_append_new(list, item) != 0) {
            json_decref(list);
            return NULL;
        }
    }
    return list;
}

/* Go writes an empty list as null. */
static int actions_from_json(unsigned *ret, const json_t *list, struct err *err)
{
    unsigned bits = 0;
    const json_t *action;
    size_t i;

    if (list != NULL && !json_is_array(list) && !json_is_null(list))
        return err_set(err, ERR_SYNTAX, "'actions' is no list");
    json_array_foreach(list, i, action)
    {
        if (!json_is_string(action))
            return err_set(err, ERR_SYNTAX, "an action is no text");
        bits |= scope_action_bit(json_string_value(action), json_string_length(action));
    }
    *ret = bits;
    return 0;
}

static int item_from_json(struct scope *ret, const json_t *item, struct err *err)
{
    const json_t *type = json_object_get(item, "type");
    const json_t *class = json_object_get(item, "class");
    const json_t *name = json_object_get(item, "name");
    struct scope_parts parts;

    if (!json_is_string(type) || !json_is_string(name) || (class != NULL && !json_is_string(class)))
        return err_set(err, ERR_SYNTAX, "needs 'type', 'name' and 'actions'");
    /* Some issuers write the class beside the type, others behind it. */
    parts = (struct scope_parts){.type = json_string_value(type),
                                 .type_length = json_string_length(type),
                                 .class = json_string_value(class),
                                 .class_length = json_string_length(class),
                                 .name = json_string_value(name),
                                 .name_length = json_string_length(name)};
    if (actions_from_json(&parts.actions, json_object_get(item, "actions"), err) != 0)
        return -1;
    if (scope_fill(ret, &parts) != 0)
        return err_set(err, ERR_SYNTAX, "type, class or name is not allowed");
    return 0;
}

int scope_set_from_json(struct scope_set *ret, const json_t *access, struct err *err)
{
    struct scope_set set = {0};
    const json_t *item;
    struct scope scope;
    size_t i;

    if (access != NULL && !json_is_array(access) && !json_is_null(access))
        return err_set(err, ERR_SYNTAX, "'access' is no list");
    json_array_foreach(access, i, item)
    {
        if (item_from_json(&scope, item, err) != 0 ||
            (scope_is_known(&scope) && scope_set_add(&set, &scope, err) != 0)) {
            scope_set_done(&set);
            return err_wrap(err, "access[%zu]", i);
        }
    }
    *ret = set;
    return 0;
}

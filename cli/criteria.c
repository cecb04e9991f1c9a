/* SPDX-License-Identifier: MIT */
#include "cli/criteria.h"

#include <jansson.h>

#include "auth/identity.h"
#include "cli/control_client.h"
#include "lib/util/util.h"

const char *const criteria_ops[] = {
#define OP_ROW(name, text) (text),
#include "registry/op.tbl.h"
#undef OP_ROW
    NULL};
const char *const criteria_roles[] = {"config", "layer", NULL};
const char *const criteria_kinds[] = {
#define KIND_WORD(name, word) word,
    IDENTITY_KINDS(KIND_WORD)
#undef KIND_WORD
        NULL};
const char *const criteria_states[] = {"present", "absent", "unauthorized", "denied", NULL};
const char *const criteria_switches[] = {"true", "false", NULL};

enum { NAMES_MAX = 19 };

/* One criterion under the name that the API has for it. */
struct named {
    const char *name;
    const struct option_list *list; /* borrowed */
};

static void name_all(const struct criteria *c, struct named all[NAMES_MAX])
{
    const struct named named[] = {
        {"op", &c->op},         {"repo", &c->repo},     {"ref", &c->ref},
        {"digest", &c->digest}, {"role", &c->role},     {"user", &c->user},
        {"auth", &c->auth},     {"client", &c->client}, {"listener", &c->listener},
        {"sni", &c->sni},       {"method", &c->method}, {"userAgent", &c->user_agent},
        {"status", &c->status}, {"range", &c->range},   {"end", &c->end},
        {"state", &c->state},   {"rule", &c->rule},     {"redirectedFrom", &c->redirected_from},
        {"leaked", &c->leaked},
    };

    _Static_assert(ARRAY_LEN(named) == NAMES_MAX, "as many as there are");
    for (size_t i = 0; i < NAMES_MAX; i++)
        all[i] = named[i];
}

static json_t *texts(const struct option_list *list)
{
    json_t *array = json_array();

    for (size_t i = 0; i < list->count; i++)
        (void)json_array_append_new(array, json_string(list->items[i]));
    return array;
}

json_t *criteria_object(const struct criteria *c)
{
    json_t *object = json_object();
    struct named all[NAMES_MAX];

    name_all(c, all);
    for (size_t i = 0; i < NAMES_MAX; i++) {
        if (all[i].list->count > 0 &&
            json_object_set_new(object, all[i].name, texts(all[i].list)) != 0) {
            json_decref(object);
            return NULL;
        }
    }
    return object;
}

void criteria_query(const struct criteria *c, struct buf *b)
{
    struct named all[NAMES_MAX];

    name_all(c, all);
    for (size_t i = 0; i < NAMES_MAX; i++) {
        for (size_t j = 0; j < all[i].list->count; j++)
            control_path_add(b, all[i].name, all[i].list->items[j]);
    }
}

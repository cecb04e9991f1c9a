/* SPDX-License-Identifier: MIT */
/* Rules that are in no list: asked for single requests. */
#include "lib/fault/engine.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/fault/rule_parse.h"
#include "lib/util/err.h"
#include "lib/util/rng.h"
#include "lib/util/schema.h"
#include "lib/util/util.h"

/* No rule of a list has a number that large. */
#define EXTRA_SERIAL (UINT64_C(1) << 63)

DEFINE_AUTO(extra, struct fault_extra, fault_extra_free)
#define auto_extra __attribute__((cleanup(auto_extra_)))

void fault_extra_free(struct fault_extra *extra)
{
    if (extra == NULL)
        return;
    for (size_t i = 0; i < extra->count; i++)
        rule_unref(extra->rules[i]);
    free(extra);
}

static int read_rules(struct fault_extra *extra, const struct fault_engine *e, const json_t *rules,
                      const char *id, json_t *warnings, struct err *err)
{
    struct schema_place at = {0};
    const json_t *object;
    size_t i;

    json_array_foreach(rules, i, object)
    {
        if (rule_parse(&extra->rules[i], e->tables, object, id, &at, warnings, err) != 0)
            return -1;
        extra->count++;
        extra->rules[i]->serial = EXTRA_SERIAL | (rng_stream(id, strlen(id)) + i);
    }
    return 0;
}

/* Those that answer end the search, so they come last. */
static void put_in_order(struct fault_extra *extra)
{
    size_t kept = 0;

    for (size_t i = 0; i < extra->count; i++) {
        struct fault_rule *r = extra->rules[i];

        if (fault_effects_answer(&r->effects))
            continue;
        memmove(&extra->rules[kept + 1], &extra->rules[kept], (i - kept) * sizeof(extra->rules[0]));
        extra->rules[kept++] = r;
    }
}

int fault_extra_new(struct fault_extra **ret, struct fault_engine *e, const json_t *rules,
                    const char *id, struct err *err)
{
    size_t count = json_array_size(rules);
    auto_extra struct fault_extra *extra =
        calloc(1, sizeof(*extra) + count * sizeof(extra->rules[0]));
    json_t *warnings = json_array();
    int result = -1;

    if (extra == NULL || warnings == NULL)
        (void)err_set(err, ERR_NOMEM, "rules");
    else
        result = read_rules(extra, e, rules, id, warnings, err);
    json_decref(warnings);
    if (result != 0)
        return -1;
    put_in_order(extra);
    e->has_extra = true;
    *ret = STEAL(extra);
    return 0;
}

const json_t *fault_extra_get(const struct fault_extra *extra, const char *key)
{
    for (size_t i = 0; i < extra->count; i++) {
        const json_t *value = fault_rule_get(extra->rules[i], key);

        if (value != NULL)
            return value;
    }
    return NULL;
}

/* SPDX-License-Identifier: MIT */
#include "cli/serve_magic.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "cli/serve_fixtures.h"
#include "fixtures/scenario.h"
#include "lib/util/err.h"
#include "lib/util/option.h"
#include "lib/util/util.h"
#include "registry/magic_name.h"
#include "registry/registry.h"
#include "registry/store/meta_store.h"

enum { VALUE_MAX = 256 };

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

/* What stands behind "retry-after-" in a word, for the parameter retry_after; NULL: another word.
 */
static const char *value_for(const char *word, const char *parameter)
{
    for (; *parameter != '\0'; word++, parameter++) {
        if (*word != (*parameter == '_' ? '-' : *parameter))
            return NULL;
    }
    return *word == '-' ? word + 1 : NULL;
}

/* Names have no '%': "50p" is a share. */
static json_t *value_of(const json_t *parameter, const char *text)
{
    size_t n = strlen(text);
    char share[VALUE_MAX];

    if (strcmp(text_of(parameter, "type"), "offset") != 0 || n == 0 || text[n - 1] != 'p')
        return json_string(text);
    (void)snprintf(share, sizeof(share), "%.*s%%", (int)(n - 1), text);
    return json_string(share);
}

/* True when the word is one of the parameters. */
static bool add_word(const json_t *document, const char *word, json_t *parameters)
{
    const json_t *parameter;
    size_t i;

    json_array_foreach(json_object_get(document, "parameters"), i, parameter)
    {
        const char *value = value_for(word, text_of(parameter, "name"));

        if (value != NULL)
            return json_object_set_new(parameters, text_of(parameter, "name"),
                                       value_of(parameter, value)) == 0;
    }
    return false;
}

/* True for what makes rules and nothing else. */
static bool has_rules_only(const json_t *made)
{
    return json_object_size(made) == 1 && json_object_get(made, "rules") != NULL;
}

static int expand(const json_t *document, const char *const *words, size_t count, bool *taken,
                  json_t **ret, struct err *err)
{
    json_t *parameters = json_object(), *made = NULL;
    int result;

    for (size_t i = 1; i < count; i++)
        taken[i] = add_word(document, words[i], parameters);
    result = scenario_expand(document, parameters, &made, err);
    json_decref(parameters);
    if (result == 0 && !has_rules_only(made))
        result = err_set(err, ERR_CONFIG, "it reaches beyond the repository");
    if (result == 0)
        *ret = json_incref(json_object_get(made, "rules"));
    json_decref(made);
    return result;
}

static int find_rules(const char *const *words, size_t count, bool *taken, json_t **ret,
                      struct err *err)
{
    json_t *document;
    int result;

    if (scenario_load(&document, words[0], err) != 0)
        return -1;
    result = expand(document, words, count, taken, ret, err);
    json_decref(document);
    return result == 0 ? 0 : err_wrap(err, "the scenario '%s' cannot be asked for so", words[0]);
}

const struct magic_presets serve_magic_presets = {.rules = find_rules, .name = scenario_name};

int serve_magic_start(struct world *w, struct digests *digests, struct err *err)
{
    static const char *const hello[] = {"hello:v1=hello", "hello:latest=hello"};
    const struct option_list images = {.items = hello, .count = ARRAY_LEN(hello)};
    const struct serve_fixtures fixtures = {.world = w, .digests = digests, .texts = &images};

    if (w->magic == NULL || w->meta->ops->repository_exists(w->meta, "hello"))
        return 0;
    return serve_fixtures_start(&fixtures, err);
}

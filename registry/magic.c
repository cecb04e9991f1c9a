/* SPDX-License-Identifier: MIT */
#include "registry/magic.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <jansson.h>
#include <sys/queue.h>

#include "lib/fault/fault.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/reference.h"
#include "registry/store/table.h"

/* The part of a name that says what is wrong, and the rules that do it. */
struct kept {
    char *key;                 /* owned: "mock/absent" */
    struct fault_extra *rules; /* owned */
    UT_hash_handle hh;
    TAILQ_ENTRY(kept) used;
};

struct magic {
    struct fault_engine *engine;         /* borrowed */
    const struct magic_presets *presets; /* static; may be NULL */
    struct kept *table;                  /* owned */
    TAILQ_HEAD(kept_list, kept) used;    /* the same; the one used last in front */
};

int magic_new(struct magic **ret, struct fault_engine *engine, const struct magic_presets *presets,
              struct err *err)
{
    struct magic *m = calloc(1, sizeof(*m));

    if (m == NULL)
        return err_set(err, ERR_NOMEM, "magic names");
    m->engine = engine;
    m->presets = presets;
    TAILQ_INIT(&m->used);
    *ret = m;
    return 0;
}

static void kept_free(struct kept *k)
{
    fault_extra_free(k->rules);
    free(k->key);
    free(k);
}

static void forget(struct magic *m, struct kept *k)
{
    ASSERT(m->table != NULL); /* k is in it */
    TABLE_REMOVE(m->table, k);
    TAILQ_REMOVE(&m->used, k, used);
    kept_free(k);
}

void magic_free(struct magic *m)
{
    if (m == NULL)
        return;
    while (!TAILQ_EMPTY(&m->used))
        forget(m, TAILQ_FIRST(&m->used));
    free(m);
}

/* Rules of a key, not in the table. */
static int make(struct magic *m, const char *key, struct kept **ret, struct err *err)
{
    const char *text = key + strlen(MAGIC_PREFIX);
    struct kept *k = calloc(1, sizeof(*k));
    json_t *rules = NULL;
    int result = -1;

    if (k == NULL || (k->key = strdup(key)) == NULL)
        (void)err_set(err, ERR_NOMEM, "magic name");
    else
        result = magic_parse(&rules, text, strlen(text), m->presets, err);
    if (result == 0)
        result = fault_extra_new(&k->rules, m->engine, rules, key, err);
    json_decref(rules);
    if (result == 0)
        *ret = k;
    else if (k != NULL)
        kept_free(k);
    return result;
}

static int keep(struct magic *m, struct kept *k, struct err *err)
{
    if (TABLE_COUNT(m->table) >= MAGIC_KEPT_MAX)
        forget(m, TAILQ_LAST(&m->used, kept_list));
    if (!TABLE_ADD(m->table, k->key, k)) {
        kept_free(k);
        return err_set(err, ERR_NOMEM, "magic name");
    }
    TAILQ_INSERT_HEAD(&m->used, k, used);
    return 0;
}

static int find(struct magic *m, const char *key, const struct fault_extra **ret, struct err *err)
{
    struct kept *k = TABLE_FIND(m->table, key);

    if (k == NULL) {
        if (make(m, key, &k, err) != 0 || keep(m, k, err) != 0)
            return -1;
    } else {
        TAILQ_REMOVE(&m->used, k, used);
        TAILQ_INSERT_HEAD(&m->used, k, used);
    }
    *ret = k->rules;
    return 0;
}

bool magic_find(struct magic *m, const char *name, struct magic_meaning *ret, struct err *err)
{
    const char *inner = m != NULL ? magic_inner(name) : NULL;
    char key[REFERENCE_NAME_MAX + 1];

    *ret = (struct magic_meaning){.repo = name};
    if (inner == NULL)
        return true;
    if (*inner == '\0') {
        (void)err_set(err, ERR_CONFIG, "a repository is missing behind the fault: %s/hello", name);
        return false;
    }
    (void)snprintf(key, sizeof(key), "%.*s", (int)(inner - 1 - name), name);
    if (find(m, key, &ret->rules, err) != 0)
        return false;
    ret->repo = inner;
    return true;
}

const char *magic_repo(const struct magic *m, const char *name)
{
    const char *inner = m != NULL ? magic_inner(name) : NULL;

    return inner != NULL && *inner != '\0' ? inner : name;
}

/* SPDX-License-Identifier: MIT */
#include "tests/integration/lib/vars.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "tests/integration/lib/bail.h"

struct var {
    char *name;  /* owned */
    char *value; /* owned */
    LIST_ENTRY(var) link;
};

struct vars {
    LIST_HEAD(, var) list;
};

struct vars *vars_new(void)
{
    struct vars *v = calloc(1, sizeof(*v));

    if (v == NULL)
        bail("out of memory");
    LIST_INIT(&v->list);
    return v;
}

void vars_free(struct vars *v)
{
    struct var *var;

    while ((var = LIST_FIRST(&v->list)) != NULL) {
        LIST_REMOVE(var, link);
        free(var->name);
        free(var->value);
        free(var);
    }
    free(v);
}

static struct var *find(struct vars *v, const char *name, size_t n)
{
    struct var *var;

    LIST_FOREACH(var, &v->list, link) {
        if (strlen(var->name) == n && memcmp(var->name, name, n) == 0)
            return var;
    }
    return NULL;
}

void vars_set(struct vars *v, const char *name, const char *value)
{
    struct var *var = find(v, name, strlen(name));

    if (var == NULL) {
        var = calloc(1, sizeof(*var));
        if (var == NULL || (var->name = strdup(name)) == NULL)
            bail("out of memory");
        LIST_INSERT_HEAD(&v->list, var, link);
    }
    free(var->value);
    var->value = strdup(value);
    if (var->value == NULL)
        bail("out of memory");
}

const char *vars_get(struct vars *v, const char *name)
{
    struct var *var = find(v, name, strlen(name));

    if (var == NULL)
        bail("no variable '%s'", name);
    return var->value;
}

char *vars_expand(struct vars *v, const char *text)
{
    char *out = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&out, &size);
    const char *dollar;

    if (f == NULL)
        bail("out of memory");
    while ((dollar = strstr(text, "${")) != NULL) {
        size_t n = strcspn(dollar + 2, "}");
        struct var *var = find(v, dollar + 2, n);

        if (var == NULL)
            bail("no variable '%.*s'", (int)n, dollar + 2);
        fprintf(f, "%.*s%s", (int)(dollar - text), text, var->value);
        text = dollar + 2 + n + 1;
    }
    fputs(text, f);
    if (fclose(f) != 0)
        bail("out of memory");
    return out;
}

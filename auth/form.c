/* SPDX-License-Identifier: MIT */
#include "auth/form.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/util/err.h"

int form_parse(struct form *ret, const char *p, size_t n, struct err *err)
{
    *ret = (struct form){0};
    if (n > FORM_SIZE_MAX)
        return err_set(err, ERR_LIMIT, "form: more than %d bytes", FORM_SIZE_MAX);
    ret->memory = malloc(n + 1);
    if (ret->memory == NULL)
        return err_set(err, ERR_NOMEM, "form");
    ret->size = n;
    memcpy(ret->memory, p, n);
    if (parameter_parse(ret->fields, FORM_FIELDS_MAX, &ret->count, ret->memory, n, err) != 0)
        return err_wrap(err, "form");
    return 0;
}

void form_done(struct form *f)
{
    if (f->memory != NULL)
        explicit_bzero(f->memory, f->size + 1);
    free(f->memory);
    *f = (struct form){0};
}

const char *form_value_next(const struct form *f, const char *name, size_t *pos)
{
    while (*pos < f->count) {
        const struct parameter *field = &f->fields[(*pos)++];

        if (strcmp(field->name, name) == 0)
            return field->value;
    }
    return NULL;
}

const char *form_value(const struct form *f, const char *name)
{
    size_t pos = 0;

    return form_value_next(f, name, &pos);
}

bool form_is_type(const char *content_type)
{
    static const char type[] = "application/x-www-form-urlencoded";
    size_t n;

    if (content_type == NULL)
        return false;
    n = strcspn(content_type, "; \t");
    return n == sizeof(type) - 1 && strncasecmp(content_type, type, n) == 0;
}

/* SPDX-License-Identifier: MIT */
#include "auth/form.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/util/err.h"
#include "lib/util/text.h"

/* Decodes n bytes at p, which lie in the form's own memory, in place. */
static int decode(const char **ret, char *p, size_t n, struct err *err)
{
    if (text_percent_decode(p, p, n, TEXT_QUERY, err) != 0)
        return err_wrap(err, "form");
    *ret = p;
    return 0;
}

/* One field of n bytes; there is room for a NUL behind it. */
static int add_field(struct form *f, char *p, size_t n, struct err *err)
{
    struct form_field *field = &f->fields[f->count];
    char *equals = memchr(p, '=', n);
    size_t name = equals != NULL ? (size_t)(equals - p) : n;

    if (n == 0)
        return 0;
    if (f->count == FORM_FIELDS_MAX)
        return err_set(err, ERR_LIMIT, "form: more than %d fields", FORM_FIELDS_MAX);
    field->value = "";
    if (equals != NULL && decode(&field->value, equals + 1, n - name - 1, err) != 0)
        return -1;
    if (decode(&field->name, p, name, err) != 0)
        return -1;
    f->count++;
    return 0;
}

int form_parse(struct form *ret, const char *p, size_t n, struct err *err)
{
    size_t stop;

    *ret = (struct form){0};
    if (n > FORM_SIZE_MAX)
        return err_set(err, ERR_LIMIT, "form: more than %d bytes", FORM_SIZE_MAX);
    ret->memory = malloc(n + 1);
    if (ret->memory == NULL)
        return err_set(err, ERR_NOMEM, "form");
    ret->size = n;
    memcpy(ret->memory, p, n);
    for (size_t at = 0; at < n; at = stop + 1) {
        char *end = memchr(ret->memory + at, '&', n - at);

        stop = end != NULL ? (size_t)(end - ret->memory) : n;
        if (add_field(ret, ret->memory + at, stop - at, err) != 0)
            return -1;
    }
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
        const struct form_field *field = &f->fields[(*pos)++];

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

/* SPDX-License-Identifier: MIT */
/*
 * Bodies of application/x-www-form-urlencoded (WHATWG URL, 5): the fields of a POST to the token
 * service. They hold passwords, so their memory is wiped.
 */
#ifndef AUTH_FORM_H
#define AUTH_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/util/parameter.h"

struct err;

enum { FORM_SIZE_MAX = 64 * 1024, FORM_FIELDS_MAX = 100 };

struct form {
    char *memory; /* owned: the text that the fields point into */
    size_t size;
    size_t count;
    struct parameter fields[FORM_FIELDS_MAX];
};

/*
 * Reads n bytes; form_done() must follow, on failure too. ERR_SYNTAX for a bad escape or a control
 * byte, ERR_LIMIT for too much of something. No message holds a value.
 */
int form_parse(struct form *ret, const char *p, size_t n, struct err *err);
void form_done(struct form *f); /* wipes and frees */
/* The first field of that name, or NULL. */
const char *form_value(const struct form *f, const char *name);
/* The next one from *pos on; start with *pos = 0. */
const char *form_value_next(const struct form *f, const char *name, size_t *pos);
/* True when a Content-Type, parameters aside, names a form. NULL: false. */
bool form_is_type(const char *content_type);

#endif

/* SPDX-License-Identifier: MIT */
/* Reading effects that are answers: status, bodies, headers, quota, redirect. */
#include "lib/fault/effect_read.h"

#include <stdlib.h>

#include <jansson.h>

#include "lib/fault/fault.h"
#include "lib/fault/words.h"
#include "lib/util/err.h"
#include "lib/util/text.h"

int effect_read_status(struct effect_reader *r, const json_t *value, struct err *err)
{
    (void)err;
    r->effects->status = (int)json_integer_value(value);
    return 0;
}

int effect_read_error(struct effect_reader *r, const json_t *value, struct err *err)
{
    struct fault_error *e = &r->effects->error;

    (void)err;
    e->code = effect_text(value, "code");
    e->message = json_is_object(value) ? effect_text(value, "message") : NULL;
    e->detail = json_object_get(value, "detail");
    if (json_is_null(e->detail))
        e->detail = NULL;
    return 0;
}

int effect_read_raw_body(struct effect_reader *r, const json_t *value, struct err *err)
{
    struct fault_raw_body *b = &r->effects->raw_body;

    b->text = effect_text(value, "text");
    b->len = strlen(b->text);
    b->type = json_is_object(value) ? effect_text(value, "type") : NULL;
    if (b->type != NULL && !effect_is_line(b->type))
        return EFFECT_BELOW(r, "type", err, "control characters are not allowed");
    return 0;
}

static int check_header(struct effect_reader *r, const char *name, const json_t *value,
                        struct err *err)
{
    if (!effect_is_token(name))
        return EFFECT_BELOW(r, name, err, "%s is no name of a header", TEXT_QUOTE(name));
    if (json_is_string(value) && !effect_is_line(json_string_value(value)))
        return EFFECT_BELOW(r, name, err, "control characters are not allowed");
    return 0;
}

static size_t count_lines(json_t *object)
{
    const char *name;
    json_t *value;
    size_t n = 0;

    json_object_foreach(object, name, value)
    {
        n += json_is_array(value) ? json_array_size(value) : 1;
    }
    return n;
}

static int put_lines(struct effect_reader *r, const char *name, const json_t *value,
                     struct fault_header *lines, size_t *n, struct err *err)
{
    size_t count = json_is_array(value) ? json_array_size(value) : 1;

    for (size_t i = 0; i < count; i++) {
        const json_t *one = json_is_array(value) ? json_array_get(value, i) : value;

        if (json_is_null(one))
            continue;
        if (check_header(r, name, one, err) != 0)
            return -1;
        lines[(*n)++] = (struct fault_header){.name = name, .value = json_string_value(one)};
    }
    return 0;
}

static int read_lines(struct effect_reader *r, json_t *object, struct fault_header **ret,
                      size_t *ret_count, struct err *err)
{
    size_t most = object == NULL ? 0 : count_lines(object);
    const char *name;
    json_t *value;
    void *next;

    if (most > FAULT_HEADERS_MAX)
        return schema_error(r->at, err, "more than %d lines", FAULT_HEADERS_MAX);
    *ret = calloc(most + 1, sizeof(**ret));
    if (*ret == NULL)
        return err_set(err, ERR_NOMEM, "headers");
    json_object_foreach_safe(object, next, name, value)
    {
        if (effect_settle_text(object, name, err) != 0 ||
            put_lines(r, name, json_object_get(object, name), *ret, ret_count, err) != 0)
            return -1;
    }
    return 0;
}

static int read_removed(struct effect_reader *r, const json_t *value, struct err *err)
{
    struct fault_headers *h = &r->effects->headers;
    size_t count = json_is_array(value) ? json_array_size(value) : value != NULL;

    h->remove = calloc(count + 1, sizeof(*h->remove));
    if (h->remove == NULL)
        return err_set(err, ERR_NOMEM, "headers");
    for (size_t i = 0; i < count; i++) {
        const char *name =
            json_string_value(json_is_array(value) ? json_array_get(value, i) : value);

        if (!effect_is_token(name))
            return schema_error(r->at, err, "%s is no name of a header", TEXT_QUOTE(name));
        h->remove[h->remove_count++] = name;
    }
    return 0;
}

static json_t *object_or_null(const json_t *value, const char *key)
{
    json_t *object = json_object_get(value, key);

    return json_is_null(object) ? NULL : object;
}

int effect_read_headers(struct effect_reader *r, const json_t *value, struct err *err)
{
    struct fault_headers *h = &r->effects->headers;
    size_t len = strlen(r->at->path);
    int result;

    conf_path_add(r->at->path, "set", 0);
    result = read_lines(r, object_or_null(value, "set"), &h->set, &h->set_count, err);
    if (result == 0) {
        r->at->path[len] = '\0';
        conf_path_add(r->at->path, "add", 0);
        result = read_lines(r, object_or_null(value, "add"), &h->add, &h->add_count, err);
    }
    if (result == 0) {
        r->at->path[len] = '\0';
        conf_path_add(r->at->path, "remove", 0);
        result = read_removed(r, object_or_null(value, "remove"), err);
    }
    r->at->path[len] = '\0';
    return result;
}

int effect_read_quota(struct effect_reader *r, const json_t *value, struct err *err)
{
    const struct schema *s = effect_schema(FAULT_EFFECT_QUOTA);
    const struct vocabulary *v = r->context->vocabulary;
    struct fault_quota *q = &r->effects->quota;
    const char *per = effect_text(value, "per");
    struct text_nearest nearest;

    q->limit = effect_number(s, value, "limit", 0);
    q->window_ms = effect_number(s, value, "window", 0);
    q->per = FAULT_PER_ALL;
    if (per == NULL)
        return 0;
    text_nearest_begin(&nearest, per);
    for (size_t i = 0; i < v->word_count; i++) {
        text_nearest_offer(&nearest, v->words[i].name);
        if (strcmp(v->words[i].name, per) == 0)
            q->per = i;
    }
    if (q->per != FAULT_PER_ALL)
        return 0;
    return EFFECT_BELOW(r, "per", err, "%s is no word%s%s%s", TEXT_QUOTE(per),
                        nearest.name != NULL ? ": did you mean '" : "",
                        nearest.name != NULL ? nearest.name : "", nearest.name != NULL ? "'?" : "");
}

int effect_read_redirect(struct effect_reader *r, const json_t *value, struct err *err)
{
    static const int statuses[] = {301, 302, 303, 307, 308};
    const struct schema *s = effect_schema(FAULT_EFFECT_REDIRECT);
    const struct fault_product *product = r->context->product;
    struct fault_redirect *to = &r->effects->redirect;
    const char *why = NULL;

    to->to = effect_text(value, "to");
    to->status = statuses[effect_number(s, value, "status", 3)];
    to->hops = (uint32_t)effect_number(s, value, "hops", 1);
    to->strip_query = effect_number(s, value, "strip_query", 0) != 0;
    if (to->to != NULL && product != NULL && product->check_place != NULL)
        why = product->check_place(to->to);
    if (why != NULL)
        return json_is_object(value) ? EFFECT_BELOW(r, "to", err, "%s %s", TEXT_QUOTE(to->to), why)
                                     : schema_error(r->at, err, "%s %s", TEXT_QUOTE(to->to), why);
    if (to->to != NULL && (to->to[0] == '\0' || !effect_is_line(to->to)))
        return EFFECT_BELOW(r, "to", err, "%s is no place to go", TEXT_QUOTE(to->to));
    return 0;
}

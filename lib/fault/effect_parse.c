/* SPDX-License-Identifier: MIT */
#include "lib/fault/effect_parse.h"

#include <stdlib.h>

#include <jansson.h>

#include "lib/fault/effect_read.h"
#include "lib/util/digest.h"
#include "lib/util/err.h"
#include "lib/util/text.h"

/* --- Time ---------------------------------------------------------------------------------------
 */

/* Keys that go with one distribution only. */
static int check_dist(struct effect_reader *r, const json_t *value, const char *dist,
                      const char *const *needed, const char *const *strange, struct err *err)
{
    for (; *needed != NULL; needed++) {
        if (!effect_has(value, *needed))
            return schema_error(r->at, err, "the key '%s' is missing", *needed);
    }
    for (; *strange != NULL; strange++) {
        if (effect_has(value, *strange))
            return EFFECT_BELOW(r, *strange, err, "does not belong to %s", dist);
    }
    return 0;
}

static int read_dist(struct effect_reader *r, const json_t *value, struct fault_duration *d,
                     struct err *err)
{
    static const char *const uniform[] = {"min", "max", NULL};
    static const char *const lognormal[] = {"median", "sigma", NULL};
    const struct schema *s = effect_schema(FAULT_EFFECT_DELAY)->other;

    d->dist = effect_number(s, value, "dist", 0) == 0 ? FAULT_DIST_UNIFORM : FAULT_DIST_LOGNORMAL;
    d->min = (uint32_t)effect_number(s, value, "min", 0);
    d->max = (uint32_t)effect_number(s, value, "max", FAULT_DELAY_MAX_MS);
    d->median = (uint32_t)effect_number(s, value, "median", 0);
    d->sigma = json_number_value(json_object_get(value, "sigma"));
    if (d->dist == FAULT_DIST_LOGNORMAL) {
        static const char *const strange[] = {"min", NULL};

        return check_dist(r, value, "lognormal", lognormal, strange, err);
    }
    if (check_dist(r, value, "uniform", uniform, lognormal, err) != 0)
        return -1;
    if (d->min > d->max)
        return EFFECT_BELOW(r, "min", err, "is larger than max");
    return 0;
}

static int read_duration(struct effect_reader *r, const json_t *value, struct fault_duration *d,
                         struct err *err)
{
    if (json_is_object(value))
        return read_dist(r, value, d, err);
    *d = (struct fault_duration){
        .min = (uint32_t)schema_number(effect_schema(FAULT_EFFECT_DELAY), value)};
    return 0;
}

static int read_delay(struct effect_reader *r, const json_t *value, struct err *err)
{
    return read_duration(r, value, &r->effects->delay, err);
}

static int read_delay_body(struct effect_reader *r, const json_t *value, struct err *err)
{
    return read_duration(r, value, &r->effects->delay_body, err);
}

static int read_rate(struct effect_reader *r, const json_t *value, struct err *err)
{
    (void)err;
    r->effects->rate = schema_number(effect_schema(FAULT_EFFECT_RATE), value);
    return 0;
}

static int read_drip(struct effect_reader *r, const json_t *value, struct err *err)
{
    const struct schema *s = effect_schema(FAULT_EFFECT_DRIP);

    (void)err;
    r->effects->drip = (struct fault_drip){
        .pieces = (uint32_t)effect_number(s, value, "pieces", 0),
        .over_ms = (uint32_t)effect_number(s, value, "over", 0),
    };
    return 0;
}

static int check_gate(struct effect_reader *r, const char *gate, bool is_member, struct err *err)
{
    if (fault_name_is_good(gate))
        return 0;
    if (!is_member)
        return schema_error(r->at, err, "%s is no name of a gate", TEXT_QUOTE(gate));
    return EFFECT_BELOW(r, "gate", err, "%s is no name of a gate", TEXT_QUOTE(gate));
}

static int read_hold(struct effect_reader *r, const json_t *value, struct err *err)
{
    struct fault_hold *h = &r->effects->hold;

    h->gate = effect_text(value, "gate");
    h->in_body = effect_has(value, "after");
    if (h->in_body)
        h->after = effect_number(effect_schema(FAULT_EFFECT_HOLD), value, "after", 0);
    return check_gate(r, h->gate, json_is_object(value), err);
}

/* --- Connection ---------------------------------------------------------------------------------
 */

static int read_connection(struct effect_reader *r, const json_t *value, struct err *err)
{
    (void)err;
    r->effects->connection =
        (enum fault_connection)schema_number(effect_schema(FAULT_EFFECT_CONNECTION), value);
    return 0;
}

static int read_close_after(struct effect_reader *r, const json_t *value, struct err *err)
{
    (void)err;
    r->effects->close_after_requests = (uint32_t)json_integer_value(value);
    return 0;
}

static int read_cut(struct effect_reader *r, enum fault_effect kind, const json_t *value,
                    struct fault_cut *cut, struct err *err)
{
    const struct schema *s = effect_schema(kind);
    const char *gate = effect_text(value, "gate");
    double share = schema_share(json_object_get(value, "after"));

    cut->act = (enum fault_cut_do)effect_number(s, value, "do", 0);
    cut->after.is_share = share >= 0;
    if (cut->after.is_share)
        cut->after.share = share;
    else
        cut->after.bytes = effect_number(s, value, "after", 0);
    cut->gate = gate != NULL ? gate : r->context->id;
    if (gate != NULL && cut->act != FAULT_CUT_HOLD)
        return EFFECT_BELOW(r, "gate", err, "belongs to hold");
    return gate != NULL ? check_gate(r, gate, true, err) : 0;
}

static int read_body(struct effect_reader *r, const json_t *value, struct err *err)
{
    return read_cut(r, FAULT_EFFECT_BODY, value, &r->effects->body, err);
}

static int read_head(struct effect_reader *r, const json_t *value, struct err *err)
{
    return read_cut(r, FAULT_EFFECT_HEAD, value, &r->effects->head, err);
}

static int read_listener(struct effect_reader *r, const json_t *value, struct err *err)
{
    (void)r;
    (void)value;
    (void)err;
    return 0;
}

static int read_tls(struct effect_reader *r, const json_t *value, struct err *err)
{
    (void)err;
    r->effects->tls = (enum fault_tls)schema_number(effect_schema(FAULT_EFFECT_TLS), value);
    return 0;
}

/* --- Content ------------------------------------------------------------------------------------
 */

static int compare_offsets(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return x < y ? -1 : x > y;
}

static int read_flips(struct effect_reader *r, const json_t *value, struct err *err)
{
    static const struct schema size = {.type = SCHEMA_SIZE};
    struct fault_content *c = &r->effects->content;
    size_t count = json_is_array(value) ? json_array_size(value) : 1;

    if (count > FAULT_FLIPS_MAX)
        return EFFECT_BELOW(r, "flip", err, "more than %d offsets", FAULT_FLIPS_MAX);
    c->flip = calloc(count + 1, sizeof(*c->flip));
    if (c->flip == NULL)
        return err_set(err, ERR_NOMEM, "offsets");
    for (size_t i = 0; i < count; i++)
        c->flip[i] = schema_number(&size, json_is_array(value) ? json_array_get(value, i) : value);
    qsort(c->flip, count, sizeof(*c->flip), compare_offsets);
    /* A byte that is flipped twice would be right again. */
    for (size_t i = 0; i < count; i++) {
        if (c->flip_count == 0 || c->flip[c->flip_count - 1] != c->flip[i])
            c->flip[c->flip_count++] = c->flip[i];
    }
    return 0;
}

static int read_content(struct effect_reader *r, const json_t *value, struct err *err)
{
    struct fault_content *c = &r->effects->content;
    struct digest digest;
    struct err why = {0};

    c->has_truncate = effect_has(value, "truncate");
    c->truncate = effect_number(effect_schema(FAULT_EFFECT_CONTENT), value, "truncate", 0);
    c->substitute = effect_text(value, "substitute");
    if (c->substitute != NULL && digest_parse(&digest, c->substitute, &why) != 0)
        return EFFECT_BELOW(r, "substitute", err, "%s", why.msg);
    return effect_has(value, "flip") ? read_flips(r, json_object_get(value, "flip"), err) : 0;
}

static int read_lie(struct effect_reader *r, const json_t *value, struct fault_lie *lie,
                    struct err *err)
{
    const char *what = json_string_value(value);

    if (strcmp(what, "missing") == 0)
        lie->kind = FAULT_LIE_MISSING;
    else if (strcmp(what, "wrong") == 0)
        lie->kind = FAULT_LIE_WRONG;
    else
        *lie = (struct fault_lie){.kind = FAULT_LIE_VALUE, .value = what};
    return effect_is_line(what) ? 0
                                : schema_error(r->at, err, "control characters are not allowed");
}

static int read_digest_header(struct effect_reader *r, const json_t *value, struct err *err)
{
    return read_lie(r, value, &r->effects->digest_header, err);
}

static int read_length_header(struct effect_reader *r, const json_t *value, struct err *err)
{
    return read_lie(r, value, &r->effects->length_header, err);
}

static int read_type_header(struct effect_reader *r, const json_t *value, struct err *err)
{
    return read_lie(r, value, &r->effects->type_header, err);
}

static int read_range(struct effect_reader *r, const json_t *value, struct err *err)
{
    (void)err;
    r->effects->range = (enum fault_range)schema_number(effect_schema(FAULT_EFFECT_RANGE), value);
    return 0;
}

/* --- State --------------------------------------------------------------------------------------
 */

static int read_set(struct effect_reader *r, const json_t *value, struct err *err)
{
    const char *name;
    json_t *one;
    void *next;

    json_object_foreach_safe((json_t *)value, next, name, one)
    {
        if (!fault_name_is_good(name))
            return EFFECT_BELOW(r, name, err, "%s is no name of a variable", TEXT_QUOTE(name));
        if (json_string_length(one) > FAULT_VALUE_MAX)
            return EFFECT_BELOW(r, name, err, "longer than %d bytes", FAULT_VALUE_MAX);
        if (effect_settle_text((json_t *)value, name, err) != 0)
            return -1;
    }
    return 0;
}

/* --- All of it ----------------------------------------------------------------------------------
 */

static const effect_read_fn readers[FAULT_EFFECT_COUNT] = {
    [FAULT_EFFECT_STATUS] = effect_read_status,
    [FAULT_EFFECT_ERROR] = effect_read_error,
    [FAULT_EFFECT_RAW_BODY] = effect_read_raw_body,
    [FAULT_EFFECT_HEADERS] = effect_read_headers,
    [FAULT_EFFECT_QUOTA] = effect_read_quota,
    [FAULT_EFFECT_REDIRECT] = effect_read_redirect,
    [FAULT_EFFECT_DELAY] = read_delay,
    [FAULT_EFFECT_DELAY_BODY] = read_delay_body,
    [FAULT_EFFECT_RATE] = read_rate,
    [FAULT_EFFECT_DRIP] = read_drip,
    [FAULT_EFFECT_HOLD] = read_hold,
    [FAULT_EFFECT_CONNECTION] = read_connection,
    [FAULT_EFFECT_CLOSE_AFTER_REQUESTS] = read_close_after,
    [FAULT_EFFECT_BODY] = read_body,
    [FAULT_EFFECT_HEAD] = read_head,
    [FAULT_EFFECT_LISTENER] = read_listener,
    [FAULT_EFFECT_TLS] = read_tls,
    [FAULT_EFFECT_CONTENT] = read_content,
    [FAULT_EFFECT_DIGEST_HEADER] = read_digest_header,
    [FAULT_EFFECT_LENGTH_HEADER] = read_length_header,
    [FAULT_EFFECT_TYPE_HEADER] = read_type_header,
    [FAULT_EFFECT_RANGE] = read_range,
    [FAULT_EFFECT_SET] = read_set,
};

static int read_one(struct effect_reader *r, enum fault_effect kind, json_t *then, struct err *err)
{
    const char *key = fault_effect_key(kind);
    size_t len = strlen(r->at->path);
    int result = 0;

    if (!effect_has(then, key))
        return 0;
    r->effects->has |= UINT64_C(1) << kind;
    conf_path_add(r->at->path, key, 0);
    if (effect_schema(kind)->type == SCHEMA_SCALAR)
        result = effect_settle_text(then, key, err);
    if (result == 0)
        result = readers[kind](r, json_object_get(then, key), err);
    r->at->path[len] = '\0';
    return result;
}

int effects_parse(struct fault_effects *ret, json_t *then, const struct effect_context *context,
                  struct schema_place *at, struct err *err)
{
    struct fault_effects effects = {0};
    struct effect_reader r = {.effects = &effects, .context = context, .at = at};

    for (int kind = 0; kind < FAULT_EFFECT_COUNT; kind++) {
        if (read_one(&r, (enum fault_effect)kind, then, err) != 0) {
            fault_effects_done(&effects);
            return -1;
        }
    }
    *ret = effects;
    return 0;
}

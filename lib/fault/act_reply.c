/* SPDX-License-Identifier: MIT */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/fault/act.h"
#include "lib/fault/engine.h"
#include "lib/http/exchange.h"
#include "lib/http/request.h"
#include "lib/http/server.h"
#include "lib/util/util.h"

enum { VALUE_MAX = 1024 };

/* --- Rules that answer -------------------------------------------------------------------------
 */

static void product_answer(struct act_run *run, int status, const char *code,
                           const struct fault_error *error)
{
    const struct fault_product *product = &run->act->engine->options.product;

    if (product->answer != NULL)
        product->answer(run->x, status, code, error->message, error->detail, product->arg);
    else
        http_reply_begin(run->x, status);
}

static bool answer_redirect(struct act_run *run, const struct fault_effects *effects)
{
    const char *why;
    char *target = act_redirect_target(run, &effects->redirect, &why);
    const struct fault_error failure = {.message = why};

    if (why != NULL) {
        product_answer(run, 500, NULL, &failure);
        return true;
    }
    if (target == NULL)
        return false;
    product_answer(run, effects->redirect.status, NULL, &effects->error);
    http_reply_remove_header(run->x, "Content-Type");
    http_reply_text(run->x, "", 0);
    http_reply_set_header(run->x, "Location", target);
    free(target);
    return true;
}

bool act_reply_answer(struct act_run *run, size_t at)
{
    enum { TOO_MANY = 429 };
    const struct fault_effects *effects = &run->plan->rules[at]->effects;
    const char *code = effects->error.code;

    if (FAULT_HAS(effects, REDIRECT)) {
        if (!answer_redirect(run, effects))
            return false;
    } else if (FAULT_HAS(effects, STATUS)) {
        product_answer(run, effects->status, code, &effects->error);
    } else {
        ASSERT(FAULT_HAS(effects, QUOTA));
        product_answer(run, TOO_MANY, code, &effects->error);
    }
    http_reply_send(run->x);
    return true;
}

/* --- Headers -----------------------------------------------------------------------------------
 */

/* A length that is not the body's leaves the peer out of step: nothing may follow. */
static void length_changed(struct http_exchange *x)
{
    char text[32], value[VALUE_MAX];

    if (!http_reply_has_body(x) && http_exchange_request(x)->method == HTTP_METHOD_HEAD)
        return;
    (void)snprintf(text, sizeof(text), "%" PRId64, http_reply_length(x));
    if (!http_reply_get_header(x, "Content-Length", value, sizeof(value)) ||
        strcmp(text, value) != 0)
        http_conn_close_idle(http_exchange_conn(x));
}

/* What our own framing has to know of a header that a rule set or removed. */
static void header_changed(struct http_exchange *x, const char *name, const char *value)
{
    if (strcasecmp(name, "Content-Length") == 0)
        length_changed(x);
    else if (strcasecmp(name, "Transfer-Encoding") == 0)
        http_conn_close_idle(http_exchange_conn(x));
    else if (strcasecmp(name, "Connection") == 0 && value != NULL &&
             strcasecmp(value, "close") == 0)
        http_reply_close(x);
}

static void change_headers(struct http_exchange *x, const struct fault_headers *h)
{
    for (size_t i = 0; i < h->remove_count; i++) {
        http_reply_omit_header(x, h->remove[i]);
        header_changed(x, h->remove[i], NULL);
    }
    for (size_t i = 0; i < h->set_count; i++) {
        http_reply_set_header(x, h->set[i].name, h->set[i].value);
        header_changed(x, h->set[i].name, h->set[i].value);
    }
    for (size_t i = 0; i < h->add_count; i++) {
        http_reply_header(x, h->add[i].name, h->add[i].value);
        header_changed(x, h->add[i].name, h->add[i].value);
    }
}

/* As Docker Hub says it: "100;w=21600". */
static void add_quota(struct http_exchange *x, const struct fault_rule *rule,
                      const struct fault_quota_turn *turn)
{
    uint64_t window = rule->effects.quota.window_ms / 1000;
    uint64_t reset = (turn->reset_ms + 999) / 1000;
    char text[64];

    (void)snprintf(text, sizeof(text), "%" PRIu64 ";w=%" PRIu64, turn->limit, window);
    http_reply_set_header(x, "RateLimit-Limit", text);
    (void)snprintf(text, sizeof(text), "%" PRIu64 ";w=%" PRIu64, turn->remaining, window);
    http_reply_set_header(x, "RateLimit-Remaining", text);
    (void)snprintf(text, sizeof(text), "%" PRIu64, reset);
    http_reply_set_header(x, "RateLimit-Reset", text);
    if (turn->used_up)
        http_reply_set_header(x, "Retry-After", text);
}

/* --- Lies --------------------------------------------------------------------------------------
 */

/* Another last hex digit: well-formed, and not the digest of anything here. */
static void wrong_digest(char *value)
{
    size_t n = strlen(value);

    if (n > 0)
        value[n - 1] = value[n - 1] == '0' ? '1' : '0';
}

static void wrong_type(char *value)
{
    (void)snprintf(value, VALUE_MAX, "%s",
                   strncmp(value, "text/html", 9) == 0 ? "application/octet-stream" : "text/html");
}

static void lie(struct http_exchange *x, const char *name, const struct fault_lie *l,
                void (*wrong)(char *value))
{
    char value[VALUE_MAX] = "";

    switch (l->kind) {
    case FAULT_LIE_NONE:
        break;
    case FAULT_LIE_MISSING:
        http_reply_omit_header(x, name);
        break;
    case FAULT_LIE_WRONG:
        if (!http_reply_get_header(x, name, value, sizeof(value)))
            break;
        wrong(value);
        http_reply_set_header(x, name, value);
        break;
    case FAULT_LIE_VALUE:
        http_reply_set_header(x, name, l->value);
        break;
    }
}

/* One byte more than there is: on GET the peer waits for it until the connection ends. */
static void lie_about_length(struct http_exchange *x, const struct fault_lie *l)
{
    char text[32];

    if (l->kind == FAULT_LIE_WRONG) {
        (void)snprintf(text, sizeof(text), "%" PRId64, http_reply_length(x) + 1);
        http_reply_set_header(x, "Content-Length", text);
    } else {
        lie(x, "Content-Length", l, wrong_type);
    }
    if (l->kind != FAULT_LIE_NONE)
        length_changed(x);
}

static void lie_in_headers(struct act_run *run, const struct fault_effects *effects)
{
    const char *digest = run->act->engine->options.product.digest_header;

    if (digest != NULL)
        lie(run->x, digest, &effects->digest_header, wrong_digest);
    lie(run->x, "Content-Type", &effects->type_header, wrong_type);
    lie_about_length(run->x, &effects->length_header);
}

/* --- All of it ---------------------------------------------------------------------------------
 */

static void replace_body(struct http_exchange *x, const struct fault_raw_body *body)
{
    if (body->type != NULL)
        http_reply_set_header(x, "Content-Type", body->type);
    else
        http_reply_remove_header(x, "Content-Type");
    http_reply_remove_header(x, "Content-Range");
    http_reply_text(x, body->text, body->len);
}

static void decorate_connection(struct act_run *run, const struct fault_effects *effects)
{
    struct http_conn *c = http_exchange_conn(run->x);

    if (FAULT_HAS(effects, CLOSE_AFTER_REQUESTS) &&
        http_conn_requests(c) >= effects->close_after_requests)
        http_reply_close(run->x);
    if (!FAULT_HAS(effects, CONNECTION))
        return;
    if (effects->connection == FAULT_CONNECTION_CLOSE_IDLE)
        http_conn_close_idle(c);
    else if (effects->connection == FAULT_CONNECTION_BAD_CHUNK)
        act_content_bad_chunk(run->x);
}

/* The body first, then what is said about it, then what the rules want to be said. */
void act_reply_decorate(struct act_run *run)
{
    const struct fault_rule *rule;
    size_t pos = 0;

    rule = act_find(run, FAULT_EFFECT_RAW_BODY, &pos);
    if (rule != NULL)
        replace_body(run->x, &rule->effects.raw_body);
    for (pos = 0; (rule = act_find(run, FAULT_EFFECT_CONTENT, &pos)) != NULL; pos++) {
        if (rule->effects.content.has_truncate)
            act_content_truncate(run->x, rule->effects.content.truncate);
    }
    act_body_wrap(run);
    for (size_t i = 0; i < run->plan->count; i++) {
        rule = run->plan->rules[i];
        if (FAULT_HAS(&rule->effects, QUOTA))
            add_quota(run->x, rule, &run->plan->turns[i].quota);
        if (!act_acts(run, i))
            continue;
        lie_in_headers(run, &rule->effects);
        change_headers(run->x, &rule->effects.headers);
        decorate_connection(run, &rule->effects);
    }
}

/* SPDX-License-Identifier: MIT */
/*
 * What may stand in a `then`: one table per key. Refusals and the JSON Schema follow from these.
 */
#include "lib/fault/effect_parse.h"

#include "lib/util/schema.h"
#include "lib/util/util.h"

static const struct schema text_form = {.type = SCHEMA_TEXT};

static const struct schema error_members[] = {
    {.key = "code", .type = SCHEMA_TEXT, .help = "such as UNAVAILABLE; follows from the status"},
    {.key = "message", .type = SCHEMA_TEXT},
    {.key = "detail", .type = SCHEMA_ANY},
    {.key = NULL},
};

static const struct schema raw_body_members[] = {
    {.key = "type", .type = SCHEMA_TEXT, .help = "the media type; none is sent without"},
    {.key = "text", .type = SCHEMA_TEXT, .required = true},
    {.key = NULL},
};

static const struct schema header_value[] = {{.key = "*", .type = SCHEMA_SCALARS}};
static const struct schema headers_members[] = {
    {.key = "set", .type = SCHEMA_MAP, .members = header_value},
    {.key = "add", .type = SCHEMA_MAP, .members = header_value},
    {.key = "remove", .type = SCHEMA_LIST},
    {.key = NULL},
};

static const struct schema quota_members[] = {
    {.key = "limit", .type = SCHEMA_COUNT, .required = true, .help = "requests in a window"},
    {.key = "window", .type = SCHEMA_DURATION, .min = 1, .required = true},
    {.key = "per", .type = SCHEMA_TEXT, .help = "the word that is counted apart; without, all"},
    {.key = NULL},
};

static const char *const redirect_statuses[] = {"301", "302", "303", "307", "308", NULL};
static const struct schema redirect_members[] = {
    {.key = "to", .type = SCHEMA_TEXT, .help = "a URL, or a listener: listener:2, listener:tls"},
    {.key = "status", .type = SCHEMA_CHOICE, .choices = redirect_statuses},
    {.key = "hops", .type = SCHEMA_COUNT, .min = 1, .max = FAULT_HOPS_MAX},
    {.key = "strip_query", .type = SCHEMA_BOOL},
    {.key = NULL},
};

static const char *const dists[] = {"uniform", "lognormal", NULL};
static const struct schema dist_members[] = {
    {.key = "dist", .type = SCHEMA_CHOICE, .choices = dists, .required = true},
    {.key = "min", .type = SCHEMA_DURATION, .max = FAULT_DELAY_MAX_MS},
    {.key = "max", .type = SCHEMA_DURATION, .max = FAULT_DELAY_MAX_MS},
    {.key = "median", .type = SCHEMA_DURATION, .max = FAULT_DELAY_MAX_MS},
    {.key = "sigma", .type = SCHEMA_NUMBER, .max = 10},
    {.key = NULL},
};
static const struct schema dist_form = {.type = SCHEMA_OBJECT, .members = dist_members};

static const struct schema drip_members[] = {
    {.key = "pieces", .type = SCHEMA_COUNT, .min = 1, .max = 1000000, .required = true},
    {.key = "over", .type = SCHEMA_DURATION, .min = 1, .max = FAULT_DELAY_MAX_MS, .required = true},
    {.key = NULL},
};

static const struct schema hold_members[] = {
    {.key = "gate", .type = SCHEMA_TEXT, .required = true},
    {.key = "after",
     .type = SCHEMA_SIZE,
     .max = INT64_MAX,
     .help = "bytes of the body; without, at the head"},
    {.key = NULL},
};

static const char *const connections[] = {"drop",  "reset",      "garbage", "bad-chunk",
                                          "stall", "close-idle", NULL};

static const char *const cut_dos[] = {"close", "reset", "stall", "hold", NULL};
static const struct schema body_members[] = {
    {.key = "after", .type = SCHEMA_OFFSET, .max = INT64_MAX, .required = true},
    {.key = "do", .type = SCHEMA_CHOICE, .choices = cut_dos, .required = true},
    {.key = "gate", .type = SCHEMA_TEXT, .help = "with hold; the rule's id without"},
    {.key = NULL},
};
static const struct schema head_members[] = {
    {.key = "after", .type = SCHEMA_SIZE, .max = INT64_MAX, .required = true},
    {.key = "do", .type = SCHEMA_CHOICE, .choices = cut_dos, .required = true},
    {.key = "gate", .type = SCHEMA_TEXT, .help = "with hold; the rule's id without"},
    {.key = NULL},
};

static const char *const listener_values[] = {"refuse", NULL};
static const char *const tls_values[] = {"abort",      "expired", "self-signed",
                                         "wrong-name", "plain",   NULL};

static const struct schema content_members[] = {
    {.key = "flip",
     .type = SCHEMA_SIZES,
     .max = INT64_MAX,
     .help = "offsets of bytes that are wrong"},
    {.key = "truncate", .type = SCHEMA_SIZE, .max = INT64_MAX, .help = "an honest length of less"},
    {.key = "substitute", .type = SCHEMA_TEXT, .help = "the digest of another blob"},
    {.key = NULL},
};

static const char *const range_values[] = {"ignore", "shift", "wrong-header", "refuse", NULL};
static const struct schema variable_value[] = {{.key = "*", .type = SCHEMA_SCALAR}};

static const struct schema effects[FAULT_EFFECT_COUNT] = {
    [FAULT_EFFECT_STATUS] = {.type = SCHEMA_COUNT, .min = 200, .max = 999, .help = "answers"},
    [FAULT_EFFECT_ERROR] = {.type = SCHEMA_OBJECT,
                            .members = error_members,
                            .other = &text_form,
                            .help = "what the error body says; a text is the code"},
    [FAULT_EFFECT_RAW_BODY] = {.type = SCHEMA_OBJECT,
                               .members = raw_body_members,
                               .other = &text_form,
                               .help = "instead of an error body"},
    [FAULT_EFFECT_HEADERS] = {.type = SCHEMA_OBJECT, .members = headers_members},
    [FAULT_EFFECT_QUOTA] = {.type = SCHEMA_OBJECT,
                            .members = quota_members,
                            .help = "429 once it is used up; until then only RateLimit-* headers"},
    [FAULT_EFFECT_REDIRECT] = {.type = SCHEMA_OBJECT,
                               .members = redirect_members,
                               .other = &text_form,
                               .help = "answers; a text is where to"},
    [FAULT_EFFECT_DELAY] = {.type = SCHEMA_DURATION,
                            .max = FAULT_DELAY_MAX_MS,
                            .other = &dist_form,
                            .help = "before the head"},
    [FAULT_EFFECT_DELAY_BODY] = {.type = SCHEMA_DURATION,
                                 .max = FAULT_DELAY_MAX_MS,
                                 .other = &dist_form,
                                 .help = "between head and body"},
    [FAULT_EFFECT_RATE] = {.type = SCHEMA_SIZE,
                           .min = 1,
                           .max = INT64_MAX,
                           .help = "bytes per second"},
    [FAULT_EFFECT_DRIP] = {.type = SCHEMA_OBJECT,
                           .members = drip_members,
                           .help = "the body in pieces, spread over a time"},
    [FAULT_EFFECT_HOLD] = {.type = SCHEMA_OBJECT,
                           .members = hold_members,
                           .other = &text_form,
                           .help = "until the gate is released; a text is the gate"},
    [FAULT_EFFECT_CONNECTION] = {.type = SCHEMA_CHOICE, .choices = connections},
    [FAULT_EFFECT_CLOSE_AFTER_REQUESTS] = {.type = SCHEMA_COUNT, .min = 1, .max = INT32_MAX},
    [FAULT_EFFECT_BODY] = {.type = SCHEMA_OBJECT,
                           .members = body_members,
                           .help = "a cut behind so many bytes of the body"},
    [FAULT_EFFECT_HEAD] = {.type = SCHEMA_OBJECT,
                           .members = head_members,
                           .help = "a cut behind so many bytes of the head"},
    [FAULT_EFFECT_LISTENER] = {.type = SCHEMA_CHOICE,
                               .choices = listener_values,
                               .help = "at accept: only client and listener can match"},
    [FAULT_EFFECT_TLS] = {.type = SCHEMA_CHOICE,
                          .choices = tls_values,
                          .help = "at the handshake: only client, listener and sni can match"},
    [FAULT_EFFECT_CONTENT] = {.type = SCHEMA_OBJECT, .members = content_members},
    [FAULT_EFFECT_DIGEST_HEADER] = {.type = SCHEMA_TEXT, .help = "wrong, missing, or a value"},
    [FAULT_EFFECT_LENGTH_HEADER] = {.type = SCHEMA_SCALAR, .help = "wrong, missing, or a value"},
    [FAULT_EFFECT_TYPE_HEADER] = {.type = SCHEMA_TEXT, .help = "wrong, missing, or a value"},
    [FAULT_EFFECT_RANGE] = {.type = SCHEMA_CHOICE, .choices = range_values},
    [FAULT_EFFECT_SET] = {.type = SCHEMA_MAP,
                          .members = variable_value,
                          .help = "state variables; null takes one away"},
};

const struct schema *effect_schema(enum fault_effect kind)
{
    ASSERT(kind < FAULT_EFFECT_COUNT);
    return &effects[kind];
}

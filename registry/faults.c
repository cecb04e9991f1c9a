/* SPDX-License-Identifier: MIT */
#include "registry/faults.h"

#include <string.h>

#include <jansson.h>

#include "lib/control/journal.h"
#include "lib/fault/fault.h"
#include "lib/http/exchange.h"
#include "lib/http/server.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/fault_effects.h"
#include "registry/gate.h"
#include "registry/magic_call.h"
#include "registry/oci_error.h"
#include "registry/registry.h"
#include "registry/redirect.h"
#include "registry/retag.h"
#include "registry/state.h"
#include "registry/upload.h"
#include "registry/words.h"
#include "registry/world_route.h"

enum { NAMES_MAX = 512 };

/* --- What the engine asks of us ----------------------------------------------------------------
 */

static void answer(struct http_exchange *x, int status, const char *code, const char *message,
                   const json_t *detail, void *arg)
{
    struct registry_call *call = http_exchange_data(x);

    (void)arg;
    oci_error_begin_text(call, status, code, message,
                         detail != NULL ? json_deep_copy(detail) : NULL);
    if (status == 401)
        gate_add_challenge(call, CHALLENGE_PLAIN);
}

/* The session that a request names is gone, as though the registry had forgotten it. */
static void lose_upload(struct registry_call *call)
{
    struct fault_upload fault;

    faults_upload(call, &fault);
    if (fault.lose)
        upload_free(upload_find(call->world, call->route.repo, call->route.ref));
}

/* What the state of things is once a rule acted. A tag that is gone meanwhile is no reason to stop.
 */
static void acted(const struct fault_rule *rule, struct http_exchange *x, void *arg)
{
    struct registry_call *call = http_exchange_data(x);
    struct world *w = arg;
    const json_t *move = fault_rule_get(rule, "retag");
    const json_t *state = fault_rule_get(rule, "image_state");
    struct digest digest;

    if (call != NULL)
        lose_upload(call); /* where the rule answered; else it is gone already */
    if (move != NULL)
        (void)retag(w, json_string_value(json_object_get(move, "image")),
                    json_string_value(json_object_get(move, "to")), &digest, NULL);
    if (state != NULL)
        (void)image_states_set(w->states, state, false, NULL);
}

int faults_open(struct world *w, struct err *err)
{
    const struct fault_options options = {
        .loop = w->loop,
        .clock = &w->clock,
        .product = {.vocabulary = &registry_vocabulary,
                    .effects = registry_effects,
                    .uses = registry_effect_uses,
                    .answer = answer,
                    .acted = acted,
                    .place = redirect_place,
                    .check_place = redirect_check_place,
                    .mark = redirect_mark,
                    .mark_name = REDIRECT_MARK,
                    .digest_header = "Docker-Content-Digest",
                    .arg = w},
        .held_max = w->settings.held_max,
        .hold_limit_ms = w->settings.hold_limit,
        .seed = w->settings.seed,
    };

    return fault_engine_new(&w->faults, &options, err);
}

/* --- One request -------------------------------------------------------------------------------
 */

/* 417 for a client that asks before it sends a body (RFC 9110, 10.1.1). */
static void refuse_continue(struct registry_call *call)
{
    oci_error_reply_status(call, 417, OCI_UNSUPPORTED,
                           oci_detail("Expect: 100-continue is not welcome here"));
}

static void go_on(void *arg)
{
    struct fault_upload fault;
    struct registry_call *call;

    CAST_ARG(call, arg, CALL_MAGIC);
    faults_upload(call, &fault);
    lose_upload(call);
    if (fault.refuse_continue && call->req->expect_continue)
        refuse_continue(call);
    else
        call->after_faults(call);
}

/* Now, because a request that a rule holds may not end for long. */
static void note_rules(struct registry_call *call)
{
    char names[NAMES_MAX];

    fault_plan_names(&call->plan, names, sizeof(names));
    journal_note(call->world->journal, call->seq, JOURNAL_RULE, names);
}

void faults_begin(struct registry_call *call, registry_handler next)
{
    const struct fault_extra *extra = magic_rules(call);
    struct fault_engine *e = call->world->faults;

    if (fault_engine_count(e) == 0 && extra == NULL) {
        next(call);
        return;
    }
    fault_match(e, &call->words, extra, &call->plan);
    if (call->plan.count == 0) {
        next(call);
        return;
    }
    note_rules(call);
    call->after_faults = next;
    fault_begin(e, &call->plan, call->x, go_on, call);
}

void faults_ended(struct registry_call *call)
{
    if (call->plan.count > 0)
        fault_plan_done(call->world->faults, &call->plan);
}

static enum http_verdict connection(struct http_conn *c)
{
    struct world *w = world_route_conn(http_listener_data(http_conn_listener(c)), c);
    const char *tls = NULL;
    struct subject s;

    if (fault_engine_count(w->faults) == 0)
        return HTTP_PASS;
    words_of_conn(&s, c);
    return fault_connection(w->faults, &s, c, &tls);
}

enum http_verdict registry_hook(enum http_stage stage, struct http_conn *c, struct http_exchange *x,
                                void *arg)
{
    struct registry_call *call = x != NULL ? http_exchange_data(x) : NULL;

    (void)arg;
    if (stage == HTTP_STAGE_ACCEPT || stage == HTTP_STAGE_TLS)
        return connection(c);
    if (call == NULL || call->plan.count == 0)
        return HTTP_PASS;
    if (stage == HTTP_STAGE_RESPONSE_HEAD)
        return fault_response_head(call->world->faults, &call->plan, x);
    if (stage == HTTP_STAGE_RESPONSE_BODY)
        return fault_response_body(call->world->faults, &call->plan, x);
    return HTTP_PASS;
}

/* --- Effects that handlers ask for -------------------------------------------------------------
 */

enum fault_range faults_range(const struct registry_call *call)
{
    static const char *const names[] = {"", "ignore", "shift", "wrong-header", "refuse"};
    const char *value = json_string_value(fault_plan_get(&call->plan, "range"));

    for (size_t i = 1; value != NULL && i < ARRAY_LEN(names); i++) {
        if (strcmp(value, names[i]) == 0)
            return (enum fault_range)i;
    }
    return FAULT_RANGE_HONOUR;
}

struct blob *faults_substitute(const struct registry_call *call, struct blob *b)
{
    const json_t *content = fault_plan_get(&call->plan, "content");
    const char *text = json_string_value(json_object_get(content, "substitute"));
    struct meta_store *meta = call->world->meta;
    struct digest digest;
    struct blob *other;

    if (text == NULL || digest_parse(&digest, text, NULL) != 0)
        return b;
    other = meta->ops->blob_find(meta, call->route.repo, &digest);
    return other != NULL ? other : b;
}

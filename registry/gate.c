/* SPDX-License-Identifier: MIT */
#include "registry/gate.h"

#include <string.h>

#include <jansson.h>

#include "auth/identity.h"
#include "auth/token.h"
#include "lib/http/exchange.h"
#include "lib/http/request.h"
#include "lib/util/text.h"
#include "lib/util/util.h"
#include "registry/access.h"
#include "registry/fault_effects.h"
#include "registry/magic_call.h"
#include "registry/oci_error.h"
#include "registry/registry.h"

/* What an op needs. */
enum need_kind {
    NEED_NOTHING,    /* open to all, or checked elsewhere */
    NEED_VALID,      /* no wrong credentials */
    NEED_PING,       /* as NEED_VALID, and auth.ping decides about none */
    NEED_REPOSITORY, /* actions on the repository of the route */
    NEED_CATALOG,
};

static const struct {
    enum need_kind kind;
    unsigned actions;
} needs[] = {
    [OP_PING] = {NEED_PING, 0},
    [OP_TOKEN] = {NEED_NOTHING, 0},
    [OP_MANIFEST_HEAD] = {NEED_REPOSITORY, SCOPE_PULL},
    [OP_MANIFEST_GET] = {NEED_REPOSITORY, SCOPE_PULL},
    [OP_MANIFEST_PUT] = {NEED_REPOSITORY, SCOPE_PULL | SCOPE_PUSH},
    [OP_MANIFEST_DELETE] = {NEED_REPOSITORY, SCOPE_DELETE},
    [OP_BLOB_HEAD] = {NEED_REPOSITORY, SCOPE_PULL},
    [OP_BLOB_GET] = {NEED_REPOSITORY, SCOPE_PULL},
    [OP_BLOB_DELETE] = {NEED_REPOSITORY, SCOPE_DELETE},
    [OP_UPLOAD_START] = {NEED_REPOSITORY, SCOPE_PULL | SCOPE_PUSH},
    [OP_UPLOAD_PATCH] = {NEED_REPOSITORY, SCOPE_PULL | SCOPE_PUSH},
    [OP_UPLOAD_PUT] = {NEED_REPOSITORY, SCOPE_PULL | SCOPE_PUSH},
    [OP_UPLOAD_STATUS] = {NEED_REPOSITORY, SCOPE_PULL},
    /* Whoever pushes may give up, also without the right to delete. */
    [OP_UPLOAD_CANCEL] = {NEED_REPOSITORY, SCOPE_PUSH},
    [OP_UPLOAD_MOUNT] = {NEED_REPOSITORY, SCOPE_PULL | SCOPE_PUSH},
    [OP_TAGS_LIST] = {NEED_REPOSITORY, SCOPE_PULL},
    [OP_CATALOG] = {NEED_CATALOG, SCOPE_ALL},
    [OP_REFERRERS] = {NEED_REPOSITORY, SCOPE_PULL},
    [OP_EXTENSION] = {NEED_REPOSITORY, SCOPE_PULL},
    [OP_ROOT] = {NEED_NOTHING, 0},
    [OP_JWKS] = {NEED_NOTHING, 0},
    [OP_UNKNOWN] = {NEED_NOTHING, 0},
};

/* A scope set of at most two, which needs no memory of its own. */
struct wants {
    struct scope items[2];
    struct scope_set set; /* borrows items */
};

static void want(struct wants *w, const char *repo, unsigned actions)
{
    ASSERT(w->set.count < ARRAY_LEN(w->items));
    scope_repository(&w->items[w->set.count++], repo, actions);
}

static enum need_kind need_of(const struct registry_call *call)
{
    ASSERT((size_t)call->route.op < ARRAY_LEN(needs));
    /* The list of extensions of the registry itself belongs to no repository. */
    if (call->route.op == OP_EXTENSION && call->route.repo[0] == '\0')
        return NEED_VALID;
    return needs[call->route.op].kind;
}

/* True when it does not matter who asks. */
static bool is_open(const struct registry_call *call)
{
    return call->world->auth == NULL || need_of(call) == NEED_NOTHING;
}

/* What must be allowed for the call to go on. */
static void set_needed(struct wants *w, const struct registry_call *call)
{
    w->set = (struct scope_set){.items = w->items};
    switch (need_of(call)) {
    case NEED_REPOSITORY:
        want(w, call->route.name, needs[call->route.op].actions);
        break;
    case NEED_CATALOG:
        scope_catalog(&w->items[w->set.count++]);
        break;
    case NEED_NOTHING:
    case NEED_VALID:
    case NEED_PING:
        break;
    }
}

/* What a challenge names: a mount also wants to read from its source. */
static void set_offered(struct wants *w, const struct registry_call *call)
{
    const char *from = http_request_parameter(call->req, "from");

    set_needed(w, call);
    if (call->route.op == OP_UPLOAD_MOUNT && from != NULL && reference_is_name(from) &&
        strcmp(from, call->route.name) != 0)
        want(w, from, SCOPE_PULL);
}

/* --- Refusing -------------------------------------------------------------------------------- */

/* [{"Type","Class","Name","Action"}], one for each action: what distribution shows. */
static json_t *detail_of(const struct scope_set *scopes)
{
    static const struct {
        unsigned action;
        const char *name;
    } actions[] = {
        {SCOPE_PULL, "pull"}, {SCOPE_PUSH, "push"}, {SCOPE_DELETE, "delete"}, {SCOPE_ALL, "*"}};
    json_t *detail = scopes->count > 0 ? json_array() : NULL;

    for (size_t i = 0; i < scopes->count; i++) {
        const struct scope *s = &scopes->items[i];

        for (size_t k = 0; k < ARRAY_LEN(actions); k++) {
            if ((s->actions & actions[k].action) != 0)
                (void)json_array_append_new(detail, json_pack("{s:s,s:s,s:s,s:s}", "Type", s->type,
                                                              "Class", s->class, "Name", s->name,
                                                              "Action", actions[k].name));
        }
    }
    return detail;
}

/* Credentials may have come that are none here: the identity says so. */
static const char *why_none(const struct registry_call *call)
{
    return call->identity.reason[0] != '\0' ? call->identity.reason : "no credentials";
}

void gate_add_challenge(struct registry_call *call, enum challenge_error error)
{
    struct auth *auth = call->world->auth;
    struct challenge_twist twist;
    struct wants offered;

    if (auth == NULL)
        return;
    faults_challenge(call, &twist);
    if (magic_is_meant(call)) /* so that a form that asks for a token can be told apart */
        twist.below = call->route.name;
    set_offered(&offered, call);
    if (call->route.op == OP_TOKEN) /* credentials are sent with Basic there */
        challenge_reply_basic(auth, call->x, &twist);
    else
        challenge_reply(auth, call->x, &offered.set, error, &twist);
}

void gate_challenge(struct registry_call *call, enum challenge_error error, const char *why)
{
    struct wants offered;

    set_offered(&offered, call);
    oci_error_begin(call, 401, OCI_UNAUTHORIZED, detail_of(&offered.set));
    gate_add_challenge(call, error);
    text_copy(call->reason, sizeof(call->reason), why);
    http_reply_send(call->x);
}

void gate_deny(struct registry_call *call, const char *why)
{
    struct wants needed;

    set_needed(&needed, call);
    oci_error_begin(call, 403, OCI_DENIED, detail_of(&needed.set));
    text_copy(call->reason, sizeof(call->reason), why);
    http_reply_send(call->x);
}

bool gate_is_on(const struct registry_call *call)
{
    return call->world->auth != NULL && access_is_on(call->world->auth);
}

void gate_refuse_scope(struct registry_call *call)
{
    gate_challenge(call, CHALLENGE_INSUFFICIENT_SCOPE, "the token lacks a scope");
}

/* --- Deciding -------------------------------------------------------------------------------- */

/* 401 on a ping without credentials makes clients bring some; see auth.ping. */
static bool ping_passes(struct registry_call *call)
{
    if (need_of(call) != NEED_PING || call->identity.kind != IDENTITY_NONE)
        return true;
    return !access_ping_challenges(call->world->auth);
}

bool gate_would_pass(const struct registry_call *call)
{
    struct wants needed;

    if (is_open(call) || call->redirect_grants)
        return true;
    set_needed(&needed, call);
    return access_check(call->world->auth, &call->identity, &needed.set) == ACCESS_ALLOWED;
}

void gate_pass(struct registry_call *call, registry_handler next)
{
    struct wants needed;

    if (is_open(call) || call->redirect_grants) {
        next(call);
        return;
    }
    set_needed(&needed, call);
    switch (access_check(call->world->auth, &call->identity, &needed.set)) {
    case ACCESS_ALLOWED:
        if (ping_passes(call))
            next(call);
        else
            gate_challenge(call, CHALLENGE_PLAIN, why_none(call));
        return;
    case ACCESS_NO_CREDENTIALS:
        gate_challenge(call, CHALLENGE_PLAIN, why_none(call));
        return;
    case ACCESS_BAD_CREDENTIALS:
        gate_challenge(call, CHALLENGE_INVALID_TOKEN, call->identity.reason);
        return;
    case ACCESS_TOKEN_SCOPE:
        gate_refuse_scope(call);
        return;
    case ACCESS_DENIED:
        gate_deny(call, "the policy gives this account no such right");
        return;
    }
    ASSERT(false);
}

/* --- Asking who it is ------------------------------------------------------------------------ */

static void abandon_query(struct registry_call *call)
{
    identity_cancel(call->pending);
}

static void on_identity(void *arg, const struct identity *id)
{
    struct registry_call *call;

    CAST_ARG(call, arg, CALL_MAGIC);
    call_resume(call);
    if (identity_copy(&call->identity, id) != 0) {
        oci_error_reply(call, OCI_UNAVAILABLE, oci_detail("out of memory"));
        return;
    }
    call->identified = true;
    call->after_identity(call);
}

void gate_identify(struct registry_call *call, registry_handler next)
{
    struct identity_query *query = NULL;

    if (call->route.op == OP_TOKEN && call->world->auth != NULL)
        call->identified = token_claimed(call->world->auth, call->x, &call->identity);
    if (is_open(call)) {
        next(call);
        return;
    }
    call->after_identity = next;
    identity_find(call->world->auth, call->x, on_identity, call, &query);
    /* Without a query all is done, and the call may be gone. */
    if (query != NULL)
        call_wait(call, abandon_query, query);
}

/* --- The source of a mount (UP12) ------------------------------------------------------------ */

static enum access_answer may_pull(void *arg, const struct registry_call *call, const char *repo)
{
    struct auth *auth = call->world->auth;
    struct wants w = {.set.items = w.items};

    (void)arg;
    want(&w, repo, SCOPE_PULL);
    switch (access_check(auth, &call->identity, &w.set)) {
    case ACCESS_ALLOWED:
        return ACCESS_GRANTED;
    case ACCESS_TOKEN_SCOPE:
        /* A token that could be had: the client shall fetch it. */
        return access_policy_allows(auth, call->identity.account, &w.items[0])
                   ? ACCESS_SCOPE_MISSING
                   : ACCESS_REFUSED;
    case ACCESS_NO_CREDENTIALS:
    case ACCESS_BAD_CREDENTIALS:
    case ACCESS_DENIED:
        break;
    }
    return ACCESS_REFUSED;
}

const struct access_policy gate_policy = {.may_pull = may_pull};

/* SPDX-License-Identifier: MIT */
#include "registry/state_gate.h"

#include <string.h>

#include <jansson.h>

#include "lib/http/exchange.h"
#include "lib/http/request.h"
#include "lib/http/server.h"
#include "lib/util/util.h"
#include "registry/fault_effects.h"
#include "registry/gate.h"
#include "registry/magic.h"
#include "registry/oci_error.h"
#include "registry/registry.h"
#include "registry/state.h"
#include "registry/store/blob_store.h"

/* What an op asks the states, and whether an absent image matters to it. */
enum subject_kind {
    ASK_NOTHING,
    ASK_PULL,     /* a manifest that is pulled: counted */
    ASK_MANIFEST, /* a manifest that is deleted */
    ASK_PUSH,     /* a manifest that is pushed: absent is no obstacle */
    ASK_BLOB,
    ASK_REPOSITORY, /* lists */
    ASK_UPLOAD,     /* absent is no obstacle */
    ASK_REFERRERS,  /* absent: an empty list */
};

static const enum subject_kind subjects[] = {
    [OP_PING] = ASK_NOTHING,         [OP_TOKEN] = ASK_NOTHING,
    [OP_MANIFEST_HEAD] = ASK_PULL,   [OP_MANIFEST_GET] = ASK_PULL,
    [OP_MANIFEST_PUT] = ASK_PUSH,    [OP_MANIFEST_DELETE] = ASK_MANIFEST,
    [OP_BLOB_HEAD] = ASK_BLOB,       [OP_BLOB_GET] = ASK_BLOB,
    [OP_BLOB_DELETE] = ASK_BLOB,     [OP_UPLOAD_START] = ASK_UPLOAD,
    [OP_UPLOAD_PATCH] = ASK_UPLOAD,  [OP_UPLOAD_PUT] = ASK_UPLOAD,
    [OP_UPLOAD_STATUS] = ASK_UPLOAD, [OP_UPLOAD_CANCEL] = ASK_UPLOAD,
    [OP_UPLOAD_MOUNT] = ASK_UPLOAD,  [OP_TAGS_LIST] = ASK_REPOSITORY,
    [OP_CATALOG] = ASK_NOTHING,      [OP_REFERRERS] = ASK_REFERRERS,
    [OP_EXTENSION] = ASK_NOTHING,    [OP_ROOT] = ASK_NOTHING,
    [OP_JWKS] = ASK_NOTHING,         [OP_UNKNOWN] = ASK_NOTHING,
};

static enum subject_kind subject_of(const struct registry_call *call)
{
    ASSERT((size_t)call->route.op < ARRAY_LEN(subjects));
    return subjects[call->route.op];
}

/* --- Questions ---------------------------------------------------------------------------------
 */

static struct state_question question(const struct registry_call *call, enum state_kind kind,
                                      const char *repo)
{
    return (struct state_question){
        .kind = kind,
        .repo = repo,
        .user = call->identity.account,
        .client = http_conn_peer(http_exchange_conn(call->x)),
        .user_agent = http_request_header(call->req, "User-Agent"),
        .get = call->route.op == OP_MANIFEST_GET,
    };
}

/* Tag and digest of the manifest that the route names, as far as there are any. */
static struct state_question manifest_question(const struct registry_call *call)
{
    struct state_question q = question(call, STATE_MANIFEST, call->route.repo);
    struct meta_store *meta = call->world->meta;
    const struct manifest *m;

    if (call->has_digest) {
        q.digest = call->digest.text;
    } else if (reference_is_tag(call->route.ref)) {
        q.tag = call->route.ref;
        m = meta->ops->tag_find(meta, call->route.repo, call->route.ref);
        if (m != NULL)
            q.digest = m->blob->digest.text;
    }
    return q;
}

static void ask(const struct registry_call *call, struct state_answer *ret)
{
    struct image_states *states = call->world->states;
    struct state_question q;

    *ret = (struct state_answer){.state = faults_state(call), .repository = true};
    if (ret->state != IMAGE_PRESENT)
        return;
    switch (subject_of(call)) {
    case ASK_PULL:
        q = manifest_question(call);
        image_states_pull(states, &q, ret);
        return;
    case ASK_MANIFEST:
    case ASK_PUSH:
        q = manifest_question(call);
        break;
    case ASK_BLOB:
        q = question(call, STATE_BLOB, call->route.repo);
        q.digest = call->has_digest ? call->digest.text : NULL;
        break;
    default:
        q = question(call, STATE_REPOSITORY, call->route.repo);
        break;
    }
    image_states_look(states, &q, ret);
}

/* --- Answers -----------------------------------------------------------------------------------
 */

/* Exactly what the registry says of a name it never had. */
static void reply_absent(struct registry_call *call, const struct state_answer *a)
{
    const char *kind = call->has_digest ? "digest" : "tag";

    if (subject_of(call) == ASK_BLOB)
        oci_error_reply(call, OCI_BLOB_UNKNOWN,
                        json_pack("{s:o}", "digest", oci_text(call->route.ref)));
    else if (a->repository)
        oci_error_reply(call, OCI_NAME_UNKNOWN, json_pack("{s:s}", "name", call->route.name));
    else
        oci_error_reply(
            call, OCI_MANIFEST_UNKNOWN,
            json_pack("{s:s, s:o}", "name", call->route.name, kind, oci_text(call->route.ref)));
}

static enum challenge_error challenge_of(const struct registry_call *call,
                                         const struct state_answer *a)
{
    if (a->challenge_error == NULL)
        return call->identity.kind == IDENTITY_BEARER ? CHALLENGE_INSUFFICIENT_SCOPE
                                                      : CHALLENGE_PLAIN;
    if (strcmp(a->challenge_error, "insufficient_scope") == 0)
        return CHALLENGE_INSUFFICIENT_SCOPE;
    return strcmp(a->challenge_error, "invalid_token") == 0 ? CHALLENGE_INVALID_TOKEN
                                                            : CHALLENGE_PLAIN;
}

static void reply_denied(struct registry_call *call)
{
    if (gate_is_on(call) && call->identity.kind == IDENTITY_NONE)
        gate_challenge(call, CHALLENGE_PLAIN, "the image is denied, and nobody logged in");
    else
        gate_deny(call, "the image is denied");
}

/* True when absence is for the handler to deal with. */
static bool absence_passes(const struct registry_call *call)
{
    enum subject_kind kind = subject_of(call);

    return kind == ASK_PUSH || kind == ASK_UPLOAD || kind == ASK_REFERRERS;
}

/* The fast path: neither states nor rules have a say. */
static bool asks_nobody(const struct registry_call *call)
{
    return image_states_empty(call->world->states) && call->plan.count == 0;
}

void state_gate_pass(struct registry_call *call, registry_handler next)
{
    struct state_answer a;

    if (subject_of(call) == ASK_NOTHING || asks_nobody(call)) {
        next(call);
        return;
    }
    ask(call, &a);
    call->state = a.state;
    if (a.state == IMAGE_PRESENT || (a.state == IMAGE_ABSENT && absence_passes(call)))
        next(call);
    else if (a.state == IMAGE_ABSENT)
        reply_absent(call, &a);
    else if (a.state == IMAGE_UNAUTHORIZED)
        gate_challenge(call, challenge_of(call, &a), "the image is unauthorized");
    else
        reply_denied(call);
}

void state_gate_ended(struct registry_call *call, int status)
{
    struct state_question q;

    if (subject_of(call) != ASK_PULL || image_states_empty(call->world->states))
        return;
    q = manifest_question(call);
    image_states_answered(call->world->states, &q, status);
}

/* --- Lists and mounts --------------------------------------------------------------------------
 */

static bool shows(const struct registry_call *call, const struct state_question *q)
{
    struct state_answer a;

    image_states_look(call->world->states, q, &a);
    return a.state != IMAGE_ABSENT;
}

bool state_shows_tag(const struct registry_call *call, const struct tag_entry *tag)
{
    struct state_question q;

    if (image_states_empty(call->world->states))
        return true;
    q = question(call, STATE_MANIFEST, call->route.repo);
    q.tag = tag->name;
    q.digest = tag->manifest->blob->digest.text;
    return shows(call, &q);
}

bool state_shows_repository(const struct registry_call *call, const char *repo)
{
    struct state_question q;

    if (image_states_empty(call->world->states))
        return true;
    q = question(call, STATE_REPOSITORY, repo);
    return shows(call, &q);
}

bool state_shows_manifest(const struct registry_call *call, const struct digest *digest)
{
    struct state_question q;

    if (faults_state(call) == IMAGE_ABSENT)
        return false;
    if (image_states_empty(call->world->states))
        return true;
    q = question(call, STATE_MANIFEST, call->route.repo);
    q.digest = digest->text;
    return shows(call, &q);
}

bool state_shows_source(const struct registry_call *call, const char *repo,
                        const struct digest *digest)
{
    struct state_answer a;
    struct state_question q;

    if (image_states_empty(call->world->states))
        return true;
    q = question(call, STATE_BLOB, repo);
    q.digest = digest->text;
    image_states_look(call->world->states, &q, &a);
    return a.state == IMAGE_PRESENT;
}

/* --- Tokens ------------------------------------------------------------------------------------
 */

bool state_withholds(void *arg, const char *account, const char *repo)
{
    const struct world *w = arg;
    struct state_question q = {.kind = STATE_REPOSITORY, .user = account};
    struct magic_meaning meaning;
    struct state_answer a;

    if (magic_find(w->magic, repo, &meaning, NULL) && meaning.rules != NULL &&
        faults_withhold(meaning.rules))
        return true;
    q.repo = meaning.repo;
    if (image_states_empty(w->states))
        return false;
    image_states_look(w->states, &q, &a);
    return a.state == IMAGE_UNAUTHORIZED;
}

/* --- Pushes ------------------------------------------------------------------------------------
 */

/* Without memory for it what was pushed stays hidden: a mock that is out of memory may do that. */
void state_manifest_pushed(struct world *world, const char *repo, const char *const *tags,
                           size_t tag_count, const struct digest *digest)
{
    if (image_states_empty(world->states))
        return;
    for (size_t i = 0; i < tag_count; i++)
        (void)image_states_pushed(world->states, repo, tags[i], digest->text);
    if (tag_count == 0)
        (void)image_states_pushed(world->states, repo, NULL, digest->text);
}

void state_blob_linked(struct world *world, const char *repo, const struct digest *digest)
{
    if (!image_states_empty(world->states))
        (void)image_states_linked(world->states, repo, digest->text);
}

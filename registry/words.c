/* SPDX-License-Identifier: MIT */
#include "registry/words.h"
#include "lib/control/pulls.h"
#include "lib/http/exchange.h"
#include "lib/http/request.h"
#include "lib/http/server.h"
#include "lib/util/text.h"
#include "lib/util/util.h"
#include "registry/call.h"
#include "registry/members.h"
#include "registry/reference.h"
#include "registry/registry.h"
#include "registry/store/blob_store.h"

static const char *const ops[] = {
#define OP_ROW(name, text) [OP_##name] = (text),
#include "registry/op.tbl.h"
#undef OP_ROW
};

static const char *const roles[] = {"config", "layer", NULL};

static const char *const kinds[] = {
#define KIND_NAME(name, word) word,
    IDENTITY_KINDS(KIND_NAME)
#undef KIND_NAME
        NULL};

/* Requests with a method that nobody knows have whatever their path says. */
#define OP_BIT(op) (UINT64_C(1) << OP_##op)

#define WITHOUT_REPO      (OP_BIT(PING) | OP_BIT(TOKEN) | OP_BIT(CATALOG) | OP_BIT(ROOT) | OP_BIT(JWKS))
#define WITHOUT_REFERENCE (WITHOUT_REPO | OP_BIT(TAGS_LIST) | OP_BIT(EXTENSION))
#define OF_BLOBS          (OP_BIT(BLOB_HEAD) | OP_BIT(BLOB_GET) | OP_BIT(BLOB_DELETE) | OP_BIT(UNKNOWN))

static const struct word words[] = {
    [WORD_OP_NAME] = {.name = "op", .kind = WORD_OP, .help = "what is asked for: blob.get"},
    [WORD_REPO] = {.name = "repo",
                   .ops = ~WITHOUT_REPO,
                   .can_be = reference_is_name,
                   .help = "repository: team/app"},
    [WORD_REF] = {.name = "ref",
                  .ops = ~WITHOUT_REFERENCE,
                  .help = "tag, digest or upload as it was sent"},
    [WORD_DIGEST] = {.name = "digest",
                     .ops = ~WITHOUT_REFERENCE,
                     .help = "digest asked for, or what the tag points to"},
    [WORD_ROLE] = {.name = "role",
                   .kind = WORD_CHOICE,
                   .choices = roles,
                   .ops = OF_BLOBS,
                   .help = "what a manifest uses the blob for"},
    [WORD_USER] = {.name = "user", .help = "account; anonymous for none"},
    [WORD_AUTH] = {.name = "auth",
                   .kind = WORD_CHOICE,
                   .choices = kinds,
                   .help = "kind of the credentials that were sent"},
    [WORD_LISTENER] = {.name = "listener",
                       .early = true,
                       .help = "URL of the listener: http://127.0.0.1:5000"},
    [WORD_CLIENT] = {.name = "client",
                     .kind = WORD_ADDRESS,
                     .early = true,
                     .help = "address of the client, or CIDR"},
    [WORD_SNI] = {.name = "sni", .hello = true, .help = "server name that a TLS client asks for"},
    [WORD_USER_AGENT] = {.name = "userAgent", .help = "User-Agent header"},
    [WORD_NS] = {.name = "ns", .help = "the upstream that containerd asks a mirror for"},
};

const struct vocabulary registry_vocabulary = {
    .words = words,
    .word_count = REGISTRY_WORDS,
    .ops = ops,
    .op_count = ARRAY_LEN(ops),
    .op_word = WORD_OP_NAME,
    .key_word = WORD_REPO,
    .client_word = WORD_CLIENT,
    .user_word = WORD_USER,
};

const struct pulls_ops registry_pulls = {
    .token = OP_TOKEN,
    .manifest_head = OP_MANIFEST_HEAD,
    .manifest_get = OP_MANIFEST_GET,
    .blob_head = OP_BLOB_HEAD,
    .blob_get = OP_BLOB_GET,
    .repo = WORD_REPO,
    .ref = WORD_REF,
    .digest = WORD_DIGEST,
    .role = WORD_ROLE,
    .config_role = "config",
    .scope_prefix = "repository:",
    .is_member = members_is_member,
};

/* "" is no value. */
static const char *text(const char *value)
{
    return value[0] != '\0' ? value : NULL;
}

static const char *role(const struct registry_call *call)
{
    return call->role == BLOB_ROLE_NONE ? NULL : roles[call->role - BLOB_ROLE_CONFIG];
}

/* The manifest that a tag points to, for rules that name digests; a copy, because it may vanish
   before the request ends. */
static void resolve(struct registry_call *call)
{
    struct meta_store *meta = call->world->meta;
    const struct manifest *m = NULL;

    if ((call->route.op == OP_MANIFEST_GET || call->route.op == OP_MANIFEST_HEAD) &&
        reference_is_tag(call->route.ref))
        m = meta->ops->tag_find(meta, call->route.repo, call->route.ref);
    if (m != NULL)
        text_copy(call->resolved, sizeof(call->resolved), m->blob->digest.text);
}

void words_of_conn(struct subject *ret, const struct http_conn *c)
{
    *ret = (struct subject){.op = OP_UNKNOWN};
    ret->values[WORD_LISTENER] = http_listener_url(http_conn_listener(c));
    ret->values[WORD_CLIENT] = http_conn_peer(c);
    ret->values[WORD_SNI] = text(http_conn_sni(c));
}

/* Who asks, once it is known, and a digest that was read. */
static void set_late(struct subject *s, const struct registry_call *call)
{
    s->values[WORD_DIGEST] = call->has_digest ? call->digest.text : text(call->resolved);
    if (!call->identified)
        return;
    s->values[WORD_USER] = call->identity.account[0] != '\0' ? call->identity.account : "anonymous";
    s->values[WORD_AUTH] = identity_kind_name(call->identity.kind);
}

void words_update(struct registry_call *call, struct subject *ret_late)
{
    set_late(&call->words, call);
    *ret_late = (struct subject){.op = call->route.op};
    set_late(ret_late, call);
}

void words_of_call(struct registry_call *call)
{
    struct subject *s = &call->words;

    words_of_conn(s, http_exchange_conn(call->x));
    s->op = call->route.op;
    s->request = call->req;
    s->values[WORD_OP_NAME] = op_name(call->route.op);
    s->values[WORD_REPO] = text(call->route.name);
    s->values[WORD_REF] = text(call->route.ref);
    s->values[WORD_ROLE] = role(call);
    s->values[WORD_USER_AGENT] = http_request_header(call->req, "User-Agent");
    s->values[WORD_NS] = http_request_parameter(call->req, "ns");
    resolve(call);
    set_late(s, call);
}

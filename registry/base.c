/* SPDX-License-Identifier: MIT */
/* What has no content of its own: the front page, the ping, the list of extensions. */
#include <string.h>

#include "auth/challenge.h"
#include "lib/http/exchange.h"
#include "registry/call.h"
#include "registry/gate.h"
#include "registry/registry.h"

static void reply_text(struct registry_call *call, const char *content_type, const char *text)
{
    call_reply_begin(call, 200);
    http_reply_header(call->x, "Content-Type", content_type);
    http_reply_text(call->x, text, strlen(text));
    http_reply_send(call->x);
}

void handle_root(struct registry_call *call)
{
    reply_text(call, "text/plain; charset=utf-8",
               "ocimock, a mock OCI registry: the Distribution API is at /v2/\n");
}

/* Some clients ask for tokens only where the ping told them to: so it speaks for the worlds that
   share its listeners, too. */
static bool ping_challenges(const struct registry_call *call)
{
    const struct world_router *r = call->world->router;

    if (call->world->auth == NULL || call->identity.kind != IDENTITY_NONE)
        return false;
    return challenge_on_open_ping(call->world->auth) || (r != NULL && r->wants_login(r->arg));
}

void handle_ping(struct registry_call *call)
{
    call_reply_begin(call, 200);
    http_reply_header(call->x, "Content-Type", "application/json");
    if (ping_challenges(call))
        gate_add_challenge(call, CHALLENGE_PLAIN);
    http_reply_text(call->x, "{}", 2);
    http_reply_send(call->x);
}

/* distribution-spec, extensions/_oci.md: this endpoint is all there is besides the catalog. */
void handle_extension(struct registry_call *call)
{
    if (call->route.repo[0] != '\0' && !call_need_repository(call))
        return;
    reply_text(call, "application/json",
               "{\"extensions\":[{\"name\":\"_oci\",\"url\":\"https://github.com/opencontainers/"
               "distribution-spec/blob/main/extensions/_oci.md\",\"description\":"
               "\"list of extensions\",\"endpoints\":[\"_oci/ext/discover\"]}]}");
}

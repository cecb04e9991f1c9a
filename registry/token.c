/* SPDX-License-Identifier: MIT */
/* The token service at /token, and its keys: what auth/ answers, with the headers of all replies.
 */
#include "auth/token.h"

#include <stdio.h>
#include <string.h>

#include "lib/http/exchange.h"
#include "lib/http/request.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/call.h"
#include "registry/fault_effects.h"
#include "registry/oci_error.h"
#include "registry/registry.h"

/* Without authentication there is no such path. */
static bool need_service(struct registry_call *call)
{
    if (call->world->auth != NULL)
        return true;
    oci_error_reply_status(call, 404, OCI_UNSUPPORTED, oci_detail("there is no token service"));
    return false;
}

static void abandon(struct registry_call *call)
{
    token_cancel(call->pending);
}

/* Keeps for the log what came of it; memory being short, less is known. */
static void on_replied(void *arg, const struct token_report *report)
{
    struct registry_call *call;

    CAST_ARG(call, arg, CALL_MAGIC);
    call_resume(call);
    call->identified = identity_copy(&call->identity, &report->identity) == 0;
    (void)scope_set_copy(&call->asked, &report->asked);
    (void)scope_set_copy(&call->granted, &report->granted);
    (void)snprintf(call->reason, sizeof(call->reason), "%s", report->reason);
    call_reply_common(call);
}

void handle_token(struct registry_call *call)
{
    struct token_request *request = NULL;
    struct token_twist twist;

    if (!need_service(call))
        return;
    faults_token(call, &twist);
    token_handle(call->world->auth, call->x, &twist, on_replied, call, &request);
    /* Without a request under way all is done, and the call may be gone. */
    if (request != NULL)
        call_wait(call, abandon, request);
}

void handle_jwks(struct registry_call *call)
{
    bool configuration = strcmp(call->req->path, "/.well-known/openid-configuration") == 0;
    struct auth *auth = call->world->auth;

    if (!need_service(call))
        return;
    if (configuration ? !token_reply_configuration(auth, call->x)
                      : !token_reply_jwks(auth, call->x)) {
        oci_error_reply(call, OCI_UNAVAILABLE, oci_detail("out of memory"));
        return;
    }
    call_reply_common(call);
    http_reply_send(call->x);
}

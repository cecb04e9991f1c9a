/* SPDX-License-Identifier: MIT */
#include "registry/magic_call.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/http/exchange.h"
#include "lib/http/request.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/magic.h"
#include "registry/oci_error.h"
#include "registry/registry.h"

#define SCOPE_PREFIX "repository:"
#define TOKEN_PREFIX "/token/"

/* The repository in a scope, when it is a magic one; the caller owns it. */
static char *name_in_scope(const char *scope)
{
    static const char prefix[] = SCOPE_PREFIX MAGIC_PREFIX;
    auto_free char *name = NULL;

    if (strncmp(scope, prefix, strlen(prefix)) != 0)
        return NULL;
    scope += strlen(SCOPE_PREFIX);
    name = strndup(scope, strcspn(scope, ": "));
    return name != NULL && reference_is_name(name) ? STEAL(name) : NULL;
}

/* In the query of a GET that asks for a token; a form is not read yet. */
static void find_token_scope(struct registry_call *call)
{
    const char *scope;
    size_t pos = 0;

    while (call->token_name == NULL &&
           (scope = http_request_parameter_next(call->req, "scope", &pos)) != NULL)
        call->token_name = name_in_scope(scope);
}

/* "/token/mock/absent/hello", where challenges of magic names lead: the token service as well. */
static void find_token_path(struct registry_call *call)
{
    static const char prefix[] = TOKEN_PREFIX MAGIC_PREFIX;
    const char *name = call->req->path + strlen(TOKEN_PREFIX);
    struct http_request plain = *call->req;

    if (strncmp(call->req->path, prefix, strlen(prefix)) != 0 || !reference_is_name(name))
        return;
    plain.path = "/token";
    call->routed = route_parse(&call->route, &plain);
    call->token_name = strdup(name);
}

void magic_name_call(struct registry_call *call)
{
    struct magic_meaning meaning;

    if (call->world->magic == NULL)
        return;
    if (call->routed == ROUTE_UNKNOWN)
        find_token_path(call);
    else if (call->route.op == OP_TOKEN)
        find_token_scope(call);
    call->misnamed = !magic_find(call->world->magic, call->route.name, &meaning, NULL);
    call->route.repo = meaning.repo;
}

bool magic_is_meant(const struct registry_call *call)
{
    return call->world->magic != NULL && !call->misnamed && magic_inner(call->route.name) != NULL;
}

const struct fault_extra *magic_rules(const struct registry_call *call)
{
    const char *name = call->token_name != NULL ? call->token_name : call->route.name;
    struct magic_meaning meaning;

    return magic_find(call->world->magic, name, &meaning, NULL) ? meaning.rules : NULL;
}

/* Whoever wrote the name may see nothing else of us than this message, in an event of a Pod. */
void magic_refuse(struct registry_call *call)
{
    struct magic_meaning ignored;
    struct err why = {0};

    (void)magic_find(call->world->magic, call->route.name, &ignored, &why);
    oci_error_begin_text(
        call, 404, "NAME_UNKNOWN", why.msg,
        json_pack("{s:s, s:s}", "name", call->route.name, "list", "ocimock scenario list --magic"));
    http_reply_send(call->x);
}

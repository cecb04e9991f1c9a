/* SPDX-License-Identifier: MIT */
#include "tests/integration/lib/registry.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util/digest.h"
#include "tests/integration/lib/bail.h"
#include "tests/tap/tap.h"

/* Sends what must succeed. */
static const struct response *must(struct script *t, int status, const char *request,
                                   const char *headers, const char *body)
{
    const struct response *r = script_send(t, request, headers, body);

    if (r->status != status) {
        response_diag(r);
        bail("%s failed", request);
    }
    return r;
}

void registry_upload(struct script *t, const char *repo, const char *variable)
{
    char request[512];
    const char *location;

    snprintf(request, sizeof(request), "POST /v2/%s/blobs/uploads/", repo);
    location = response_header(must(t, 202, request, NULL, NULL), "Location");
    if (location == NULL)
        bail("%s gave no Location", request);
    script_set(t, variable, location);
}

void registry_push_blob(struct script *t, const char *repo, const char *name)
{
    char request[256], body[128];

    registry_upload(t, repo, "push.location");
    snprintf(request, sizeof(request), "PUT ${push.location}%cdigest=${%s}",
             strchr(script_get(t, "push.location"), '?') != NULL ? '&' : '?', name);
    snprintf(body, sizeof(body), "${%s.body}", name);
    (void)must(t, 201, request, "Content-Type: application/octet-stream\n", body);
}

void registry_blob(struct script *t, const char *repo, const char *name, const char *text)
{
    script_content(t, name, text);
    registry_push_blob(t, repo, name);
}

void registry_push_manifest(struct script *t, const char *repo, const char *reference,
                            const char *name, const char *type)
{
    char request[512], headers[256], body[128];

    snprintf(request, sizeof(request), "PUT /v2/%s/manifests/%s", repo, reference);
    snprintf(headers, sizeof(headers), "Content-Type: %s\n", type);
    snprintf(body, sizeof(body), "${%s.body}", name);
    (void)must(t, 201, request, headers, body);
}

void registry_manifest(struct script *t, const char *repo, const char *reference, const char *name,
                       const char *type, const char *text)
{
    script_content(t, name, text);
    registry_push_manifest(t, repo, reference, name, type);
}

void registry_image(struct script *t, const char *repo, const char *tag, const char *name)
{
    char config[128], layer[128], text[256], digest[128];

    snprintf(config, sizeof(config), "%s.config", name);
    snprintf(text, sizeof(text), "{\"architecture\":\"amd64\",\"os\":\"linux\",\"author\":\"%s\"}",
             name);
    registry_blob(t, repo, config, text);
    snprintf(layer, sizeof(layer), "%s.layer", name);
    snprintf(text, sizeof(text), "the layer of %s", name);
    registry_blob(t, repo, layer, text);
    script_set(t, "image.config", script_get(t, config));
    script_set(t, "image.layer", script_get(t, layer));
    snprintf(text, sizeof(text), "%zu", strlen("the layer of ") + strlen(name));
    script_set(t, "image.layer.size", text);
    snprintf(text, sizeof(text), "${%s.size}", config);
    script_set(t, "image.config.size", text);
    snprintf(digest, sizeof(digest), "${%s}", name);
    registry_manifest(t, repo, tag != NULL ? tag : digest, name, OCI_MANIFEST,
                      IMAGE("image.config", "image.layer", ""));
}

static char *make_bytes(size_t n)
{
    char *bytes = malloc(n);

    if (bytes == NULL)
        bail("out of memory");
    for (size_t i = 0; i < n; i++)
        bytes[i] = (char)(i * 2654435761u >> 13);
    return bytes;
}

void registry_large(struct script *t, const char *what)
{
    enum { SIZE = 3 * 1024 * 1024 + 11, FROM = 1048570, TO = 2097200 };
    char *bytes = make_bytes(SIZE);
    struct client *c = script_client(t);
    const struct response *r;
    struct digest d, got;
    char target[512];

    (void)digest_of(&d, DIGEST_SHA256, bytes, SIZE, NULL);
    registry_upload(t, "app", "loc");
    (void)snprintf(target, sizeof(target), "%s?digest=%s", script_get(t, "loc"), d.text);
    is_int(client_call(c, "PUT", target, NULL, bytes, SIZE)->status, 201, "%s are pushed", what);
    (void)snprintf(target, sizeof(target), "/v2/app/blobs/%s", d.text);
    r = client_get(c, target);
    (void)digest_of(&got, DIGEST_SHA256, r->body, r->size, NULL);
    is_str(got.text, d.text, "%s are pulled unchanged", what);
    r = client_call(c, "GET", target, "Range: bytes=1048570-2097200\r\n", NULL, 0);
    is_mem(r->body, r->size, bytes + FROM, TO - FROM + 1, "%s: a range of 1 MiB", what);
    is_int(client_get(c, "/v2/")->status, 200, "%s: the connection goes on", what);
    free(bytes);
}

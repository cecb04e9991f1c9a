/* SPDX-License-Identifier: MIT */
#include "tests/integration/lib/steer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "tests/integration/lib/bail.h"
#include "tests/integration/lib/tokens.h"

json_t *steer(struct script *t, const char *method, const char *target, const char *body)
{
    auto_free char *request = NULL;
    const struct response *r;

    if (asprintf(&request, "%s /control/v1%s", method, target) < 0)
        bail("out of memory");
    r = script_send(t, request, NULL, body);
    if (r->status < 200 || r->status > 299) {
        response_diag(r);
        bail("%s %s failed", request, body != NULL ? body : "");
    }
    return r->size > 0 ? json_loadb(r->body, r->size, 0, NULL) : NULL;
}

void steer_rules(struct script *t, const char *rules)
{
    json_decref(steer(t, "DELETE", "/rules", NULL));
    json_decref(steer(t, "POST", "/rules", rules));
}

long long steer_hits(struct script *t, const char *id)
{
    char target[128];
    json_t *row;
    long long hits;

    snprintf(target, sizeof(target), "/rules/%s", id);
    row = steer(t, "GET", target, NULL);
    hits = json_integer_value(json_object_get(row, "hits"));
    json_decref(row);
    return hits;
}

void steer_clock(struct script *t, const char *time)
{
    char body[64];

    snprintf(body, sizeof(body), "{\"advance\":\"%s\"}", time);
    json_decref(steer(t, "PUT", "/clock", body));
}

void steer_wait(struct script *t, const char *match, unsigned count)
{
    auto_free char *body = NULL;

    if (asprintf(&body, "{\"match\":%s,\"count\":%u,\"timeout\":\"5s\"}", match, count) < 0)
        bail("out of memory");
    json_decref(steer(t, "POST", "/wait", body));
}

static long long held_at(struct script *t, const char *gate)
{
    json_t *root = steer(t, "GET", "/gates", NULL), *row;
    long long held = 0;
    size_t i;

    json_array_foreach(json_object_get(root, "gates"), i, row)
    {
        if (strcmp(json_string_value(json_object_get(row, "name")), gate) == 0)
            held = json_integer_value(json_object_get(row, "held"));
    }
    json_decref(root);
    return held;
}

void steer_wait_held(struct script *t, const char *gate, unsigned count)
{
    uint64_t deadline = client_now() + CLIENT_WAIT_MS;

    while (held_at(t, gate) < count) {
        if (client_now() > deadline)
            bail("gate %s does not hold %u answers", gate, count);
    }
}

void steer_world_add(struct script *t, const char *name, const char *more)
{
    char body[512], variable[64];
    auto_free char *basic = NULL;
    const json_t *account;
    json_t *w;

    snprintf(body, sizeof(body), "{\"name\":\"%s\"%s}", name, more);
    w = steer(t, "POST", "/worlds", body);
    account = json_object_get(w, "account");
    basic = tokens_basic(json_string_value(json_object_get(account, "name")),
                         json_string_value(json_object_get(account, "secret")));
    snprintf(variable, sizeof(variable), "%s.registry", name);
    script_set(t, variable, json_string_value(json_object_get(w, "registry")));
    snprintf(variable, sizeof(variable), "%s.basic", name);
    script_set(t, variable, basic);
    json_decref(w);
}

void steer_world_use(struct script *t, const char *name)
{
    char variable[64];

    snprintf(variable, sizeof(variable), "%s.registry", name);
    script_use_url(t, script_get(t, variable));
}

void steer_world_remove(struct script *t, const char *name)
{
    char target[128];

    snprintf(target, sizeof(target), "/worlds/%s", name);
    (void)steer(t, "DELETE", target, NULL);
}

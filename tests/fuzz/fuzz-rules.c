/* SPDX-License-Identifier: MIT */
/* Rules: JSON as it is sent, loaded, asked of some requests, listed, loaded from that list,
 * changed. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include <jansson.h>

#include "lib/fault/effect.h"
#include "lib/fault/engine.h"
#include "lib/http/request.h"
#include "lib/util/err.h"
#include "lib/util/json.h"
#include "tests/unit/fault_help.h"

static const struct http_header headers[] = {{"Accept", "a/b"}, {"X-Trace", "1"}};
static const struct parameter parameters[] = {{"ns", "docker.io"}};
static const struct http_request request = {.path = "/v2/team/app/blobs/x",
                                            .header_count = 2,
                                            .headers = headers,
                                            .parameter_count = 1,
                                            .parameters = parameters};

/* What a plan may never be. */
static void check_plan(const struct fault_plan *plan)
{
    char names[64];

    MUST(plan->count <= FAULT_PLAN_MAX);
    MUST(!plan->answers || plan->count > 0);
    fault_plan_names(plan, names, sizeof(names));
    MUST(strlen(names) < sizeof(names));
    for (size_t i = 0; i < plan->count; i++) {
        const struct fault_effects *e = &plan->rules[i]->effects;

        if (FAULT_HAS(e, DELAY))
            MUST(fault_duration_draw(&e->delay, plan->turns[i].draw) <= FAULT_DELAY_MAX_MS);
        if (FAULT_HAS(e, BODY) && e->body.after.is_share)
            MUST(fault_offset_in(&e->body.after, 1000) <= 1000);
        if (FAULT_HAS(e, QUOTA))
            MUST(plan->turns[i].quota.remaining <= plan->turns[i].quota.limit);
    }
}

static void ask(struct fault_engine *e)
{
    struct subject s = words_subject(OP_BLOB_GET, "team/app");
    struct fault_plan plan = {0};

    s.request = &request;
    s.values[W_LISTENER] = "127.0.0.1:5000";
    for (unsigned i = 0; i < 12; i++) {
        s.op = i % OP_COUNT;
        s.values[W_REPO] = i % 4 == 3 ? NULL : i % 2 == 0 ? "team/app" : "a";
        fault_match(e, &s, NULL, &plan);
        check_plan(&plan);
        fault_plan_done(e, &plan);
        fault_match_connection(e, &s, FAULT_EFFECT_LISTENER, &plan);
        fault_plan_done(e, &plan);
    }
    json_decref(fault_engine_explain(e, &s, 3));
}

/* What lists show can be loaded again, and stays the same. */
static void load_again(struct fault_engine *e)
{
    json_t *rows = fault_engine_list(e, NULL);
    size_t count = fault_engine_count(e);
    struct err err = {0};

    MUST(rows != NULL);
    MUST(fault_engine_load(e, rows, true, NULL, &err) == 0);
    MUST(fault_engine_count(e) == count);
    json_decref(rows);
}

static void change(struct fault_engine *e)
{
    json_t *changes = json_pack("{s:i,s:{s:s}}", "priority", 5, "when", "user", "bob");
    struct err err = {0};

    if (fault_engine_count(e) > 0)
        (void)fault_engine_patch(e, fault_rule_id(e->rules[0]), changes, &err);
    json_decref(changes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct util_json_limits limits = {.size = 65536, .depth = 32, .values = 5000};
    struct fault_engine *e;
    json_t *json = NULL, *report = NULL;
    struct err err = {0};

    if (util_json_parse(&json, data, size, &limits, &err) != 0)
        return 0;
    e = help_engine(NULL);
    if (fault_engine_load(e, json, false, &report, &err) == 0) {
        MUST(json_is_array(json_object_get(report, "warnings")));
        ask(e);
        load_again(e);
        change(e);
        ask(e);
    } else {
        MUST(err.msg[0] != '\0' && fault_engine_count(e) == 0);
    }
    json_decref(report);
    json_decref(json);
    fault_engine_free(e);
    return 0;
}

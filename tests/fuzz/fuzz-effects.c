/* SPDX-License-Identifier: MIT */
/* What rules say of tokens, challenges, uploads and lists of tags: loaded with the registry's own
   tables, and read for one request. */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include <jansson.h>

#include "lib/http/request.h"
#include "lib/util/err.h"
#include "lib/util/json.h"
#include "registry/call.h"
#include "registry/fault_effects.h"
#include "registry/words.h"

static void read_all(const struct registry_call *call)
{
    struct token_twist token;
    struct fault_upload upload;
    struct fault_tags tags;

    faults_token(call, &token);
    MUST(token.flaw <= TOKEN_FLAW_GARBAGE && token.fields <= TOKEN_FIELDS_ACCESS_TOKEN);
    MUST(token.challenge.flaw <= CHALLENGE_FLAW_OTHER_SCOPE);
    MUST(!token.has_expires_in || !token.no_expires_in);
    faults_upload(call, &upload);
    MUST(upload.offset <= FAULT_OFFSET_REFUSE);
    faults_tags(call, &tags);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct util_json_limits limits = {.size = 65536, .depth = 32, .values = 5000};
    static const struct fault_options options = {.product = {.vocabulary = &registry_vocabulary,
                                                             .effects = registry_effects,
                                                             .uses = registry_effect_uses}};
    struct registry_call call = {0};
    struct subject s = {0};
    struct fault_engine *e;
    json_t *json = NULL;
    struct err err = {0};

    if (util_json_parse(&json, data, size, &limits, &err) != 0)
        return 0;
    MUST(fault_engine_new(&e, &options, &err) == 0);
    if (fault_engine_load(e, json, false, NULL, &err) == 0) {
        for (unsigned op = 0; op < registry_vocabulary.op_count; op++) {
            s.op = op;
            fault_match(e, &s, NULL, &call.plan);
            read_all(&call);
            fault_plan_done(e, &call.plan);
        }
    }
    fault_engine_free(e);
    json_decref(json);
    return 0;
}

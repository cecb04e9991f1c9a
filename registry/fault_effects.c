/* SPDX-License-Identifier: MIT */
#include "registry/fault_effects.h"

#include <string.h>

#include <jansson.h>

#include "registry/call.h"

/* --- What a `then` may say ----------------------------------------------------------------------
 */

/* In the order of enum image_state. */
static const char *const states[] = {"present", "absent", "unauthorized", "denied", NULL};

static const struct schema retag_members[] = {
    {.key = "image", .type = SCHEMA_TEXT, .required = true},
    {.key = "to", .type = SCHEMA_TEXT, .required = true},
    {.key = NULL},
};

static const struct schema state_members[] = {
    {.key = "image", .type = SCHEMA_TEXT, .required = true},
    {.key = "state", .type = SCHEMA_CHOICE, .choices = states, .required = true},
    {.key = "user", .type = SCHEMA_TEXT},
    {.key = NULL},
};

static const struct schema tags_members[] = {
    {.key = "drop", .type = SCHEMA_LIST},
    {.key = "null", .type = SCHEMA_BOOL},
    {.key = "no_link", .type = SCHEMA_BOOL},
    {.key = "ignore_n", .type = SCHEMA_BOOL},
    {.key = NULL},
};

/* In the order of enum token_flaw, behind TOKEN_FLAW_NONE. */
static const char *const token_flaws[] = {"expired",   "not-yet",  "wrong-audience", "wrong-issuer",
                                          "wrong-key", "no-grant", "garbage",        NULL};
/* In the order of enum token_fields. */
static const char *const token_fields[] = {"both", "token", "access_token", NULL};

/* In the order of enum challenge_flaw, behind CHALLENGE_FLAW_NONE. */
static const char *const challenge_flaws[] = {"missing", "malformed", "basic", "other-scope", NULL};
static const struct schema challenge_members[] = {
    {.key = "realm",
     .type = SCHEMA_TEXT,
     .help = "URL of the token service, or a path on our host"},
    {.key = "service", .type = SCHEMA_TEXT},
    {.key = "scope", .type = SCHEMA_TEXT},
    {.key = "error",
     .type = SCHEMA_TEXT,
     .help = "such as insufficient_scope; an empty one is none"},
    {.key = NULL},
};
static const struct schema challenge_form = {.type = SCHEMA_OBJECT, .members = challenge_members};

/* In the order of enum fault_offset_lie, behind FAULT_OFFSET_TRUE. */
static const char *const offset_lies[] = {"wrong", "missing", "refuse", NULL};
enum { UPLOAD_LOSE, UPLOAD_OFFSET, UPLOAD_SLOW_READ, UPLOAD_REFUSE_CONTINUE };
static const struct schema upload_members[] = {
    [UPLOAD_LOSE] = {.key = "lose", .type = SCHEMA_BOOL, .help = "the session is gone: 404"},
    [UPLOAD_OFFSET] = {.key = "offset",
                       .type = SCHEMA_CHOICE,
                       .choices = offset_lies,
                       .help = "of the Range in answers; refuse: 416 for each chunk"},
    [UPLOAD_SLOW_READ] = {.key = "slow_read",
                          .type = SCHEMA_SIZE,
                          .min = 1,
                          .max = INT64_MAX,
                          .help = "bytes of the body that are read per second"},
    [UPLOAD_REFUSE_CONTINUE] = {.key = "refuse_continue",
                                .type = SCHEMA_BOOL,
                                .help = "417 for Expect: 100-continue"},
    {.key = NULL},
};

enum {
    EFFECT_RETAG,
    EFFECT_IMAGE_STATE,
    EFFECT_TAGS,
    EFFECT_TOKEN,
    EFFECT_EXPIRES_IN,
    EFFECT_ISSUED_AT,
    EFFECT_FIELDS,
    EFFECT_CHALLENGE,
    EFFECT_UPLOAD,
    EFFECT_ANSWER_AS,
    EFFECT_COUNT
};

const struct schema registry_effects[] = {
    [EFFECT_RETAG] = {.key = "retag", .type = SCHEMA_OBJECT, .members = retag_members},
    [EFFECT_IMAGE_STATE] = {.key = "image_state", .type = SCHEMA_OBJECT, .members = state_members},
    [EFFECT_TAGS] = {.key = "tags", .type = SCHEMA_OBJECT, .members = tags_members},
    [EFFECT_TOKEN] = {.key = "token",
                      .type = SCHEMA_CHOICE,
                      .choices = token_flaws,
                      .help = "what the token service signs"},
    [EFFECT_EXPIRES_IN] = {.key = "expires_in",
                           .type = SCHEMA_INT,
                           .help = "seconds that the answer says, whatever the token says; null: "
                                   "it does not say"},
    [EFFECT_ISSUED_AT] = {.key = "issued_at",
                          .type = SCHEMA_SHIFT,
                          .help = "that far from now, as the answer says: \"-1h\""},
    [EFFECT_FIELDS] = {.key = "fields",
                       .type = SCHEMA_CHOICE,
                       .choices = token_fields,
                       .help = "what the answer calls the token"},
    [EFFECT_CHALLENGE] = {.key = "challenge",
                          .type = SCHEMA_CHOICE,
                          .choices = challenge_flaws,
                          .other = &challenge_form,
                          .help = "of a 401; an object says what stands in it"},
    [EFFECT_UPLOAD] = {.key = "upload", .type = SCHEMA_OBJECT, .members = upload_members},
    [EFFECT_ANSWER_AS] = {.key = "answer_as",
                          .type = SCHEMA_CHOICE,
                          .choices = states,
                          .help = "as though the repository had that state"},
    [EFFECT_COUNT] = {.key = NULL},
};

#define OP_BIT(op) (UINT64_C(1) << (op))
#define OP_BODIES  (OP_BIT(OP_UPLOAD_START) | OP_BIT(OP_UPLOAD_PATCH) | OP_BIT(OP_UPLOAD_PUT))
#define OP_UPLOADS                                                                                 \
    (OP_BODIES | OP_BIT(OP_UPLOAD_STATUS) | OP_BIT(OP_UPLOAD_CANCEL) | OP_BIT(OP_UPLOAD_MOUNT))

const struct fault_use registry_effect_uses[EFFECT_COUNT] = {
    [EFFECT_TAGS] = {OP_BIT(OP_TAGS_LIST), true},   [EFFECT_TOKEN] = {OP_BIT(OP_TOKEN), true},
    [EFFECT_EXPIRES_IN] = {OP_BIT(OP_TOKEN), true}, [EFFECT_ISSUED_AT] = {OP_BIT(OP_TOKEN), true},
    [EFFECT_FIELDS] = {OP_BIT(OP_TOKEN), true},     [EFFECT_UPLOAD] = {OP_UPLOADS, false},
};

/* --- What they say for one request --------------------------------------------------------------
 */

/* The value in the first rule that has it; NULL also where that is null. */
static const json_t *value_of(const struct registry_call *call, int effect)
{
    const json_t *value = fault_plan_get(&call->plan, registry_effects[effect].key);

    return json_is_null(value) ? NULL : value;
}

/* A choice counted from 1; 0: none was made. */
static unsigned choice_of(const struct schema *row, const json_t *value)
{
    return value != NULL ? (unsigned)schema_number(row, value) + 1 : 0;
}

void faults_tags(const struct registry_call *call, struct fault_tags *ret)
{
    const json_t *tags = value_of(call, EFFECT_TAGS);

    *ret = (struct fault_tags){
        .drop = json_object_get(tags, "drop"),
        .null = json_is_true(json_object_get(tags, "null")),
        .no_link = json_is_true(json_object_get(tags, "no_link")),
        .ignore_n = json_is_true(json_object_get(tags, "ignore_n")),
    };
}

void faults_challenge(const struct registry_call *call, struct challenge_twist *ret)
{
    const json_t *value = value_of(call, EFFECT_CHALLENGE);

    *ret = (struct challenge_twist){.flaw = CHALLENGE_FLAW_NONE};
    if (!json_is_object(value)) {
        ret->flaw = (enum challenge_flaw)choice_of(&registry_effects[EFFECT_CHALLENGE], value);
        return;
    }
    ret->realm = json_string_value(json_object_get(value, "realm"));
    ret->service = json_string_value(json_object_get(value, "service"));
    ret->scope = json_string_value(json_object_get(value, "scope"));
    ret->error = json_string_value(json_object_get(value, "error"));
}

void faults_token(const struct registry_call *call, struct token_twist *ret)
{
    const json_t *life = fault_plan_get(&call->plan, "expires_in");
    const json_t *issued = value_of(call, EFFECT_ISSUED_AT);
    unsigned fields = choice_of(&registry_effects[EFFECT_FIELDS], value_of(call, EFFECT_FIELDS));

    *ret = (struct token_twist){
        .flaw = (enum token_flaw)choice_of(&registry_effects[EFFECT_TOKEN],
                                           value_of(call, EFFECT_TOKEN)),
        .has_expires_in = json_is_integer(life),
        .no_expires_in = json_is_null(life),
        .expires_in = json_integer_value(life),
        .fields = fields > 0 ? (enum token_fields)(fields - 1) : TOKEN_FIELDS_BOTH,
    };
    if (issued != NULL)
        ret->issued_at = (int64_t)schema_number(&registry_effects[EFFECT_ISSUED_AT], issued) / 1000;
    faults_challenge(call, &ret->challenge);
}

enum image_state faults_state(const struct registry_call *call)
{
    const json_t *value = value_of(call, EFFECT_ANSWER_AS);

    return value != NULL
               ? (enum image_state)schema_number(&registry_effects[EFFECT_ANSWER_AS], value)
               : IMAGE_PRESENT;
}

bool faults_withhold(const struct fault_extra *rules)
{
    const char *state =
        json_string_value(fault_extra_get(rules, registry_effects[EFFECT_ANSWER_AS].key));

    return state != NULL && strcmp(state, image_state_name(IMAGE_UNAUTHORIZED)) == 0;
}

void faults_upload(const struct registry_call *call, struct fault_upload *ret)
{
    const json_t *upload = value_of(call, EFFECT_UPLOAD);
    const json_t *rate = json_object_get(upload, "slow_read");

    *ret = (struct fault_upload){
        .lose = json_is_true(json_object_get(upload, "lose")),
        .offset = (enum fault_offset_lie)choice_of(&upload_members[UPLOAD_OFFSET],
                                                   json_object_get(upload, "offset")),
        .slow_read = rate != NULL ? schema_number(&upload_members[UPLOAD_SLOW_READ], rate) : 0,
        .refuse_continue = json_is_true(json_object_get(upload, "refuse_continue")),
    };
}

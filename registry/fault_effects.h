/* SPDX-License-Identifier: MIT */
/*
 * Effects of rules that only a registry can have (control.md, section 2): what they may say, and
 * what they say for one request. Private to registry/.
 *
 * All of these are cheap for a call on which no rule acts. Texts are borrowed from the rules and
 * live as long as the call's plan.
 */
#ifndef REGISTRY_FAULT_EFFECTS_H
#define REGISTRY_FAULT_EFFECTS_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/token.h"
#include "lib/fault/fault.h"
#include "lib/util/schema.h"
#include "registry/state.h"

struct fault_extra;
struct json_t;
struct registry_call;

/* For struct fault_product. */
extern const struct schema registry_effects[];
extern const struct fault_use registry_effect_uses[];

/* Quirks of a list of tags. */
struct fault_tags {
    const struct json_t *drop; /* names left out; NULL: none */
    bool null;                 /* "tags": null */
    bool no_link;              /* no Link, although there is more */
    bool ignore_n;             /* all of them, whatever n says */
};
void faults_tags(const struct registry_call *call, struct fault_tags *ret);

/* What becomes of the challenge of a 401. */
void faults_challenge(const struct registry_call *call, struct challenge_twist *ret);
/* What becomes of a token and the answer with it. */
void faults_token(const struct registry_call *call, struct token_twist *ret);

/* The state that the repository is to have for this request; PRESENT: its own. */
enum image_state faults_state(const struct registry_call *call);
/* True when rules that a magic name stands for give no token a grant of the repository. */
bool faults_withhold(const struct fault_extra *rules);

/* What a rule wants of the offset of an upload. */
enum fault_offset_lie {
    FAULT_OFFSET_TRUE,
    FAULT_OFFSET_WRONG,   /* answers say another one */
    FAULT_OFFSET_MISSING, /* answers do not say it */
    FAULT_OFFSET_REFUSE,  /* a chunk is refused with 416, wherever it begins */
};

struct fault_upload {
    bool lose;                    /* the session is gone */
    enum fault_offset_lie offset; /* of the session */
    uint64_t slow_read;           /* bytes per second at which a body is read; 0: no limit */
    bool refuse_continue;         /* 417 for Expect: 100-continue */
};
void faults_upload(const struct registry_call *call, struct fault_upload *ret);

#endif

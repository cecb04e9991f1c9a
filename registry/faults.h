/* SPDX-License-Identifier: MIT */
/*
 * Where the fault engine meets the registry: which rules act on a request, and the effects that
 * only a registry can have (control.md, section 2). Private to registry/.
 */
#ifndef REGISTRY_FAULTS_H
#define REGISTRY_FAULTS_H

#include <stdbool.h>

#include "registry/call.h"

struct err;
struct json_t;
struct world;

/* Makes the engine of a world, without rules. */
int faults_open(struct world *w, struct err *err);

/* The request is named and its sender known: next(call) follows, now or later, unless a rule
 * answers. */
void faults_begin(struct registry_call *call, registry_handler next);
/* The exchange has ended: notes the rules in the journal, forgets the plan. */
void faults_ended(struct registry_call *call);
/* What a rule wants of ranges. */
enum fault_range {
    FAULT_RANGE_HONOUR,
    FAULT_RANGE_IGNORE,
    FAULT_RANGE_SHIFT,
    FAULT_RANGE_LIE,
    FAULT_RANGE_REFUSE
};
enum fault_range faults_range(const struct registry_call *call);
/* The blob that is sent instead, or b. Borrowed. */
struct blob *faults_substitute(const struct registry_call *call, struct blob *b);

#endif

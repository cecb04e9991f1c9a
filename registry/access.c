/* SPDX-License-Identifier: MIT */
#include "registry/access.h"

#include <stddef.h>

#include "registry/call.h"
#include "registry/registry.h"

enum access_answer access_may_pull(const struct registry_call *call, const char *repo)
{
    const struct access_policy *policy = call->world->access;

    return policy == NULL ? ACCESS_GRANTED : policy->may_pull(policy->arg, call, repo);
}

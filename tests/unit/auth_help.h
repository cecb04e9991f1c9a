/* SPDX-License-Identifier: MIT */
/* A struct auth for tests: alice may do everything, bob reads what is public and writes bob/, and
   so does carol read, whose secret is hashed and takes its time. */
#ifndef TESTS_UNIT_AUTH_HELP_H
#define TESTS_UNIT_AUTH_HELP_H

#include "auth/auth.h"

struct clock;
struct loop;

#define HELP_ALICE "Basic YWxpY2U6YWxpY2VzLXNlY3JldA==" /* alice:alices-secret */
#define HELP_BOB   "Basic Ym9iOmJvYnMtc2VjcmV0"         /* bob:bobs-secret */
#define HELP_CAROL "Basic Y2Fyb2w6Y2Fyb2xzLXNlY3JldA==" /* carol:carols-secret */
#define HELP_WRONG "Basic YWxpY2U6d3Jvbmc="             /* alice:wrong */

/* Settings without accounts and policy, which are added here. clock: NULL for the machine's. */
struct auth *auth_help_new(struct loop *loop, const struct clock *clock,
                           const struct auth_settings *settings);

#endif

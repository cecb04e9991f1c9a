/* SPDX-License-Identifier: MIT */
/*
 * What the lists of objects below `auth` in a configuration file may hold. (Those of keys and
 * trust are in auth/keyring.h and auth/trust.h.)
 */
#ifndef CLI_AUTH_SCHEMA_H
#define CLI_AUTH_SCHEMA_H

#include "lib/util/schema.h"

extern const struct schema auth_account_schema[];
extern const struct schema auth_policy_schema[];

#endif

/* SPDX-License-Identifier: MIT */
#include "cli/auth_schema.h"

#include <stddef.h>

static const char *const effects[] = {"allow", "deny", NULL};

const struct schema auth_account_schema[] = {
    {.key = "name", .type = SCHEMA_TEXT, .required = true},
    {.key = "secret", .type = SCHEMA_TEXT, .secret = true},
    {.key = "secret_file", .type = SCHEMA_PATH},
    {.key = "hash", .type = SCHEMA_TEXT, .secret = true},
    {.key = "subject", .type = SCHEMA_TEXT},
    {.key = "disabled", .type = SCHEMA_BOOL},
    {.key = NULL},
};

const struct schema auth_policy_schema[] = {
    {.key = "accounts", .type = SCHEMA_LIST},
    {.key = "repositories", .type = SCHEMA_LIST},
    {.key = "actions", .type = SCHEMA_LIST},
    {.key = "effect", .type = SCHEMA_CHOICE, .choices = effects},
    {.key = "catalog", .type = SCHEMA_BOOL},
    {.key = NULL},
};

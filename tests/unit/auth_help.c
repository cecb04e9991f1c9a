/* SPDX-License-Identifier: MIT */
#include "tests/unit/auth_help.h"

#include <stddef.h>
#include <stdio.h>

#include <jansson.h>

#include "auth/secret.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

struct auth *auth_help_new(struct loop *loop, const struct clock *clock,
                           const struct auth_settings *settings)
{
    static const char accounts[] = "[{\"name\":\"alice\",\"secret\":\"alices-secret\"},"
                                   "{\"name\":\"bob\",\"secret\":\"bobs-secret\"}]";
    static const char policy[] =
        "[{\"accounts\":[\"alice\"]},{\"accounts\":[\"alice\"],\"catalog\":true},"
        "{\"accounts\":[\"*\"],\"repositories\":[\"public/*\"],\"actions\":[\"pull\"]},"
        "{\"accounts\":[\"bob\"],\"repositories\":[\"bob/*\"],\"actions\":[\"pull\",\"push\"]}]";
    struct auth_settings all = *settings;
    json_t *account_list = json_loads(accounts, 0, NULL);
    json_t *rules = json_loads(policy, 0, NULL);
    char hash[SECRET_HASH_MAX + 1];
    struct auth *auth = NULL;
    struct err err = {0};

    ASSERT(account_list != NULL && rules != NULL);
    all.accounts = account_list;
    all.policy = rules;
    if (auth_new(&auth, loop, clock, &all, &err) != 0)
        (void)fprintf(stderr, "auth: %s\n", err.msg);
    ASSERT(auth != NULL);
    ASSERT(secret_make_hash(hash, SECRET_BCRYPT, 4, "carols-secret", &err) == 0);
    ASSERT(auth_account_add(auth, "carol", NULL, hash, &err) == 0);
    json_decref(account_list);
    json_decref(rules);
    return auth;
}

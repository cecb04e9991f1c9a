/* SPDX-License-Identifier: MIT */
#include "auth/verified.h"

#include <stdio.h>
#include <string.h>

#include "auth/claims.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

static struct keyed_digest digest_of(unsigned n)
{
    struct keyed_digest d = {{0}};

    memcpy(d.bytes, &n, sizeof(n));
    return d;
}

static void add(struct verified_tokens *v, unsigned n, unsigned scopes)
{
    struct keyed_digest d = digest_of(n);
    struct claims claims = {.expires = 1000 + n, .has_expires = true};

    (void)snprintf(claims.subject, sizeof(claims.subject), "user-%u", n);
    for (unsigned i = 0; i < scopes; i++) {
        struct scope scope;
        char name[16];

        (void)snprintf(name, sizeof(name), "r%u", i);
        scope_repository(&scope, name, SCOPE_PULL);
        (void)scope_set_add(&claims.access, &scope, NULL);
    }
    verified_add(v, &d, &claims, false);
    claims_done(&claims);
}

static const struct verified *find(struct verified_tokens *v, unsigned n)
{
    struct keyed_digest d = digest_of(n);

    return verified_find(v, &d);
}

int main(void)
{
    struct verified_tokens *v = verified_new();
    struct keyed_digest d = digest_of(1);

    plan_lazy();
    ok(v != NULL && find(v, 1) == NULL, "nothing is there");
    add(v, 1, 2);
    ok(find(v, 1) != NULL, "a token");
    is_str(find(v, 1)->account, "user-1", "whose it is");
    is_int(find(v, 1)->expires, 1001, "its end");
    ok(find(v, 1)->issued_at == INT64_MIN && find(v, 1)->not_before == INT64_MIN, "not said");
    is_int((long long)find(v, 1)->granted.count, 2, "its scopes");
    add(v, 1, 1);
    is_int((long long)find(v, 1)->granted.count, 1, "added again it is replaced");
    add(v, 2, 50);
    ok(find(v, 2) == NULL, "one with many scopes is not remembered");
    verified_remove(v, &d);
    ok(find(v, 1) == NULL, "removed");
    verified_remove(v, &d);
    for (unsigned i = 0; i < VERIFIED_MAX; i++)
        add(v, i, 1);
    ok(find(v, 0) == NULL && find(v, VERIFIED_MAX / 2 - 1) == NULL, "the oldest went");
    ok(find(v, VERIFIED_MAX / 2) != NULL && find(v, VERIFIED_MAX - 1) != NULL,
       "as many tokens with a scope each as fit are there");
    verified_forget(v);
    ok(find(v, VERIFIED_MAX - 1) == NULL, "all forgotten");
    add(v, 7, 1);
    verified_free(v);
    verified_free(NULL);
    done_testing();
}

/* SPDX-License-Identifier: MIT */
/* What becomes of the claims; what the registry makes of the tokens is in
   tests/integration/test-faults-auth.c. */
#include "auth/token_request.h"

#include <stdlib.h>
#include <string.h>

#include "auth/claims.h"
#include "auth/jws.h"
#include "auth/internal.h"
#include "auth/keyring.h"
#include "lib/http/loop.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/auth_help.h"

enum { NOW = 1000000, LIFE = 300 };

static struct auth *auth;

static char *sign(enum token_flaw flaw)
{
    struct scope_set none = {0};
    struct claims_settings claims = {.issuer = "us",
                                     .subject = "alice",
                                     .audience = "us",
                                     .issued_at = NOW,
                                     .not_before = NOW - CLAIMS_EARLY,
                                     .expires = NOW + LIFE,
                                     .access = &none};
    char *token = NULL;

    ok(token_sign_twisted(auth, flaw, &claims, &token, NULL) == 0, "flaw %d: signed", (int)flaw);
    return token;
}

static enum jws_result check(enum token_flaw flaw)
{
    static const char *const audiences[] = {"us"};
    const struct jws_rules rules = {.keys = keyring_keys(auth->keyring),
                                    .issuer = "us",
                                    .audiences = audiences,
                                    .audience_count = 1,
                                    .now_ms = (int64_t)NOW * 1000,
                                    .leeway_ms = auth->leeway};
    auto_free char *token = sign(flaw);
    struct claims claims = {0};
    enum jws_result result = jws_verify(&claims, token, strlen(token), &rules, NULL);

    if (flaw == TOKEN_FLAW_EXPIRED || flaw == TOKEN_FLAW_NOT_YET)
        is_int(claims.expires - claims.issued_at, LIFE, "  its life is as long as ever");
    claims_done(&claims);
    return result;
}

static void test_stranger(void)
{
    auto_free char *one = sign(TOKEN_FLAW_WRONG_KEY);
    const struct keyring *ring = auth->stranger;
    auto_free char *two = sign(TOKEN_FLAW_WRONG_KEY);

    ok(ring != NULL && auth->stranger == ring, "the wrong key is made once");
    ok(strcmp(one, two) != 0, "and signs anew");
}

int main(void)
{
    const struct auth_settings settings = {.mode = AUTH_MODE_BEARER, .leeway = 7000000};
    struct loop *loop;

    plan_lazy();
    ASSERT(loop_new(&loop, 0, NULL) == 0);
    auth = auth_help_new(loop, NULL, &settings);
    ok(auth->stranger == NULL, "no second key at the start");
    is_int(check(TOKEN_FLAW_NONE), JWS_GOOD, "no flaw");
    is_int(check(TOKEN_FLAW_NO_GRANT), JWS_GOOD, "a token without grant is a good one");
    is_int(check(TOKEN_FLAW_EXPIRED), JWS_EXPIRED, "expired, whatever is forgiven");
    is_int(check(TOKEN_FLAW_NOT_YET), JWS_NOT_YET, "not yet valid, whatever is forgiven");
    is_int(check(TOKEN_FLAW_WRONG_AUDIENCE), JWS_WRONG_AUDIENCE, "for another service");
    is_int(check(TOKEN_FLAW_WRONG_ISSUER), JWS_WRONG_ISSUER, "of another issuer");
    is_int(check(TOKEN_FLAW_WRONG_KEY), JWS_UNKNOWN_KEY, "of a key that nobody knows");
    is_int(check(TOKEN_FLAW_GARBAGE), JWS_MALFORMED, "garbage");
    test_stranger();
    auth_free(auth);
    loop_free(loop);
    done_testing();
}

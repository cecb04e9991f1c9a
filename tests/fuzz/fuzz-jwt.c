/* SPDX-License-Identifier: MIT */
/*
 * The input is a token; what it says, as JSON, is also read as header and claims at once, because
 * no fuzzer finds its way through base64 and signatures.
 */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "auth/claims.h"
#include "auth/jws.h"
#include "auth/key_set.h"
#include "lib/util/err.h"
#include "tests/unit/key_help.h"

/* Nobody has signed the input with this key, whatever it looks like. */
static void check_token(const char *text, size_t size)
{
    struct key_set keys = {.unnamed = true};
    const struct jws_rules rules = {.keys = &keys, .now_ms = 1000};
    struct claims_header header;
    struct claims claims;
    struct key *key = NULL;

    MUST(key_parse(&key, DOC_PUBLIC_PEM, strlen(DOC_PUBLIC_PEM), NULL) == 0);
    MUST(key_set_add(&keys, key, NULL) == 0);
    MUST(jws_verify(&claims, text, size, &rules, NULL) != JWS_GOOD);
    claims_done(&claims);
    if (jws_read(&header, &claims, text, size, NULL) == 0)
        claims_done(&claims);
    key_set_done(&keys);
}

static void check_json(const char *text, size_t size)
{
    struct claims_header header;
    struct claims claims;
    struct err err = {0};

    if (claims_parse(&claims, text, size, &err) == 0) {
        MUST(strlen(claims.subject) <= CLAIMS_TEXT_MAX && strlen(claims.issuer) <= CLAIMS_TEXT_MAX);
        MUST(claims.has_access || claims.access.count == 0);
        (void)claims_has_audience(&claims, "ocimock");
        claims_done(&claims);
    } else {
        MUST(err.code == ERR_SYNTAX || err.code == ERR_LIMIT);
    }
    if (claims_parse_header(&header, text, size, &err) == 0)
        MUST(strlen(header.algorithm) <= CLAIMS_ALGORITHM_MAX);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    auto_free char *text = fuzz_text(data, size);

    check_token(text, size);
    check_json(text, size);
    return 0;
}

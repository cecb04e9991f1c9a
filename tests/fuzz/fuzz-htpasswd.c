/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/fuzz.h"

#include <string.h>

#include "auth/account.h"
#include "auth/htpasswd.h"
#include "auth/secret.h"
#include "lib/util/err.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct htpasswd h = {0};
    struct err err = {0};
    unsigned line = 0;

    if (htpasswd_parse(&h, "users", (const char *)data, size, &err) != 0) {
        MUST(err.code == ERR_SYNTAX || err.code == ERR_INVALID || err.code == ERR_UNSUPPORTED ||
             err.code == ERR_EXISTS);
        MUST(strncmp(err.msg, "users:", strlen("users:")) == 0);
        MUST(h.text == NULL && h.entries == NULL);
        return 0;
    }
    for (size_t i = 0; i < h.count; i++) {
        MUST(account_check_name(h.entries[i].user, NULL) == 0);
        MUST(secret_check_hash(h.entries[i].hash, NULL) == 0);
        MUST(h.entries[i].line > line);
        line = h.entries[i].line;
    }
    htpasswd_done(&h);
    return 0;
}

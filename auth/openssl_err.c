/* SPDX-License-Identifier: MIT */
#include "auth/openssl_err.h"

#include <openssl/err.h>

#include "lib/util/err.h"

void openssl_fill(struct err *err, const char *what)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = ERR_reason_error_string(code);

    (void)err_set(err, ERR_GET_REASON(code) == ERR_R_MALLOC_FAILURE ? ERR_NOMEM : ERR_INVALID,
                  "%s: %s", what, reason != NULL ? reason : "failed");
    ERR_clear_error();
}

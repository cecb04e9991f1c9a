/* SPDX-License-Identifier: MIT */
#include "lib/http/status.h"

#include <stddef.h>

#include "lib/util/util.h"

static const struct {
    int status;
    const char *reason;
} rows[] = {
#define STATUS_ROW(code, text) {(code), (text)},
#include "lib/http/status.tbl.h"
#undef STATUS_ROW
};

const char *http_status_reason(int status)
{
    size_t low = 0, high = ARRAY_LEN(rows);

    while (low < high) {
        size_t middle = (low + high) / 2;

        if (rows[middle].status == status)
            return rows[middle].reason;
        if (rows[middle].status < status)
            low = middle + 1;
        else
            high = middle;
    }
    return "Unknown";
}

bool http_status_has_body(int status)
{
    return status >= 200 && status != 204 && status != 304;
}

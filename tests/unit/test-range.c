/* SPDX-License-Identifier: MIT */
#include "lib/http/range.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/util/util.h"
#include "tests/tap/tap.h"

enum { MAX = 4 };

/* Ranges as text, "500-1499,2000-2047"; "none" or "416". */
static const char *parse(char *ret, size_t room, const char *value, uint64_t size)
{
    struct http_range ranges[MAX];
    size_t count = 99;
    size_t used = 0;
    enum http_range_result result = http_range_parse(value, size, ranges, MAX, &count);

    if (result != HTTP_RANGE_SOME) {
        is_int((long long)count, 0, "no ranges in '%s'", value);
        return result == HTTP_RANGE_NONE ? "none" : "416";
    }
    ret[0] = '\0';
    for (size_t i = 0; i < count; i++)
        used += (size_t)snprintf(ret + used, room - used, "%s%" PRIu64 "-%" PRIu64,
                                 i > 0 ? "," : "", ranges[i].first, ranges[i].last);
    return ret;
}

/* Content of 2048 bytes, as in distribution-spec's conformance suite. */
static const struct {
    const char *value;
    const char *want;
} rows[] = {
    {"bytes=500-1499", "500-1499"},
    {"bytes=500-", "500-2047"},
    {"bytes=-500", "1548-2047"},
    {"bytes=0-", "0-2047"},
    {"bytes=0-0", "0-0"},
    {"bytes=-1", "2047-2047"},
    {"bytes=2047-", "2047-2047"},
    {"bytes=2000-5000", "2000-2047"},
    {"bytes=-5000", "0-2047"},
    {"bytes=500-0", "416"},
    {"bytes=5000-10000", "416"},
    {"bytes=2048-", "416"},
    {"bytes=-0", "416"},
    {"bytes=0-99999999999999999999999999", "0-2047"},
    {"bytes=99999999999999999999999999-", "416"},
    {"bytes=-99999999999999999999999999", "0-2047"},
    {"bytes=18446744073709551615-18446744073709551615", "416"},

    {"bytes=0-1,4-5", "0-1,4-5"},
    {"bytes=0-1, 4-5", "0-1,4-5"},
    {"bytes= 0-1 ,\t4-5 ", "0-1,4-5"},
    {"bytes=,0-1,,4-5,", "0-1,4-5"},
    {"bytes=4-5,0-1", "4-5,0-1"},
    {"bytes=5000-,0-1", "0-1"},
    {"bytes=500-0,0-1", "0-1"},
    {"bytes=5000-,6000-", "416"},
    {"bytes=0-0,1-1,2-2,3-3", "0-0,1-1,2-2,3-3"},
    {"bytes=0-0,1-1,2-2,3-3,4-4", "none"}, /* more than there is room for */
    {"bytes=0-,0-", "none"},               /* more bytes than the content has */
    {"bytes=0-1499,500-1499", "none"},
    {"BYTES=0-1", "0-1"},
    {"bytes =0-1", "0-1"},

    {"", "none"},
    {"bytes", "none"},
    {"bytes=", "none"},
    {"bytes=,", "none"},
    {"bytes=-", "none"},
    {"bytes=a-b", "none"},
    {"bytes=1", "none"},
    {"bytes=1-2-3", "none"},
    {"bytes=1 -2", "none"},
    {"bytes=+1-2", "none"},
    {"bytes=0-1;4-5", "none"},
    {"bytes=0-1,x", "none"},
    {"bytes=5000-,x", "none"},
    {"bytes 0-1", "none"},
    {"bytesx=0-1", "none"},
    {"items=0-1", "none"},
};

int main(void)
{
    char text[256];

    plan_lazy();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        is_str(parse(text, sizeof(text), rows[i].value, 2048), rows[i].want, "PL7 '%s'",
               rows[i].value);
    is_str(parse(text, sizeof(text), "bytes=0-", 0), "none", "PL8 empty content has no ranges");
    is_str(parse(text, sizeof(text), "bytes=5-0", 0), "none", "PL8 not even a wrong one");
    is_str(parse(text, sizeof(text), "bytes=-1", 1), "0-0", "content of one byte");
    is_str(parse(text, sizeof(text), "bytes=0-", UINT64_MAX), "0-18446744073709551614",
           "the largest content");
    done_testing();
}

/* SPDX-License-Identifier: MIT */
#include "lib/util/cidr.h"

#include <string.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

static const struct {
    const char *block;
    const char *address;
    bool inside;
} rows[] = {
    {"10.0.0.0/8", "10.255.3.4", true},
    {"10.0.0.0/8", "11.0.0.0", false},
    {"10.1.2.3/8", "10.9.9.9", true},
    {"192.168.4.0/23", "192.168.5.255", true},
    {"192.168.4.0/23", "192.168.6.0", false},
    {"127.0.0.1", "127.0.0.1", true},
    {"127.0.0.1", "127.0.0.2", false},
    {"0.0.0.0/0", "203.0.113.9", true},
    {"0.0.0.0/0", "2001:db8::1", false},
    {"::/0", "2001:db8::1", true},
    {"::/0", "203.0.113.9", true},
    {"fd00::/8", "fd12:3456::1", true},
    {"fd00::/8", "fe80::1", false},
    {"fe80::/10", "fe80::1%eth0", true},
    {"2001:db8::/33", "2001:db8:7fff::", true},
    {"2001:db8::/33", "2001:db8:8000::", false},
    {"::1/128", "::1", true},
    {"127.0.0.0/8", "::ffff:127.0.0.9", true},
    {"::ffff:127.0.0.0/104", "127.0.0.9", true},
    {"127.0.0.0/8", "", false},
    {"127.0.0.0/8", "localhost", false},
    {"127.0.0.0/8", "127.0.0.1:80", false},
};

static const char *const bad[] = {
    "",
    "/",
    "/8",
    "10.0.0.0/",
    "10.0.0.0/33",
    "10.0.0.0/-1",
    "10.0.0.0/8 ",
    "10.0.0/8",
    "::/129",
    "::1/0128",
    "localhost",
    "10.0.0.0/8/8",
    "[::1]",
    "fe80::1%eth0/64",
    "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000/1",
};

int main(void)
{
    struct cidr block = {.bits = 7};
    struct err err;

    plan_lazy();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        is_int(cidr_parse(&block, rows[i].block, &err), 0, "'%s' is a block", rows[i].block);
        is_int(cidr_contains(&block, rows[i].address), rows[i].inside, "%s has '%s'%s",
               rows[i].block, rows[i].address, rows[i].inside ? "" : " not");
    }
    block.bits = 7;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        is_int(cidr_parse(&block, bad[i], &err), -1, "'%s' is no block", bad[i]);
        is_int(err.code, ERR_SYNTAX, "  syntax");
    }
    is_int(block.bits, 7, "a block that failed is not written");
    done_testing();
}

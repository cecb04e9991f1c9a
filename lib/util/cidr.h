/* SPDX-License-Identifier: MIT */
/* Blocks of addresses (RFC 4632, RFC 4291): "10.0.0.0/8", "fd00::/8", or one address. */
#ifndef LIB_UTIL_CIDR_H
#define LIB_UTIL_CIDR_H

#include <stdbool.h>

struct err;

/* IPv4 is kept as IPv4-mapped IPv6, so that it meets such peers of a listener for both. */
struct cidr {
    unsigned char address[16];
    unsigned bits; /* of the prefix, 0 to 128 */
};

/* ERR_SYNTAX. Bits behind the prefix are ignored. */
int cidr_parse(struct cidr *ret, const char *text, struct err *err);
/* address: as in a socket's name, without port and brackets; a zone ("%eth0") is ignored. */
bool cidr_contains(const struct cidr *block, const char *address);

#endif

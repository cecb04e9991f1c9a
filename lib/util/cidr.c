/* SPDX-License-Identifier: MIT */
#include "lib/util/cidr.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "lib/util/err.h"
#include "lib/util/text.h"

enum { ALL_BITS = 128, MAPPED_BITS = 96, ADDRESS_MAX = 45 };

/* n bytes of text; *ret_offset: bits in front of the address itself. */
static bool parse_address(unsigned char ret[16], unsigned *ret_offset, const char *text, size_t n)
{
    static const unsigned char mapped[12] = {[10] = 0xff, [11] = 0xff};
    char copy[ADDRESS_MAX + 1];

    if (n == 0 || n > ADDRESS_MAX)
        return false;
    memcpy(copy, text, n);
    copy[n] = '\0';
    if (inet_pton(AF_INET, copy, ret + sizeof(mapped)) == 1) {
        memcpy(ret, mapped, sizeof(mapped));
        *ret_offset = MAPPED_BITS;
        return true;
    }
    *ret_offset = 0;
    return inet_pton(AF_INET6, copy, ret) == 1;
}

/* At most three digits. */
static bool parse_bits(unsigned *ret, const char *text)
{
    size_t n = strspn(text, "0123456789");
    unsigned bits = 0;

    if (n == 0 || n > 3 || text[n] != '\0')
        return false;
    for (; *text != '\0'; text++)
        bits = bits * 10 + (unsigned)(*text - '0');
    *ret = bits;
    return true;
}

int cidr_parse(struct cidr *ret, const char *text, struct err *err)
{
    size_t n = strcspn(text, "/");
    struct cidr block;
    unsigned offset;

    if (!parse_address(block.address, &offset, text, n))
        return err_set(err, ERR_SYNTAX, "%s is no address or block of addresses", TEXT_QUOTE(text));
    block.bits = ALL_BITS - offset;
    if (text[n] == '/' &&
        (!parse_bits(&block.bits, text + n + 1) || block.bits > ALL_BITS - offset))
        return err_set(err, ERR_SYNTAX, "%s: behind the '/' stands a number from 0 to %u",
                       TEXT_QUOTE(text), ALL_BITS - offset);
    block.bits += offset;
    *ret = block;
    return 0;
}

bool cidr_contains(const struct cidr *block, const char *address)
{
    unsigned char bytes[16];
    unsigned whole = block->bits / 8;
    unsigned rest = block->bits % 8;
    unsigned offset;

    if (!parse_address(bytes, &offset, address, strcspn(address, "%")))
        return false;
    if (memcmp(bytes, block->address, whole) != 0)
        return false;
    return rest == 0 || ((bytes[whole] ^ block->address[whole]) >> (8 - rest)) == 0;
}

/* SPDX-License-Identifier: MIT */
#include "lib/util/base64.h"

#include <stdint.h>
#include <string.h>

#include "lib/util/buf.h"

static const char alphabets[][65] = {
    [BASE64_STANDARD] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    [BASE64_URL] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
};

void base64_encode(struct buf *b, enum base64_alphabet alphabet, const void *p, size_t n)
{
    const char *digits = alphabets[alphabet];
    const unsigned char *in = p;
    char *out = buf_room(b, alphabet == BASE64_URL ? (n * 4 + 2) / 3 : (n + 2) / 3 * 4);
    size_t at = 0;

    if (out == NULL)
        return;
    for (; n >= 3; n -= 3, in += 3) {
        out[at++] = digits[in[0] >> 2];
        out[at++] = digits[(in[0] & 3) << 4 | in[1] >> 4];
        out[at++] = digits[(in[1] & 15) << 2 | in[2] >> 6];
        out[at++] = digits[in[2] & 63];
    }
    if (n > 0) {
        unsigned second = n == 2 ? in[1] : 0;

        out[at++] = digits[in[0] >> 2];
        out[at++] = digits[(in[0] & 3) << 4 | second >> 4];
        if (n == 2)
            out[at++] = digits[(second & 15) << 2];
        for (; alphabet == BASE64_STANDARD && at % 4 != 0; at++)
            out[at] = '=';
    }
    buf_grown(b, at);
}

/* 0 to 63, or -1. */
static int digit(enum base64_alphabet alphabet, char c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A';
    if (c >= 'a' && c <= 'z')
        return c - 'a' + 26;
    if (c >= '0' && c <= '9')
        return c - '0' + 52;
    if (c == alphabets[alphabet][62])
        return 62;
    return c == alphabets[alphabet][63] ? 63 : -1;
}

bool base64_decode(void *ret, size_t *ret_n, enum base64_alphabet alphabet, const char *text,
                   size_t n)
{
    unsigned char *out = ret;
    uint32_t bits = 0;
    size_t at = 0;

    if (alphabet == BASE64_STANDARD) {
        if (n % 4 != 0)
            return false;
        for (int padding = 0; padding < 2 && n > 0 && text[n - 1] == '='; padding++)
            n--;
    }
    if (n % 4 == 1)
        return false;
    for (size_t i = 0; i < n; i++) {
        int value = digit(alphabet, text[i]);

        if (value < 0)
            return false;
        bits = bits << 6 | (uint32_t)value;
        if (i % 4 != 0)
            out[at++] = (unsigned char)(bits >> (6 - i % 4 * 2));
    }
    *ret_n = at;
    /* What is left over of the last character must be 0. */
    return n % 4 == 0 || (bits & (n % 4 == 2 ? 15 : 3)) == 0;
}

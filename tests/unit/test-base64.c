/* SPDX-License-Identifier: MIT */
#include "lib/util/base64.h"

#include <string.h>

#include "lib/util/buf.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

static void test_vectors(void)
{
    /* RFC 4648, section 10; and bytes that the alphabets write differently. */
    static const struct {
        const char *bytes, *standard, *url;
    } rows[] = {
        {"", "", ""},
        {"f", "Zg==", "Zg"},
        {"fo", "Zm8=", "Zm8"},
        {"foo", "Zm9v", "Zm9v"},
        {"foob", "Zm9vYg==", "Zm9vYg"},
        {"fooba", "Zm9vYmE=", "Zm9vYmE"},
        {"foobar", "Zm9vYmFy", "Zm9vYmFy"},
        {"\xfb\xff\xfe", "+//+", "-__-"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        size_t bytes = strlen(rows[i].bytes);

        for (enum base64_alphabet a = BASE64_STANDARD; a <= BASE64_URL; a++) {
            const char *text = a == BASE64_URL ? rows[i].url : rows[i].standard;
            auto_buf struct buf b = BUF_INIT(64);
            char out[BASE64_DECODED_MAX(16)];
            size_t n = 99;

            base64_encode(&b, a, rows[i].bytes, bytes);
            is_str(buf_text(&b), text, "vector %zu is encoded in alphabet %d", i, (int)a);
            ok(base64_decode(out, &n, a, text, strlen(text)), "and decoded");
            is_mem(out, n, rows[i].bytes, bytes, "to what it was");
        }
    }
}

static void test_refused(void)
{
    static const struct {
        const char *text, *what;
        enum base64_alphabet alphabet;
    } rows[] = {
        {"Zg==", "padding in a token", BASE64_URL},
        {"Zg", "no padding", BASE64_STANDARD},
        {"Zg=", "half of the padding", BASE64_STANDARD},
        {"Z===", "too much padding", BASE64_STANDARD},
        {"=", "padding only", BASE64_STANDARD},
        {"Zg==Zg==", "padding in the middle", BASE64_STANDARD},
        {"Zh==", "bits that are left over", BASE64_STANDARD},
        {"Zh", "bits that are left over in a token", BASE64_URL},
        {"Zm9", "two such bits", BASE64_URL},
        {"Z", "a lone character", BASE64_URL},
        {"Zm9vY", "a lone character at the end", BASE64_URL},
        {"+//+", "the other alphabet", BASE64_URL},
        {"-__-", "the other alphabet", BASE64_STANDARD},
        {"Zm 9v", "a blank", BASE64_URL},
        {"Zm9v\n", "a line end", BASE64_URL},
        {"Zm9\xc3", "a byte beyond ASCII", BASE64_URL},
        {"Zm.v", "a dot", BASE64_URL},
    };
    char out[64];
    size_t n;

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        ok(!base64_decode(out, &n, rows[i].alphabet, rows[i].text, strlen(rows[i].text)),
           "refused: %s", rows[i].what);
    ok(!base64_decode(out, &n, BASE64_URL, "Zm\0v", 4), "refused: NUL");
}

static void test_all_bytes(void)
{
    auto_buf struct buf b = BUF_INIT(1024);
    unsigned char bytes[256];
    size_t n;

    for (size_t i = 0; i < sizeof(bytes); i++)
        bytes[i] = (unsigned char)i;
    base64_encode(&b, BASE64_URL, bytes, sizeof(bytes));
    is_int((long long)b.len, 342, "256 bytes are 342 characters");
    ok(base64_decode(b.data, &n, BASE64_URL, b.data, b.len), "they are decoded in place");
    is_mem(b.data, n, bytes, sizeof(bytes), "to what they were");
}

static void test_limit(void)
{
    auto_buf struct buf b = BUF_INIT(3);
    auto_buf struct buf exact = BUF_INIT(2);

    base64_encode(&b, BASE64_STANDARD, "foo", 3);
    ok(b.failed && b.len == 0, "what does not fit is the buffer's failure");
    base64_encode(&exact, BASE64_URL, "f", 1);
    is_str(buf_text(&exact), "Zg", "what just fits is none");
}

int main(void)
{
    plan_lazy();
    test_vectors();
    test_refused();
    test_all_bytes();
    test_limit();
    done_testing();
}

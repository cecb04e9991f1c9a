/* SPDX-License-Identifier: MIT */
#include "lib/util/text.h"

#include <string.h>

#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

static void decodes(const char *src, enum text_form form, const char *want)
{
    char dst[100];
    struct err err = {0};

    is_int(text_percent_decode(dst, src, strlen(src), form, &err), 0, "'%s' decodes", src);
    is_str(dst, want, "to '%s'", want);
}

static void decode_fails(const char *src, const char *part)
{
    char dst[100];
    struct err err = {0};

    is_int(text_percent_decode(dst, src, strlen(src), TEXT_PATH, &err), -1, "refused: %s", part);
    is_int(err.code, ERR_SYNTAX, "as syntax");
    ok(strstr(err.msg, part) != NULL, "'%s' says '%s'", err.msg, part);
}

static void test_percent_decode(void)
{
    char same[] = "%61%62c";

    decodes("", TEXT_PATH, "");
    decodes("/v2/a/blobs/sha256%3Aab", TEXT_PATH, "/v2/a/blobs/sha256:ab");
    decodes("sha256%3aab", TEXT_PATH, "sha256:ab");
    decodes("a+b%2B", TEXT_PATH, "a+b+");
    decodes("a+b%2B", TEXT_QUERY, "a b+");
    decodes("%25%32%35", TEXT_PATH, "%25");
    decodes("%0a\xc3\xa4", TEXT_PATH, "\n\xc3\xa4");
    decode_fails("ab%", "position 2");
    decode_fails("%4", "position 0");
    decode_fails("a%4g", "position 1");
    decode_fails("a%g4", "position 1");
    decode_fails("%%41", "position 0");
    decode_fails("x%00", "position 1 means NUL");
    decode_fails("ab\n", "0x0a at position 2");
    decode_fails("\x7f", "0x7f at position 0");
    is_int(text_percent_decode(same, same, strlen(same), TEXT_PATH, NULL), 0, "in place");
    is_str(same, "abc", "in place works");
}

static void encodes(const char *src, enum text_form form, const char *want)
{
    auto_buf struct buf b = BUF_INIT(100);

    text_percent_encode(&b, src, form);
    is_str(buf_text(&b), want, "'%s' becomes '%s'", src, want);
}

static void test_percent_encode(void)
{
    encodes("a/b:c+d", TEXT_PATH, "a/b:c+d");
    encodes("a/b:c+d", TEXT_QUERY, "a/b:c%2Bd");
    encodes("a&b=c #?%", TEXT_QUERY, "a%26b%3Dc%20%23%3F%25");
    encodes("a?#%\xc3\xa4<>", TEXT_PATH, "a%3F%23%25%C3%A4%3C%3E");
}

static void test_hex(void)
{
    char hex[9];
    unsigned char bytes[4];

    text_hex(hex, "\x00\xff\x1a\xB2", 4);
    is_str(hex, "00ff1ab2", "bytes as hex");
    ok(text_unhex(bytes, "00fF1Ab2", 4), "hex of both cases is read");
    is_mem(bytes, 4, "\x00\xff\x1a\xB2", 4, "as the same bytes");
    ok(!text_unhex(bytes, "00fg", 2), "a letter beyond f is refused");
    ok(!text_unhex(bytes, "00f", 2), "a digit short is refused");
}

static void test_utf8(void)
{
    static const char *const good[] = {
        "a", "\xc2\x80", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf"};
    static const char *const bad[] = {"\x80",
                                      "\xc0\x80",
                                      "\xc1\xbf",
                                      "\xe0\x9f\xbf",
                                      "\xed\xa0\x80",
                                      "\xf0\x8f\xbf\xbf",
                                      "\xf4\x90\x80\x80",
                                      "\xf8\x88\x80\x80\x80",
                                      "\xc3",
                                      "\xe2\x82",
                                      "\xff",
                                      "\xc3("};

    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        is_int(text_utf8(good[i], strlen(good[i])), (long long)strlen(good[i]), "valid %zu", i);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        is_int(text_utf8(bad[i], strlen(bad[i])), 0, "invalid %zu", i);
    ok(text_is_utf8("a\xc3\xa4z", 4), "a text");
    ok(text_is_utf8("", 0), "the empty text");
    ok(!text_is_utf8("a\xc3", 2), "a text that ends too early");
}

static void test_printable(void)
{
    is_int(text_printable("a", 1), 1, "a letter");
    is_int(text_printable(" ", 1), 1, "a blank");
    is_int(text_printable("\xc3\xa4", 2), 2, "an umlaut");
    is_int(text_printable("\xc2\xa0", 2), 2, "what follows the C1 controls");
    is_int(text_printable("\n", 1), 0, "C0 is not printable");
    is_int(text_printable("", 1), 0, "nor NUL");
    is_int(text_printable("\x7f", 1), 0, "nor DEL");
    is_int(text_printable("\xc2\x9b", 2), 0, "nor C1");
    is_int(text_printable("\xff", 1), 0, "nor garbage");
}

static void test_cut(void)
{
    char four[4];

    is_int(text_cut("abc", 2), 2, "ASCII is cut anywhere");
    is_int(text_cut("a\xc3\xa4", 2), 1, "not within two bytes");
    is_int(text_cut("a\xf0\x90\x80\x80", 4), 1, "not within four bytes");
    is_int(text_cut("\x80\x80\x80\x80\x80", 4), 4, "garbage does not matter");
    is_int(text_cut("abc", 0), 0, "nothing");
    text_copy(four, sizeof(four), "abc");
    is_str(four, "abc", "a copy that fits");
    text_copy(four, sizeof(four), "abcd");
    is_str(four, "abc", "one that does not is cut");
    text_copy(four, sizeof(four), "ab\xc3\xa4");
    is_str(four, "ab", "not within two bytes");
    text_copy(four, 1, "abc");
    is_str(four, "", "there is room for the end only");
}

static void test_nocase(void)
{
    ok(text_equal_nocase("", ""), "empty texts");
    ok(text_equal_nocase("Content-Type", "content-TYPE"), "letters of either case");
    ok(!text_equal_nocase("a", "ab"), "a beginning is not equal");
    ok(!text_equal_nocase("ab", "a"), "in either order");
    ok(!text_equal_nocase("[", "{"), "only letters fold");
}

static void test_glob(void)
{
    static const struct {
        const char *pattern, *text;
        bool match;
    } rows[] = {
        {"", "", true},
        {"", "a", false},
        {"*", "", true},
        {"*", "a/b", true},
        {"**", "x", true},
        {"a", "a", true},
        {"a", "ab", false},
        {"?", "", false},
        {"?", "a", true},
        {"a?c", "a/c", true},
        {"team/*", "team/a/b", true},
        {"team/*", "team", false},
        {"*/app", "x/y/app", true},
        {"*/app", "x/app/y", false},
        {"a*b*c", "a1b2b3c", true},
        {"a*b*c", "a1b2b3", false},
        {"manifest.*", "manifest.get", true},
        {"[a]", "a", false},
        {"A", "a", false},
    };
    char many[201];

    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        is_int(text_glob(rows[i].pattern, rows[i].text), rows[i].match, "'%s' and '%s'",
               rows[i].pattern, rows[i].text);
    memset(many, 'a', 200);
    many[200] = '\0';
    ok(!text_glob("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", many), "many stars end soon");
    ok(text_is_glob("a*") && text_is_glob("?"), "globs are known");
    ok(!text_is_glob("a/b:c"), "names are no globs");
}

static const char *nearest(const char *word)
{
    static const char *const names[] = {"listen", "limits", "log", "registry", "tls", "import"};
    struct text_nearest n;

    text_nearest_begin(&n, word);
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        text_nearest_offer(&n, names[i]);
    return n.name;
}

static void test_nearest(void)
{
    is_int(text_distance("", ""), 0, "no distance");
    is_int(text_distance("abc", ""), 3, "to nothing");
    is_int(text_distance("kitten", "sitting"), 3, "kitten and sitting");
    is_int(text_distance("ab", "ba"), 1, "neighbours swapped");
    is_int(text_distance("ABC", "abc"), 2, "case counts half");
    is_str(nearest("lisen"), "listen", "a letter left out");
    is_str(nearest("lsiten"), "listen", "letters swapped");
    is_str(nearest("regsitryy"), "registry", "two mistakes");
    is_str(nearest("Import"), "import", "case");
    is_str(nearest("lgo"), "log", "a short name");
    is_str(nearest("frobnicate"), NULL, "something else");
    is_str(nearest("x"), NULL, "one letter");
    is_str(nearest(""), NULL, "nothing");
}

static void test_quote(void)
{
    struct text_quote q;
    char longer[400];

    is_str(TEXT_QUOTE("abc"), "'abc'", "plain text");
    is_str(TEXT_QUOTE(""), "''", "no text");
    is_str(TEXT_QUOTE("a\n\x1b[1m\xff"), "'a\\x0a\\x1b[1m\\xff'", "control bytes");
    is_str(TEXT_QUOTE("\xc3\xa4"), "'\xc3\xa4'", "UTF-8 stays");
    is_str(text_quote_bytes(&q, "a\0b", 3), "'a\\x00b'", "NUL");
    memset(longer, 'a', sizeof(longer));
    longer[399] = '\0';
    (void)text_quote(&q, longer);
    is_int(strlen(q.text), TEXT_QUOTE_MAX - 1, "a long text is cut to the size");
    is_str(q.text + strlen(q.text) - 5, "a...'", "and shows it");
    memset(longer, '\n', sizeof(longer) - 1);
    (void)text_quote(&q, longer);
    ok(strlen(q.text) < TEXT_QUOTE_MAX, "escapes are counted");
    is_str(q.text + strlen(q.text) - 8, "\\x0a...'", "and never cut through");
}

int main(void)
{
    plan_lazy();
    test_percent_decode();
    test_percent_encode();
    test_hex();
    test_utf8();
    test_printable();
    test_cut();
    test_nocase();
    test_glob();
    test_nearest();
    test_quote();
    done_testing();
}

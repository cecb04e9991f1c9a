/* SPDX-License-Identifier: MIT */
/* lib/util/parameter.c; forms and queries are in test-form.c and test-head.c. */
#include "lib/util/parameter.h"

#include <stdio.h>
#include <string.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

enum { MOST = 3 };

static const struct {
    const char *text;
    const char *want; /* "name=value;" for each, or how the error begins */
} cases[] = {
    {"", ""},
    {"&&", ""},
    {"a=b", "a=b;"},
    {"&a=b&c", "a=b;c=;"},
    {"=b", "=b;"},
    {"a=b=c", "a=b=c;"},
    {"a=x+y%2Bz%26%3D", "a=x y+z&=;"},
    {"%61%3d=1", "a==1;"},
    {"a=1&a=2&a=3", "a=1;a=2;a=3;"},
    {"a=1&a=2&a=3&", "a=1;a=2;a=3;"},
    {"a=1&a=2&a=3&a=4", "more than 3 parameters"},
    {"a=%0a", "a=\n;"},
    {"a=secret%", "'%' at position 6 begins no escape: expected two hex digits"},
    {"%4=secret", "'%' at position 0 begins no escape: expected two hex digits"},
    {"a=%00", "the escape at position 0 means NUL"},
    {"a=secret\n", "control byte 0x0a at position 6"},
};

static void parses(const char *text, const char *want)
{
    struct parameter found[MOST];
    char copy[64], got[512] = "";
    struct err err = {0};
    size_t count = 0;

    (void)snprintf(copy, sizeof(copy), "%s", text);
    if (parameter_parse(found, MOST, &count, copy, strlen(text), &err) != 0)
        (void)snprintf(got, sizeof(got), "%s", err.msg);
    for (size_t i = 0; i < count; i++)
        (void)snprintf(got + strlen(got), sizeof(got) - strlen(got), "%s=%s;", found[i].name,
                       found[i].value);
    is_str(got, want, "'%s'", text);
}

int main(void)
{
    plan_lazy();
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        parses(cases[i].text, cases[i].want);
    is_int((long long)parameter_count("a&b&c", 5), 3, "an upper bound");
    is_int((long long)parameter_count("a&b&c", 3), 2, "of the bytes that count");
    done_testing();
}

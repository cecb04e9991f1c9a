/* SPDX-License-Identifier: MIT */
#include "auth/form.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

static const struct {
    const char *text;
    const char *fields; /* "name=value;" for each */
} good[] = {
    {"", ""},
    {"&&", ""},
    {"a=b", "a=b;"},
    {"a=b&c=d", "a=b;c=d;"},
    {"&a=b&", "a=b;"},
    {"a", "a=;"},
    {"a=", "a=;"},
    {"=b", "=b;"},
    {"a=b=c", "a=b=c;"},
    {"a=x+y%2Bz%26%3D", "a=x y+z&=;"},
    {"%61%3d=1", "a==1;"},
    {"scope=a&scope=b", "scope=a;scope=b;"},
    {"p=%C3%A4", "p=\xc3\xa4;"},
};

static const struct {
    const char *text;
    enum err_code code;
} bad[] = {
    {"a=%", ERR_SYNTAX},   {"a=%4", ERR_SYNTAX},       {"a=%zz", ERR_SYNTAX},
    {"a=%00", ERR_SYNTAX}, {"a=secret\n", ERR_SYNTAX}, {"%=secret", ERR_SYNTAX},
};

static void test_good(const char *text, const char *want)
{
    char got[200] = "";
    struct form f;

    is_int(form_parse(&f, text, strlen(text), NULL), 0, "'%s' is a form", text);
    for (size_t i = 0; i < f.count; i++) {
        size_t n = strlen(got);

        (void)snprintf(got + n, sizeof(got) - n, "%s=%s;", f.fields[i].name, f.fields[i].value);
    }
    is_str(got, want, "  of %s", want);
    form_done(&f);
}

static void test_limits(void)
{
    char *text = malloc(FORM_SIZE_MAX + 1);
    struct form f;
    struct err err;

    ASSERT(text != NULL);
    memset(text, 'a', FORM_SIZE_MAX + 1);
    is_int(form_parse(&f, text, FORM_SIZE_MAX, &err), 0, "a form of the largest size");
    form_done(&f);
    is_int(form_parse(&f, text, FORM_SIZE_MAX + 1, &err), -1, "one byte more");
    is_int(err.code, ERR_LIMIT, "  is over the limit");
    form_done(&f);
    for (size_t i = 1; i < 2 * FORM_FIELDS_MAX + 2; i += 2)
        text[i] = '&';
    is_int(form_parse(&f, text, 2 * FORM_FIELDS_MAX, &err), 0, "as many fields as there may be");
    is_int((long long)f.count, FORM_FIELDS_MAX, "  all are there");
    form_done(&f);
    is_int(form_parse(&f, text, 2 * FORM_FIELDS_MAX + 1, &err), -1, "one field more");
    is_int(err.code, ERR_LIMIT, "  is over the limit");
    form_done(&f);
    form_done(&f);
    free(text);
}

static void test_values(void)
{
    static const char text[] = "scope=a&x=1&scope=b&y";
    size_t pos = 0;
    struct form f;

    ASSERT(form_parse(&f, text, strlen(text), NULL) == 0);
    is_str(form_value(&f, "x"), "1", "a value");
    is_str(form_value(&f, "y"), "", "an empty value");
    is_str(form_value(&f, "z"), NULL, "no value");
    is_str(form_value(&f, "scope"), "a", "the first of two");
    is_str(form_value_next(&f, "scope", &pos), "a", "the first again");
    is_str(form_value_next(&f, "scope", &pos), "b", "the second");
    is_str(form_value_next(&f, "scope", &pos), NULL, "no third");
    form_done(&f);
}

int main(void)
{
    plan_lazy();
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        test_good(good[i].text, good[i].fields);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct err err;
        struct form f;

        is_int(form_parse(&f, bad[i].text, strlen(bad[i].text), &err), -1, "bad form %zu", i);
        is_int(err.code, bad[i].code, "  its code");
        ok(strstr(err.msg, "secret") == NULL, "  no value in '%s'", err.msg);
        form_done(&f);
    }
    test_limits();
    test_values();
    ok(form_is_type("application/x-www-form-urlencoded"), "the type of forms");
    ok(form_is_type("Application/X-WWW-Form-Urlencoded; charset=UTF-8"), "with a parameter");
    ok(!form_is_type("application/json"), "another type");
    ok(!form_is_type("application/x-www-form-urlencodedx"), "a longer type");
    ok(!form_is_type(NULL), "no type");
    done_testing();
}

/* SPDX-License-Identifier: MIT */
#include <stdlib.h>

#include <jansson.h>

#include "lib/util/schema.h"
#include "tests/tap/tap.h"

static const char *const modes[] = {"off", "405", "true", NULL};

static const struct schema members[] = {
    {.key = "name", .type = SCHEMA_TEXT, .required = true, .help = "whose"},
    {.key = "on", .type = SCHEMA_BOOL},
    {.key = NULL},
};
static const struct schema object_form = {.type = SCHEMA_OBJECT, .members = members};

static void gives(const struct schema *s, const char *want)
{
    json_t *value = schema_json(s);
    char *got = json_dumps(value, JSON_COMPACT);

    is_str(got, want, "%s", want);
    free(got);
    json_decref(value);
}

static void test_scalars(void)
{
    gives(&(struct schema){.type = SCHEMA_BOOL}, "{\"type\":\"boolean\"}");
    gives(&(struct schema){.type = SCHEMA_TEXT, .help = "x"},
          "{\"type\":\"string\",\"description\":\"x\"}");
    gives(&(struct schema){.type = SCHEMA_PATH, .or_bool = true},
          "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"boolean\"}]}");
    gives(&(struct schema){.type = SCHEMA_COUNT, .min = 1}, "{\"type\":\"integer\",\"minimum\":1}");
    gives(&(struct schema){.type = SCHEMA_NUMBER, .max = 1},
          "{\"type\":\"number\",\"minimum\":0,\"maximum\":1}");
    gives(&(struct schema){.type = SCHEMA_INT}, "{\"type\":\"integer\"}");
    gives(&(struct schema){.type = SCHEMA_ANY}, "{}");
    gives(&(struct schema){.type = SCHEMA_SHIFT},
          "{\"anyOf\":[{\"const\":0},{\"type\":\"string\",\"pattern\":"
          "\"^[+-]?(0|([0-9]+([.][0-9]+)?(ms|s|m|h|d))+)$\"}]}");
    gives(&(struct schema){.type = SCHEMA_CHOICE, .choices = modes},
          "{\"enum\":[\"off\",\"405\",405,\"true\",true]}");
    gives(&(struct schema){.type = SCHEMA_SCALAR},
          "{\"type\":[\"string\",\"number\",\"boolean\"]}");
}

static void test_nested(void)
{
    gives(&object_form,
          "{\"type\":\"object\",\"properties\":{\"name\":{\"type\":\"string\",\"description\":"
          "\"whose\"},\"on\":{\"type\":[\"boolean\",\"null\"]}},\"additionalProperties\":false,"
          "\"required\":[\"name\"]}");
    gives(&(struct schema){.type = SCHEMA_OBJECTS, .members = members + 1},
          "{\"type\":\"array\",\"items\":{\"type\":\"object\",\"properties\":{\"on\":{\"type\":"
          "[\"boolean\",\"null\"]}},\"additionalProperties\":false}}");
    gives(&(struct schema){.type = SCHEMA_MAP, .members = members + 1},
          "{\"type\":\"object\",\"additionalProperties\":{\"type\":[\"boolean\",\"null\"]}}");
    gives(&(struct schema){.type = SCHEMA_LIST},
          "{\"anyOf\":[{\"type\":\"string\"},{\"type\":\"array\",\"items\":{\"type\":"
          "\"string\"}}]}");
    gives(&(struct schema){.type = SCHEMA_BOOL, .other = &(struct schema){.type = SCHEMA_TEXT}},
          "{\"anyOf\":[{\"type\":\"boolean\"},{\"type\":\"string\"}]}");
}

/* Members that may be left out may be null. */
static void test_null(void)
{
    static const struct schema rows[] = {
        {.key = "choice", .type = SCHEMA_CHOICE, .choices = modes + 2},
        {.key = "scalar", .type = SCHEMA_SCALAR},
        {.key = "list", .type = SCHEMA_LIST},
        {.key = "any", .type = SCHEMA_ANY},
        {.key = NULL},
    };

    gives(&(struct schema){.type = SCHEMA_OBJECT, .members = rows},
          "{\"type\":\"object\",\"properties\":{\"choice\":{\"enum\":[\"true\",true,null]},"
          "\"scalar\":{\"type\":[\"string\",\"number\",\"boolean\",\"null\"]},\"list\":{\"anyOf\":"
          "[{\"type\":\"string\"},{\"type\":\"array\",\"items\":{\"type\":\"string\"}},"
          "{\"type\":\"null\"}]},\"any\":{}},\"additionalProperties\":false}");
}

int main(void)
{
    plan_lazy();
    test_scalars();
    test_nested();
    test_null();
    done_testing();
}

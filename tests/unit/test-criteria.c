/* SPDX-License-Identifier: MIT */
/* cli/criteria.c: options to JSON and to a query. */
#include "cli/criteria.h"

#include <stdlib.h>

#include <jansson.h>

#include "lib/util/buf.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

static const char *const ops[] = {"manifest.get", "blob.*"};
static const char *const repos[] = {"team/a b&c"};

static void object_is(const struct criteria *c, const char *want, const char *name)
{
    json_t *object = criteria_object(c);
    auto_free char *text = json_dumps(object, JSON_COMPACT);

    is_str(text, want, "%s", name);
    json_decref(object);
}

static void test_object(void)
{
    const struct criteria none = {0};
    const struct criteria some = {.op = {ops, 2},
                                  .user_agent = {repos, 1},
                                  .status = {ops, 1},
                                  .range = {repos, 1},
                                  .rule = {ops, 1}};

    object_is(&none, "{}", "nothing is an empty object");
    object_is(
        &some,
        "{\"op\":[\"manifest.get\",\"blob.*\"],\"userAgent\":[\"team/a b&c\"],"
        "\"status\":[\"manifest.get\"],\"range\":[\"team/a b&c\"],\"rule\":[\"manifest.get\"]}",
        "each is a list under the name that the API has for it");
}

static void test_query(void)
{
    const struct criteria some = {.op = {ops, 2}, .repo = {repos, 1}};
    auto_buf struct buf b = BUF_INIT(1000);

    (void)buf_append_text(&b, "/requests");
    criteria_query(&some, &b);
    is_str(buf_text(&b), "/requests?op=manifest.get&op=blob.%2A&repo=team/a%20b%26c",
           "a query has each value by itself, encoded");
}

int main(void)
{
    plan_lazy();
    test_object();
    test_query();
    done_testing();
}

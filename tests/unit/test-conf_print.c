/* SPDX-License-Identifier: MIT */
#include "lib/util/conf_print.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/util/buf.h"
#include "lib/util/conf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

/* Prints JSON as YAML and reads it back. */
static void round_trip(const char *json, const char *want)
{
    json_t *root = json_loads(json, 0, NULL);
    struct conf *c = NULL;
    struct err err = {0};
    auto_buf struct buf b = BUF_INIT(10000);

    conf_print(&b, root);
    if (want != NULL)
        is_str(buf_text(&b), want, "printed: %s", json);
    ok(conf_parse(&c, "f", buf_text(&b), b.len, &err) == 0, "read: %s", err.msg);
    ok(c != NULL && json_equal(root, conf_root(c)), "comes back: %s", json);
    conf_free(c);
    json_decref(root);
}

static void test_shapes(void)
{
    round_trip("{}", "{}\n");
    round_trip("{\"a\":1,\"b\":{\"c\":true,\"d\":null}}", "a: 1\nb:\n  c: true\n  d: null\n");
    round_trip("{\"a\":[],\"b\":{},\"c\":\"\"}", "a: []\nb: {}\nc: \"\"\n");
    round_trip("{\"a\":[\"x\",2,[3,[4]],{\"b\":1,\"c\":[5]},{}]}",
               "a:\n  - x\n  - 2\n  - \n    - 3\n    - \n      - 4\n  - b: 1\n    c:\n      - 5\n  "
               "- {}\n");
    round_trip("{\"a\":[{\"b\":[{\"c\":1}]},{\"d\":{\"e\":2}}]}", NULL);
    round_trip("{\"a\":1.5,\"b\":1e100,\"c\":-3,\"d\":9223372036854775807,\"e\":0.1}", NULL);
}

static void test_texts(void)
{
    round_trip("{\"a\":\"read-write\",\"b\":\"/var/x.y\",\"c\":\"on\"}",
               "a: read-write\nb: /var/x.y\nc: \"on\"\n");
    round_trip("{\"a\":\"127.0.0.1:5000\",\"b\":\"5\",\"c\":\"true\",\"d\":\"~\",\"e\":\"- x\"}",
               NULL);
    round_trip(
        "{\"a\":\"\\n\\t\\u0001\\\"\\\\\",\"b\":\"x: y # z\",\"c\":\"\\u00e4\\ud83d\\ude00\"}",
        NULL);
    round_trip("{\"on\":1,\"a b\":2,\"1\":3,\"\":4,\"*\":5,\"n\":6}", NULL);
    round_trip("{\"a\":\"\\u0085\\u2028\\u007f\\ufeff\"}", NULL);
}

/* YAML wants "? " in front of a key of more than 1024 bytes. */
static void test_long_keys(void)
{
    char key[1201];
    char json[4000];

    memset(key, 'k', sizeof(key));
    key[1200] = '\0';
    (void)snprintf(json, sizeof(json), "{\"%s\":1,\"a\":[{\"%s\":{\"b\":[2]}}]}", key, key);
    round_trip(json, NULL);
}

static void test_limit(void)
{
    json_t *root = json_pack("{s:s}", "key", "value");
    auto_buf struct buf b = BUF_INIT(5);

    conf_print(&b, root);
    ok(b.failed, "too much for the buffer is a failure of the buffer");
    json_decref(root);
}

int main(void)
{
    plan_lazy();
    test_shapes();
    test_texts();
    test_long_keys();
    test_limit();
    done_testing();
}

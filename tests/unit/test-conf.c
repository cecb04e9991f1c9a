/* SPDX-License-Identifier: MIT */
#include "lib/util/conf.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <jansson.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

/* Reads text and compares it with JSON. */
static void reads(const char *text, const char *want, const char *name)
{
    struct conf *c = NULL;
    struct err err = {0};
    char *got;

    if (!ok(conf_parse(&c, "f.yaml", text, strlen(text), &err) == 0, "%s is read: %s", name,
            err.msg))
        return;
    got = json_dumps(conf_root(c), JSON_COMPACT | JSON_ENCODE_ANY);
    is_str(got, want, "%s", name);
    free(got);
    conf_free(c);
}

static void refuses_n(const char *text, size_t n, const char *message, const char *name)
{
    struct conf *c = NULL;
    struct err err = {0};

    ok(conf_parse(&c, "f.yaml", text, n, &err) == -1, "%s: refused", name);
    ok(strncmp(err.msg, message, strlen(message)) == 0, "%s: '%s' begins with '%s'", name, err.msg,
       message);
    conf_free(c);
}

static void refuses(const char *text, const char *message, const char *name)
{
    refuses_n(text, strlen(text), message, name);
}

static void test_scalars(void)
{
    reads("a: on\nb: yes\nc: no\nd: off\ne: y\n",
          "{\"a\":\"on\",\"b\":\"yes\",\"c\":\"no\",\"d\":\"off\",\"e\":\"y\"}",
          "YAML 1.1 words are texts");
    reads("a: true\nb: False\nc: TRUE\nd: tRue\n",
          "{\"a\":true,\"b\":false,\"c\":true,\"d\":\"tRue\"}", "booleans");
    reads("a:\nb: ~\nc: null\nd: ''\ne: \"~\"\n",
          "{\"a\":null,\"b\":null,\"c\":null,\"d\":\"\",\"e\":\"~\"}", "null and empty texts");
    reads("a: 12\nb: -7\nc: 0o17\nd: 0xfF\ne: +3\nf: 010\ng: 1_000\nh: 0b1\n",
          "{\"a\":12,\"b\":-7,\"c\":15,\"d\":255,\"e\":3,\"f\":10,\"g\":\"1_000\",\"h\":\"0b1\"}",
          "integers");
    reads("a: 9223372036854775807\nb: -9223372036854775808\n",
          "{\"a\":9223372036854775807,\"b\":-9223372036854775808}", "the largest integers");
    reads("a: 1.5\nb: .5\nc: 1e3\nd: 1.\ne: 1e\nf: .\ng: 1.2.3\nh: 5s\ni: 8MiB\nj: 12:30\n",
          "{\"a\":1.5,\"b\":0.5,\"c\":1000.0,\"d\":1.0,\"e\":\"1e\",\"f\":\".\",\"g\":\"1.2.3\","
          "\"h\":\"5s\",\"i\":\"8MiB\",\"j\":\"12:30\"}",
          "floats and what only looks like them");
    reads("a: 127.0.0.1:5000\nb: ':0'\nc: \"[::1]:80\"\nd: 2001-12-14\n",
          "{\"a\":\"127.0.0.1:5000\",\"b\":\":0\",\"c\":\"[::1]:80\",\"d\":\"2001-12-14\"}",
          "addresses and dates are texts");
    reads("a: !!str 5\nb: !!int \"5\"\nc: !!float 1\nd: !!bool true\ne: !!null ''\nf: ! 5\n",
          "{\"a\":\"5\",\"b\":5,\"c\":1,\"d\":true,\"e\":null,\"f\":\"5\"}", "tags");
    reads("a: |\n  two\n  lines\nb: >-\n  one\n  line\n",
          "{\"a\":\"two\\nlines\\n\",\"b\":\"one line\"}", "block texts");
}

static void test_shapes(void)
{
    reads("", "{}", "an empty file");
    reads("# nothing\n", "{}", "a comment");
    reads("---\n", "{}", "an empty document");
    reads("---\na: 1\n...\n", "{\"a\":1}", "one document with its marks");
    reads("\xef\xbb\xbf"
          "a: 1\n",
          "{\"a\":1}", "a byte order mark");
    reads("a:\n  - 1\n  - [x, y]\n  - {b: c}\n", "{\"a\":[1,[\"x\",\"y\"],{\"b\":\"c\"}]}",
          "nesting");
    reads("a: &x {b: 1}\nc: *x\nd: [*x, *x]\n",
          "{\"a\":{\"b\":1},\"c\":{\"b\":1},\"d\":[{\"b\":1},{\"b\":1}]}", "aliases");
    reads("a: &x 1\nb: &x 2\nc: *x\n", "{\"a\":1,\"b\":2,\"c\":2}", "the latest anchor counts");
    reads("'<<': 1\n1: 2\ntrue: 3\n", "{\"<<\":1,\"1\":2,\"true\":3}", "keys are texts");
}

static void test_json(void)
{
    reads("{\"a\": [1, 2.5, \"x\\/\\ud83d\\ude00\", true, null], \"b\": {\t\"c\": \"on\"}}",
          "{\"a\":[1,2.5,\"x/\xf0\x9f\x98\x80\",true,null],\"b\":{\"c\":\"on\"}}", "JSON");
    reads("{a: on, b: [x]}", "{\"a\":\"on\",\"b\":[\"x\"]}", "a YAML flow mapping");
    refuses("{\"a\": 1,\n \"a\": 2}", "f.yaml:2: the key 'a' is there twice (first in line 1)",
            "a key twice");
}

static void test_json_name(void)
{
    struct conf *c = NULL;
    struct err err;
    const char *text = "{\"a\": 1,\n\"b\": }";

    is_int(conf_parse(&c, "f.json", text, strlen(text), &err), -1, "bad JSON is refused");
    is_str(err.msg, "f.json: line 2, column 6: unexpected token", "with its line");
    is_int(conf_parse(&c, "f.json", "a: 1", 4, &err), -1, "YAML in a .json file is refused");
    is_int(conf_parse(&c, "f.json", "{\"a\":1,\"a\":2}", 13, &err), -1,
           "duplicate keys are refused");
}

static void test_refused(void)
{
    refuses("a: 1\nb: 2\na: 3\n", "f.yaml:3: the key 'a' is there twice (first in line 1)",
            "a key twice");
    refuses("x:\n  y: 1\n  y: 2\n", "f.yaml:3: the key 'x.y' is there twice (first in line 2)",
            "a nested key twice");
    refuses("a: 1\n---\nb: 2\n", "f.yaml:2: a second document begins", "two documents");
    refuses("a: &x {b: 1}\nc:\n  <<: *x\n", "f.yaml:3: merge keys are not supported",
            "a merge key");
    refuses("a: *nothing\n", "f.yaml:1: an alias has no anchor", "an unknown alias");
    refuses("a: &x [*x]\n", "f.yaml:1: an alias has no anchor", "a node that holds itself");
    refuses("a: !wrong 1\n", "f.yaml:1: this tag is not supported", "an unknown tag");
    refuses("a: !wrong {}\n", "f.yaml:1: this tag is not supported", "one on a mapping");
    refuses("a: !!int x\n", "f.yaml:1: the value is not of the type", "a tag that lies");
    refuses("? [a]\n: 1\n", "f.yaml:1: a key must be a plain text", "a key that is a list");
    refuses("a: 99999999999999999999\n", "f.yaml:1: the number is too large", "a large number");
    refuses("a: .inf\n", "f.yaml:1: the number is not finite", "infinity");
    refuses("a: 1e999\n", "f.yaml:1: the number is not finite", "a large float");
    refuses("- a\n", "f.yaml:1: expected keys and values", "a list");
    refuses("hello\n", "f.yaml:1: expected keys and values", "a text");
    refuses("a:\n\tb: 1\n", "f.yaml:2:1: found character that cannot start any token", "a tab");
    refuses("a: 1\n b: 2\n", "f.yaml:2:3: ", "bad indentation");
    refuses("a: [1, 2\n", "f.yaml:2:1: ", "an open bracket");
    refuses("a: 1\nb: \"x\n", "f.yaml:", "an open quote");
}

/* A secret may stand where the mistake is: no message repeats it. */
static void test_secrets(void)
{
    static const char *const texts[] = {
        "{\"a\": hunter2}",     "{\"a\": \"hunter2\\q\"}", "{\"a\": 1 \"hunter2\"}",
        "{\"a\": \"hunter2",    "a: *hunter2\n",           "a: !hunter2 x\n",
        "a: !!int hunter2\n",   "a: \"hunter2\n",          "a: hunter2: x\n",
        "a: !!float hunter2\n", "a: hunter2\n b: 1\n",     "a: !hunter2 {}\n",
        "a: {b: hunter2, [}"};

    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        struct conf *c = NULL;
        struct err err = {0};

        is_int(conf_parse(&c, texts[i][0] == '{' ? "f.json" : "f.yaml", texts[i], strlen(texts[i]),
                          &err),
               -1, "'%s' is refused", texts[i]);
        ok(strstr(err.msg, "hunter") == NULL, "without the value: %s", err.msg);
    }
}

static void test_bytes(void)
{
    refuses_n("a: 1\nb: \0\n", 10, "f.yaml:2: control characters are not allowed", "NUL");
    refuses("a: \"x\\0y\"\n", "f.yaml:1: a text must not hold NUL", "an escaped NUL");
    refuses("\"x\\0y\": 1\n", "f.yaml:1: a text must not hold NUL", "one in a key");
    refuses("a: \x01\n", "f.yaml:1: control characters are not allowed", "a control byte");
    refuses("a: 1\nb: \xff\n", "f.yaml:2: invalid leading UTF-8 octet", "invalid UTF-8");
    refuses_n("\xff\xfe"
              "a\0:\0",
              6, "f.yaml:1: invalid leading UTF-8 octet", "UTF-16");
}

/* Nine levels of nine aliases: 9^9 values in 400 bytes. */
static void test_explosion(void)
{
    char text[1000] = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n";
    struct timespec start, stop;

    for (int i = 1; i < 9; i++)
        (void)snprintf(text + strlen(text), sizeof(text) - strlen(text),
                       "a%d: &a%d [*a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d, *a%d]\n", i, i,
                       i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1, i - 1);
    (void)clock_gettime(CLOCK_MONOTONIC, &start);
    refuses(text, "f.yaml:6: more than 100000 values once aliases are expanded",
            "a bomb of aliases");
    (void)clock_gettime(CLOCK_MONOTONIC, &stop);
    ok(stop.tv_sec - start.tv_sec < 2, "and that soon");
}

static void test_depth(void)
{
    char text[3 * CONF_DEPTH_MAX + 100];
    char *huge = malloc(1000000);

    memset(text, '[', sizeof(text));
    memcpy(text, "a: ", 3);
    memcpy(text + 3 + CONF_DEPTH_MAX, "\n", 2);
    refuses(text, "f.yaml:1: nested deeper than 64 levels", "depth");
    memset(huge, '[', 1000000);
    memcpy(huge, "a: ", 3);
    refuses_n(huge, 1000000, "f.yaml:1: nested deeper than 64 levels", "a million brackets");
    memset(huge, '{', 1000000);
    refuses_n(huge, 1000000, "f.yaml:1: ", "a million braces");
    free(huge);
}

static void test_sizes(void)
{
    size_t n = 0;
    char *text = malloc(CONF_FILE_MAX + 1);

    memset(text, '#', CONF_FILE_MAX + 1);
    refuses_n(text, CONF_FILE_MAX + 1, "f.yaml: larger than 4194304 bytes", "a large file");
    for (int i = 0; n < CONF_FILE_MAX - 100; i++)
        n += (size_t)snprintf(text + n, CONF_FILE_MAX - n, "- %d\n", i);
    memcpy(text, "a:\n", 3);
    refuses_n(text, n, "f.yaml:100", "a hundred thousand values");
    n = (size_t)snprintf(text, CONF_FILE_MAX, "{\"a\":[0");
    for (int i = 0; i < CONF_NODES_MAX; i++)
        n += (size_t)snprintf(text + n, CONF_FILE_MAX - n, ",0");
    n += (size_t)snprintf(text + n, CONF_FILE_MAX - n, "]}");
    refuses_n(text, n, "f.yaml:1: more than 100000 values", "as many in JSON");
    free(text);
}

static unsigned line(const char *text, const char *path)
{
    struct conf *c = NULL;
    unsigned n;

    if (conf_parse(&c, "f", text, strlen(text), NULL) != 0)
        return 9999;
    n = conf_line(c, path);
    conf_free(c);
    return n;
}

static void test_lines(void)
{
    const char *text = "a: 1\nb:\n  c: &x\n    d: 2\n  e:\n    - 3\n    - f: 4\ng: *x\n";
    const char *json = "{\n \"a\": 1,\n \"b\": [\n  {\"c\":\n 2}]}";

    is_int(line(text, "a"), 1, "a scalar");
    is_int(line(text, "b.c.d"), 4, "a nested scalar");
    is_int(line(text, "b.e[0]"), 6, "an element");
    is_int(line(text, "b.e[1].f"), 7, "a key of an element");
    is_int(line(text, "g"), 8, "an alias");
    is_int(line(text, "g.d"), 8, "what is behind an alias");
    is_int(line(text, "b.c.nothing"), 3, "what is not there is where it would be");
    is_int(line(text, ""), 1, "the whole");
    is_int(line(json, "a"), 2, "JSON has lines");
    is_int(line(json, "b[0].c"), 5, "nested too");
    is_int(line("{\"a\":\n\"\\ud83d\\ude00\"}", "a"), 0, "or none where YAML cannot read it");
}

static void test_files(void)
{
    char dir[] = "/tmp/test-conf-XXXXXX";
    char path[100];
    struct conf *c = NULL;
    struct err err = {0};
    FILE *f;

    ok(mkdtemp(dir) != NULL, "a folder");
    (void)snprintf(path, sizeof(path), "%s/c.yaml", dir);
    is_int(conf_load(&c, path, &err), -1, "a file that is not there");
    ok(strstr(err.msg, "c.yaml: No such file or directory") != NULL, "is named: %s", err.msg);
    is_int(conf_load(&c, dir, &err), -1, "a folder is no file");
    ok(strstr(err.msg, "Is a directory") != NULL, "which is told: %s", err.msg);
    f = fopen(path, "w");
    (void)fputs("a: 1\n", f);
    (void)fclose(f);
    is_int(conf_load(&c, path, &err), 0, "a file is read");
    is_str(conf_name(c), path, "and knows its name");
    is_int(json_integer_value(json_object_get(conf_root(c), "a")), 1, "and its content");
    conf_free(c);
    conf_free(NULL);
    (void)unlink(path);
    (void)rmdir(dir);
}

static void lists(const char *name, const char *text, unsigned line)
{
    struct conf *c;
    struct err err = {0};

    if (!ok(conf_parse_list(&c, name, "rules", text, strlen(text), &err) == 0, "read: %s", text)) {
        diag("%s", err.msg);
        return;
    }
    is_int(json_array_size(json_object_get(conf_root(c), "rules")), 2, "two of the key");
    is_int(conf_line(c, "rules[1].id"), line, "and their lines");
    conf_free(c);
}

static void test_lists(void)
{
    struct conf *c;
    struct err err;

    lists("r.yaml", "- id: a\n- id: b\n", 2);
    lists("r.yaml", "# some\n---\n- {id: a}\n-\n  id: b\n", 5);
    lists("r.json", "[{\"id\": \"a\"},\n {\"id\": \"b\"}]", 2);
    lists("r", "[{id: a}, {id: b}]", 1);
    lists("r.yaml", "rules:\n- id: a\n- id: b\n", 3);
    is_int(conf_parse_list(&c, "r", "rules", "a", 1, &err), -1, "a text is refused");
    is_str(err.msg, "r:1: expected keys and values, or a list of these", "and told what fits");
    is_int(conf_parse(&c, "r", "[]", 2, &err), -1, "as are lists of those who want none");
    is_str(err.msg, "r:1: expected keys and values such as 'key: value'", "likewise");
}

int main(void)
{
    plan_lazy();
    test_scalars();
    test_shapes();
    test_json();
    test_json_name();
    test_refused();
    test_bytes();
    test_secrets();
    test_explosion();
    test_depth();
    test_sizes();
    test_lines();
    test_files();
    test_lists();
    done_testing();
}

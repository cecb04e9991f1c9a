/* SPDX-License-Identifier: MIT */
/* cli/control_command.c: durations, places of errors; what needs a server is in control.bats. */
#include "cli/control_command.h"

#include <string.h>

#include "lib/util/conf.h"
#include "lib/util/err.h"
#include "tests/tap/tap.h"

static void duration_is(int64_t ms, const char *want)
{
    char text[CONTROL_DURATION_MAX];

    is_str(control_duration(text, ms), want, "%lld ms are %s", (long long)ms, want);
}

static void test_duration(void)
{
    duration_is(0, "0s");
    duration_is(1, "1s");
    duration_is(59999, "1m");
    duration_is(90 * 1000, "1m30s");
    duration_is(86400 * 1000, "1d");
    duration_is(INT64_C(1000) * (86400 + 2 * 3600 + 3 * 60 + 4), "1d2h3m4s");
}

static void place_is(const struct conf *conf, enum err_code code, const char *message,
                     const char *want)
{
    struct err err;

    (void)err_set(&err, code, "%s", message);
    is_int(control_place_error(conf, &err), -1, "'%s' stays an error", message);
    is_str(err.msg, want, "and is '%s'", want);
}

static void test_place(void)
{
    static const char text[] = "rules:\n"
                               "  - when: {op: ping}\n"
                               "  - then:\n"
                               "      status: 503\n"
                               "    id: x\n";
    struct conf *conf;
    struct err err;

    if (conf_parse(&conf, "f.yaml", text, strlen(text), &err) != 0)
        skip_all("no configuration: %s", err.msg);
    place_is(conf, ERR_CONFIG, "rules[1].then.status: wrong",
             "f.yaml:4: rules[1].then.status: wrong");
    place_is(conf, ERR_CONFIG, "rules[1].then.body.after: is missing",
             "f.yaml:4: rules[1].then.body.after: is missing");
    place_is(conf, ERR_CONFIG, "rules[0].id: is missing", "f.yaml:2: rules[0].id: is missing");
    place_is(conf, ERR_CONFIG, "something else", "f.yaml: something else");
    place_is(conf, ERR_UNREACHABLE, "rules: no answer", "rules: no answer");
    conf_free(conf);
}

int main(void)
{
    plan_lazy();
    test_duration();
    test_place();
    done_testing();
}

/* SPDX-License-Identifier: MIT */
/*
 * What rules cost a request that none of them fits: nanoseconds for 1,000 rules, 400 of them for
 * other operations, 500 for other repositories, 100 globs for the same operation.
 *
 *     rulebench [ROUNDS]
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <jansson.h>

#include "lib/fault/fault.h"
#include "lib/util/err.h"
#include "tests/unit/fault_help.h"

static double now_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void measure(const char *what, struct fault_engine *e, unsigned rounds)
{
    struct subject s = words_subject(OP_MANIFEST_GET, "library/some-application");
    struct fault_plan plan = {0};
    double begin = now_ns();

    for (unsigned i = 0; i < rounds; i++)
        fault_match(e, &s, NULL, &plan);
    if (plan.count > 0)
        (void)printf("%s: a rule fitted\n", what);
    else
        (void)printf("%-40s %7.1f ns\n", what, (now_ns() - begin) / rounds);
    fault_plan_done(e, &plan);
}

static void add(json_t *rules, const char *op, const char *repo)
{
    (void)json_array_append_new(rules, json_pack("{s:{s:s,s:s},s:{s:i}}", "when", "op", op, "repo",
                                                 repo, "then", "status", 503));
}

/* globs: a format with one %d. */
static void fill(struct fault_engine *e, const char *globs)
{
    json_t *rules = json_array();
    struct err err = {0};
    char repo[64];

    for (int i = 0; i < 400; i++)
        add(rules, i % 2 == 0 ? "blob.get" : "blob.head", "*");
    for (int i = 0; i < 500; i++) {
        (void)snprintf(repo, sizeof(repo), "library/other-%d", i);
        add(rules, "manifest.get", repo);
    }
    for (int i = 0; i < 100; i++) {
        (void)snprintf(repo, sizeof(repo), "%s%d%s", globs, i, globs[0] == '*' ? "/*" : "*");
        add(rules, "manifest.*", repo);
    }
    if (fault_engine_load(e, rules, true, NULL, &err) != 0)
        (void)printf("%s\n", err.msg);
    json_decref(rules);
}

int main(int argc, char **argv)
{
    unsigned rounds = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 1000000;
    struct fault_engine *e = help_engine(NULL);

    measure("no rules", e, rounds);
    fill(e, "team-");
    measure("1,000 rules, globs with a beginning", e, rounds);
    fill(e, "library/some-other-");
    measure("1,000 rules, globs with the same one", e, rounds);
    fill(e, "*/x-");
    measure("1,000 rules, globs without", e, rounds);
    fault_engine_free(e);
    return 0;
}

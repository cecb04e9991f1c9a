/* SPDX-License-Identifier: MIT */
#include "registry/magic_name.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"
#include "tests/unit/fault_help.h"

/* --- A preset -----------------------------------------------------------------------------------
 */

static const char *preset_name(size_t i)
{
    static const char *const names[] = {"rate-limited", "beyond", NULL};

    return names[i];
}

/* "size-..." is its parameter. */
static int preset_rules(const char *const *parts, size_t count, bool *taken, json_t **ret,
                        struct err *err)
{
    if (strcmp(parts[0], "beyond") == 0)
        return err_set(err, ERR_CONFIG, "it is not for names");
    *ret = help_json("[{'id': 'x', 'tags': ['y'], 'ttl': '1m', 'priority': 7, 'times': 3,"
                     " 'when': {'op': 'blob.get', 'role': 'layer'}, 'then': {'status': 429}},"
                     " {'when': {'nth': 2}, 'then': {'range': 'shift'}}]");
    for (size_t i = 1; i < count; i++)
        taken[i] = strncmp(parts[i], "size-", 5) == 0;
    return 0;
}

static const struct magic_presets presets = {.rules = preset_rules, .name = preset_name};

/* --- Names --------------------------------------------------------------------------------------
 */

#define APART "'idle':'10m','per':['repo','client','userAgent']"

/* What stands between the slashes, and its rules or why not. */
static const struct row {
    const char *text;
    const char *rules;
    const char *error;
} rows[] = {
    {"absent", "[{'then':{'answer_as':'absent'},'when':{'op':'!token'}}]", NULL},
    {"status-503", "[{'then':{'status':503},'when':{'op':'!token'}}]", NULL},
    {"status-503.times-2",
     "[{'then':{'status':503},'when':{'nth':{'every':1,'from':1," APART ",'to':2},'op':'!token'}}]",
     NULL},
    {"status-503.every-3.times-2",
     "[{'then':{'status':503},'when':{'nth':{'every':3,'from':3," APART ",'to':6},'op':'!token'}}]",
     NULL},
    {"times-2.status-503.from-4",
     "[{'then':{'status':503},'when':{'nth':{'every':1,'from':4," APART ",'to':5},'op':'!token'}}]",
     NULL},
    {"status-429.retry-after-7",
     "[{'then':{'headers':{'set':{'Retry-After':'7'}},'status':429},'when':{'op':'!token'}}]",
     NULL},
    {"delay-1m.cut-50p",
     "[{'then':{'delay':'1m'},'when':{'op':['manifest.get','manifest.head']}},"
     "{'then':{'body':{'after':'50%','do':'close'}},'when':{'op':'blob.get','role':'layer'}}]",
     NULL},
    {"delay-body-2s", "[{'then':{'delay_body':'2s'},'when':{'op':'blob.get','role':'layer'}}]",
     NULL},
    {"stall", "[{'then':{'connection':'stall'},'when':{'op':'!token'}}]", NULL},
    {"stall-after-1m.on-blob",
     "[{'then':{'body':{'after':'1m','do':'stall'}},'when':{'op':'blob.get'}},"
     "{'then':{'body':{'after':'99%','do':'stall'}},'when':{'op':'blob.get'}}]",
     NULL},
    {"status-500.on-layer", "[{'then':{'status':500},'when':{'op':'blob.get','role':'layer'}}]",
     NULL},
    {"hold-a_b-c", "[{'then':{'hold':'a_b-c'},'when':{'op':['manifest.get','manifest.head']}}]",
     NULL},
    {"absent.id-run-7", "[{'then':{'answer_as':'absent'},'when':{'op':'!token'}}]", NULL},
    {"rate-limited.size-1.on-head",
     "[{'then':{'status':429},'when':{'nth':{'every':1,'from':1," APART
     ",'to':3},'op':'manifest.head'}},"
     "{'then':{'range':'shift'},'when':{'nth':{'every':1,'from':2," APART
     ",'to':2},'op':'manifest.head'}}]",
     NULL},
    {"beyond", NULL, "it is not for names"},
    {"", NULL, "'' is no fault"},
    {"times-2", NULL, "'times-2' says no fault"},
    {"absnt", NULL, "'absnt' is no fault: did you mean 'absent'?"},
    {"statsu-503", NULL, "'statsu-503' is no fault: did you mean 'status'?"},
    {"absent-x", NULL, "'absent-x' is no fault: did you mean 'absent'?"},
    {"absent..denied", NULL, "'' is no fault"},
    {"rate-limted", NULL,
     "'rate-limted': behind 'rate-' a size such as 64k or 1m is wanted; or did you mean "
     "'rate-limited'?"},
    {"status", NULL, "'status': behind 'status-' a status such as 503 is wanted"},
    {"status-", NULL, "'status-': behind 'status-' a status such as 503 is wanted"},
    {"status-99", NULL, "'status-99': behind 'status-' a status such as 503 is wanted"},
    {"status-1000", NULL, "'status-1000': behind 'status-' a status such as 503 is wanted"},
    {"delay-5", NULL, "'delay-5': behind 'delay-' a time such as 500ms, 30s or 2m is wanted"},
    {"cut-1000p", NULL,
     "'cut-1000p': behind 'cut-' a place such as 64k, 1m or 50p (percent) is wanted"},
    {"absent.times-x", NULL, "'times-x': behind 'times-' a number from 1 is wanted"},
    {"absent.times-0", NULL, "'times-0': behind 'times-' a number from 1 is wanted"},
    {"absent.times-02", NULL, "'times-02': behind 'times-' a number from 1 is wanted"},
    {"flip-0", "[{'then':{'content':{'flip':[0]}},'when':{'op':'blob.get','role':'layer'}}]", NULL},
    {"flip-00", NULL, "'flip-00': behind 'flip-' a number is wanted"},
    {"hold-\"", NULL, "'hold-\"': behind 'hold-' the name of a gate is wanted"},
    {"absent.absent.absent.absent.absent.absent.absent.absent.absent", NULL, "more than 8 words"},
};

static void test_row(const struct row *row)
{
    json_t *rules = NULL;
    struct err err = {0};
    const char *text = NULL;

    if (magic_parse(&rules, row->text, strlen(row->text), &presets, &err) == 0)
        text = help_text(rules);
    is_str(text, row->rules, "%s", row->text);
    if (row->error != NULL)
        is_str(err.msg, row->error, "%s: why not", row->text);
}

static void test_inner(void)
{
    is_str(magic_inner("mock/absent/team/app"), "team/app", "behind the second slash");
    is_str(magic_inner("mock/absent"), "", "nothing behind it");
    is_str(magic_inner("mock"), NULL, "no magic: a repository of that name");
    is_str(magic_inner("mockery/absent/app"), NULL, "no magic: another name");
    is_str(magic_inner("team/mock/absent/app"), NULL, "no magic: further down");
}

static void test_part(void)
{
    json_t *rules = NULL;
    struct err err;

    is_int(magic_parse(&rules, "absentXYZ", 6, NULL, &err), 0, "so many bytes, without presets");
    json_decref(rules);
    is_int(magic_parse(&rules, "rate-limited", 12, NULL, &err), -1, "no presets: not known");
}

int main(void)
{
    plan_lazy();
    for (size_t i = 0; i < ARRAY_LEN(rows); i++)
        test_row(&rows[i]);
    test_inner();
    test_part();
    done_testing();
}

/* SPDX-License-Identifier: MIT */
#include "lib/control/control_query.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/control/control.h"
#include "lib/control/journal.h"
#include "lib/fault/match.h"
#include "lib/http/request.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum { DIGITS_MAX = 18 };

int control_query_number(uint64_t *ret, const char *name, const char *text, struct err *err)
{
    size_t n = strspn(text, "0123456789");

    if (n == 0 || text[n] != '\0' || n > DIGITS_MAX)
        return err_set(err, ERR_CONFIG, "%s: %s is no whole number", name, TEXT_QUOTE(text));
    *ret = 0;
    for (; *text != '\0'; text++)
        *ret = *ret * 10 + (uint64_t)(*text - '0');
    return 0;
}

/* What of the query is no criterion. */
static uint64_t *find_option(struct control_query *q, const char *name)
{
    const struct {
        const char *name;
        uint64_t *number;
    } options[] = {{"since", &q->since},
                   {"limit", &q->limit},
                   {"latest", &q->latest},
                   {"entries", &q->entries}};

    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        if (strcmp(options[i].name, name) == 0)
            return options[i].number;
    }
    return NULL;
}

static void add_criterion(json_t *criteria, const struct parameter *p)
{
    json_t *values = json_object_get(criteria, p->name);

    if (values == NULL) {
        values = json_array();
        (void)json_object_set_new(criteria, p->name, values);
    }
    (void)json_array_append_new(values, json_string(p->value));
}

static int read_parameters(struct control_query *q, const struct http_request *req,
                           json_t *criteria, struct err *err)
{
    for (size_t i = 0; i < req->parameter_count; i++) {
        const struct parameter *p = &req->parameters[i];
        uint64_t *option = find_option(q, p->name);

        if (option == NULL)
            add_criterion(criteria, p);
        else if (control_query_number(option, p->name, p->value, err) != 0)
            return -1;
    }
    return 0;
}

int control_query_read(struct control_query *ret, const struct control_call *call,
                       const struct journal *j, struct err *err)
{
    json_t *criteria = json_object();
    int result;

    *ret = (struct control_query){0};
    result = read_parameters(ret, control_call_request(call), criteria, err);
    if (result == 0 && json_object_size(criteria) > 0)
        result = journal_match_parse(&ret->match, j, criteria, "", err);
    json_decref(criteria);
    if (result == 0 && ret->latest > 0)
        ret->since = journal_newest(j, ret->match, ret->since, ret->latest);
    return result;
}

void control_query_done(struct control_query *q)
{
    match_free(q->match);
    *q = (struct control_query){0};
}

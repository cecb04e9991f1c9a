/* SPDX-License-Identifier: MIT */
#include "tests/integration/lib/raw.h"

#include <stdio.h>
#include <string.h>

#include "tests/integration/lib/client.h"
#include "tests/integration/lib/server.h"
#include "tests/tap/tap.h"

/* Reads the answers that statuses lists; false at the first that is another. */
static bool read_answers(struct client *c, const struct raw *row, const struct response **ret_last)
{
    const char *p = row->statuses;
    int status;

    for (; sscanf(p, "%3d", &status) == 1; p += 3 + strspn(p + 3, "h ")) {
        *ret_last = client_read(c, p[3] == 'h');
        if ((*ret_last)->status != status) {
            diag("an answer has status %d, not %d", (*ret_last)->status, status);
            return false;
        }
    }
    return true;
}

static bool has_code(const struct response *r, const char *code)
{
    char member[80];

    snprintf(member, sizeof(member), "\"code\":\"%s\"", code);
    if (r != NULL && r->body != NULL && strstr(r->body, member) != NULL)
        return true;
    diag("the error's code is not %s", code);
    return false;
}

static bool check_after(struct client *c, enum raw_after after)
{
    enum client_end end;
    int status;

    if (after == RAW_CLOSED) {
        end = client_wait_end(c);
        if (end != CLIENT_END_EOF && end != CLIENT_END_RESET) {
            diag("the connection should be closed: %s", client_end_name(end));
            return false;
        }
    } else if (after == RAW_OPEN) {
        status = client_get(c, "/v2/")->status;
        if (status != 200) {
            diag("the next request got %d", status);
            return false;
        }
    }
    return true;
}

static void run_row(struct script *t, const struct raw *row)
{
    struct client *c = client_new(server_url(script_server(t), 0));
    auto_free char *text = row->size == 0 ? script_expand(t, row->bytes) : NULL;
    const struct response *last = NULL;
    bool good;

    (void)client_send(c, row->size > 0 ? row->bytes : text,
                      row->size > 0 ? row->size : strlen(text));
    good = read_answers(c, row, &last) && (row->code == NULL || has_code(last, row->code)) &&
           check_after(c, row->after);
    if (!ok(good, "%s", row->name) && last != NULL)
        response_diag(last);
    client_free(c);
}

void raw_run(struct script *t, const struct raw *rows, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        run_row(t, &rows[i]);
}

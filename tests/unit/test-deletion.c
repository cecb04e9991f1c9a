/* SPDX-License-Identifier: MIT */
#include "registry/deletion.h"

#include <string.h>

#include "lib/util/util.h"
#include "registry/call.h"
#include "tests/tap/tap.h"
#include "tests/unit/fixture.h"

static void test_modes(struct fixture *f)
{
    static const struct {
        enum delete_mode mode;
        int status; /* 0: allowed */
        const char *code;
    } rows[] = {
        {DELETE_ON, 0, NULL},
        {DELETE_PRETEND, 0, NULL},
        {DELETE_405, 405, "UNSUPPORTED"},
        {DELETE_400, 400, "UNSUPPORTED"},
        {DELETE_403, 403, "DENIED"},
    };

    for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
        struct http_exchange *x = fake_exchange_new(f->loop, f->world, "DELETE /", NULL);
        struct registry_call *call = call_new(x, f->world);

        call->route.op = OP_MANIFEST_DELETE;
        is_int(deletion_allowed(call, rows[i].mode, "tags"), rows[i].status == 0, "DL4 mode %zu",
               i);
        is_int(fake_status(x), rows[i].status, "DL4   status");
        is_str(call->error_code, rows[i].code, "DL4   code");
        is_str(fake_header(x, "Allow"), rows[i].status == 405 ? "GET, HEAD, PUT, OPTIONS" : NULL,
               "DL4   Allow");
        fixture_end(x);
    }
}

int main(void)
{
    struct fixture f;
    struct http_exchange *x;

    plan_lazy();
    fixture_init(&f);
    test_modes(&f);
    x = fake_exchange_new(f.loop, f.world, "DELETE /", NULL);
    deletion_reply(call_new(x, f.world));
    is_int(fake_status(x), 202, "DL1 what was deleted is 202");
    fixture_end(x);
    fixture_done(&f);
    done_testing();
}

/* SPDX-License-Identifier: MIT */
#include "auth/revoked.h"

#include <stdio.h>
#include <string.h>

#include "lib/util/clock.h"
#include "lib/util/err.h"
#include "tests/tap/tap.h"

static struct clock shifted;

int main(void)
{
    struct revoked_tokens *r = NULL;
    char id[REVOKED_ID_MAX + 2];
    int64_t now = clock_now(&shifted);
    struct err err = {0};
    unsigned failed = 0;

    plan_lazy();
    is_int(revoked_new(&r, &shifted, &err), 0, "made");
    ok(!revoked_has(r, "a"), "nothing is revoked");
    is_int(revoked_add(r, "a", now + 100, &err), 0, "a");
    ok(revoked_has(r, "a"), "is revoked");
    ok(!revoked_has(r, "b") && !revoked_has(r, ""), "others are not");
    is_int(revoked_add(r, "a", now + 50, &err), 0, "again");
    is_int((long long)revoked_count(r), 1, "is still one");
    is_int(revoked_add(r, "", now, &err), -1, "an empty id: %s", err.msg);
    memset(id, 'x', sizeof(id));
    id[REVOKED_ID_MAX + 1] = '\0';
    is_int(revoked_add(r, id, now, &err), -1, "a long id: %s", err.msg);
    for (unsigned i = 1; i < REVOKED_MAX; i++) {
        (void)snprintf(id, sizeof(id), "id-%u", i);
        failed += revoked_add(r, id, now + (i % 2 != 0 ? 200 : 1000), NULL) != 0 ? 1 : 0;
    }
    is_int(failed, 0, "many are taken");
    is_int(revoked_add(r, "more", now + 1000, &err), -1, "too many are not: %s", err.msg);
    is_int(err.code, ERR_LIMIT, "that is the limit");
    ok(revoked_has(r, "a") && revoked_has(r, "id-1"), "the others stay");
    shifted.shift_ms += (int64_t)500 * 1000;
    is_int(revoked_add(r, "more", now + 1000, &err), 0, "later there is room");
    ok(revoked_has(r, "more") && revoked_has(r, "id-2"),
       "for it beside those that have not expired");
    ok(!revoked_has(r, "a") && !revoked_has(r, "id-1"), "those that have are gone");
    revoked_free(r);
    revoked_free(NULL);
    done_testing();
}

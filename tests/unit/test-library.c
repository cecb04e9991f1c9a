/* SPDX-License-Identifier: MIT */
#include "lib/util/library.h"

#include <dlfcn.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

struct functions {
    double (*floor)(double);
    double (*ceil)(double);
};

static void test_loaded(void)
{
    static const struct library_row rows[] = {LIBRARY_ROW(struct functions, floor),
                                              LIBRARY_ROW(struct functions, ceil)};
    struct functions f = {0};
    struct err err = {0};
    void *handle = NULL;

    is_int(library_load(&handle, "libm.so.6", "this test needs", rows, ARRAY_LEN(rows), &f, &err),
           0, "a library is loaded %s", err.msg);
    ok(f.floor(1.5) == 1 && f.ceil(1.5) == 2, "each function is where it belongs");
    (void)dlclose(handle);
}

static void test_refused(void)
{
    static const struct library_row rows[] = {{"no_such_function", 0}};
    struct functions f = {0};
    struct err err = {0};
    void *handle = NULL;

    is_int(library_load(&handle, "libnone.so.1", "this test needs", NULL, 0, &f, &err), -1,
           "a library that is not there");
    is_int(err.code, ERR_UNSUPPORTED, "is told: %s", err.msg);
    is_int(library_load(&handle, "libm.so.6", "this test needs", rows, 1, &f, &err), -1,
           "a function that it has not");
    is_str(err.msg, "libm.so.6 has no function no_such_function", "is told");
    ok(handle == NULL && f.floor == NULL, "nothing is given out");
}

int main(void)
{
    plan_lazy();
    test_loaded();
    test_refused();
    done_testing();
}

/* SPDX-License-Identifier: MIT */
#include "lib/util/file.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

enum { LARGE = 200 * 1000 };

static void test_sizes(const char *path)
{
    static const size_t maxima[] = {LARGE, LARGE + 1, 10 * LARGE};
    struct err err = {0};

    for (size_t i = 0; i < ARRAY_LEN(maxima); i++) {
        auto_buf struct buf b = BUF_INIT(maxima[i]);

        is_int(file_read(&b, path, &err), 0, "a maximum of %zu: %s", maxima[i], err.msg);
        is_int((long long)b.len, LARGE, "all of it");
        ok(b.data[0] == 'x' && b.data[LARGE - 1] == 'y', "as it was written");
    }
    {
        auto_buf struct buf b = BUF_INIT(LARGE - 1);

        is_int(file_read(&b, path, &err), -1, "a maximum below its size: %s", err.msg);
        is_int(err.code, ERR_LIMIT, "is exceeded");
    }
}

int main(void)
{
    char path[] = "/tmp/test-file-XXXXXX";
    int fd = mkstemp(path);
    auto_free char *data = malloc(LARGE);
    auto_buf struct buf b = BUF_INIT(100);
    struct err err = {0};

    plan_lazy();
    is_int(file_read(&b, path, &err), 0, "an empty file");
    is_int((long long)b.len, 0, "has nothing in it");
    memset(data, 'x', LARGE);
    data[LARGE - 1] = 'y';
    ok(write(fd, data, LARGE) == LARGE, "a file of %d bytes", LARGE);
    (void)close(fd);
    test_sizes(path);
    (void)unlink(path);
    is_int(file_read(&b, path, &err), -1, "a missing one: %s", err.msg);
    is_int(err.code, ERR_SYSTEM, "cannot be read");
    ok(strstr(err.msg, path) != NULL, "which is said with its path");
    is_int(file_read(&b, "/", &err), -1, "nor can a folder: %s", err.msg);
    done_testing();
}

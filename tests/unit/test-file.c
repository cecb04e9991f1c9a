/* SPDX-License-Identifier: MIT */
#include "lib/util/file.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
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

static void test_create(const char *path)
{
    auto_buf struct buf b = BUF_INIT(100);
    struct err err = {0};
    struct stat st;

    ok(file_create(path, "text", 4, 0600, &err) == 0, "a file is made");
    ok(file_read(&b, path, &err) == 0 && strcmp(buf_text(&b), "text") == 0, "with its content");
    ok(stat(path, &st) == 0 && (st.st_mode & 0777) == 0600, "and its mode");
    is_int(file_create(path, "other", 5, 0600, &err), -1, "but not twice: %s", err.msg);
    is_int(err.code, ERR_EXISTS, "because it is there");
    buf_reset(&b);
    ok(file_read(&b, path, &err) == 0 && strcmp(buf_text(&b), "text") == 0, "it stays as it was");
    (void)unlink(path);
    is_int(file_create("/nonexistent/file", "", 0, 0600, &err), -1, "nor in no folder");
    is_int(file_create("/dev/full", "x", 1, 0600, &err), -1, "nor over a device");
}

int main(void)
{
    char path[] = "/tmp/test-file-XXXXXX";
    int fd = mkstemp(path);
    char *data = malloc(LARGE);
    auto_buf struct buf b = BUF_INIT(100);
    struct err err = {0};

    plan_lazy();
    is_int(file_read(&b, path, &err), 0, "an empty file");
    is_int((long long)b.len, 0, "has nothing in it");
    memset(data, 'x', LARGE);
    data[LARGE - 1] = 'y';
    ok(write(fd, data, LARGE) == LARGE, "a file of %d bytes", LARGE);
    (void)close(fd);
    free(data);
    test_sizes(path);
    (void)unlink(path);
    is_int(file_read(&b, path, &err), -1, "a missing one: %s", err.msg);
    is_int(err.code, ERR_SYSTEM, "cannot be read");
    ok(strstr(err.msg, path) != NULL, "which is said with its path");
    is_int(file_read(&b, "/", &err), -1, "nor can a folder: %s", err.msg);
    test_create(path);
    done_testing();
}

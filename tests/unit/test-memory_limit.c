/* SPDX-License-Identifier: MIT */
#include "registry/store/memory_limit.h"

#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/util/util.h"
#include "tests/tap/tap.h"

static char root[PATH_MAX];

/* Writes a file below root, with the folders it needs. */
static void put(const char *path, const char *text)
{
    char name[2 * PATH_MAX];
    FILE *f;

    (void)snprintf(name, sizeof(name), "%s%s", root, path);
    for (char *p = name + strlen(root) + 1; (p = strchr(p, '/')) != NULL; p++) {
        *p = '\0';
        ASSERT(mkdir(name, 0755) == 0 || errno == EEXIST);
        *p = '/';
    }
    f = fopen(name, "we");
    ASSERT(f != NULL && fputs(text, f) >= 0 && fclose(f) == 0);
}

static void drop(const char *path)
{
    char name[2 * PATH_MAX];

    (void)snprintf(name, sizeof(name), "%s%s", root, path);
    ASSERT(unlink(name) == 0);
}

static void test_physical(void)
{
    is_int((long long)memory_limit_read(root), 0, "nothing is known of an empty folder");
    put("/proc/meminfo", "MemFree: 1 kB\nMemTotal:       16384 kB\nMemAvailable: 2 kB\n");
    is_int((long long)memory_limit_read(root), 16 << 20, "the physical memory");
}

static void test_version_2(void)
{
    put("/proc/self/cgroup", "0::/a.slice/b\n");
    is_int((long long)memory_limit_read(root), 16 << 20, "a group without a limit file");
    put("/sys/fs/cgroup/a.slice/b/memory.max", "max\n");
    is_int((long long)memory_limit_read(root), 16 << 20, "a group without a limit");
    put("/sys/fs/cgroup/a.slice/b/memory.max", "8388608\n");
    is_int((long long)memory_limit_read(root), 8 << 20, "its own group's limit");
    put("/sys/fs/cgroup/a.slice/memory.max", "4194304\n");
    is_int((long long)memory_limit_read(root), 4 << 20, "the limit of the group above");
    put("/sys/fs/cgroup/memory.max", "2097152\n");
    is_int((long long)memory_limit_read(root), 2 << 20,
           "the limit at the mount, as in a container");
    put("/sys/fs/memory.max", "1\n");
    is_int((long long)memory_limit_read(root), 2 << 20, "nothing above the mount is read");
    put("/proc/self/cgroup", "0::/\n");
    is_int((long long)memory_limit_read(root), 2 << 20, "the group is the mount itself");
    put("/sys/fs/cgroup/memory.max", "1125899906842624\n");
    is_int((long long)memory_limit_read(root), 16 << 20, "a limit above the physical memory");
    drop("/sys/fs/cgroup/memory.max");
    drop("/sys/fs/cgroup/a.slice/memory.max");
    drop("/sys/fs/cgroup/a.slice/b/memory.max");
}

static void test_version_1(void)
{
    put("/proc/self/cgroup", "9:name=systemd:/x\n4:cpu,memory,hugetlb:/x/y\n3:cpuset:/\n0::/\n");
    put("/sys/fs/cgroup/memory/x/y/memory.limit_in_bytes", "9223372036854771712\n");
    is_int((long long)memory_limit_read(root), 16 << 20, "version 1 without a limit");
    put("/sys/fs/cgroup/memory/x/y/memory.limit_in_bytes", "3145728\n");
    is_int((long long)memory_limit_read(root), 3 << 20, "version 1, among other controllers");
    put("/proc/self/cgroup", "4:memory:/not/in/this/namespace\n");
    put("/sys/fs/cgroup/memory/memory.limit_in_bytes", "1048576\n");
    is_int((long long)memory_limit_read(root), 1 << 20,
           "version 1 at the mount, as in a container");
    put("/proc/self/cgroup", "4:memoryx:/\n");
    is_int((long long)memory_limit_read(root), 16 << 20, "another controller with a similar name");
}

static void test_odd(void)
{
    put("/proc/self/cgroup", "\n:\nnonsense\n0::\n4:memory\n0::/../..\n");
    is_int((long long)memory_limit_read(root), 16 << 20, "odd lines are passed over");
    put("/proc/self/cgroup", "0::/a\n");
    put("/sys/fs/cgroup/a/memory.max", "99999999999999999999999\n");
    is_int((long long)memory_limit_read(root), 16 << 20, "a number that is too large");
    put("/sys/fs/cgroup/a/memory.max", "");
    is_int((long long)memory_limit_read(root), 16 << 20, "an empty file");
}

static void test_here(void)
{
    uint64_t all = memory_limit_read("");

    ok(all > 0, "this machine has memory");
    is_int((long long)memory_limit_storage(), (long long)(all / 4 * 3), "three quarters of it");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

int main(void)
{
    const char *tmp = getenv("TMPDIR");

    (void)snprintf(root, sizeof(root), "%s/ocimock-memory-XXXXXX", tmp != NULL ? tmp : "/tmp");
    if (mkdtemp(root) == NULL)
        skip_all("cannot make a folder: %s", strerror(errno));
    plan_lazy();
    test_physical();
    test_version_2();
    test_version_1();
    test_odd();
    test_here();
    is_int(nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0, "the folder is removed");
    done_testing();
}

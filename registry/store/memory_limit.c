/* SPDX-License-Identifier: MIT */
#include "registry/store/memory_limit.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Where a memory controller is usually mounted, and the file that holds its limit. */
struct hierarchy {
    bool unified; /* version 2 */
    const char *mount;
    const char *file;
};

static const struct hierarchy hierarchies[] = {
    {true, "/sys/fs/cgroup", "memory.max"},
    {true, "/sys/fs/cgroup/unified", "memory.max"},
    {false, "/sys/fs/cgroup/memory", "memory.limit_in_bytes"},
};

static uint64_t smaller(uint64_t a, uint64_t b)
{
    if (a == 0 || b == 0)
        return a != 0 ? a : b;
    return a < b ? a : b;
}

/* The number that a line begins with; 0 when it is none ("max") or too large to mean anything. */
static uint64_t number(const char *text)
{
    uintmax_t n;
    char *end;

    errno = 0;
    n = strtoumax(text, &end, 10);
    return end != text && errno == 0 ? (uint64_t)n : 0;
}

/* "0::/path" of version 2, "4:cpu,memory:/path" of version 1; the path, or NULL. */
static const char *group_path(char *line, bool unified)
{
    char *controllers = strchr(line, ':');
    char *path = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
    char *name;
    char *rest;

    if (path == NULL)
        return NULL;
    line[strcspn(line, "\n")] = '\0';
    if (unified)
        return strncmp(line, "0::", 3) == 0 ? path + 1 : NULL;
    *path = '\0';
    for (rest = controllers + 1; (name = strsep(&rest, ",")) != NULL;) {
        if (strcmp(name, "memory") == 0)
            return path + 1;
    }
    return NULL;
}

static FILE *open_in(const char *root, const char *path)
{
    char name[PATH_MAX];

    if (snprintf(name, sizeof(name), "%s%s", root, path) >= (int)sizeof(name))
        return NULL;
    return fopen(name, "re");
}

/* The limit in one group's folder; 0: none. */
static uint64_t read_limit(const char *root, const char *folder, const char *file)
{
    char name[PATH_MAX];
    char line[64];
    uint64_t limit = 0;
    FILE *f;

    if (snprintf(name, sizeof(name), "%s/%s", folder, file) >= (int)sizeof(name))
        return 0;
    f = open_in(root, name);
    if (f == NULL)
        return 0;
    if (fgets(line, sizeof(line), f) != NULL)
        limit = number(line);
    (void)fclose(f);
    return limit;
}

/*
 * A group's limit and those of the groups above it, up to where the hierarchy is mounted. A group
 * outside of this namespace is shown as "/..": what is known then is the limit at the mount.
 */
static uint64_t read_limits(const char *root, const struct hierarchy *h, const char *path)
{
    size_t top = strlen(h->mount);
    char folder[PATH_MAX];
    uint64_t limit = 0;
    char *slash;

    if (strncmp(path, "/..", 3) == 0)
        path = "/";
    if (snprintf(folder, sizeof(folder), "%s%s", h->mount, path) >= (int)sizeof(folder))
        return 0;
    do {
        limit = smaller(limit, read_limit(root, folder, h->file));
        slash = strrchr(folder, '/');
        *slash = '\0';
    } while ((size_t)(slash - folder) >= top);
    return limit;
}

static uint64_t read_groups(const char *root, const struct hierarchy *h)
{
    FILE *f = open_in(root, "/proc/self/cgroup");
    uint64_t limit = 0;
    char *line = NULL;
    size_t room = 0;

    if (f == NULL)
        return 0;
    while (getline(&line, &room, f) > 0) {
        const char *path = group_path(line, h->unified);

        if (path != NULL)
            limit = smaller(limit, read_limits(root, h, path));
    }
    free(line);
    (void)fclose(f);
    return limit;
}

static uint64_t read_physical(const char *root)
{
    FILE *f = open_in(root, "/proc/meminfo");
    uint64_t bytes = 0;
    char line[256];

    if (f == NULL)
        return 0;
    while (bytes == 0 && fgets(line, sizeof(line), f) != NULL) {
        if (strncmp(line, "MemTotal:", 9) == 0)
            bytes = number(line + 9) * 1024;
    }
    (void)fclose(f);
    return bytes;
}

uint64_t memory_limit_read(const char *root)
{
    uint64_t limit = read_physical(root);

    for (size_t i = 0; i < sizeof(hierarchies) / sizeof(hierarchies[0]); i++)
        limit = smaller(limit, read_groups(root, &hierarchies[i]));
    return limit;
}

uint64_t memory_limit_storage(void)
{
    return memory_limit_read("") / 4 * 3;
}

/* SPDX-License-Identifier: MIT */
#include "registry/import_path.h"

#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "lib/util/digest.h"

/* Takes the last component away; false when there is none. */
static bool go_up(char *path)
{
    char *slash = strrchr(path, '/');

    if (path[0] == '\0')
        return false;
    *(slash != NULL ? slash : path) = '\0';
    return true;
}

static bool go_down(char *path, const char *component, size_t n)
{
    size_t at = strlen(path);

    if (at + 1 + n >= IMPORT_PATH_MAX)
        return false;
    if (at > 0)
        path[at++] = '/';
    memcpy(path + at, component, n);
    path[at + n] = '\0';
    return true;
}

static bool go(char *path, const char *component, size_t n)
{
    if (n == 0 || (n == 1 && component[0] == '.'))
        return true;
    if (n == 2 && component[0] == '.' && component[1] == '.')
        return go_up(path);
    return go_down(path, component, n);
}

bool import_path_join(char ret[IMPORT_PATH_MAX], const char *from, const char *path)
{
    char result[IMPORT_PATH_MAX] = "";

    if (path[0] == '/' || strlen(from) >= sizeof(result))
        return false;
    (void)snprintf(result, sizeof(result), "%s", from);
    (void)go_up(result);
    while (*path != '\0') {
        size_t n = strcspn(path, "/");

        if (!go(result, path, n))
            return false;
        path += n + (path[n] == '/');
    }
    if (result[0] == '\0')
        return false;
    memcpy(ret, result, sizeof(result));
    return true;
}

enum import_path_kind import_path_digest(struct digest *ret, const char *name)
{
    char text[DIGEST_TEXT_MAX + 1];
    const char *slash;

    if (strncmp(name, "blobs/", 6) != 0)
        return IMPORT_PATH_OTHER;
    name += 6;
    slash = strchr(name, '/');
    if (slash == NULL || strlen(name) >= sizeof(text))
        return IMPORT_PATH_STRAY;
    (void)snprintf(text, sizeof(text), "%.*s:%s", (int)(slash - name), name, slash + 1);
    return digest_parse(ret, text, NULL) == 0 ? IMPORT_PATH_BLOB : IMPORT_PATH_STRAY;
}

/* SPDX-License-Identifier: MIT */
#include "registry/import_name.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

static const char *const archive_endings[] = {
    ".tar", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst",
    ".tgz", ".txz",    ".tbz2",    ".oci",    ".docker",
};

static bool is_upper(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool is_host_char(char c)
{
    return is_upper(c) || is_plain(c) || c == '.' || c == '-';
}

/* Length of NAME, ADDRESS or [ADDRESS] at the beginning of n bytes, without a port; 0: none. */
static size_t host_length(const char *p, size_t n)
{
    const char *end = n > 0 && p[0] == '[' ? memchr(p, ']', n) : NULL;
    size_t i = 0;

    if (end != NULL)
        return (size_t)(end - p) + 1;
    while (i < n && is_host_char(p[i]))
        i++;
    return p[0] == '.' || p[0] == '-' ? 0 : i;
}

/* The rule of docker's references: does the component before the first slash name a host? */
static bool is_host(const char *p, size_t n)
{
    size_t host = host_length(p, n);

    if (host == 0)
        return false;
    if (host < n)
        return p[host] == ':' && host + 1 < n && host + 1 + strspn(p + host + 1, "0123456789") == n;
    if (n == strlen("localhost") && memcmp(p, "localhost", n) == 0)
        return true;
    for (size_t i = 0; i < n; i++) {
        if (p[i] == '.' || is_upper(p[i]))
            return true;
    }
    return false;
}

static const char *without_host(const char *reference)
{
    const char *slash = strchr(reference, '/');

    if (slash == NULL || !is_host(reference, (size_t)(slash - reference)))
        return reference;
    return slash + 1;
}

static int refuse(struct err *err, const char *text)
{
    return err_set(err, ERR_INVALID, "%s is not the name of an image", TEXT_QUOTE(text));
}

int import_name_parse(struct import_name *ret, const char *reference, struct err *err)
{
    const char *repo = without_host(reference);
    size_t n = strcspn(repo, "@");
    bool by_digest = repo[n] == '@';
    const char *colon = memchr(repo, ':', n);
    struct import_name name = {.repo = ""};
    size_t repo_n = colon != NULL ? (size_t)(colon - repo) : n;

    if (repo_n >= sizeof(name.repo) || n - repo_n > sizeof(name.tag))
        return refuse(err, reference);
    memcpy(name.repo, repo, repo_n);
    if (colon != NULL)
        memcpy(name.tag, colon + 1, n - repo_n - 1);
    else if (!by_digest)
        (void)snprintf(name.tag, sizeof(name.tag), "latest");
    if (!reference_is_name(name.repo) ||
        ((colon != NULL || !by_digest) && !reference_is_tag(name.tag)))
        return refuse(err, reference);
    *ret = name;
    return 0;
}

int import_name_annotation(struct import_name *ret, const char *text, const char *base,
                           struct err *err)
{
    if (!reference_is_tag(text))
        return import_name_parse(ret, text, err);
    (void)snprintf(ret->repo, sizeof(ret->repo), "%s", base);
    (void)snprintf(ret->tag, sizeof(ret->tag), "%s", text);
    return 0;
}

static size_t without_ending(const char *name, size_t n)
{
    size_t best = n;

    for (size_t i = 0; i < ARRAY_LEN(archive_endings); i++) {
        size_t m = strlen(archive_endings[i]);

        if (n > m && n - m < best && memcmp(name + n - m, archive_endings[i], m) == 0)
            best = n - m;
    }
    return best;
}

bool import_name_is_archive(const char *name)
{
    return without_ending(name, strlen(name)) < strlen(name);
}

int import_name_base(char ret[REFERENCE_NAME_MAX + 1], const char *path, struct err *err)
{
    auto_free char *whole = realpath(path, NULL);
    char base[REFERENCE_NAME_MAX + 1];
    const char *name;
    size_t at = 0;
    size_t n;

    if (whole == NULL)
        return err_sys(err, "cannot find it");
    name = strrchr(whole, '/') + 1;
    n = without_ending(name, strlen(name));
    for (size_t i = 0; i < n && at < REFERENCE_NAME_MAX; i++) {
        char c = is_upper(name[i]) ? (char)(name[i] - 'A' + 'a') : name[i];
        bool separator = !is_plain(c);

        if (separator && (at == 0 || !is_plain(base[at - 1])))
            continue;
        base[at++] = separator && c != '.' && c != '_' ? '-' : c;
    }
    while (at > 0 && !is_plain(base[at - 1]))
        at--;
    base[at] = '\0';
    if (!reference_is_name(base))
        return err_set(err, ERR_INVALID, "%s gives no name for a repository", TEXT_QUOTE(name));
    memcpy(ret, base, at + 1);
    return 0;
}

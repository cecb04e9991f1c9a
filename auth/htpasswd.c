/* SPDX-License-Identifier: MIT */
#include "auth/htpasswd.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "auth/account.h"
#include "auth/secret.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/file.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

#define auto_htpasswd __attribute__((cleanup(htpasswd_done)))

void htpasswd_done(struct htpasswd *h)
{
    free(h->text);
    free(h->entries);
    *h = (struct htpasswd){0};
}

static size_t count_lines(const char *text)
{
    size_t n = 1;

    for (const char *p = text; (p = strchr(p, '\n')) != NULL; p++)
        n++;
    return n;
}

/* Cuts blanks and the CR of other systems' line ends off the end. */
static void trim(char *line)
{
    size_t n = strlen(line);

    while (n > 0 && strchr(" \t\r", line[n - 1]) != NULL)
        line[--n] = '\0';
}

/* user:hash, and whatever stands behind another colon as in passwd(5). */
static int read_line(struct htpasswd *h, char *line, unsigned number, struct err *err)
{
    char *hash = line;
    char *user = strsep(&hash, ":");

    if (hash == NULL)
        return err_set(err, ERR_SYNTAX, "expected user:hash");
    hash[strcspn(hash, ":")] = '\0';
    if (account_check_name(user, err) != 0)
        return -1;
    if (secret_check_hash(hash, err) != 0)
        return err_wrap(err, "the password of %s", TEXT_QUOTE(user));
    h->entries[h->count++] = (struct htpasswd_entry){.user = user, .hash = hash, .line = number};
    return 0;
}

static int read_lines(struct htpasswd *h, const char *name, struct err *err)
{
    char *rest = h->text;
    unsigned number = 0;

    while (rest != NULL) {
        char *line = strsep(&rest, "\n");

        number++;
        trim(line);
        if (line[0] != '\0' && line[0] != '#' && read_line(h, line, number, err) != 0)
            return err_wrap(err, "%s:%u", name, number);
    }
    return 0;
}

static int compare(const void *a, const void *b)
{
    const struct htpasswd_entry *const *x = a;
    const struct htpasswd_entry *const *y = b;
    int order = strcmp((*x)->user, (*y)->user);

    return order != 0 ? order : (*x)->line < (*y)->line ? -1 : 1;
}

static int check_twice(const struct htpasswd *h, const char *name, struct err *err)
{
    auto_free const struct htpasswd_entry **sorted =
        calloc(h->count + 1, sizeof(struct htpasswd_entry *));

    if (sorted == NULL)
        return err_set(err, ERR_NOMEM, "%s", name);
    for (size_t i = 0; i < h->count; i++)
        sorted[i] = &h->entries[i];
    qsort(sorted, h->count, sizeof(struct htpasswd_entry *), compare);
    for (size_t i = 1; i < h->count; i++) {
        if (strcmp(sorted[i - 1]->user, sorted[i]->user) == 0)
            return err_set(err, ERR_EXISTS, "%s:%u: user %s is in line %u already", name,
                           sorted[i]->line, TEXT_QUOTE(sorted[i]->user), sorted[i - 1]->line);
    }
    return 0;
}

int htpasswd_parse(struct htpasswd *ret, const char *name, const char *text, size_t n,
                   struct err *err)
{
    auto_htpasswd struct htpasswd h = {0};

    if (memchr(text, '\0', n) != NULL)
        return err_set(err, ERR_SYNTAX, "%s: holds a NUL: no htpasswd file", name);
    h.text = strndup(text, n);
    if (h.text == NULL || (h.entries = calloc(count_lines(h.text), sizeof(*h.entries))) == NULL)
        return err_set(err, ERR_NOMEM, "%s", name);
    if (read_lines(&h, name, err) != 0 || check_twice(&h, name, err) != 0)
        return -1;
    *ret = h;
    h = (struct htpasswd){0};
    return 0;
}

int htpasswd_load(struct htpasswd *ret, const char *path, struct err *err)
{
    auto_buf struct buf b = BUF_INIT(HTPASSWD_FILE_MAX);

    if (file_read(&b, path, err) != 0)
        return -1;
    return htpasswd_parse(ret, path, buf_text(&b), b.len, err);
}

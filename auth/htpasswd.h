/* SPDX-License-Identifier: MIT */
/*
 * htpasswd files: lines "user:hash"; empty lines and comments (#) are skipped. Pure, but for the
 * reading of the file.
 */
#ifndef AUTH_HTPASSWD_H
#define AUTH_HTPASSWD_H

#include <stddef.h>

struct err;

enum { HTPASSWD_FILE_MAX = 16 * 1024 * 1024 };

struct htpasswd_entry {
    const char *user; /* borrowed from the file's text, as all here */
    const char *hash;
    unsigned line; /* from 1 */
};

struct htpasswd {
    char *text;                     /* owned */
    struct htpasswd_entry *entries; /* owned array, in the order of the file */
    size_t count;
};

/*
 * Errors begin with "name:line: ". A hash that cannot be checked is an error (see secret.h), and so
 * is a user that is there twice. name stands for the file.
 */
int htpasswd_parse(struct htpasswd *ret, const char *name, const char *text, size_t n,
                   struct err *err);
int htpasswd_load(struct htpasswd *ret, const char *path, struct err *err);
void htpasswd_done(struct htpasswd *h); /* as {0} again */

#endif

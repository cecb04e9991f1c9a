/* SPDX-License-Identifier: MIT */
/*
 * The files of what is imported, found by name: those of a folder, or the members of an archive.
 *
 * An archive is read once, from front to back, and every file in it becomes a blob of the store;
 * those that nothing refers to go with the import. A folder's files are read when they are asked
 * for. A file called blobs/ALGORITHM/HEX must have that digest. Names never reach the file system
 * but as "blobs/ALGORITHM/HEX" of a checked digest and a few constants. Private to registry/.
 */
#ifndef REGISTRY_IMPORT_MEMBERS_H
#define REGISTRY_IMPORT_MEMBERS_H

#include <stddef.h>

struct blob;
struct digest;
struct err;
struct import_members;
struct world;

enum { IMPORT_MEMBERS_MAX = 200000 };

int import_members_folder(struct import_members **ret, struct world *w, const char *path,
                          struct err *err);
int import_members_archive(struct import_members **ret, struct world *w, const char *path,
                           struct err *err);
void import_members_free(struct import_members *m); /* NULL-safe */

/* 1 and a borrowed blob, 0 when there is no such file, -1. Links are followed. */
int import_members_find(struct import_members *m, const char *name, struct blob **ret,
                        struct err *err);
/* The file blobs/ALGORITHM/HEX of a digest. */
int import_members_digest(struct import_members *m, const struct digest *digest, struct blob **ret,
                          struct err *err);

/* The bytes of a blob of at most max bytes, and a NUL; ERR_LIMIT. The caller owns *ret. */
int import_read(char **ret, const struct blob *b, size_t max, struct err *err);

#endif

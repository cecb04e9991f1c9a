/* SPDX-License-Identifier: MIT */
/*
 * Names of files inside of an archive or layout. Private to registry/.
 */
#ifndef REGISTRY_IMPORT_PATH_H
#define REGISTRY_IMPORT_PATH_H

#include <stdbool.h>

struct digest;

enum { IMPORT_PATH_MAX = 1024 };

/*
 * The name of `path` as seen from the folder of the file `from` ("": from the top): without ".",
 * ".." and empty components. False when it leads out at the top, is absolute or too long.
 */
bool import_path_join(char ret[IMPORT_PATH_MAX], const char *from, const char *path);

enum import_path_kind {
    IMPORT_PATH_OTHER, /* not below blobs/ */
    IMPORT_PATH_BLOB,  /* blobs/ALGORITHM/HEX of a digest that we can compute */
    IMPORT_PATH_STRAY, /* anything else below blobs/ */
};

/* Writes the digest for IMPORT_PATH_BLOB only. */
enum import_path_kind import_path_digest(struct digest *ret, const char *name);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Reads tar archives, compressed or not, from first to last member.
 *
 * libarchive is loaded when the first archive is opened: linking it would cost every start time
 * and memory. Nothing is ever extracted to disk.
 */
#ifndef REGISTRY_ARCHIVE_H
#define REGISTRY_ARCHIVE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct archive_reader;
struct err;

enum archive_kind {
    ARCHIVE_FILE,
    ARCHIVE_LINK,    /* hard link: target is another member's name */
    ARCHIVE_SYMLINK, /* target is relative to the member's folder */
    ARCHIVE_OTHER,   /* folder, device, ... */
};

struct archive_member {
    const char *name;   /* borrowed until the next call; as it stands in the archive */
    const char *target; /* borrowed; of a link, else NULL */
    enum archive_kind kind;
};

/* ERR_UNSUPPORTED when libarchive cannot be loaded; ERR_SYNTAX when the file is no tar archive. */
int archive_reader_open(struct archive_reader **ret, const char *path, struct err *err);
void archive_reader_free(struct archive_reader *r); /* NULL-safe */
/* 1 and a member, 0 at the end, -1. Members whose name is not text are passed over. */
int archive_reader_next(struct archive_reader *r, struct archive_member *ret, struct err *err);
/* Bytes of the current member: up to n, 0 at its end, -1. */
ssize_t archive_reader_read(struct archive_reader *r, void *p, size_t n, struct err *err);

#endif

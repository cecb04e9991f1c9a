/* SPDX-License-Identifier: MIT */
/*
 * `--import`: fills a world from OCI image layouts and `docker save` archives.
 *
 * Everything is checked before anything can be seen: digests and sizes of all that is referred to,
 * manifests, names. Which names images get: import_name.h and README.md.
 */
#ifndef REGISTRY_IMPORT_H
#define REGISTRY_IMPORT_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct world;

struct import_report {
    size_t images;  /* that a layout's index or an archive's manifest.json lists */
    size_t blobs;   /* manifests, configs and layers; each digest counts once */
    uint64_t bytes; /* of these */
};

/*
 * path: a layout's folder, a folder of layouts and archives, or an archive. Blobs that are missing
 * are refused unless the world's settings allow them (registry.require_blobs). On failure nothing
 * was imported and the message names file and member.
 * For use before the server listens: blocks, and runs the loop while it waits for jobs.
 */
int import_path(struct world *w, const char *path, struct import_report *ret, struct err *err);

#endif

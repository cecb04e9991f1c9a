/* SPDX-License-Identifier: MIT */
/*
 * Archives of `docker save` without an OCI layout (manifest.json). Private to registry/.
 */
#ifndef REGISTRY_IMPORT_DOCKER_H
#define REGISTRY_IMPORT_DOCKER_H

struct blob;
struct err;
struct import_graph;

/*
 * Plans the images that manifest.json (given as a blob) lists. The layers stay as they are, and
 * each image gets a Docker schema 2 manifest: the same archive always gives the same digests.
 * base: the repository of an image that has no name.
 */
int import_docker(const struct import_graph *g, const struct blob *list, const char *base,
                  struct err *err);

#endif

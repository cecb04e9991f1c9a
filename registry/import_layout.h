/* SPDX-License-Identifier: MIT */
/*
 * OCI image layouts (image-spec, image-layout.md). Private to registry/.
 */
#ifndef REGISTRY_IMPORT_LAYOUT_H
#define REGISTRY_IMPORT_LAYOUT_H

struct err;
struct import_graph;

/* Plans all that index.json lists. base: the repository of images that have no name of their own.
 */
int import_layout(const struct import_graph *g, const char *base, struct err *err);

#endif

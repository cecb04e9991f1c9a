/* SPDX-License-Identifier: MIT */
/*
 * Moving a tag by name, without a push: what "somebody pushed a new v1" looks like to clients.
 */
#ifndef REGISTRY_RETAG_H
#define REGISTRY_RETAG_H

struct digest;
struct err;
struct world;

/*
 * Points the tag of `image` ("app:v1") to what `to` names: "app:v2", "v2", "app@sha256:..." or a
 * digest; a manifest of the same repository. ERR_CONFIG, ERR_ABSENT.
 */
int retag(struct world *w, const char *image, const char *to, struct digest *ret, struct err *err);

#endif

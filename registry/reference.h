/* SPDX-License-Identifier: MIT */
/*
 * Grammar of repository names and tags (distribution-spec, "Pulling manifests").
 */
#ifndef REGISTRY_REFERENCE_H
#define REGISTRY_REFERENCE_H

#include <stdbool.h>

enum {
    REFERENCE_NAME_MAX = 255, /* bytes of a repository name */
    REFERENCE_TAG_MAX = 128,
};

/* [a-z0-9]+((\.|_|__|-+)[a-z0-9]+)* components joined by '/', at most REFERENCE_NAME_MAX bytes. */
bool reference_is_name(const char *name);
/* [a-zA-Z0-9_][a-zA-Z0-9._-]{0,127} */
bool reference_is_tag(const char *tag);
/* A reference with a colon is always a digest, never a tag. */
bool reference_is_digest(const char *reference);

#endif

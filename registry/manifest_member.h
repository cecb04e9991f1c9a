/* SPDX-License-Identifier: MIT */
/*
 * Members of a manifest's JSON: each is checked while it is read. Private to manifest_doc.c.
 *
 * A member that is absent or null is not there; one of the wrong type is ERR_INVALID, and the
 * message begins with its path.
 */
#ifndef REGISTRY_MANIFEST_MEMBER_H
#define REGISTRY_MANIFEST_MEMBER_H

#include <stddef.h>

struct err;
struct json_t;
struct manifest_descriptor;

/* A string; "" when it is not there. Borrowed from object. */
int member_text(const struct json_t *object, const char *name, const char **ret, struct err *err);
/* One descriptor, NULL when it is not there. The caller owns it: an array of one. */
int member_descriptor(const struct json_t *object, const char *name,
                      struct manifest_descriptor **ret, struct err *err);
/* An array of descriptors; null (Go's empty slice) counts as an empty one, absence does not. */
int member_descriptors(const struct json_t *object, const char *name,
                       struct manifest_descriptor **ret, size_t *ret_count, struct err *err);
void member_descriptors_free(struct manifest_descriptor *d, size_t count); /* NULL-safe */
/* Fails when the digest is of an algorithm that we cannot compute. */
int member_computable(const struct manifest_descriptor *d, const char *path, struct err *err);
/* `annotations` as JSON text, NULL when there are none. The caller owns it. */
int member_annotations(const struct json_t *object, char **ret, struct err *err);

#endif

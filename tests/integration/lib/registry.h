/* SPDX-License-Identifier: MIT */
/*
 * What many tests need to have in a registry first: blobs, manifests, small images.
 *
 * These push through the API like a client; when that fails the test program ends, because
 * nothing after could be trusted.
 */
#ifndef TESTS_INTEGRATION_LIB_REGISTRY_H
#define TESTS_INTEGRATION_LIB_REGISTRY_H

#include "tests/integration/lib/script.h"

#define OCI_MANIFEST    "application/vnd.oci.image.manifest.v1+json"
#define OCI_INDEX       "application/vnd.oci.image.index.v1+json"
#define OCI_CONFIG      "application/vnd.oci.image.config.v1+json"
#define OCI_LAYER       "application/vnd.oci.image.layer.v1.tar+gzip"
#define OCI_EMPTY       "application/vnd.oci.empty.v1+json"
#define DOCKER_MANIFEST "application/vnd.docker.distribution.manifest.v2+json"
#define DOCKER_LIST     "application/vnd.docker.distribution.manifest.list.v2+json"
#define DOCKER_CONFIG   "application/vnd.docker.container.image.v1+json"
#define DOCKER_LAYER    "application/vnd.docker.image.rootfs.diff.tar.gzip"

/* A descriptor of content with that variable name. */
#define DESCRIPTOR(type, name)                                                                     \
    "{\"mediaType\":\"" type "\",\"digest\":\"${" name "}\",\"size\":${" name ".size}}"
/* An image manifest of one config and one layer; more: further members, beginning with a comma. */
#define IMAGE(config, layer, more)                                                                 \
    "{\"schemaVersion\":2,\"mediaType\":\"" OCI_MANIFEST "\",\"config\":" DESCRIPTOR(              \
        OCI_CONFIG, config) ",\"layers\":[" DESCRIPTOR(OCI_LAYER, layer) "]" more "}"

/* Pushes content, known by its variables, as a blob. */
void registry_push_blob(struct script *t, const char *repo, const char *name);
/* Sets the variables of text and pushes it. */
void registry_blob(struct script *t, const char *repo, const char *name, const char *text);
/* Pushes content as a manifest; reference is a tag, a digest or a text with variables. */
void registry_push_manifest(struct script *t, const char *repo, const char *reference,
                            const char *name, const char *type);
/* Sets the variables of text and pushes it. */
void registry_manifest(struct script *t, const char *repo, const char *reference, const char *name,
                       const char *type, const char *text);
/*
 * A small image that nobody else has: blobs `name.config` and `name.layer`, manifest `name`, tagged
 * with `tag` (NULL: pushed by digest).
 */
void registry_image(struct script *t, const char *repo, const char *tag, const char *name);
/* Opens an upload session; its path goes to the variable. */
void registry_upload(struct script *t, const char *repo, const char *variable);
/* Pushes some megabytes and pulls them, whole and a part; the connection goes on. what: in the
   names of the checks. */
void registry_large(struct script *t, const char *what);

#endif

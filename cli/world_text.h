/* SPDX-License-Identifier: MIT */
/*
 * What clients need to know of a registry, ready to be put where they look for it.
 */
#ifndef CLI_WORLD_TEXT_H
#define CLI_WORLD_TEXT_H

#include <stdbool.h>

struct buf;

/* All borrowed. */
struct world_text {
    const char *url;     /* "http://127.0.0.1:40123" */
    const char *prefix;  /* of its repositories; NULL: none */
    const char *account; /* NULL: none */
    const char *secret;
    const char *ca; /* file of the CA that signed its certificate; NULL: not known, or no TLS */
};

/* "127.0.0.1:40123/prefix": as it stands in front of an image's name. Errors are b's, as below. */
void world_text_location(struct buf *b, const struct world_text *t);
/* ~/.docker/config.json, auth.json of containers-auth.json(5), or a Secret's .dockerconfigjson. */
void world_text_dockerconfigjson(struct buf *b, const struct world_text *t);
/* containers-registries.conf(5), version 2: podman, skopeo, CRI-O. */
void world_text_registries_conf(struct buf *b, const struct world_text *t);
/* containerd's certs.d/HOST/hosts.toml. */
void world_text_hosts_toml(struct buf *b, const struct world_text *t);

#endif

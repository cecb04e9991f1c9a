/* SPDX-License-Identifier: MIT */
/*
 * What an imported image is called. Private to registry/.
 *
 *     docker.io/library/app:v1     library/app  v1      the host part goes: a first component with
 *     localhost:5000/team/app:v1   team/app     v1      a dot, a colon or an upper-case letter, or
 *     localhost/app:v1             app          v1      `localhost`
 *     app:v1                       app          v1
 *     team/app                     team/app     latest  no tag is `latest`, as for docker
 *     app@sha256:...               app          -       by digest only: no tag
 *     v1                           BASE         v1      in a layout a word alone is a tag
 */
#ifndef REGISTRY_IMPORT_NAME_H
#define REGISTRY_IMPORT_NAME_H

#include <stdbool.h>

#include "registry/reference.h"

struct err;

struct import_name {
    char repo[REFERENCE_NAME_MAX + 1];
    char tag[REFERENCE_TAG_MAX + 1]; /* "": none */
};

/* A full reference, as docker writes it. ERR_INVALID. */
int import_name_parse(struct import_name *ret, const char *reference, struct err *err);
/* An annotation org.opencontainers.image.ref.name: a reference, or a tag of repository base. */
int import_name_annotation(struct import_name *ret, const char *text, const char *base,
                           struct err *err);
/*
 * The repository that a folder or archive stands for: its file name without .tar, .tgz and the
 * like, in lower case, each run of other characters a '-'. ERR_INVALID when nothing is left.
 */
int import_name_base(char ret[REFERENCE_NAME_MAX + 1], const char *path, struct err *err);
/* Does a file name end like an archive's? */
bool import_name_is_archive(const char *name);

#endif

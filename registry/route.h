/* SPDX-License-Identifier: MIT */
/*
 * Names a request in registry words: op, repository, reference.
 *
 * Routes match from the right, because a repository name may contain components called `blobs`,
 * `manifests`, `tags` or `uploads`.
 */
#ifndef REGISTRY_ROUTE_H
#define REGISTRY_ROUTE_H

#include <stdbool.h>

#include "lib/http/request.h"
#include "registry/reference.h"

enum op {
#define OP_ROW(name, text) OP_##name,
#include "registry/op.tbl.h"
#undef OP_ROW
};

enum { ROUTE_REF_MAX = 256 };

enum route_result {
    ROUTE_FOUND,
    ROUTE_UNKNOWN,  /* no such path: 404 */
    ROUTE_METHOD,   /* the path is known, the method is not: 405 with `allow` */
    ROUTE_BAD_NAME, /* 400 NAME_INVALID */
};

/* Not to be copied: it points into itself. */
struct route {
    enum op op;                        /* OP_UNKNOWN unless found */
    char name[REFERENCE_NAME_MAX + 1]; /* of the repository, as sent; "" where there is none */
    const char *repo; /* whose content is meant: in `name`, and all of it unless that is magic */
    char ref[ROUTE_REF_MAX + 1]; /* tag, digest or upload id as sent; "" where there is none */
    const char *allow;           /* methods of this path, static; NULL when unknown */
};

/* The name in logs and rules. */
const char *op_name(enum op op);

enum route_result route_parse(struct route *ret, const struct http_request *req);

#endif

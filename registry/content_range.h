/* SPDX-License-Identifier: MIT */
/*
 * Content-Range of an upload's chunk (distribution-spec, "Pushing a blob in chunks").
 */
#ifndef REGISTRY_CONTENT_RANGE_H
#define REGISTRY_CONTENT_RANGE_H

#include <stdbool.h>
#include <stdint.h>

struct content_range {
    uint64_t start;
    uint64_t length; /* 0 for "N-(N-1)", which some clients send with an empty body */
};

/*
 * "start-end", inclusive. Leniently also RFC 9110's form: "bytes " in front, "/total" or "/" and a
 * star behind. False when it is anything else.
 */
bool content_range_parse(struct content_range *ret, const char *value);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What a scalar of YAML means: the core schema (YAML 1.2.2, section 10.3.2 "Tag Resolution");
 * private to conf_yaml.c.
 */
#ifndef LIB_UTIL_CONF_SCALAR_H
#define LIB_UTIL_CONF_SCALAR_H

struct err;
struct json_t;

#define CONF_TAG_PREFIX "tag:yaml.org,2002:"

/* A plain scalar without a tag. ERR_CONFIG for numbers that are too large. The caller owns *ret,
   which is NULL when memory is short. */
int conf_scalar_plain(struct json_t **ret, const char *s, struct err *err);
/* One with an explicit tag: it must read as what the tag says. */
int conf_scalar_tagged(struct json_t **ret, const char *tag, const char *s, struct err *err);

#endif

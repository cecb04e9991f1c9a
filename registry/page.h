/* SPDX-License-Identifier: MIT */
/*
 * Pages of a list: the parameters `n` and `last`, and the Link to the page behind
 * (distribution-spec, "Listing Tags").
 */
#ifndef REGISTRY_PAGE_H
#define REGISTRY_PAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/util/buf.h"
#include "registry/reference.h"

struct registry_call;

enum {
    PAGE_BODY_MAX = 256 * 1024 * 1024,
    PAGE_TARGET_MAX = 16 * 1024, /* of a Link */
};

struct page {
    const char
        *after;     /* entries behind this one; NULL: from the first. Borrowed from the request */
    uint64_t limit; /* entries on this page; UINT64_MAX: all */
};

/* Reads n and last; max is the largest page (0: any). On a bad n replies 400 and returns false. */
bool page_parse(struct page *ret, struct registry_call *call, uint32_t max);
/* Appends `?name=value` or `&name=value` to the target of a Link, percent-encoded. */
void page_add_parameter(struct buf *target, const char *name, const char *value);
/* Adds `Link: <target>; rel="next"`, with last and (unless it is all) n behind the target. */
void page_reply_link(struct registry_call *call, struct buf *target, const struct page *page,
                     const char *last);

/* A page of names that need no escaping in JSON, while it is written. */
struct page_list {
    struct page page;
    struct buf body;
    uint64_t left;                     /* entries that the page still takes */
    bool more;                         /* there are entries behind the page */
    char last[REFERENCE_NAME_MAX + 1]; /* the last entry on the page; "" before the first */
};

/* Begins the body with the text head, which ends in '['. */
void page_list_begin(struct page_list *list, const struct page *page, const char *head_fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* False once the page is full. */
bool page_list_add(struct page_list *list, const char *name);
/* Ends the body with "]}" and replies with it, and with a Link to path when there is more. */
void page_list_reply(struct page_list *list, struct registry_call *call, const char *path_fmt, ...)
    __attribute__((format(printf, 3, 4)));

#endif

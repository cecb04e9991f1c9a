/* SPDX-License-Identifier: MIT */
/*
 * Queries of the journal's endpoints: ?op=blob.get&op=blob.head&repo=team/x&since=17&limit=10.
 */
#ifndef LIB_CONTROL_CONTROL_QUERY_H
#define LIB_CONTROL_CONTROL_QUERY_H

#include <stddef.h>
#include <stdint.h>

struct control_call;
struct err;
struct journal;
struct match;

struct control_query {
    uint64_t since;
    uint64_t limit;      /* 0: none */
    uint64_t entries;    /* 0: not given */
    uint64_t latest;     /* only the newest so many; 0: all */
    struct match *match; /* owned; NULL: no criteria */
};

/* The same name again is one more value. ERR_CONFIG. ret needs control_query_done() on success. */
int control_query_read(struct control_query *ret, const struct control_call *call,
                       const struct journal *j, struct err *err);
void control_query_done(struct control_query *q);
/* A whole number from the text; ERR_CONFIG names it. */
int control_query_number(uint64_t *ret, const char *name, const char *text, struct err *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * One request to the control API while it is worked on. Private to lib/control/control*.c.
 */
#ifndef LIB_CONTROL_CONTROL_CALL_H
#define LIB_CONTROL_CONTROL_CALL_H

#include <jansson.h>

#include "lib/control/control.h"
#include "lib/control/control_route.h"
#include "lib/util/buf.h"

enum { CONTROL_CALL_MAGIC = 0x6374726c };

struct control_parse_job;

struct control_call {
    unsigned magic;
    const struct control_options *options;  /* borrowed */
    struct http_exchange *x;                /* borrowed */
    const struct control_endpoint *row;     /* borrowed */
    void *arg;                              /* of the row's table */
    struct control_parameters parameters;   /* of the row's pattern */
    char world_name[CONTROL_PARAMETER_MAX]; /* that the path names; "": the default one */
    void *world;                            /* borrowed, in the handler; NULL: the row needs none */
    struct buf text;                        /* owned: the body as it comes */
    json_t *body;                           /* owned; NULL: none */
    struct control_parse_job *job;          /* under way; owns itself */
    void (*gone)(void *arg);                /* of a handler that replies later */
    void *gone_arg;
};

/* NULL: out of memory. Hangs itself on x. */
struct control_call *control_call_new(struct http_exchange *x,
                                      const struct control_options *options);
/* The exchange has ended. */
void control_call_ended(struct control_call *call);
/* Reads the body that the row wants, then enters its handler. */
void control_call_run(struct control_call *call);

/* Replies without an endpoint. */
void control_refuse(struct http_exchange *x, int status, const struct err *err);
/* The same, not sent yet; and the body alone, for a reply that lib/http began. */
void control_begin_error(struct http_exchange *x, int status, const struct err *err);
void control_add_error(struct http_exchange *x, const struct err *err);

#endif

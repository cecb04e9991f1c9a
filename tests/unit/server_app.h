/* SPDX-License-Identifier: MIT */
/*
 * The application behind the server of test-server.c: its paths name what it does, and so do those
 * of its hook ("/hook/STAGE/VERDICT").
 */
#ifndef TESTS_UNIT_SERVER_APP_H
#define TESTS_UNIT_SERVER_APP_H

#include <stdatomic.h>

struct http_server_options;
struct loop;

enum { SERVER_APP_BIG = 3 * 1024 * 1024 }; /* bytes of /big and /chunked */

/* What happened so far; written by the server's thread. */
struct server_app_counts {
    atomic_int ended[4]; /* exchanges, by enum http_end */
    atomic_int hook_calls;
    atomic_bool flow_paused; /* /slow paused its body */
};

extern struct server_app_counts server_app_counts;

/* Fills in app, hook and loop. The loop is borrowed until server_app_stop(). */
void server_app_start(struct http_server_options *options, struct loop *loop);
void server_app_stop(void);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Starts the real program in a temporary folder of its own and stops it again.
 *
 * The program is $OCIMOCK or ../../ocimock beside the test program. It is started with
 * --stop-on-stdin-eof, so that it ends with the test whatever happens. Its standard error is kept
 * and shown when something goes wrong.
 */
#ifndef TESTS_INTEGRATION_LIB_SERVER_H
#define TESTS_INTEGRATION_LIB_SERVER_H

#include <stdbool.h>

struct server;

struct server_options {
    const char *config;      /* text of the configuration file, or NULL */
    const char *const *args; /* further arguments up to NULL, or NULL; relative paths start in the
                                server's folder */
    bool no_default_listen;  /* do not add --listen 127.0.0.1:0 */
    void (*prepare)(const char *folder, void *arg); /* puts files there before the start */
    void *arg;                                      /* for prepare */
};

/* Waits for the ready line; ends the test program when it does not come. options may be NULL. */
struct server *server_new(const struct server_options *options);
struct server *server_new_config(const char *config);
/*
 * Starts a server that must not come up: true when it ends by itself with that exit status, prints
 * no ready line and says `why` on standard error. Shows what it said otherwise.
 */
bool server_is_refused(const struct server_options *options, int exit_status, const char *why);
/* Address number i (from 0) of the ready line; ends the test program when there are fewer. */
const char *server_url(const struct server *s, unsigned i);
unsigned server_url_count(const struct server *s);
/* Of the control API; ends the test program when there is none. */
const char *server_control_url(const struct server *s);
const char *server_folder(const struct server *s);
void server_signal(struct server *s, int signal);
/* Closes the server's standard input. */
void server_close_stdin(struct server *s);
/* True when the process ends within the bound; then *ret_status (if not NULL) is its wait status.
 */
bool server_wait(struct server *s, int *ret_status);
/* How many descriptors the running server may have from now on. */
void server_limit_descriptors(struct server *s, unsigned n);
/* Anonymous resident memory in KiB. */
long server_memory(const struct server *s);
/* True when text stands in what the server wrote to standard error so far. */
bool server_log_has(const struct server *s, const char *text);
/* True when text stands in what the server wrote to standard error, waiting for it (bounded). */
bool server_wait_log(struct server *s, const char *text);
/* Stops with SIGTERM (if it still runs), tests that the exit status is 0, removes the folder. */
void server_free(struct server *s);

/* True when the programs are built with a sanitizer: memory and time bounds are then wider. */
bool server_is_sanitized(void);

#endif

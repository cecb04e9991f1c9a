/* SPDX-License-Identifier: MIT */
/*
 * Questions to the control API of a running server, for the commands that steer one.
 *
 * The server is found by --control, else OCIMOCK_CONTROL (what `serve` reads as well), else
 * 127.0.0.1:5001; the world by --world, else OCIMOCK_WORLD, else by the address, which may be the
 * URL that a world's `control` gives. A token comes from OCIMOCK_CONTROL_TOKEN, or a file. Connects
 * with the first question. Errors of the server become errors here, in its words.
 */
#ifndef CLI_CONTROL_CLIENT_H
#define CLI_CONTROL_CLIENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct buf;
struct control_client;
struct err;
struct json_t;

struct control_client_options {
    const char *address;    /* or a URL; NULL: from the environment. Borrowed */
    const char *token_file; /* NULL: from the environment. Borrowed */
    const char *world;      /* NULL: from the environment or the address. Borrowed */
    bool all_worlds;        /* questions are about the server as a whole: no world is looked for */
};

int control_client_new(struct control_client **ret, const struct control_client_options *options,
                       struct err *err);
void control_client_free(struct control_client *c); /* NULL-safe */
/* For questions whose answer comes later: that much time more. Before the first question. */
void control_client_patience(struct control_client *c, uint32_t ms);

/*
 * Asks for a path of the world (or of the server), such as "/rules". Any status below 500 is an
 * answer; *ret_answer is what the body holds (caller owns; NULL: nothing). ERR_UNREACHABLE when
 * nobody is there.
 */
int control_client_ask(struct control_client *c, const char *method, const char *path,
                       const struct json_t *body, long *ret_status, struct json_t **ret_answer,
                       struct err *err);
/* As above, but what is not 2xx is an error in the server's words. ret_answer may be NULL. */
int control_client_call(struct control_client *c, const char *method, const char *path,
                        const struct json_t *body, struct json_t **ret_answer, struct err *err);
/* Fills err from an answer that is not 2xx; returns -1. */
int control_client_refused(const struct control_client *c, long status, const struct json_t *answer,
                           struct err *err);

/* Appends "?name=value", or "&name=value" when b holds a '?' already; value NULL: nothing. */
void control_path_add(struct buf *b, const char *name, const char *value);
/* Appends one segment of a path, encoded. */
void control_path_segment(struct buf *b, const char *segment);

#endif

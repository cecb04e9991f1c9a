/* SPDX-License-Identifier: MIT */
/*
 * Telling those who wait that the server serves: the ready line, and the port file.
 */
#ifndef CLI_READY_H
#define CLI_READY_H

#include <stddef.h>

struct buf;
struct err;
struct http_listener;

/*
 * "ocimock: ready registry=URL,URL\n": the listeners in the order given. The text is a contract.
 */
void ready_format(struct buf *b, struct http_listener *const *listeners, size_t count,
                  const char *control_url);
/* Writes text to the descriptor, all of it. */
int ready_write(int fd, const char *text, struct err *err);
/* One URL per line, written beside and renamed, so that nobody sees half of it. */
int ready_write_port_file(const char *path, struct http_listener *const *listeners, size_t count,
                          struct err *err);

#endif

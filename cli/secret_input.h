/* SPDX-License-Identifier: MIT */
/*
 * Secrets that commands are told: from standard input, a file, or somebody at a terminal, which
 * does not show what is typed. Never from the command line, where others could see them.
 */
#ifndef CLI_SECRET_INPUT_H
#define CLI_SECRET_INPUT_H

struct buf;
struct err;

/*
 * Appends a secret, without a line end, to an empty buffer whose maximum has room for one of two
 * bytes. path: a file; NULL or "-": the first line of standard input, asked for twice on a
 * terminal. No message holds any of it. ERR_CANCELLED when somebody interrupts.
 */
int secret_input_read(struct buf *ret, const char *path, struct err *err);
/* Overwrites what is in it. */
void secret_input_wipe(struct buf *b);

#endif

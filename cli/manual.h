/* SPDX-License-Identifier: MIT */
/* The part of ocimock(1) that follows from the tables; the rest is man/ocimock.1.in. */
#ifndef CLI_MANUAL_H
#define CLI_MANUAL_H

#include "cli/command.h"

/* Appends every command with its options, in roff; errors are b's. */
void manual_write(struct buf *b, const struct command *root);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What shells need to complete our command lines, written from the tables of the commands; and
 * `ocimock completion`, which prints it.
 */
#ifndef CLI_COMPLETION_H
#define CLI_COMPLETION_H

#include "cli/command.h"

/* Each appends a script for its shell; errors are b's. */
void completion_bash(struct buf *b, const struct command *root);
void completion_zsh(struct buf *b, const struct command *root);
void completion_fish(struct buf *b, const struct command *root);

/* Kinds of values, besides the choices of a table. */
bool completion_is_path(const struct option *row);
bool completion_is_folder(const struct option *row);
/* What a shell offers for the word, from 0 on; NULL: that was all. */
const char *completion_name(const struct command_word *w, size_t i);
/* A switch that is on unless told otherwise, so that its --no- form is what people type. */
bool completion_is_on(const struct option *row);

#endif

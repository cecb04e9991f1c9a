/* SPDX-License-Identifier: MIT */
/*
 * Tables for people: aligned columns, cut to the terminal's width, coloured there.
 *
 * Cells are shown as they are but for control characters and what is not UTF-8, which a terminal
 * might act on. A character counts as one column. Memory that is short shows in table_print().
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include <stdbool.h>
#include <stddef.h>

struct buf;
struct err;
struct table;

enum table_align { TABLE_LEFT, TABLE_RIGHT };
enum table_style { TABLE_PLAIN, TABLE_DIM, TABLE_GOOD, TABLE_WARN, TABLE_BAD };

/* Static and borrowed. */
struct table_column {
    const char *heading;
    enum table_align align;
    bool cut;      /* may become narrower when the terminal is */
    bool optional; /* may be left out then; the last one goes first */
};

/* What the place can show where the table goes. */
struct table_look {
    unsigned width; /* characters; 0: no limit */
    bool color;
};

/* Of a descriptor: a limit and colours on terminals only; none when NO_COLOR is set or TERM is
   "dumb". */
struct table_look table_look(int fd);

int table_new(struct table **ret, const struct table_column *columns, size_t count,
              struct err *err);
void table_free(struct table *t); /* NULL-safe */
/* The next cell, row after row; text NULL or "" is shown as "-". */
void table_add(struct table *t, enum table_style style, const char *text);
void table_addf(struct table *t, enum table_style style, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
size_t table_rows(const struct table *t);
/*
 * Appends the heading (the first time) and the rows, and forgets the rows. Columns do not become
 * narrower the next time, so that a table may be continued. Errors are b's.
 */
void table_print(struct table *t, struct buf *b, struct table_look look);

#endif

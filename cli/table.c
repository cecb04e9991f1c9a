/* SPDX-License-Identifier: MIT */
#include "cli/table.h"

#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/units.h"
#include "lib/util/util.h"

/* Columns are cut to COMFORTABLE characters, then optional ones are left out, then others are cut
   to NARROWEST. */
enum { COLUMNS_MAX = 16, CELL_MAX = 4096, COMFORTABLE = 20, NARROWEST = 8, GAP = 2 };

struct cell {
    char *text; /* owned, printable */
    unsigned width;
    enum table_style style;
};

struct table {
    const struct table_column *columns; /* borrowed */
    size_t column_count;
    struct cell *cells; /* owned */
    size_t count, capacity;
    unsigned widths[COLUMNS_MAX]; /* widest cell of each column so far */
    bool headed;                  /* the heading was printed */
    bool failed;                  /* a cell is missing: memory was short */
};

/* --- The place ----------------------------------------------------------------------------------
 */

/* What somebody set, such as a shell or test that knows better; 0: nothing. */
static unsigned columns_wanted(void)
{
    const char *text = getenv("COLUMNS");
    uint64_t n;

    return text != NULL && units_parse_size(&n, text, NULL) == 0 && n <= UINT16_MAX ? (unsigned)n
                                                                                    : 0;
}

struct table_look table_look(int fd)
{
    const char *no_color = getenv("NO_COLOR");
    const char *term = getenv("TERM");
    struct table_look look = {0};
    struct winsize size;

    if (!isatty(fd))
        return look;
    look.width = columns_wanted();
    if (look.width == 0 && ioctl(fd, TIOCGWINSZ, &size) == 0)
        look.width = size.ws_col;
    look.color =
        (no_color == NULL || *no_color == '\0') && term != NULL && strcmp(term, "dumb") != 0;
    return look;
}

/* --- Cells --------------------------------------------------------------------------------------
 */

static unsigned width_of(const char *s)
{
    unsigned width = 0;

    for (; *s != '\0'; s++)
        width += ((unsigned char)*s & 0xc0) != 0x80;
    return width;
}

/* A copy in which what a terminal might act on is '?'. NULL: memory is short. */
static char *printable(const char *s)
{
    auto_buf struct buf b = BUF_INIT(CELL_MAX);
    size_t left = strlen(s), n;

    left = left < CELL_MAX ? left : text_cut(s, CELL_MAX);
    for (; left > 0; s += n, left -= n) {
        n = text_printable(s, left);
        (void)buf_append(&b, n > 0 ? s : "?", n > 0 ? n : 1);
        n = n > 0 ? n : 1;
    }
    return buf_take(&b, NULL);
}

int table_new(struct table **ret, const struct table_column *columns, size_t count, struct err *err)
{
    struct table *t = calloc(1, sizeof(*t));

    ASSERT(count <= COLUMNS_MAX);
    if (t == NULL)
        return err_set(err, ERR_NOMEM, "table");
    t->columns = columns;
    t->column_count = count;
    for (size_t i = 0; i < count; i++)
        t->widths[i] = width_of(columns[i].heading);
    *ret = t;
    return 0;
}

static void forget_cells(struct table *t)
{
    for (size_t i = 0; i < t->count; i++)
        free(t->cells[i].text);
    t->count = 0;
}

void table_free(struct table *t)
{
    if (t == NULL)
        return;
    forget_cells(t);
    free(t->cells);
    free(t);
}

static bool make_room(struct table *t)
{
    size_t capacity = t->capacity > 0 ? 2 * t->capacity : 64;
    struct cell *cells;

    if (t->count < t->capacity)
        return true;
    cells = realloc(t->cells, capacity * sizeof(*cells));
    if (cells == NULL)
        return false;
    t->cells = cells;
    t->capacity = capacity;
    return true;
}

void table_add(struct table *t, enum table_style style, const char *text)
{
    struct cell cell = {.style = style};
    unsigned *width = &t->widths[t->count % t->column_count];

    if (t->failed)
        return;
    cell.text = printable(text != NULL && *text != '\0' ? text : "-");
    if (cell.text == NULL || !make_room(t)) {
        free(cell.text);
        t->failed = true;
        return;
    }
    cell.width = width_of(cell.text);
    if (cell.width > *width)
        *width = cell.width;
    t->cells[t->count++] = cell;
}

void table_addf(struct table *t, enum table_style style, const char *fmt, ...)
{
    char text[512];
    va_list ap;

    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, ap);
    va_end(ap);
    table_add(t, style, text);
}

size_t table_rows(const struct table *t)
{
    return t->count / t->column_count;
}

/* --- Widths -------------------------------------------------------------------------------------
 */

/* A column of width 0 is left out. */
static unsigned total(const struct table *t, const unsigned *widths)
{
    unsigned sum = 0;

    for (size_t i = 0; i < t->column_count; i++)
        sum += widths[i] + (i > 0 && widths[i] > 0 ? GAP : 0);
    return sum;
}

/* The widest column that may still become narrower, or column_count. */
static size_t find_widest(const struct table *t, const unsigned *widths, unsigned narrowest)
{
    size_t widest = t->column_count;

    for (size_t i = 0; i < t->column_count; i++) {
        if (t->columns[i].cut && widths[i] > narrowest &&
            (widest == t->column_count || widths[i] > widths[widest]))
            widest = i;
    }
    return widest;
}

/* Takes from the widest, one character at a time; false when nothing is left to take. */
static bool shrink(const struct table *t, unsigned *widths, unsigned limit, unsigned narrowest)
{
    size_t widest;

    for (unsigned sum = total(t, widths); sum > limit; sum--) {
        widest = find_widest(t, widths, narrowest);
        if (widest == t->column_count)
            return false;
        widths[widest]--;
    }
    return true;
}

/* The last one that may be left out and is there, or column_count. */
static size_t find_optional(const struct table *t, const bool *left_out)
{
    for (size_t i = t->column_count; i > 0; i--) {
        if (t->columns[i - 1].optional && !left_out[i - 1])
            return i - 1;
    }
    return t->column_count;
}

static void fit(const struct table *t, unsigned *widths, unsigned limit)
{
    bool left_out[COLUMNS_MAX] = {false};
    size_t next;

    for (;;) {
        for (size_t i = 0; i < t->column_count; i++)
            widths[i] = left_out[i] ? 0 : t->widths[i];
        if (limit == 0 || shrink(t, widths, limit, COMFORTABLE))
            return;
        next = find_optional(t, left_out);
        if (next == t->column_count)
            break;
        left_out[next] = true;
    }
    (void)shrink(t, widths, limit, NARROWEST);
}

/* --- Printing -----------------------------------------------------------------------------------
 */

static const char *const colors[] = {
    [TABLE_PLAIN] = "",        [TABLE_DIM] = "\033[2m",  [TABLE_GOOD] = "\033[32m",
    [TABLE_WARN] = "\033[33m", [TABLE_BAD] = "\033[31m",
};

static void pad(struct buf *b, unsigned n)
{
    (void)buf_appendf(b, "%*s", (int)n, "");
}

/* Bytes of the first n characters. */
static size_t bytes_of(const char *s, unsigned n)
{
    const char *p = s;

    while (*p != '\0' && n > 0) {
        size_t size = text_utf8(p, strlen(p));

        p += size > 0 ? size : 1;
        n--;
    }
    return (size_t)(p - s);
}

static void print_text(struct buf *b, const struct cell *c, unsigned width)
{
    if (c->width <= width) {
        (void)buf_append_text(b, c->text);
        return;
    }
    (void)buf_append(b, c->text, bytes_of(c->text, width - 3));
    (void)buf_append_text(b, "...");
}

static void print_cell(const struct table *t, struct buf *b, const struct cell *c, size_t column,
                       unsigned width, bool color, bool last)
{
    unsigned shown = c->width < width ? c->width : width;

    if (width == 0)
        return;
    color = color && c->style != TABLE_PLAIN;
    if (column > 0)
        pad(b, GAP);
    if (t->columns[column].align == TABLE_RIGHT)
        pad(b, width - shown);
    if (color)
        (void)buf_append_text(b, colors[c->style]);
    print_text(b, c, width);
    if (color)
        (void)buf_append_text(b, "\033[0m");
    if (t->columns[column].align == TABLE_LEFT && !last)
        pad(b, width - shown);
    if (last)
        (void)buf_append_char(b, '\n');
}

/* The column at the end of each line. */
static size_t last_column(const struct table *t, const unsigned *widths)
{
    size_t last = t->column_count - 1;

    while (last > 0 && widths[last] == 0)
        last--;
    return last;
}

static void print_heading(const struct table *t, struct buf *b, const unsigned *widths, bool color)
{
    size_t last = last_column(t, widths);

    for (size_t i = 0; i < t->column_count; i++) {
        const struct cell c = {
            .text = (char *)t->columns[i].heading,
            .width = width_of(t->columns[i].heading),
            .style = TABLE_DIM,
        };

        print_cell(t, b, &c, i, widths[i], color, i == last);
    }
}

static void print_rows(const struct table *t, struct buf *b, const unsigned *widths, bool color)
{
    size_t last = last_column(t, widths);

    for (size_t i = 0; i < t->count; i++) {
        size_t column = i % t->column_count;

        print_cell(t, b, &t->cells[i], column, widths[column], color, column == last);
    }
}

void table_print(struct table *t, struct buf *b, struct table_look look)
{
    unsigned widths[COLUMNS_MAX];

    ASSERT(t->failed || t->count % t->column_count == 0);
    if (t->failed) {
        b->failed = b->out_of_memory = true;
        return;
    }
    fit(t, widths, look.width);
    if (!t->headed)
        print_heading(t, b, widths, look.color);
    t->headed = true;
    print_rows(t, b, widths, look.color);
    forget_cells(t);
}

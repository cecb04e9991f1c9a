/* SPDX-License-Identifier: MIT */
/* cli/table.c: alignment, cutting, colours, what a terminal must not see. */
#include "cli/table.h"

#include <string.h>
#include <unistd.h>

#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "tests/tap/tap.h"

static const struct table_column columns[] = {
    {.heading = "NO", .align = TABLE_RIGHT},
    {.heading = "NAME", .cut = true},
    {.heading = "END"},
};

static struct table *new_table(void)
{
    struct table *t = NULL;
    struct err err;

    if (table_new(&t, columns, ARRAY_LEN(columns), &err) != 0)
        skip_all("no table: %s", err.msg);
    return t;
}

static void add_row(struct table *t, const char *number, const char *name, const char *end)
{
    table_add(t, TABLE_PLAIN, number);
    table_add(t, TABLE_PLAIN, name);
    table_add(t, TABLE_PLAIN, end);
}

/* Prints with that width and frees nothing. */
static void table_is(struct table *t, unsigned width, const char *want, const char *name)
{
    auto_buf struct buf b = BUF_INIT(10000);

    table_print(t, &b, (struct table_look){.width = width});
    is_str(buf_text(&b), want, "%s", name);
}

static void test_alignment(void)
{
    struct table *t = new_table();

    table_is(t, 0, "NO  NAME  END\n", "no rows: the heading");
    table_is(t, 0, "", "which comes once");
    table_free(t);
    t = new_table();
    add_row(t, "1", "a", "x");
    add_row(t, "100", "longer name", NULL);
    is_int(table_rows(t), 2, "two rows");
    table_is(t, 0, " NO  NAME         END\n  1  a            x\n100  longer name  -\n",
             "numbers are right, texts left, nothing is '-', no blanks at the end");
    is_int(table_rows(t), 0, "rows are forgotten");
    add_row(t, "2", "", "y");
    table_is(t, 0, "  2  -            y\n", "what follows keeps the widths");
    table_free(t);
    table_free(NULL);
}

static void test_cut(void)
{
    struct table *t = new_table();

    add_row(t, "1", "abcdefghijklmnop", "end");
    table_is(t, 20, "NO  NAME         END\n 1  abcdefgh...  end\n", "cut to the width");
    add_row(t, "1", "abcdefghijklmnop", "end");
    table_is(t, 5, " 1  abcde...  end\n", "but not below what tells something");
    add_row(t, "1", "\u00e4\u00f6\u00fc\u00e4\u00f6\u00fc\u00e4\u00f6\u00fc\u00e4", "end");
    table_is(t, 17, " 1  \u00e4\u00f6\u00fc\u00e4\u00f6...  end\n", "characters count, not bytes");
    table_free(t);
}

static void add_four(struct table *t)
{
    table_add(t, TABLE_PLAIN, "1");
    table_add(t, TABLE_PLAIN, "12:30");
    table_add(t, TABLE_PLAIN, "a-name-of-25-characters-x");
    table_add(t, TABLE_PLAIN, "1234");
}

/* Where there is too little room, optional columns go before names become unreadable. */
static void test_optional(void)
{
    static const struct table_column four[] = {
        {.heading = "NO", .align = TABLE_RIGHT},
        {.heading = "TIME", .optional = true},
        {.heading = "NAME", .cut = true},
        {.heading = "SIZE", .optional = true},
    };
    struct table *t = NULL;

    if (table_new(&t, four, ARRAY_LEN(four), NULL) != 0)
        skip_all("no memory");
    add_four(t);
    table_is(t, 37,
             "NO  TIME   NAME                  SIZE\n"
             " 1  12:30  a-name-of-25-char...  1234\n",
             "long names are cut first");
    add_four(t);
    table_is(t, 31, " 1  12:30  a-name-of-25-char...\n", "then the last optional column goes");
    add_four(t);
    table_is(t, 20, " 1  a-name-of-25-...\n", "then all of them, and names are cut further");
    table_free(t);
}

static void test_terminal(void)
{
    auto_buf struct buf b = BUF_INIT(1000);
    struct table *t = new_table();

    add_row(t, "1", "a\033[2Jb\nc\xff", "x");
    table_is(t, 0, "NO  NAME       END\n 1  a?[2Jb?c?  x\n", "control characters are not shown");
    table_add(t, TABLE_BAD, "5");
    table_add(t, TABLE_PLAIN, "b");
    table_add(t, TABLE_GOOD, "x");
    table_print(t, &b, (struct table_look){.color = true});
    ok(strstr(buf_text(&b), "\033[31m5\033[0m") != NULL, "colours where they are wanted");
    ok(strstr(buf_text(&b), "\033[32mx\033[0m\n") != NULL, "closed before the end of the line");
    table_free(t);
}

static void test_look(void)
{
    int fds[2];
    struct table_look look;

    if (pipe(fds) != 0) {
        skip("no pipe");
        return;
    }
    look = table_look(fds[1]);
    ok(look.width == 0 && !look.color, "a pipe has no width and no colours");
    (void)close(fds[0]);
    (void)close(fds[1]);
}

static void test_full(void)
{
    auto_buf struct buf b = BUF_INIT(10);
    struct table *t = new_table();
    struct err err;

    add_row(t, "1", "abcdefghijklmnop", "end");
    table_print(t, &b, (struct table_look){0});
    is_int(buf_check(&b, "table", &err), -1, "a buffer that is full says so");
    table_free(t);
}

int main(void)
{
    plan_lazy();
    test_alignment();
    test_cut();
    test_optional();
    test_terminal();
    test_look();
    test_full();
    done_testing();
}

/* SPDX-License-Identifier: MIT */
/*
 * Every recipe of the tree and every way to be wrong has the digest that is written down in
 * fixtures/golden.tsv: what people note in a test of theirs stays true.
 *
 *     GOLDEN=write tests/unit/test-golden    writes the file anew
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixtures/embedded.h"
#include "fixtures/fixture.h"
#include "lib/util/buf.h"
#include "lib/util/file.h"
#include "tests/tap/tap.h"
#include "tests/unit/sink_help.h"

enum { TEXT_MAX = 1 << 20 };

/* Real compression is another with each version of its library: only what is inside is the same. */
static bool is_compressed(const char *name)
{
    return strcmp(name, "compressed") == 0;
}

/* A smaller one: it takes a second for each GiB. */
static const char *smaller(const char *name)
{
    return strcmp(name, "huge") == 0 ? "huge(generated=1MiB)" : name;
}

static void add_row(struct buf *to, const char *recipe)
{
    const char *name = smaller(recipe);
    const struct sink *s = sink_open(name);
    bool attached = false;

    if (is_compressed(name)) {
        const struct sink_item *config = NULL;

        for (size_t i = 0; sink_blob(s, i) != NULL; i++)
            config = sink_blob(s, i);
        (void)buf_appendf(to, "%s\tdiff ids\t%s\n", name, sink_member(config, "rootfs.diff_ids"));
        return;
    }
    /* The image, whose digest stands for all that is in it, and what is attached to it. */
    for (size_t i = 0; sink_manifest(s, i) != NULL; i++) {
        const struct sink_item *m = sink_manifest(s, i);

        attached = attached || m->root;
        if (attached)
            (void)buf_appendf(to, "%s\t%s\t%s\n", name, m->media_type, m->digest.text);
    }
}

static const char *golden_path(void)
{
    static char path[4096];

    (void)snprintf(path, sizeof(path), "%s/fixtures/golden.tsv", getenv("TOP_SRCDIR"));
    return path;
}

static void write_golden(const struct buf *rows)
{
    FILE *f = fopen(golden_path(), "w");

    if (f == NULL || fputs(buf_text(rows), f) == EOF || fclose(f) != 0)
        perror(golden_path());
}

/* Line by line, so that a difference names its recipe. */
static void compare(struct buf *rows, struct buf *golden)
{
    char *got = rows->data, *want = golden->data;

    while (got != NULL && want != NULL && *got != '\0') {
        char *row = strsep(&got, "\n");

        is_str(row, strsep(&want, "\n"), "%.*s", (int)strcspn(row, "\t"), row);
    }
    is_str(want, "", "and no more are written down");
}

int main(void)
{
    auto_buf struct buf rows = BUF_INIT(TEXT_MAX), golden = BUF_INIT(TEXT_MAX);
    struct err err = {0};

    plan_lazy();
    for (const struct embedded *e = fixture_builtin(); e->name != NULL; e++)
        add_row(&rows, e->name);
    for (const struct fixture_wrong *w = fixture_wrong(); w->name != NULL; w++)
        add_row(&rows, w->name);
    sink_done();
    if (getenv("GOLDEN") != NULL)
        write_golden(&rows);
    is_int(file_read(&golden, golden_path(), &err), 0, "the digests are written down %s", err.msg);
    compare(&rows, &golden);
    done_testing();
}

/* SPDX-License-Identifier: MIT */
#include "tests/unit/push_help.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/http/loop.h"
#include "lib/util/util.h"
#include "registry/registry.h"
#include "tests/tap/tap.h"

enum { LINE_MAX_LENGTH = 4096, WAIT_MAX = 5000 };

static char *add_encoded(char *to, const char *text)
{
    for (; *text != '\0'; text++)
        to += snprintf(to, 4, "%%%02x", (unsigned char)*text);
    return to;
}

/* Everything is encoded: reading that is lib/http's business, and tested there. */
static void make_line(char *line, const struct push *p)
{
    char *to = line + snprintf(line, LINE_MAX_LENGTH, "%s %s", p->method, p->path);
    char separator = '?';

    for (const struct push_field *f = p->parameters; f != NULL && f->name != NULL; f++) {
        if (f->value == NULL)
            continue;
        *to++ = separator;
        separator = '&';
        to = add_encoded(to, f->name);
        *to++ = '=';
        to = add_encoded(to, f->value);
    }
    *to = '\0';
}

struct http_exchange *push_begin(struct world *w, const struct push *p)
{
    char line[LINE_MAX_LENGTH];
    char framing[64];
    char fields[2][256];
    const char *optional[3] = {NULL};
    size_t count = 0;
    struct http_exchange *x;

    make_line(line, p);
    if (p->length < 0)
        (void)stpcpy(framing, "Transfer-Encoding: chunked");
    else
        (void)snprintf(framing, sizeof(framing), "Content-Length: %" PRIi64, p->length);
    if (p->type != NULL) {
        (void)snprintf(fields[count], sizeof(fields[0]), "Content-Type: %s", p->type);
        optional[count] = fields[count];
        count++;
    }
    if (p->range != NULL) {
        (void)snprintf(fields[count], sizeof(fields[0]), "Content-Range: %s", p->range);
        optional[count] = fields[count];
    }
    x = fake_exchange_new(w->loop, w, line, "Host: registry.example:5000", framing, optional[0],
                          optional[1], NULL);
    registry_request(x, NULL);
    return x;
}

void push_text(struct http_exchange *x, const char *text)
{
    fake_body_send(x, text, strlen(text));
    fake_body_end(x);
}

int push_wait(struct http_exchange *x)
{
    fake_wait(x);
    return fake_status(x);
}

void push_close(struct http_exchange *x)
{
    registry_ended(x, NULL);
    fake_exchange_free(x);
}

void push_is(struct http_exchange *x, int status, const char *text, const char *name)
{
    if (!is_int(fake_status(x), status, "status: %s", name))
        diag("%s", fake_body(x));
    if (text != NULL && !ok(strstr(fake_body(x), text) != NULL, "'%s': %s", text, name))
        diag("%s", fake_body(x));
    push_close(x);
}

struct waiting {
    struct loop *loop;        /* borrowed */
    struct loop_timer *timer; /* owned */
    unsigned turns;           /* so far */
    bool (*done)(void *arg);
    void *arg; /* borrowed */
    bool answer;
};

static void look(void *arg)
{
    struct waiting *w = arg;

    w->answer = w->done(w->arg);
    if (w->answer || ++w->turns >= WAIT_MAX)
        loop_stop(w->loop);
    else
        loop_timer_start(w->timer, 1);
}

bool push_run_until(struct loop *loop, bool (*done)(void *arg), void *arg)
{
    struct waiting w = {.loop = loop, .done = done, .arg = arg};

    ASSERT(loop_timer_new(&w.timer, loop, look, &w, NULL) == 0);
    loop_timer_start(w.timer, 0);
    ASSERT(loop_run(loop, NULL) == 0);
    loop_timer_free(w.timer);
    return w.answer;
}

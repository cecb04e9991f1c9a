/* SPDX-License-Identifier: MIT */
/*
 * The parts of lib/http that only rules use: the tests on a fake exchange have none, so nothing of
 * this is reached. Without it the linker would bring in the real connections, beside the fake ones.
 */
#include "tests/unit/fake_exchange.h"

#include "lib/http/hook.h"
#include "lib/http/server.h"
#include "lib/util/util.h"

static void unreached(void)
{
    ASSERT(false);
}

const char *http_conn_certificate(const struct http_conn *c)
{
    (void)c;
    unreached();
    return NULL;
}

void http_conn_close_idle(struct http_conn *c)
{
    (void)c;
    unreached();
}

void http_conn_local(const struct http_conn *c, char *text, size_t size)
{
    (void)c;
    (void)text;
    (void)size;
    unreached();
}

unsigned http_conn_requests(const struct http_conn *c)
{
    (void)c;
    unreached();
    return 0;
}

/* Plain connections name no server. */
const char *http_conn_sni(const struct http_conn *c)
{
    (void)c;
    return "";
}

enum http_stage http_conn_stage(const struct http_conn *c)
{
    (void)c;
    unreached();
    return HTTP_STAGE_ACCEPT;
}

size_t http_conn_unsent(const struct http_conn *c)
{
    (void)c;
    unreached();
    return 0;
}

void http_conn_use_tls(struct http_conn *c, struct http_tls *tls)
{
    (void)c;
    (void)tls;
    unreached();
}

void http_exchange_go(struct http_exchange *x)
{
    (void)x;
    unreached();
}

void http_exchange_watch(struct http_exchange *x, bool on)
{
    (void)x;
    (void)on;
    unreached();
}

bool http_reply_has_body(const struct http_exchange *x)
{
    (void)x;
    unreached();
    return false;
}

const char *http_reply_head(const struct http_exchange *x, size_t *n)
{
    (void)x;
    (void)n;
    unreached();
    return NULL;
}

int64_t http_reply_length(const struct http_exchange *x)
{
    (void)x;
    unreached();
    return 0;
}

void http_reply_omit_header(struct http_exchange *x, const char *name)
{
    (void)x;
    (void)name;
    unreached();
}

void http_reply_raw(struct http_exchange *x, const void *p, size_t n, struct http_source *after)
{
    (void)x;
    (void)p;
    (void)n;
    (void)after;
    unreached();
}

void http_reply_set_length(struct http_exchange *x, int64_t length)
{
    (void)x;
    (void)length;
    unreached();
}

struct http_source *http_reply_take_body(struct http_exchange *x)
{
    (void)x;
    unreached();
    return NULL;
}

void http_reply_wrap(struct http_exchange *x, http_wrap_fn wrap, void *arg)
{
    (void)x;
    (void)wrap;
    (void)arg;
    unreached();
}

bool http_listener_is_up(const struct http_listener *l)
{
    (void)l;
    unreached();
    return false;
}

int http_listener_set_up(struct http_listener *l, bool up, struct err *err)
{
    (void)l;
    (void)up;
    (void)err;
    unreached();
    return -1;
}

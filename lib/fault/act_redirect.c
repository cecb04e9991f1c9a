/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/fault/act.h"
#include "lib/fault/engine.h"
#include "lib/http/exchange.h"
#include "lib/http/request.h"
#include "lib/http/server.h"
#include "lib/util/buf.h"
#include "lib/util/util.h"

enum { LOCATION_MAX = 32 * 1024, BASE_MAX = 600, MARK_MAX = 200 };

/* The query parameter in which a request to ourselves says how often it was redirected. */
static const char hop_name[] = "redirect-hop";

static uint32_t hops_so_far(const struct http_request *req)
{
    const char *text = http_request_parameter(req, hop_name);
    uint32_t n = 0;

    for (size_t i = 0; text != NULL && i < 6 && text[i] >= '0' && text[i] <= '9'; i++)
        n = n * 10 + (uint32_t)(text[i] - '0');
    return n;
}

/* True for "name=..." */
static bool is_parameter(const char *query, const char *name)
{
    size_t n = name != NULL ? strlen(name) : 0;

    return n > 0 && strncmp(query, name, n) == 0 && query[n] == '=';
}

/* The query without our own parameters, as it was sent. */
static void append_query(struct buf *b, const char *query, const char *mark_name, char *separator)
{
    while (query != NULL && *query != '\0') {
        size_t n = strcspn(query, "&");

        if (!is_parameter(query, hop_name) && !is_parameter(query, mark_name)) {
            (void)buf_append_char(b, *separator);
            (void)buf_append(b, query, n);
            *separator = '&';
        }
        query += n + (query[n] == '&');
    }
}

/* The path as it was sent: of a target in origin form, or of an absolute one. */
static void append_path(struct buf *b, const struct http_request *req)
{
    const char *path = strstr(req->target, "://");

    path = req->target[0] != '/' && path != NULL ? strchr(path + 3, '/') : req->target;
    if (path == NULL)
        path = "/";
    (void)buf_append(b, path, strcspn(path, "?#"));
}

/* What `to` leads to. *ret_url: its URL, in place (of size BASE_MAX) where it has to be written. */
static enum fault_place resolve(const struct act_run *run, const char *to, char *place,
                                const char **ret_url)
{
    const struct fault_product *product = &run->act->engine->options.product;
    enum fault_place what = FAULT_PLACE_OTHER;

    *ret_url = to;
    if (to[0] == '/')
        return what;
    if (product->place != NULL)
        what = product->place(run->x, to, place, BASE_MAX, product->arg);
    if (what == FAULT_PLACE_OTHER && strstr(to, "://") == NULL)
        (void)snprintf(place, BASE_MAX, "%s://%s",
                       http_conn_is_tls(http_exchange_conn(run->x)) ? "https" : "http", to);
    else if (what == FAULT_PLACE_OTHER)
        return what;
    *ret_url = place;
    return what;
}

/* How long the part of a URL is behind which the path of the request follows; 0: it is a place of
   its own. */
static size_t base_of(const char *url)
{
    const char *authority = strstr(url, "://");
    const char *path = strchr(authority != NULL ? authority + 3 : url, '/');

    if (path == NULL)
        return strlen(url);
    return path[1] == '\0' && authority != NULL ? (size_t)(path - url) : 0;
}

static void append_mark(struct buf *b, const struct act_run *run, const char *base, char separator)
{
    const struct fault_product *product = &run->act->engine->options.product;
    char mark[MARK_MAX];

    if (product->mark != NULL && product->mark(run->x, base, mark, sizeof(mark), product->arg))
        (void)buf_appendf(b, "%c%s", separator, mark);
}

/* To ourselves, once more. */
static char *target_here(const struct act_run *run, const struct fault_redirect *r, uint32_t hop)
{
    const struct fault_product *product = &run->act->engine->options.product;
    const struct http_request *req = http_exchange_request(run->x);
    auto_buf struct buf b = BUF_INIT(LOCATION_MAX);
    char separator = '?';

    append_path(&b, req);
    if (!r->strip_query)
        append_query(&b, req->query, product->mark_name, &separator);
    (void)buf_appendf(&b, "%c%s=%u", separator, hop_name, hop);
    return buf_take(&b, NULL);
}

static char *target_at(const struct act_run *run, const struct fault_redirect *r, const char *url)
{
    const struct fault_product *product = &run->act->engine->options.product;
    const struct http_request *req = http_exchange_request(run->x);
    auto_buf struct buf b = BUF_INIT(LOCATION_MAX);
    size_t base = base_of(url);
    char separator = '?';

    (void)buf_append(&b, url, base > 0 ? base : strlen(url));
    if (base > 0)
        append_path(&b, req);
    if (!r->strip_query)
        append_query(&b, req->query, product->mark_name, &separator);
    if (base > 0)
        append_mark(&b, run, url, separator);
    return buf_take(&b, NULL);
}

char *act_redirect_target(const struct act_run *run, const struct fault_redirect *r,
                          const char **ret_why)
{
    uint32_t hop = hops_so_far(http_exchange_request(run->x)) + 1;
    enum fault_place what = FAULT_PLACE_OTHER;
    char place[BASE_MAX];
    const char *url;
    char *target;

    *ret_why = NULL;
    if (r->to == NULL && hop > r->hops)
        return NULL;
    if (r->to == NULL || hop < r->hops) {
        target = target_here(run, r, hop);
    } else {
        what = resolve(run, r->to, place, &url);
        target =
            what == FAULT_PLACE_OTHER || what == FAULT_PLACE_OURS ? target_at(run, r, url) : NULL;
    }
    if (what == FAULT_PLACE_UNKNOWN)
        *ret_why = "there is no such listener to redirect to";
    else if (target == NULL && what != FAULT_PLACE_HERE)
        *ret_why = "out of memory";
    return target;
}

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

enum { LOCATION_MAX = 32 * 1024 };

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

/* The query without our own parameter, as it was sent. */
static void append_query(struct buf *b, const char *query, char *separator)
{
    size_t own = sizeof(hop_name) - 1;

    while (query != NULL && *query != '\0') {
        size_t n = strcspn(query, "&");

        if (strncmp(query, hop_name, own) != 0 || query[own] != '=') {
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

/* Where the redirect leads in the end, without path and query of the request. True: path and query
   follow. */
static bool append_base(struct buf *b, const struct act_run *run, const char *to)
{
    const struct fault_product *product = &run->act->engine->options.product;
    const char *authority = strstr(to, "://");
    const char *url = NULL;
    const char *path;

    if (authority == NULL && to[0] != '/' && product->listener_url != NULL)
        url = product->listener_url(to, product->arg);
    if (url != NULL)
        to = url;
    else if (authority == NULL && to[0] != '/') /* a host */
        (void)buf_append_text(b, http_conn_is_tls(http_exchange_conn(run->x)) ? "https://"
                                                                              : "http://");
    authority = strstr(to, "://");
    path = strchr(authority != NULL ? authority + 3 : to, '/');
    if (path != NULL && (path[1] != '\0' || authority == NULL)) {
        (void)buf_append_text(b, to); /* a place of its own */
        return false;
    }
    (void)buf_append(b, to, path != NULL ? (size_t)(path - to) : strlen(to));
    return true;
}

char *act_redirect_target(const struct act_run *run, const struct fault_redirect *r,
                          bool *ret_failed)
{
    const struct http_request *req = http_exchange_request(run->x);
    auto_buf struct buf b = BUF_INIT(LOCATION_MAX);
    uint32_t hop = hops_so_far(req) + 1;
    bool to_itself = r->to == NULL || hop < r->hops;
    char separator = '?';
    char *target;

    if (r->to == NULL && hop > r->hops)
        return NULL;
    if (to_itself || append_base(&b, run, r->to))
        append_path(&b, req);
    if (!r->strip_query)
        append_query(&b, req->query, &separator);
    if (to_itself)
        (void)buf_appendf(&b, "%c%s=%u", separator, hop_name, hop);
    target = buf_take(&b, NULL);
    *ret_failed = target == NULL;
    return target;
}

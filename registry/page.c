/* SPDX-License-Identifier: MIT */
#include "registry/page.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "lib/http/exchange.h"
#include "lib/http/request.h"
#include "lib/util/buf.h"
#include "lib/util/text.h"
#include "lib/util/util.h"
#include "registry/call.h"
#include "registry/oci_error.h"

/* Digits only; a number that is too large becomes the largest. */
static bool parse_count(const char *text, uint64_t *ret)
{
    uint64_t v = 0;

    if (text[strspn(text, "0123456789")] != '\0')
        return false;
    for (; *text != '\0'; text++) {
        unsigned digit = (unsigned)(*text - '0');

        v = v > (UINT64_MAX - digit) / 10 ? UINT64_MAX : v * 10 + digit;
    }
    *ret = v;
    return true;
}

bool page_parse(struct page *ret, struct registry_call *call, uint32_t max)
{
    const char *n = http_request_parameter(call->req, "n");
    const char *last = http_request_parameter(call->req, "last");

    ret->after = last != NULL && *last != '\0' ? last : NULL;
    ret->limit = UINT64_MAX;
    if (n != NULL && *n != '\0' && !parse_count(n, &ret->limit)) {
        oci_error_reply(call, OCI_PAGINATION_NUMBER_INVALID, json_pack("{s:o}", "n", oci_text(n)));
        return false;
    }
    if (max != 0 && ret->limit > max)
        ret->limit = max;
    return true;
}

void page_add_parameter(struct buf *target, const char *name, const char *value)
{
    (void)buf_append_char(target, strchr(buf_text(target), '?') == NULL ? '?' : '&');
    (void)buf_append_text(target, name);
    (void)buf_append_char(target, '=');
    text_percent_encode(target, value, TEXT_QUERY);
}

void page_reply_link(struct registry_call *call, struct buf *target, const struct page *page,
                     const char *last)
{
    char n[24];

    page_add_parameter(target, "last", last);
    if (page->limit != UINT64_MAX) {
        (void)snprintf(n, sizeof(n), "%" PRIu64, page->limit);
        page_add_parameter(target, "n", n);
    }
    if (buf_check(target, "link", NULL) == 0)
        http_reply_headerf(call->x, "Link", "<%s>; rel=\"next\"", buf_text(target));
}

void page_list_begin(struct page_list *list, const struct page *page, const char *head_fmt, ...)
{
    char head[REFERENCE_NAME_MAX + 64];
    va_list args;

    list->page = *page;
    list->left = page->limit;
    list->more = false;
    list->last[0] = '\0';
    buf_init(&list->body, PAGE_BODY_MAX);
    va_start(args, head_fmt);
    (void)vsnprintf(head, sizeof(head), head_fmt, args);
    va_end(args);
    (void)buf_append_text(&list->body, head);
}

bool page_list_add(struct page_list *list, const char *name)
{
    size_t n = strlen(name);

    ASSERT(n < sizeof(list->last));
    if (list->left == 0) {
        list->more = list->page.limit > 0;
        return false;
    }
    list->left--;
    (void)buf_append_text(&list->body, list->last[0] == '\0' ? "\"" : ",\"");
    (void)buf_append(&list->body, name, n);
    (void)buf_append_char(&list->body, '"');
    memcpy(list->last, name, n + 1);
    return true;
}

void page_list_reply(struct page_list *list, struct registry_call *call, const char *path_fmt, ...)
{
    auto_buf struct buf target;
    char path[REFERENCE_NAME_MAX + 64];
    va_list args;

    (void)buf_append_text(&list->body, "]}");
    call_reply_begin_json(call, "application/json", &list->body);
    va_start(args, path_fmt);
    (void)vsnprintf(path, sizeof(path), path_fmt, args);
    va_end(args);
    buf_init(&target, PAGE_TARGET_MAX);
    (void)buf_append_text(&target, path);
    if (list->more)
        page_reply_link(call, &target, &list->page, list->last);
    http_reply_send(call->x);
}

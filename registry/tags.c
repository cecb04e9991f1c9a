/* SPDX-License-Identifier: MIT */
/* Listing tags (distribution-spec, end-8a and end-8b). */
#include <string.h>

#include <jansson.h>

#include "lib/http/exchange.h"
#include "lib/util/buf.h"
#include "registry/call.h"
#include "registry/fault_effects.h"
#include "registry/page.h"
#include "registry/registry.h"
#include "registry/state_gate.h"

struct tag_page {
    const struct registry_call *call;
    struct fault_tags quirks;
    struct page_list list;
};

static bool is_dropped(const struct fault_tags *quirks, const char *name)
{
    const json_t *value;
    size_t i;

    json_array_foreach(quirks->drop, i, value)
    {
        if (strcmp(json_string_value(value), name) == 0)
            return true;
    }
    return json_is_string(quirks->drop) && strcmp(json_string_value(quirks->drop), name) == 0;
}

static bool add_tag(void *arg, const struct tag_entry *tag)
{
    struct tag_page *p = arg;

    if (!state_shows_tag(p->call, tag) || is_dropped(&p->quirks, tag->name))
        return true;
    return page_list_add(&p->list, tag->name);
}

/* What some registries say of a repository without tags. */
static void reply_null(struct registry_call *call)
{
    struct buf body = BUF_INIT(1024);

    (void)buf_appendf(&body, "{\"name\":\"%s\",\"tags\":null}", call->route.name);
    call_reply_begin_json(call, "application/json", &body);
    http_reply_send(call->x);
}

void handle_tags_list(struct registry_call *call)
{
    struct meta_store *meta = call->world->meta;
    const char *name = call->route.name;
    struct tag_page p = {.call = call};
    struct page page;

    if (!call_need_repository(call) || !page_parse(&page, call, call->world->settings.tag_page))
        return;
    faults_tags(call, &p.quirks);
    if (p.quirks.ignore_n)
        page.limit = UINT64_MAX;
    if (p.quirks.null) {
        reply_null(call);
        return;
    }
    page_list_begin(&p.list, &page, "{\"name\":\"%s\",\"tags\":[", name);
    meta->ops->tags(meta, call->route.repo, page.after, add_tag, &p);
    p.list.more = p.list.more && !p.quirks.no_link;
    page_list_reply(&p.list, call, "/v2/%s/tags/list", name);
}

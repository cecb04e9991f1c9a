/* SPDX-License-Identifier: MIT */
/* Listing tags (distribution-spec, end-8a and end-8b). */
#include "registry/call.h"
#include "registry/page.h"
#include "registry/registry.h"

static bool add_tag(void *arg, const struct tag_entry *tag)
{
    return page_list_add(arg, tag->name);
}

void handle_tags_list(struct registry_call *call)
{
    struct meta_store *meta = call->world->meta;
    const char *repo = call->route.repo;
    struct page_list list;
    struct page page;

    if (!call_need_repository(call) || !page_parse(&page, call, call->world->settings.tag_page))
        return;
    page_list_begin(&list, &page, "{\"name\":\"%s\",\"tags\":[", repo);
    meta->ops->tags(meta, repo, page.after, add_tag, &list);
    page_list_reply(&list, call, "/v2/%s/tags/list", repo);
}

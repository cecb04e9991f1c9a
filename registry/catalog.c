/* SPDX-License-Identifier: MIT */
/* Listing repositories: an extension that the distribution registry brought up. */
#include "registry/call.h"
#include "registry/oci_error.h"
#include "registry/page.h"
#include "registry/registry.h"

static bool add_name(void *arg, const char *name)
{
    return page_list_add(arg, name);
}

void handle_catalog(struct registry_call *call)
{
    struct meta_store *meta = call->world->meta;
    struct page_list list;
    struct page page;

    if (!call->world->settings.catalog) {
        oci_error_reply_status(call, 404, OCI_UNSUPPORTED,
                               oci_detail("the catalog is switched off"));
        return;
    }
    if (!page_parse(&page, call, call->world->settings.tag_page))
        return;
    page_list_begin(&list, &page, "{\"repositories\":[");
    meta->ops->repositories(meta, page.after, add_name, &list);
    page_list_reply(&list, call, "/v2/_catalog");
}

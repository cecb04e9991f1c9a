/* SPDX-License-Identifier: MIT */
/* Listing repositories: an extension that the distribution registry brought up. */
#include "registry/call.h"
#include "registry/oci_error.h"
#include "registry/page.h"
#include "registry/registry.h"
#include "registry/state_gate.h"

struct name_page {
    const struct registry_call *call;
    struct page_list list;
};

static bool add_name(void *arg, const char *name)
{
    struct name_page *p = arg;

    return !state_shows_repository(p->call, name) || page_list_add(&p->list, name);
}

void handle_catalog(struct registry_call *call)
{
    struct meta_store *meta = call->world->meta;
    struct name_page p = {.call = call};
    struct page page;

    if (!call->world->settings.catalog) {
        oci_error_reply_status(call, 404, OCI_UNSUPPORTED,
                               oci_detail("the catalog is switched off"));
        return;
    }
    if (!page_parse(&page, call, call->world->settings.tag_page))
        return;
    page_list_begin(&p.list, &page, "{\"repositories\":[");
    meta->ops->repositories(meta, page.after, add_name, &p);
    page_list_reply(&p.list, call, "/v2/_catalog");
}

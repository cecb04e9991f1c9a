/* SPDX-License-Identifier: MIT */
#include "registry/pending.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include <jansson.h>

#include "lib/http/exchange.h"
#include "lib/http/request.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/call.h"
#include "registry/oci_error.h"
#include "registry/registry.h"

enum { RETRY_MAX = 60 }; /* seconds; the guess may be wrong */

struct pending {
    struct pending_options options; /* with an owned copy of repo and a reference to tags */
    char *repo;                     /* owned */
    LIST_ENTRY(pending) link;
};

int pending_add(struct pending **ret, struct world *w, const struct pending_options *options,
                struct err *err)
{
    struct pending *p = calloc(1, sizeof(*p));

    if (p == NULL)
        return err_set(err, ERR_NOMEM, "image");
    p->repo = strdup(options->repo);
    if (p->repo == NULL) {
        free(p);
        return err_set(err, ERR_NOMEM, "image");
    }
    p->options = *options;
    p->options.repo = p->repo;
    json_incref((json_t *)p->options.tags);
    LIST_INSERT_HEAD(&w->pending, p, link);
    *ret = p;
    return 0;
}

void pending_remove(struct pending *p)
{
    if (p == NULL)
        return;
    LIST_REMOVE(p, link);
    json_decref((json_t *)p->options.tags);
    free(p->repo);
    free(p);
}

void pending_cancel_all(struct world *w)
{
    struct pending *p;

    while ((p = LIST_FIRST(&w->pending)) != NULL) {
        p->options.cancel(p->options.arg);
        ASSERT(LIST_FIRST(&w->pending) != p);
    }
}

static bool has_tag(const struct pending *p, const char *tag)
{
    const json_t *t;
    size_t i;

    json_array_foreach(p->options.tags, i, t)
    {
        if (strcmp(json_string_value(t), tag) == 0)
            return true;
    }
    return false;
}

static bool is_meant(const struct pending *p, const struct registry_call *call)
{
    return strcmp(p->repo, call->route.repo) == 0 &&
           (reference_is_digest(call->route.ref) || has_tag(p, call->route.ref));
}

static unsigned seconds_of(const struct pending *p)
{
    uint64_t seconds = (p->options.wait(p->options.arg) + 999) / 1000;

    if (seconds > RETRY_MAX)
        return RETRY_MAX;
    return seconds > 0 ? (unsigned)seconds : 1;
}

bool pending_reply(struct registry_call *call)
{
    const enum op op = call->route.op;
    const struct pending *p;

    if (op != OP_MANIFEST_GET && op != OP_MANIFEST_HEAD && op != OP_BLOB_GET)
        return false;
    LIST_FOREACH(p, &call->world->pending, link) {
        if (is_meant(p, call))
            break;
    }
    if (p == NULL)
        return false;
    oci_error_begin(call, 503, OCI_UNAVAILABLE,
                    oci_detail("an image in %s is being made", p->repo));
    http_reply_headerf(call->x, "Retry-After", "%u", seconds_of(p));
    http_reply_send(call->x);
    return true;
}

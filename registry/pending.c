/* SPDX-License-Identifier: MIT */
#include "registry/pending.h"

#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#include "lib/http/exchange.h"
#include "lib/http/request.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/call.h"
#include "registry/oci_error.h"
#include "registry/registry.h"

enum { RETRY_MAX = 60 }; /* seconds; the guess may be wrong */

struct pending {
    char *repo; /* owned */
    char *tag;  /* owned; NULL: none */
    pending_wait_fn wait;
    const void *arg; /* borrowed, for wait */
    LIST_ENTRY(pending) link;
};

int pending_add(struct pending **ret, struct world *w, const char *repo, const char *tag,
                pending_wait_fn wait, const void *arg, struct err *err)
{
    struct pending *p = calloc(1, sizeof(*p));

    if (p == NULL)
        return err_set(err, ERR_NOMEM, "image");
    LIST_INSERT_HEAD(&w->pending, p, link);
    p->repo = strdup(repo);
    p->tag = tag != NULL ? strdup(tag) : NULL;
    if (p->repo == NULL || (tag != NULL && p->tag == NULL)) {
        pending_remove(p);
        return err_set(err, ERR_NOMEM, "image");
    }
    p->wait = wait;
    p->arg = arg;
    *ret = p;
    return 0;
}

void pending_remove(struct pending *p)
{
    if (p == NULL)
        return;
    LIST_REMOVE(p, link);
    free(p->repo);
    free(p->tag);
    free(p);
}

static bool is_meant(const struct pending *p, const struct registry_call *call)
{
    if (strcmp(p->repo, call->route.repo) != 0)
        return false;
    if (reference_is_digest(call->route.ref))
        return true;
    return p->tag != NULL && strcmp(p->tag, call->route.ref) == 0;
}

static unsigned seconds_of(const struct pending *p)
{
    uint64_t seconds = (p->wait(p->arg) + 999) / 1000;

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
                    oci_detail("%s%s%s is being made: the digests of its generated layers are "
                               "computed",
                               p->repo, p->tag != NULL ? ":" : "", p->tag != NULL ? p->tag : ""));
    http_reply_headerf(call->x, "Retry-After", "%u", seconds_of(p));
    http_reply_send(call->x);
    return true;
}

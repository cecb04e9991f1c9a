/* SPDX-License-Identifier: MIT */
#include "registry/deletion.h"

#include <string.h>

#include "lib/http/exchange.h"
#include "lib/util/util.h"
#include "registry/call.h"
#include "registry/oci_error.h"

/* The methods of this path that are left without DELETE. */
static const char *allow_without_delete(const struct registry_call *call)
{
    return call->route.op == OP_MANIFEST_DELETE ? "GET, HEAD, PUT, OPTIONS" : "GET, HEAD, OPTIONS";
}

bool deletion_allowed(struct registry_call *call, enum delete_mode mode, const char *kind)
{
    static const struct {
        int status; /* 0: allowed */
        enum oci_code code;
    } answers[] = {
        [DELETE_ON] = {0, OCI_UNKNOWN},        [DELETE_405] = {405, OCI_UNSUPPORTED},
        [DELETE_400] = {400, OCI_UNSUPPORTED}, [DELETE_403] = {403, OCI_DENIED},
        [DELETE_PRETEND] = {0, OCI_UNKNOWN},
    };

    ASSERT((size_t)mode < ARRAY_LEN(answers));
    if (answers[mode].status == 0)
        return true;
    oci_error_begin(call, answers[mode].status, answers[mode].code,
                    oci_detail("deletion of %s is switched off", kind));
    if (answers[mode].status == 405)
        http_reply_header(call->x, "Allow", allow_without_delete(call));
    http_reply_send(call->x);
    return false;
}

void deletion_reply(struct registry_call *call)
{
    call_reply_begin(call, 202);
    http_reply_send(call->x);
}

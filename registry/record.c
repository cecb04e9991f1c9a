/* SPDX-License-Identifier: MIT */
#include "registry/record.h"

#include <inttypes.h>
#include <stdio.h>

#include "lib/control/journal.h"
#include "lib/http/exchange.h"
#include "lib/http/server.h"
#include "lib/util/buf.h"
#include "registry/access_log.h"
#include "registry/call.h"
#include "registry/registry.h"
#include "registry/words.h"

enum { SCOPES_TEXT_MAX = 4096 };

static void note_redirect(struct registry_call *call)
{
    char from[24];

    if (call->redirected_from == 0)
        return;
    (void)snprintf(from, sizeof(from), "%" PRIu64, call->redirected_from);
    journal_note(call->world->journal, call->seq, JOURNAL_REDIRECTED_FROM, from);
    journal_note(call->world->journal, call->seq, JOURNAL_LEAKED,
                 call->redirect_leaks ? "true" : "false");
}

void record_open(struct registry_call *call)
{
    words_of_call(call);
    call->seq = journal_open(call->world->journal, &call->words);
    if (http_conn_is_tls(http_exchange_conn(call->x)))
        journal_note(call->world->journal, call->seq, JOURNAL_TLS, "true");
    note_redirect(call);
}

void record_identity(struct registry_call *call)
{
    struct subject late;

    words_update(call, &late);
    journal_update(call->world->journal, call->seq, &late);
    if (call->identity.fingerprint[0] != '\0')
        journal_note(call->world->journal, call->seq, JOURNAL_FINGERPRINT,
                     call->identity.fingerprint);
}

static void note_scopes(struct registry_call *call, enum journal_text which,
                        const struct scope_set *scopes)
{
    auto_buf struct buf text = BUF_INIT(SCOPES_TEXT_MAX);

    scope_set_format(&text, scopes);
    journal_note(call->world->journal, call->seq, which, buf_text(&text));
}

void record_close(const struct http_exchange *x, struct registry_call *call)
{
    const struct http_traffic *t = http_exchange_traffic(x);
    struct journal_facts facts = {
        .status = http_reply_sent(x) ? http_reply_status(x) : 0,
        .bytes_in = t->body_in,
        .bytes_out = t->body_out,
        .duration_us = t->ended_us - t->started_us,
        .end = access_log_end_text(http_exchange_end(x)),
    };
    struct subject late;

    if (call->seq == 0)
        record_open(call); /* refused before it was named */
    if (call->route.op == OP_TOKEN) {
        note_scopes(call, JOURNAL_SCOPES_ASKED, &call->asked);
        note_scopes(call, JOURNAL_SCOPES_GRANTED, &call->granted);
    }
    if (call->state != IMAGE_PRESENT)
        journal_note(call->world->journal, call->seq, JOURNAL_STATE, image_state_name(call->state));
    if (http_exchange_end_reason(x)[0] != '\0')
        journal_note(call->world->journal, call->seq, JOURNAL_END_REASON,
                     http_exchange_end_reason(x));
    words_update(call, &late);
    journal_close(call->world->journal, call->seq, &late, &facts);
}

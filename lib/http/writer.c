/* SPDX-License-Identifier: MIT */
#include "lib/http/internal.h"

#include <string.h>

#include "lib/http/limits.h"
#include "lib/util/util.h"

enum { PIECE_MAX = 1 << 30 };

static const char continue_text[] = "HTTP/1.1 100 Continue\r\n\r\n";

static void body_stage_passed(void *arg)
{
    (void)arg; /* the writer looks at `held` */
}

static void head_stage_passed(void *arg)
{
    struct http_exchange *x = arg;

    reply_assemble(x);
    x->reply = REPLY_SENDING;
    exchange_stage(x, HTTP_STAGE_RESPONSE_BODY, body_stage_passed, x);
}

/* True when a reply that is ready began to leave. */
static bool start_reply(struct http_exchange *x)
{
    if (x->reply != REPLY_READY)
        return false;
    x->reply = REPLY_STAGED;
    exchange_stage(x, HTTP_STAGE_RESPONSE_HEAD, head_stage_passed, x);
    return true;
}

/* Asks the source for more when nothing of the last piece is left. False: the source broke. */
static bool next_piece(struct http_exchange *x)
{
    if (x->piece.size > 0 || x->source_over || x->source_waiting)
        return true;
    switch (http_source_next(x->source, PIECE_MAX, &x->piece)) {
    case HTTP_SOURCE_PIECE:
        if (x->piece.size > x->source_left)
            x->piece.size = (size_t)x->source_left; /* never more than was announced */
        x->source_over = x->piece.size == 0;        /* all it still has was not announced */
        x->source_left -= x->source_left != UINT64_MAX ? x->piece.size : 0;
        return true;
    case HTTP_SOURCE_END:
        x->source_over = true;
        return x->source_left == 0 || x->source_left == UINT64_MAX;
    case HTTP_SOURCE_WAIT:
        x->source_waiting = true;
        return true;
    default:
        return false;
    }
}

/* Bytes of the assembled head that may go; the body waits while the reply is held. */
static size_t collect(struct http_exchange *x, struct http_piece pieces[2])
{
    size_t count = 0;

    if (x->out_sent < x->out.len)
        pieces[count++] = (struct http_piece){
            .data = x->out.data + x->out_sent, .fd = -1, .size = x->out.len - x->out_sent};
    if (x->reply == REPLY_SENDING && !x->held && x->piece.size > 0)
        pieces[count++] = x->piece;
    return count;
}

static void account(struct http_exchange *x, size_t sent)
{
    size_t head = x->out.len - x->out_sent;

    if (head > sent)
        head = sent;
    x->out_sent += head;
    sent -= head;
    x->traffic.body_out += sent;
    x->piece.size -= sent;
    x->piece.offset += sent;
    if (x->piece.data != NULL)
        x->piece.data = (const char *)x->piece.data + sent;
}

static bool all_sent(const struct http_exchange *x)
{
    return x->reply == REPLY_SENDING && !x->held && x->out_sent == x->out.len &&
           x->piece.size == 0 && x->source_over;
}

/* One write. Returns the bytes that left, 0 when there is nothing to send or the socket is full. */
static size_t write_some(struct http_conn *c, struct http_exchange *x)
{
    struct http_piece pieces[2];
    enum transport_result result;
    struct err err;
    size_t count, sent = 0;

    if (x->reply == REPLY_SENDING && !x->held && !next_piece(x)) {
        http_exchange_abort(x, false, "the source of the response body failed");
        return 0;
    }
    count = collect(x, pieces);
    if (count == 0)
        return 0;
    result = transport_write(&c->transport, pieces, count, &sent, &err);
    account(x, sent);
    if (result == TRANSPORT_AGAIN)
        c->want_write = true;
    else if (result != TRANSPORT_OK)
        conn_close(c, false,
                   err.code == ERR_PEER_CLOSED ? HTTP_END_CLIENT_ABORTED : HTTP_END_SERVER_ABORTED,
                   err.msg);
    return sent;
}

/* What TLS could not hand to the socket earlier goes first. False: it still waits, or it failed. */
static bool flush(struct http_conn *c)
{
    struct err err;

    switch (transport_flush(&c->transport, &err)) {
    case TRANSPORT_OK:
        return true;
    case TRANSPORT_AGAIN:
        c->want_write = true;
        return false;
    default:
        conn_close(c, false, HTTP_END_CLIENT_ABORTED, err.msg);
        return false;
    }
}

bool conn_output(struct http_conn *c)
{
    struct http_exchange *x = c->exchange;
    size_t budget = HTTP_WRITE_QUANTUM;
    bool moved;

    if (c->phase != CONN_OPEN)
        return false;
    c->want_write = false;
    if (!flush(c) || x == NULL)
        return false;
    if (x->continue_wanted) {
        x->continue_wanted = false;
        (void)buf_append(&x->out, continue_text, sizeof(continue_text) - 1);
    }
    moved = start_reply(x);
    while (budget > 0 && c->phase == CONN_OPEN && !c->want_write) {
        size_t sent = write_some(c, x);

        if (sent == 0)
            break;
        budget -= sent < budget ? sent : budget;
    }
    if (c->phase != CONN_OPEN)
        return false;
    if (budget == 0)
        c->want_write = true; /* others have a turn first */
    if (all_sent(x) && flush(c)) {
        x->reply = REPLY_OVER;
        c->want_write = false;
        moved = true;
    }
    return moved;
}

/* SPDX-License-Identifier: MIT */
/*
 * What the files of lib/http share. Private.
 *
 * A connection serves one exchange after the other. Every callback ends in conn_pump(), the only
 * function that moves a connection forward: it feeds bytes to the exchange, writes what can be
 * written and ends what is over, until nothing moves. Functions that handlers call only leave
 * marks and see to it that the pump runs, so a handler is never entered twice and nothing is freed
 * under its feet:
 *
 *     readable, writable, timer, deferred -> conn_pump -> input (head, body, pipelined)
 *                                                      -> writer (reply head and body)
 *                                                      -> end of the exchange -> next head
 */
#ifndef LIB_HTTP_INTERNAL_H
#define LIB_HTTP_INTERNAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>
#include <sys/socket.h>

#include <event2/event_struct.h>
#include <llhttp.h>

#include "lib/http/exchange.h"
#include "lib/http/head.h"
#include "lib/http/hook.h"
#include "lib/http/server.h"
#include "lib/http/transport.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"

enum {
    HTTP_CONN_MAGIC = 0x68636f6e,
    HTTP_EXCHANGE_MAGIC = 0x68786368,
    HTTP_PEER_MAX = 64,
};

struct body_rate;

struct http_listener {
    struct http_server *server;      /* borrowed */
    struct http_tls *tls;            /* borrowed; NULL: plain */
    void *data;                      /* the product's */
    char *url;                       /* owned */
    int fd;                          /* owned; -1 when closed */
    bool down;                       /* it has its port, but does not listen */
    struct sockaddr_storage address; /* while it is down: of its port */
    socklen_t address_size;
    TAILQ_ENTRY(http_listener) link;
};

TAILQ_HEAD(http_conn_list, http_conn);

struct http_server {
    struct http_server_options options;
    struct scratch *scratch;               /* owned */
    TAILQ_HEAD(, http_listener) listeners; /* owned */
    struct http_conn_list conns;           /* owned */
    size_t conn_count;
    SLIST_HEAD(, http_exchange) spare; /* owned: ended exchanges whose buffers are used again */
    size_t spare_count;
    int accept_fd;              /* owned: epoll set of the listeners that are up */
    struct event *accept_event; /* owned */
    struct loop_timer *drain;   /* owned */
    struct loop_timer *resume;  /* owned: accepts again after descriptors ran out */
    bool stopping;
    bool stop_reported;
    void (*stopped)(void *arg);
    void *stopped_arg;
    int64_t date_second; /* which second `date` says */
    char date[32];
};

/* What is done with the body of a request. */
enum body_state {
    BODY_WAIT,    /* nobody asked for it yet */
    BODY_SINK,    /* it goes to the sink */
    BODY_DISCARD, /* it is read and dropped */
    BODY_OVER,    /* all of it arrived, or there is none */
};

/* Where a reply stands. */
enum reply_state {
    REPLY_OPEN,    /* under construction */
    REPLY_READY,   /* http_reply_send() was called */
    REPLY_STAGED,  /* the hook is asked about it */
    REPLY_SENDING, /* its head was assembled */
    REPLY_OVER,    /* everything was written */
};

struct http_exchange {
    unsigned magic;
    struct http_conn *conn; /* borrowed */
    struct head head;       /* owned */
    void *data;             /* the product's */
    struct http_traffic traffic;
    enum http_end end;
    char end_reason[160];
    bool ended;

    enum body_state body;
    bool body_complete; /* the parser saw its last byte, or there is none */
    bool body_paused;
    struct body_rate *rate; /* owned; NULL: as fast as it comes */
    bool unread;            /* bytes may come that nobody will read */
    bool continue_wanted;   /* 100 Continue has to be sent */
    struct http_sink sink;
    void *sink_arg;
    uint64_t body_max;
    uint64_t framing; /* bytes of the body that were not content */

    enum reply_state reply;
    int status;
    bool close;                 /* this reply is the connection's last */
    struct buf headers;         /* owned: "Name: value\r\n" lines */
    struct http_source *source; /* owned */
    int64_t length;             /* of the source; -1: chunked */
    bool no_memory;             /* part of the reply could not be built: a 500 is sent instead */
    bool raw;                   /* out and source are all: no head of ours */
    unsigned omitted;           /* own headers that are left out: bits, see reply.c */

    struct buf out; /* owned: the assembled head (and small body) */
    size_t out_sent;
    size_t out_head;         /* where the reply's head begins in out, behind interim answers */
    struct http_piece piece; /* of the source, size 0 when there is none */
    uint64_t source_left;    /* of an announced length */
    bool source_over;
    bool source_waiting; /* until http_exchange_wake() */

    bool watched;            /* http_exchange_watch() */
    bool held;               /* by a hook, until http_exchange_go() */
    void (*next)(void *arg); /* what follows the hold */
    void *next_arg;
    SLIST_ENTRY(http_exchange) link; /* while it is spare */
};

enum conn_phase {
    CONN_OPEN,
    CONN_LINGER, /* everything was said; reads and drops until the peer closes */
    CONN_CLOSED,
};

struct http_conn {
    unsigned magic;
    struct http_server *server;     /* borrowed */
    struct http_listener *listener; /* borrowed */
    struct transport transport;
    struct event read_event;
    struct event write_event;
    struct event timer_event;
    uint64_t deadline;     /* loop_now() at which the connection has waited long enough; 0: none */
    uint64_t timer_at;     /* when timer_event fires; 0: not pending */
    enum err_code waiting; /* what the deadline means */
    enum conn_phase phase;
    bool fresh; /* no byte was read yet */
    bool pumping;
    bool pump_deferred;
    bool peer_ended;       /* the peer will send nothing more */
    bool reading;          /* read_event is pending */
    bool writing;          /* write_event is pending */
    bool want_write;       /* the socket took no more */
    bool refuse_full;      /* over the connection limit: 503 to the first request */
    bool close_after;      /* close when the exchange is over */
    bool plain;            /* speaks no TLS although the listener does */
    unsigned requests;     /* exchanges so far, refused heads included */
    uint64_t discarded;    /* bytes dropped of the refused body, or while lingering */
    struct buf held;       /* owned: bytes read that nobody consumed yet */
    struct head_scan scan; /* of held, between requests */
    llhttp_t parser;
    struct http_exchange *exchange; /* owned; NULL between requests */
    char peer[HTTP_PEER_MAX];
    TAILQ_ENTRY(http_conn) link;
};

/* conn.c */
/* Takes fd. */
void conn_new(struct http_listener *listener, int fd, const char *peer, bool full);
/* Runs what there is to do, now or (when called from within) soon. */
void conn_pump(struct http_conn *c);
void conn_pump_soon(struct http_conn *c);
/* Closes and forgets at once; the exchange, if any, ends with that. Idempotent. */
void conn_close(struct http_conn *c, bool reset, enum http_end end, const char *reason);
void conn_set_deadline(struct http_conn *c, uint32_t ms, enum err_code waiting);
/* Begins to close from our side: FIN, then reads and drops for a while. */
void conn_linger(struct http_conn *c);
/* The server stops: not for that long. */
void conn_linger_less(struct http_conn *c);
/* Closes from our side: at once, or (unread: the peer may have sent what we will not read, so that
   closing would reset what it has not read yet) as conn_linger. */
void conn_finish(struct http_conn *c, bool unread);

/* input.c: moves bytes from the transport to the exchange. */
/* True when the connection can use what the peer sends now. */
bool conn_wants_input(const struct http_conn *c);
/* One read from the transport. */
void conn_read(struct http_conn *c);
/* Goes on with bytes that were kept. True when something moved. */
bool conn_input(struct http_conn *c);
/* Answers an error of the head or framing and closes afterwards. */
void conn_refuse(struct http_conn *c, int status, const struct err *why);

/* writer.c: true when something moved. */
bool conn_output(struct http_conn *c);

/* exchange.c */
struct http_exchange *exchange_new(struct http_conn *c);
/* True when it is over as soon as the peer sends nothing more. */
bool exchange_is_watched(const struct http_exchange *x);
/* Tells the product that it is over; once. */
void exchange_end(struct http_exchange *x, enum http_end end, const char *reason);
void exchange_free(struct http_exchange *x); /* NULL-safe */
/* As exchange_free, but keeps the memory for the server's next exchange. */
void exchange_recycle(struct http_exchange *x);
/* Tells the sink that the body will not be whole. */
void exchange_fail_body(struct http_exchange *x, const struct err *why);
/* Asks the hook; next(arg) follows at once, after a hold, or never. */
void exchange_stage(struct http_exchange *x, enum http_stage stage, void (*next)(void *arg),
                    void *arg);

/* body_rate.c */
/* How many of n bytes of the body may be taken now; with 0 the pump comes again when there are
   some. */
size_t exchange_body_room(struct http_exchange *x, size_t n);
bool exchange_body_waits(const struct http_exchange *x);
void body_rate_free(struct body_rate *r); /* NULL-safe */

/* reply.c: puts the head of a ready reply into x->out. */
void reply_assemble(struct http_exchange *x);

/* listener.c */
/* For good; the listener itself stays. Idempotent. */
void listener_close_port(struct http_listener *l);
void listener_free(struct http_listener *l);
int server_start_accepting(struct http_server *s, struct err *err);
void server_stop_accepting(struct http_server *s); /* idempotent; listeners were closed */
/* After descriptors ran out; arg is the server. */
void server_resume_accepting(void *arg);

/* server.c */
/* Closes idle connections of a listener (NULL: all), and the others when they are idle. */
void conns_retire(struct http_server *s, const struct http_listener *l);
void server_conn_closed(struct http_server *s, struct http_conn *c);
const char *server_date(struct http_server *s);

uint64_t http_now_us(void);

#endif

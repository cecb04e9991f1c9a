/* SPDX-License-Identifier: MIT */
/*
 * The stages of a request, and the hook that may look at and change what happens at each.
 *
 *     accept -> tls -> request-head -> route -> request-body -> handler
 *            -> response-head -> response-body -> end
 *
 * lib/http calls the hook at accept, tls, request-head, response-head, response-body and end; the
 * product calls http_exchange_hook() at route, request-body and handler, which only it can tell.
 */
#ifndef LIB_HTTP_HOOK_H
#define LIB_HTTP_HOOK_H

struct http_conn;
struct http_exchange;

#define HTTP_STAGES(X)                                                                             \
    X(ACCEPT, "accept")                                                                            \
    X(TLS, "tls")                                                                                  \
    X(REQUEST_HEAD, "request-head")                                                                \
    X(ROUTE, "route")                                                                              \
    X(REQUEST_BODY, "request-body")                                                                \
    X(HANDLER, "handler")                                                                          \
    X(RESPONSE_HEAD, "response-head")                                                              \
    X(RESPONSE_BODY, "response-body")                                                              \
    X(END, "end")

enum http_stage {
#define HTTP_STAGE_ENUM(name, text) HTTP_STAGE_##name,
    HTTP_STAGES(HTTP_STAGE_ENUM)
#undef HTTP_STAGE_ENUM
};

enum http_verdict {
    HTTP_PASS,  /* go on */
    HTTP_DONE,  /* the hook replied itself (request-head, route, request-body, handler) */
    HTTP_HOLD,  /* nothing happens until http_exchange_go(); not at accept, tls and end */
    HTTP_DROP,  /* close with FIN, without an answer */
    HTTP_RESET, /* close with RST */
};

/*
 * x is NULL at accept and tls; at tls the ClientHello was read, so that the hook knows
 * http_conn_sni() and may call http_conn_use_tls(). At response-head the reply is complete and may
 * be changed; at response-body the head is about to leave and http_reply_raw() may still replace
 * it. In both, http_reply_wrap() may put a source around the body: at response-head around the
 * plain bytes, at response-body around their chunks. At end the verdict is ignored.
 */
typedef enum http_verdict (*http_hook_fn)(enum http_stage stage, struct http_conn *c,
                                          struct http_exchange *x, void *arg);

const char *http_stage_name(enum http_stage stage);

struct http_source;
typedef struct http_source *(*http_wrap_fn)(struct http_source *inner, void *arg);
/* Replaces the body's source by wrap(source); the announced length stays. */
void http_reply_wrap(struct http_exchange *x, http_wrap_fn wrap, void *arg);
/* Called by the product: asks the hook at one of its stages, then calls next(arg) at once, after a
   hold, or not at all. */
void http_exchange_hook(struct http_exchange *x, enum http_stage stage, void (*next)(void *arg),
                        void *arg);
/* Ends a hold. */
void http_exchange_go(struct http_exchange *x);

#endif

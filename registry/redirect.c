/* SPDX-License-Identifier: MIT */
#include "registry/redirect.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "auth/challenge.h"
#include "lib/http/exchange.h"
#include "lib/http/request.h"
#include "lib/http/server.h"
#include "lib/util/text.h"
#include "lib/util/util.h"
#include "registry/call.h"
#include "registry/gate.h"
#include "registry/registry.h"

enum {
    URL_MAX = 600,
    TEXT_MAX = 8 * 1024,
    MAC_BYTES = 16,
    MAC_TEXT = 2 * MAC_BYTES,
    WHAT_MAX = 24,      /* a number and one of these: */
    MARK_BARE = 'a',    /* it came without credentials */
    MARK_REFUSED = 'b', /* its credentials do not do for this */
    MARK_GRANTED = 'c', /* they do */
    MARK_PUBLIC = 'd',  /* none are needed */
};

/* --- Places -------------------------------------------------------------------------------------
 */

/* A base URL in parts, all pointing into it. */
struct place {
    bool tls;
    const char *host; /* with the brackets of an IPv6 address */
    size_t host_size;
    const char *port; /* "" for the scheme's own */
    size_t port_size;
};

/* False for what is no URL, or has a path. */
static bool place_parse(struct place *ret, const char *url)
{
    const char *authority = strstr(url, "://");
    size_t n;
    const char *end, *colon;

    if (authority == NULL)
        return false;
    ret->tls = strncasecmp(url, "https:", 6) == 0;
    ret->host = authority + 3;
    n = strcspn(ret->host, "/?#");
    end = ret->host + n;
    if (*end != '\0' && strcmp(end, "/") != 0)
        return false;
    colon = memrchr(ret->host, ':', n);
    if (colon != NULL && memchr(colon, ']', (size_t)(end - colon)) != NULL)
        colon = NULL;
    ret->host_size = (size_t)((colon != NULL ? colon : end) - ret->host);
    ret->port = colon != NULL ? colon + 1 : end;
    ret->port_size = (size_t)(end - ret->port);
    return ret->host_size > 0;
}

static bool same_port(const struct place *a, const struct place *b)
{
    const char *pa = a->port_size > 0 ? a->port : a->tls ? "443" : "80";
    const char *pb = b->port_size > 0 ? b->port : b->tls ? "443" : "80";
    size_t na = a->port_size > 0 ? a->port_size : strlen(pa);
    size_t nb = b->port_size > 0 ? b->port_size : strlen(pb);

    return na == nb && memcmp(pa, pb, na) == 0;
}

static bool same_host(const struct place *a, const struct place *b)
{
    return a->host_size == b->host_size && strncasecmp(a->host, b->host, a->host_size) == 0;
}

static bool same_place(const struct place *a, const struct place *b)
{
    return a->tls == b->tls && same_host(a, b) && same_port(a, b);
}

/* Where the client of x believes to be; the URL is written to text. */
static bool place_here(struct place *ret, struct http_exchange *x, char text[URL_MAX])
{
    const struct registry_call *call = http_exchange_data(x);

    challenge_base_url(call->world->auth, x, text, URL_MAX);
    return place_parse(ret, text);
}

/* --- Listeners ----------------------------------------------------------------------------------
 */

/* The i-th is called tls, plain, or i + 1. */
static bool is_called(const struct http_listener *l, size_t i, const char *name)
{
    bool tls = strncmp(http_listener_url(l), "https:", 6) == 0;
    char number[24];

    (void)snprintf(number, sizeof(number), "%zu", i + 1);
    return strcmp(name, tls ? "tls" : "plain") == 0 || strcmp(name, number) == 0;
}

/* What follows "listener:"; NULL for everything else. */
static const char *listener_name(const char *to)
{
    static const char prefix[] = "listener:";

    return strncmp(to, prefix, sizeof(prefix) - 1) == 0 ? to + sizeof(prefix) - 1 : NULL;
}

const char *redirect_check_place(const char *to)
{
    const char *name = listener_name(to);

    if (name == NULL || strcmp(name, "tls") == 0 || strcmp(name, "plain") == 0)
        return NULL;
    if (name[0] != '0' && name[0] != '\0' && strlen(name) <= 2 &&
        strspn(name, "0123456789") == strlen(name))
        return NULL;
    return "is no listener: expected listener:1, listener:2 and so on, listener:tls or "
           "listener:plain";
}

/* Whose listeners there are: those of this world, or of the one that it shares them with. */
static const struct world *owner_of(const struct http_exchange *x)
{
    return http_listener_data(http_conn_listener(http_exchange_conn(x)));
}

static const struct http_listener *find_listener(const struct http_exchange *x, const char *name)
{
    const struct world *w = owner_of(x);

    for (size_t i = 0; i < w->listener_count; i++) {
        if (is_called(w->listeners[i], i, name))
            return w->listeners[i];
    }
    return NULL;
}

/* A listener at another address than the one that the client came to is reached there; else under
   the name that the client used. */
static void write_url(const struct http_listener *l, struct http_exchange *x, char *url,
                      size_t size)
{
    const char *own = http_listener_url(http_conn_listener(http_exchange_conn(x)));
    char text[URL_MAX];
    struct place here, from, to;

    if (!place_parse(&to, http_listener_url(l)) || !place_parse(&from, own) ||
        !same_host(&to, &from) || !place_here(&here, x, text))
        (void)snprintf(url, size, "%s", http_listener_url(l));
    else
        (void)snprintf(url, size, "%s://%.*s:%.*s", to.tls ? "https" : "http", (int)here.host_size,
                       here.host, (int)to.port_size, to.port);
}

enum fault_place redirect_place(struct http_exchange *x, const char *to, char *url, size_t size,
                                void *arg)
{
    const char *name = listener_name(to);
    const struct http_listener *l;
    struct place here, there;
    char text[URL_MAX];

    (void)arg;
    if (name == NULL) {
        if (place_parse(&there, to) && place_here(&here, x, text) && same_place(&here, &there))
            return FAULT_PLACE_HERE;
        return FAULT_PLACE_OTHER;
    }
    l = find_listener(x, name);
    if (l == NULL)
        return FAULT_PLACE_UNKNOWN;
    if (l == http_conn_listener(http_exchange_conn(x)))
        return FAULT_PLACE_HERE;
    write_url(l, x, url, size);
    return FAULT_PLACE_OURS;
}

/* --- Marks --------------------------------------------------------------------------------------
 */

/* Of what stands in front of it and the path. False: it cannot be computed. */
static bool mark_mac(const struct registry_call *call, const char *what, char ret[MAC_TEXT + 1])
{
    const struct world *w = call->world;
    unsigned char mac[EVP_MAX_MD_SIZE];
    char text[TEXT_MAX];
    unsigned size = 0;
    int n = snprintf(text, sizeof(text), "%s %s", what, call->req->path);

    if (n < 0 || (size_t)n >= sizeof(text) ||
        HMAC(EVP_sha256(), w->mark_key, sizeof(w->mark_key), (const unsigned char *)text, (size_t)n,
             mac, &size) == NULL)
        return false;
    text_hex(ret, mac, MAC_BYTES);
    ret[MAC_TEXT] = '\0';
    return true;
}

/* True where one of our listeners is, by its port. */
static bool is_ours(struct http_exchange *x, const char *base)
{
    const struct world *w = owner_of(x);
    struct place there, own;
    char text[URL_MAX];

    if (!place_parse(&there, base) || (place_here(&own, x, text) && same_place(&own, &there)))
        return false;
    for (size_t i = 0; i < w->listener_count; i++) {
        if (place_parse(&own, http_listener_url(w->listeners[i])) && same_port(&own, &there))
            return true;
    }
    return false;
}

static char kind_of(const struct registry_call *call)
{
    bool passes = gate_would_pass(call);

    if (http_request_header(call->req, "Authorization") != NULL)
        return passes ? MARK_GRANTED : MARK_REFUSED;
    return passes ? MARK_PUBLIC : MARK_BARE;
}

bool redirect_mark(struct http_exchange *x, const char *base, char *text, size_t size, void *arg)
{
    const struct registry_call *call = http_exchange_data(x);
    char what[WHAT_MAX], mac[MAC_TEXT + 1];

    (void)arg;
    if (call->seq == 0 || !is_ours(x, base))
        return false;
    (void)snprintf(what, sizeof(what), "%" PRIu64 "%c", call->seq, kind_of(call));
    if (!mark_mac(call, what, mac))
        return false;
    (void)snprintf(text, size, REDIRECT_MARK "=%s%s", what, mac);
    return true;
}

void redirect_read(struct registry_call *call)
{
    const char *mark = http_request_parameter(call->req, REDIRECT_MARK);
    size_t n = mark != NULL ? strlen(mark) : 0;
    char what[WHAT_MAX], mac[MAC_TEXT + 1];
    enum http_method method = call->req->method;
    char kind;

    if (n <= MAC_TEXT || n - MAC_TEXT >= sizeof(what))
        return;
    (void)snprintf(what, sizeof(what), "%.*s", (int)(n - MAC_TEXT), mark);
    if (!mark_mac(call, what, mac) || CRYPTO_memcmp(mac, mark + n - MAC_TEXT, MAC_TEXT) != 0)
        return;
    for (const char *p = what; *p >= '0' && *p <= '9'; p++) /* we have written it */
        call->redirected_from = call->redirected_from * 10 + (uint64_t)(*p - '0');
    kind = what[n - MAC_TEXT - 1];
    call->redirect_grants = (kind == MARK_GRANTED || kind == MARK_PUBLIC) &&
                            (method == HTTP_METHOD_GET || method == HTTP_METHOD_HEAD);
    call->redirect_leaks = (kind == MARK_GRANTED || kind == MARK_REFUSED) &&
                           http_request_header(call->req, "Authorization") != NULL;
}

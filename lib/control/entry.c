/* SPDX-License-Identifier: MIT */
#include "lib/control/entry.h"

#include <stdlib.h>
#include <string.h>

#include "lib/util/text.h"
#include "lib/util/util.h"

/* Room for what is known only later: user, state, status, how it ended. */
enum { ENTRY_SLACK = 128 };

#define MASK "***"

/* --- Secrets -----------------------------------------------------------------------------------
 */

static bool is_one_of(const char *name, size_t n, const char *const *names)
{
    for (; *names != NULL; names++) {
        if (strlen(*names) == n && strncasecmp(*names, name, n) == 0)
            return true;
    }
    return false;
}

/* By length first: this is asked for every header of every request. */
static bool header_is_secret(const char *name, size_t n)
{
    switch (n) {
    case 6:
        return strncasecmp(name, "Cookie", n) == 0;
    case 13:
        return strncasecmp(name, "Authorization", n) == 0;
    case 15:
        return strncasecmp(name, "X-Registry-Auth", n) == 0;
    case 19:
        return strncasecmp(name, "Proxy-Authorization", n) == 0;
    default:
        return false;
    }
}

static bool parameter_is_secret(const char *name, size_t n)
{
    static const char *const names[] = {
        "password", "access_token", "refresh_token", "client_secret", "token",
        "secret",   "id_token",     "signature",     "redirect-mark", NULL};

    return is_one_of(name, n, names);
}

bool entry_header_is_secret(const char *name)
{
    return header_is_secret(name, strlen(name));
}

bool entry_parameter_is_secret(const char *name)
{
    return parameter_is_secret(name, strlen(name));
}

/* --- Building ----------------------------------------------------------------------------------
 */

static size_t cut(const char *s)
{
    size_t n = strnlen(s, ENTRY_TEXT_MAX + 1);

    return n <= ENTRY_TEXT_MAX ? n : text_cut(s, ENTRY_TEXT_MAX);
}

/* A text under construction: first measured (e NULL), then written. */
struct writer {
    struct journal_entry *e; /* borrowed */
    size_t used;
};

static size_t put(struct writer *w, const char *p, size_t n)
{
    size_t at = w->used;

    if (w->e != NULL)
        memcpy(w->e->text + at, p, n);
    w->used += n;
    return at;
}

static size_t put_text(struct writer *w, const char *s)
{
    size_t at = put(w, s, cut(s));

    (void)put(w, "", 1);
    return at;
}

static void put_words(struct writer *w, const struct subject *s, size_t word_count)
{
    for (size_t i = 0; i < word_count; i++) {
        size_t at;

        if (s->values[i] == NULL)
            continue;
        at = put_text(w, s->values[i]);
        if (w->e != NULL)
            w->e->at[i] = (uint16_t)at;
    }
}

/* The scheme of credentials may be told: "Bearer ***". */
static void put_masked(struct writer *w, const char *value)
{
    size_t n = strcspn(value, " ");

    if (n <= 16 && value[n] == ' ')
        (void)put(w, value, n + 1);
    (void)put(w, MASK, sizeof(MASK));
}

static void put_headers(struct writer *w, const struct http_request *req)
{
    size_t begin = w->used;
    size_t count = 0;

    for (size_t i = 0; i < req->header_count && count < ENTRY_HEADER_COUNT; i++) {
        const struct http_header *h = &req->headers[i];
        size_t name = strlen(h->name), value = strlen(h->value);

        if (w->used - begin + name + value + 2 > ENTRY_HEADERS_MAX)
            continue;
        (void)put(w, h->name, name + 1);
        if (header_is_secret(h->name, name))
            put_masked(w, h->value);
        else
            (void)put(w, h->value, value + 1);
        count++;
    }
    if (w->e != NULL) {
        w->e->headers = (uint16_t)begin;
        w->e->header_count = (uint8_t)count;
    }
}

static void put_query(struct writer *w, const char *query)
{
    size_t end = cut(query);

    for (size_t i = 0; i < end;) {
        size_t n = strcspn(query + i, "&");
        size_t name = strcspn(query + i, "=&");

        n = i + n > end ? end - i : n;
        name = name > n ? n : name;
        if (name < n && parameter_is_secret(query + i, name)) {
            (void)put(w, query + i, name + 1);
            (void)put(w, MASK, sizeof(MASK) - 1);
        } else {
            (void)put(w, query + i, n);
        }
        i += n;
        if (i < end)
            (void)put(w, query + i++, 1);
    }
    (void)put(w, "", 1);
}

static void put_request(struct writer *w, const struct http_request *req)
{
    size_t at = put_text(w, req->path);

    if (w->e != NULL)
        w->e->at[ENTRY_PATH] = (uint16_t)at;
    if (req->query != NULL && req->query[0] != '\0') {
        at = w->used;
        put_query(w, req->query);
        if (w->e != NULL)
            w->e->at[ENTRY_QUERY] = (uint16_t)at;
    }
    put_headers(w, req);
}

static size_t put_all(struct journal_entry *e, const struct subject *s, size_t word_count)
{
    struct writer w = {.e = e, .used = 1};

    put_words(&w, s, word_count);
    if (s->request != NULL)
        put_request(&w, s->request);
    return w.used;
}

struct journal_entry *entry_new(const struct subject *s, size_t word_count)
{
    size_t size = sizeof(struct journal_entry) + put_all(NULL, s, word_count) + ENTRY_SLACK;
    struct journal_entry *e = malloc(size);

    if (e == NULL)
        return NULL;
    memset(e, 0, sizeof(*e));
    e->text[0] = '\0';
    e->size = (uint32_t)size;
    e->op = (uint8_t)s->op;
    e->used = (uint32_t)put_all(e, s, word_count);
    return e;
}

/* --- Changing ----------------------------------------------------------------------------------
 */

static bool grow(struct journal_entry **e, size_t n)
{
    size_t size = (*e)->size + n + ENTRY_SLACK;
    struct journal_entry *moved;

    /* Offsets have 16 bits; texts that are set again and again cannot grow an entry for ever. */
    if (size - sizeof(struct journal_entry) > UINT16_MAX)
        return false;
    moved = realloc(*e, size);
    if (moved == NULL)
        return false;
    moved->size = (uint32_t)size;
    *e = moved;
    return true;
}

bool entry_set(struct journal_entry **ret, size_t which, const char *value)
{
    struct journal_entry *e = *ret;
    const char *old = entry_text(e, which);
    size_t n;

    if (old != NULL && strcmp(old, value) == 0)
        return true;
    n = cut(value);
    if (old != NULL && strlen(old) >= n) {
        memcpy(e->text + e->at[which], value, n);
        e->text[e->at[which] + n] = '\0';
        return true;
    }
    if (sizeof(*e) + e->used + n + 1 > e->size && !grow(&e, n + 1))
        return false;
    memcpy(e->text + e->used, value, n);
    e->text[e->used + n] = '\0';
    e->at[which] = (uint16_t)e->used;
    e->used += (uint32_t)n + 1;
    *ret = e;
    return true;
}

const char *entry_text(const struct journal_entry *e, size_t which)
{
    return e->at[which] != 0 ? e->text + e->at[which] : NULL;
}

/* --- As a request again ------------------------------------------------------------------------
 */

static void view_headers(const struct journal_entry *e, struct entry_view *v)
{
    const char *p = e->text + e->headers;

    for (size_t i = 0; i < e->header_count; i++) {
        v->headers[i].name = p;
        p += strlen(p) + 1;
        v->headers[i].value = p;
        p += strlen(p) + 1;
    }
    v->request.headers = v->headers;
    v->request.header_count = e->header_count;
}

/* Decodes into dst, which has room; what cannot be decoded stays as it was sent. */
static char *decode(char *dst, const char *p, size_t n)
{
    if (text_percent_decode(dst, p, n, TEXT_QUERY, NULL) != 0) {
        memcpy(dst, p, n);
        dst[n] = '\0';
    }
    return dst + strlen(dst) + 1;
}

static void view_query(struct entry_view *v, const char *query)
{
    char *dst = v->query;
    size_t count = 0;

    for (const char *p = query; *p != '\0' && count < ENTRY_PARAMETER_COUNT; count++) {
        size_t n = strcspn(p, "&");
        size_t name = strcspn(p, "=&");

        v->parameters[count].name = dst;
        dst = decode(dst, p, name);
        v->parameters[count].value = name < n ? dst : "";
        if (name < n)
            dst = decode(dst, p + name + 1, n - name - 1);
        p += n + (p[n] == '&' ? 1 : 0);
    }
    v->request.query = query;
    v->request.parameters = v->parameters;
    v->request.parameter_count = count;
}

void entry_view(const struct journal_entry *e, size_t word_count, bool with_request,
                struct entry_view *ret)
{
    ret->subject = (struct subject){.op = e->op};
    for (size_t i = 0; i < word_count; i++)
        ret->subject.values[i] = entry_text(e, i);
    if (!with_request || e->at[ENTRY_PATH] == 0)
        return;
    ret->request = (struct http_request){.path = entry_text(e, ENTRY_PATH), .content_length = -1};
    ret->request.target = ret->request.path;
    ret->request.method_text = "";
    view_headers(e, ret);
    if (e->at[ENTRY_QUERY] != 0)
        view_query(ret, entry_text(e, ENTRY_QUERY));
    ret->subject.request = &ret->request;
}

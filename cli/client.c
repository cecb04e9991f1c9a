/* SPDX-License-Identifier: MIT */
#include "cli/client.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define CURL_DISABLE_TYPECHECK /* its macros would call the functions by name */
#include <curl/curl.h>
#include <jansson.h>

#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/library.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

#undef curl_easy_setopt
#undef curl_easy_getinfo

enum { REPLY_MAX = 64 * 1024 * 1024, CONNECT_TIMEOUT_MS = 10 * 1000 };

/* What is used of libcurl. */
struct curl_api {
    void *library; /* from dlopen(3); never closed: curl must not be loaded twice */
    typeof(curl_global_init) *global_init;
    typeof(curl_easy_init) *easy_init;
    typeof(curl_easy_setopt) *easy_setopt;
    typeof(curl_easy_perform) *easy_perform;
    typeof(curl_easy_getinfo) *easy_getinfo;
    typeof(curl_easy_cleanup) *easy_cleanup;
    typeof(curl_easy_strerror) *easy_strerror;
    typeof(curl_slist_append) *slist_append;
    typeof(curl_slist_free_all) *slist_free_all;
    typeof(curl_version_info) *version_info;
};

struct client {
    struct curl_api api;
    CURL *easy;                    /* owned; keeps the connection between requests */
    struct curl_slist *headers;    /* owned */
    char *url;                     /* owned, without '/' at its end */
    struct client_options options; /* url and token are not used after client_new() */
    char problem[CURL_ERROR_SIZE]; /* libcurl's own words for a failure */
};

DEFINE_AUTO(client, struct client, client_free)
#define auto_client __attribute__((cleanup(auto_client_)))

/* --- The library --------------------------------------------------------------------------------
 */

#define ROW(name)                                                                                  \
    {                                                                                              \
        "curl_" #name, offsetof(struct curl_api, name)                                             \
    }

static int load(struct curl_api *ret, struct err *err)
{
    static const struct library_row rows[] = {
        ROW(global_init),    ROW(easy_init),    ROW(easy_setopt),   ROW(easy_perform),
        ROW(easy_getinfo),   ROW(easy_cleanup), ROW(easy_strerror), ROW(slist_append),
        ROW(slist_free_all), ROW(version_info),
    };
    struct curl_api api;

    if (library_load(&api.library, LIBCURL_SONAME, "this command needs", rows, ARRAY_LEN(rows),
                     &api, err) != 0)
        return -1;
    if (api.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
        return err_set(err, ERR_UNSUPPORTED, "libcurl does not start");
    *ret = api;
    return 0;
}

const char *client_library_version(void)
{
    struct curl_api api;

    return load(&api, NULL) == 0 ? api.version_info(CURLVERSION_NOW)->version : NULL;
}

/* --- Addresses ----------------------------------------------------------------------------------
 */

/* Length of the host at the beginning of "host:port", "[v6]:port" or a URL's rest. */
static size_t host_length(const char *address)
{
    const char *end = address[0] == '[' ? strchr(address, ']') : NULL;

    return end != NULL ? (size_t)(end + 1 - address) : strcspn(address, ":/");
}

static bool is_host(const char *address, size_t n, const char *host)
{
    return strlen(host) == n && memcmp(address, host, n) == 0;
}

int client_url(char **ret, const char *address, struct err *err)
{
    const char *separator = strstr(address, "://");
    size_t scheme = separator == NULL ? 0 : (size_t)(separator + 3 - address);
    const char *host = address + scheme;
    size_t n = host_length(host);
    auto_buf struct buf b = BUF_INIT(4096);

    if (scheme > 0 && strncmp(address, "http://", 7) != 0 && strncmp(address, "https://", 8) != 0)
        return err_set(err, ERR_USAGE, "%s is no http or https URL", TEXT_QUOTE(address));
    if (*host == '\0' || !text_is_utf8(address, strlen(address)) ||
        strpbrk(address, " \"<>") != NULL)
        return err_set(err, ERR_USAGE, "%s is no address: expected host:port or a URL",
                       TEXT_QUOTE(address));
    (void)buf_append(&b, scheme > 0 ? address : "http://", scheme > 0 ? scheme : 7);
    if (n == 0 || is_host(host, n, "0.0.0.0"))
        (void)buf_append_text(&b, "127.0.0.1");
    else if (is_host(host, n, "[::]"))
        (void)buf_append_text(&b, "[::1]");
    else
        (void)buf_append(&b, host, n);
    (void)buf_append_text(&b, host + n);
    while (b.len > 0 && b.data[b.len - 1] == '/')
        b.data[--b.len] = '\0';
    *ret = buf_take(&b, NULL);
    return *ret != NULL ? 0 : buf_check(&b, "address", err);
}

/* --- Requests -----------------------------------------------------------------------------------
 */

static int add_header(struct client *c, const char *line, struct err *err)
{
    struct curl_slist *more = c->api.slist_append(c->headers, line);

    if (more == NULL)
        return err_set(err, ERR_NOMEM, "request");
    c->headers = more;
    return 0;
}

static int add_token(struct client *c, const char *token, struct err *err)
{
    auto_buf struct buf b = BUF_INIT(16384);

    (void)buf_appendf(&b, "Authorization: Bearer %s", token);
    return buf_check(&b, "token", err) != 0 ? -1 : add_header(c, buf_text(&b), err);
}

int client_new(struct client **ret, const struct client_options *options, struct err *err)
{
    auto_client struct client *c = calloc(1, sizeof(*c));

    if (c == NULL)
        return err_set(err, ERR_NOMEM, "client");
    c->options = *options;
    if (client_url(&c->url, options->url, err) != 0 || load(&c->api, err) != 0)
        return -1;
    c->easy = c->api.easy_init();
    if (c->easy == NULL)
        return err_set(err, ERR_NOMEM, "client");
    if (add_header(c, "Content-Type: application/json", err) != 0 ||
        add_header(c, "Accept: application/json", err) != 0 ||
        add_header(c, "Expect:", err) != 0 || /* no waiting for 100 Continue */
        (options->token != NULL && add_token(c, options->token, err) != 0))
        return -1;
    *ret = STEAL(c);
    return 0;
}

void client_free(struct client *c)
{
    if (c == NULL)
        return;
    if (c->headers != NULL)
        c->api.slist_free_all(c->headers);
    if (c->easy != NULL)
        c->api.easy_cleanup(c->easy);
    free(c->url);
    free(c);
}

void client_reply_done(struct client_reply *reply)
{
    free(reply->body);
    free(reply->content_type);
    free(reply->location);
    free(reply->challenge);
    *reply = (struct client_reply){0};
}

static size_t on_body(char *p, size_t size, size_t count, void *arg)
{
    return buf_append(arg, p, size * count) == 0 ? size * count : 0;
}

static bool set_options(struct client *c, const char *method, const char *url,
                        struct curl_slist *headers, struct buf *reply)
{
    typeof(curl_easy_setopt) *set = c->api.easy_setopt;
    CURL *e = c->easy;
    bool head = strcmp(method, "HEAD") == 0;

    return set(e, CURLOPT_URL, url) == CURLE_OK &&
           set(e, CURLOPT_HTTPHEADER, headers) == CURLE_OK &&
           set(e, CURLOPT_ERRORBUFFER, c->problem) == CURLE_OK &&
           set(e, CURLOPT_NOSIGNAL, 1L) == CURLE_OK && set(e, CURLOPT_PROXY, "") == CURLE_OK &&
           set(e, CURLOPT_HTTPGET, 1L) == CURLE_OK &&
           (!head || set(e, CURLOPT_NOBODY, 1L) == CURLE_OK) &&
           set(e, CURLOPT_WRITEFUNCTION, on_body) == CURLE_OK &&
           set(e, CURLOPT_WRITEDATA, reply) == CURLE_OK &&
           set(e, CURLOPT_HEADERFUNCTION, NULL) == CURLE_OK && /* of the one before */
           set(e, CURLOPT_HEADERDATA, NULL) == CURLE_OK &&
           set(e, CURLOPT_CONNECTTIMEOUT_MS, (long)CONNECT_TIMEOUT_MS) == CURLE_OK &&
           set(e, CURLOPT_TIMEOUT_MS, (long)c->options.timeout) == CURLE_OK &&
           set(e, CURLOPT_SSL_VERIFYPEER, c->options.insecure ? 0L : 1L) == CURLE_OK &&
           set(e, CURLOPT_SSL_VERIFYHOST, c->options.insecure ? 0L : 2L) == CURLE_OK;
}

/* After the options that choose a method of their own. */
static bool set_method(struct client *c, const char *method)
{
    return c->api.easy_setopt(c->easy, CURLOPT_CUSTOMREQUEST, method) == CURLE_OK;
}

static int perform(struct client *c, const char *url, struct buf *reply, struct err *err)
{
    CURLcode code = c->api.easy_perform(c->easy);

    if (code == CURLE_OK)
        return 0;
    if (reply->failed)
        return buf_check(reply, "reply", err);
    return err_set(err, code == CURLE_OUT_OF_MEMORY ? ERR_NOMEM : ERR_UNREACHABLE,
                   "no answer from %s: %s", url,
                   c->problem[0] != '\0' ? c->problem : c->api.easy_strerror(code));
}

static int take_reply(struct client *c, struct buf *body, struct client_reply *ret, struct err *err)
{
    struct client_reply reply = {0};
    char *type = NULL;

    (void)c->api.easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &reply.status);
    (void)c->api.easy_getinfo(c->easy, CURLINFO_CONTENT_TYPE, &type);
    reply.content_type = type == NULL ? NULL : strdup(type);
    reply.body = buf_take(body, &reply.length);
    if (reply.body == NULL || (type != NULL && reply.content_type == NULL)) {
        client_reply_done(&reply);
        return err_set(err, ERR_NOMEM, "reply");
    }
    *ret = reply;
    return 0;
}

int client_request(struct client *c, const char *method, const char *path, const json_t *body,
                   struct client_reply *ret, struct err *err)
{
    auto_free char *text = body == NULL ? NULL : json_dumps(body, JSON_COMPACT);
    auto_free char *url = NULL;
    auto_buf struct buf reply = BUF_INIT(REPLY_MAX);

    c->problem[0] = '\0';
    if ((body != NULL && text == NULL) || asprintf(&url, "%s%s", c->url, path) < 0)
        return err_set(err, ERR_NOMEM, "request");
    if (!set_options(c, method, url, c->headers, &reply) ||
        (text != NULL && c->api.easy_setopt(c->easy, CURLOPT_COPYPOSTFIELDS, text) != CURLE_OK) ||
        !set_method(c, method))
        return err_set(err, ERR_UNSUPPORTED, "libcurl refuses a setting");
    if (perform(c, url, &reply, err) != 0)
        return -1;
    return take_reply(c, &reply, ret, err);
}

/* --- Messages -----------------------------------------------------------------------------------
 */

/* What the callbacks of one message know. */
struct sending {
    const struct client_message *m;
    uint64_t sent;
    struct client_reply heads; /* location and challenge, owned */
};

static size_t on_read(char *p, size_t size, size_t count, void *arg)
{
    struct sending *s = arg;
    uint64_t rest = s->m->size - s->sent;
    size_t n = size * count < rest ? size * count : (size_t)rest;

    if (s->m->data != NULL)
        memcpy(p, (const char *)s->m->data + s->sent, n);
    else if (n > 0)
        s->m->read(s->m->arg, s->sent, p, n);
    s->sent += n;
    return n;
}

/* Keeps the value of a header line of that name; the first one counts. */
static void keep_header(char **to, const char *name, const char *line, size_t n)
{
    size_t skip = strlen(name);

    if (*to != NULL || n <= skip || strncasecmp(line, name, skip) != 0 || line[skip] != ':')
        return;
    for (skip++; skip < n && line[skip] == ' ';)
        skip++;
    while (n > skip && strchr("\r\n ", line[n - 1]) != NULL)
        n--;
    *to = strndup(line + skip, n - skip);
}

static size_t on_header(char *p, size_t size, size_t count, void *arg)
{
    struct sending *s = arg;

    keep_header(&s->heads.location, "Location", p, size * count);
    keep_header(&s->heads.challenge, "WWW-Authenticate", p, size * count);
    return size * count;
}

/* Takes *list along. */
static int add_line(struct client *c, struct curl_slist **list, const char *name, const char *value,
                    struct err *err)
{
    auto_buf struct buf line = BUF_INIT(65536);
    struct curl_slist *more;

    if (value == NULL)
        return 0;
    (void)buf_appendf(&line, "%s: %s", name, value);
    if (buf_check(&line, name, err) != 0)
        return -1;
    more = c->api.slist_append(*list, buf_text(&line));
    if (more == NULL)
        return err_set(err, ERR_NOMEM, "request");
    *list = more;
    return 0;
}

static bool set_body(struct client *c, struct sending *s)
{
    typeof(curl_easy_setopt) *set = c->api.easy_setopt;
    bool body =
        s->m->size > 0 || strcmp(s->m->method, "PUT") == 0 || strcmp(s->m->method, "POST") == 0;

    if (body && (set(c->easy, CURLOPT_UPLOAD, 1L) != CURLE_OK ||
                 set(c->easy, CURLOPT_READFUNCTION, on_read) != CURLE_OK ||
                 set(c->easy, CURLOPT_READDATA, s) != CURLE_OK ||
                 set(c->easy, CURLOPT_INFILESIZE_LARGE, (curl_off_t)s->m->size) != CURLE_OK))
        return false;
    return set(c->easy, CURLOPT_HEADERFUNCTION, on_header) == CURLE_OK &&
           set(c->easy, CURLOPT_HEADERDATA, s) == CURLE_OK;
}

static int send_message(struct client *c, struct sending *s, const char *url,
                        struct curl_slist *headers, struct client_reply *ret, struct err *err)
{
    auto_buf struct buf reply = BUF_INIT(REPLY_MAX);

    c->problem[0] = '\0';
    if (!set_options(c, s->m->method, url, headers, &reply) || !set_body(c, s) ||
        !set_method(c, s->m->method))
        return err_set(err, ERR_UNSUPPORTED, "libcurl refuses a setting");
    if (perform(c, url, &reply, err) != 0)
        return -1;
    return take_reply(c, &reply, ret, err);
}

int client_send(struct client *c, const struct client_message *m, struct client_reply *ret,
                struct err *err)
{
    struct sending s = {.m = m};
    struct curl_slist *headers = NULL;
    auto_free char *url = NULL;
    int rc;

    if (asprintf(&url, "%s%s", m->url[0] == '/' ? c->url : "", m->url) < 0) {
        url = NULL;
        return err_set(err, ERR_NOMEM, "request");
    }
    rc = add_line(c, &headers, "Expect", "", err);
    if (rc == 0)
        rc = add_line(c, &headers, "Content-Type", m->type, err);
    if (rc == 0)
        rc = add_line(c, &headers, "Authorization", m->authorization, err);
    if (rc == 0)
        rc = send_message(c, &s, url, headers, ret, err);
    if (headers != NULL)
        c->api.slist_free_all(headers);
    if (rc == 0) {
        ret->location = STEAL(s.heads.location);
        ret->challenge = STEAL(s.heads.challenge);
    }
    client_reply_done(&s.heads);
    return rc;
}

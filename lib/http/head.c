/* SPDX-License-Identifier: MIT */
#include "lib/http/head.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/http/limits.h"
#include "lib/http/uri.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

const struct http_request head_no_request = {
    .method = HTTP_METHOD_OTHER,
    .method_text = "",
    .target = "",
    .path = "",
    .minor = 1,
    .content_length = -1,
};

/* --- Scan --------------------------------------------------------------------------------------
 */

static enum head_result bad(int *status, int code, struct err *err, enum err_code reason,
                            const char *text)
{
    *status = code;
    (void)err_set(err, reason, "%s", text);
    return HEAD_BAD;
}

/* Control bytes have no place in a line; a tab only in header values. */
static bool has_control_bytes(const char *p, size_t n, bool tab)
{
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)p[i];

        if ((c < 0x20 && !(c == '\t' && tab)) || c == 0x7f)
            return true;
    }
    return false;
}

/* One line without its CRLF. */
static enum head_result check_line(const struct head_scan *scan, const char *p, size_t n,
                                   int *status, struct err *err)
{
    bool first = scan->lines == 0;

    if (!first && (*p == ' ' || *p == '\t'))
        return bad(status, 400, err, ERR_HEAD_SYNTAX, "folded header line");
    if (!first && *p == ':')
        return bad(status, 400, err, ERR_HEAD_SYNTAX, "header line without a name");
    if (has_control_bytes(p, n, !first))
        return bad(status, 400, err, ERR_HEAD_SYNTAX, "control byte in the request head");
    if (scan->lines > HTTP_HEADERS_MAX)
        return bad(status, 431, err, ERR_HEAD_TOO_LARGE, "too many header lines");
    return HEAD_MORE;
}

static enum head_result too_large(const struct head_scan *scan, int *status, struct err *err)
{
    if (scan->lines == 0)
        return bad(status, 414, err, ERR_HEAD_TOO_LARGE, "request target exceeds the limit");
    return bad(status, 431, err, ERR_HEAD_TOO_LARGE, "request head exceeds the limit");
}

enum head_result head_scan(struct head_scan *scan, const char *p, size_t n, int *status,
                           struct err *err)
{
    const char *lf;

    while ((lf = memchr(p + scan->pos, '\n', n - scan->pos)) != NULL) {
        size_t end = (size_t)(lf - p);
        size_t length = end - scan->line;

        if (length == 0 || p[end - 1] != '\r')
            return bad(status, 400, err, ERR_HEAD_SYNTAX, "line ends without CR");
        length--;
        scan->pos = end + 1;
        if (scan->pos - scan->start > HTTP_HEAD_MAX)
            return too_large(scan, status, err);
        if (length > 0) {
            if (check_line(scan, p + scan->line, length, status, err) == HEAD_BAD)
                return HEAD_BAD;
            scan->lines++;
        } else if (scan->lines > 0) {
            return HEAD_COMPLETE;
        } else {
            scan->start = scan->pos; /* RFC 9112, 2.2: an empty line before the request line */
        }
        scan->line = scan->pos;
    }
    scan->pos = n;
    return n - scan->start > HTTP_HEAD_MAX || scan->start > HTTP_HEAD_MAX
               ? too_large(scan, status, err)
               : HEAD_MORE;
}

/* --- Parse: llhttp's callbacks fill a head under construction ----------------------------------
 */

struct builder {
    struct head *head;
    struct http_header *headers; /* in head->memory */
    size_t header_max;
    const char *target;
    size_t target_size;
    bool overflow;
    bool complete; /* the message has no body, or its last byte was seen */
};

static struct builder *builder_of(llhttp_t *parser)
{
    return parser->data;
}

/* A span may come in pieces, but they lie side by side in the same copy. */
static int on_url(llhttp_t *parser, const char *at, size_t n)
{
    struct builder *b = builder_of(parser);

    if (b->target == NULL)
        b->target = at;
    b->target_size = (size_t)(at + n - b->target);
    return 0;
}

static int on_header_field(llhttp_t *parser, const char *at, size_t n)
{
    struct builder *b = builder_of(parser);
    struct http_request *req = &b->head->request;

    (void)n;
    if (b->headers[req->header_count].name == NULL)
        b->headers[req->header_count].name = at;
    return 0;
}

static int on_header_value(llhttp_t *parser, const char *at, size_t n)
{
    struct builder *b = builder_of(parser);
    struct http_header *h = &b->headers[b->head->request.header_count];

    if (h->value == NULL && n > 0) /* an empty span may point anywhere */
        h->value = at;
    return 0;
}

static int on_header_value_complete(llhttp_t *parser)
{
    struct builder *b = builder_of(parser);

    if (b->head->request.header_count + 1 >= b->header_max) {
        b->overflow = true;
        return -1;
    }
    b->head->request.header_count++;
    return 0;
}

static int on_headers_complete(llhttp_t *parser)
{
    struct builder *b = builder_of(parser);

    b->head->request.keep_alive = llhttp_should_keep_alive(parser) == 1;
    parser->upgrade = 0; /* we never do; the rest is this message's body */
    return 0;
}

static int on_head_message_complete(llhttp_t *parser)
{
    builder_of(parser)->complete = true;
    return HPE_PAUSED;
}

static int on_body(llhttp_t *parser, const char *at, size_t n)
{
    struct head_body_events *events = parser->data;

    if (events != NULL)
        events->data(events->arg, at, n);
    return 0;
}

static int on_body_message_complete(llhttp_t *parser)
{
    struct head_body_events *events = parser->data;

    if (events != NULL)
        events->complete(events->arg);
    return HPE_PAUSED;
}

static const llhttp_settings_t head_settings = {
    .on_url = on_url,
    .on_header_field = on_header_field,
    .on_header_value = on_header_value,
    .on_header_value_complete = on_header_value_complete,
    .on_headers_complete = on_headers_complete,
    .on_message_complete = on_head_message_complete,
};

static const llhttp_settings_t body_settings = {
    .on_body = on_body,
    .on_message_complete = on_body_message_complete,
};

static int refuse(int *status, int code, struct err *err, enum err_code reason, const char *text)
{
    *status = code;
    return err_set(err, reason, "%s", text);
}

/* A well-formed but unknown method is 501, everything else the client's mistake. */
static int refuse_syntax(llhttp_t *parser, const char *head, int *status, struct err *err)
{
    llhttp_errno_t code = llhttp_get_errno(parser);
    const char *reason = llhttp_get_error_reason(parser);
    size_t letters = strspn(head, "ABCDEFGHIJKLMNOPQRSTUVWXYZ-");

    if (code == HPE_INVALID_METHOD && letters > 0 && head[letters] == ' ')
        return refuse(status, 501, err, ERR_HEAD_SYNTAX, "method is not implemented");
    if (code == HPE_INVALID_VERSION)
        return refuse(status, 505, err, ERR_HEAD_SYNTAX, "HTTP version is not supported");
    if (code == HPE_INVALID_TRANSFER_ENCODING)
        return refuse(status, 400, err, ERR_HEAD_SYNTAX,
                      "Transfer-Encoding is not 'chunked', or comes with a Content-Length");
    *status = 400;
    return err_set(err, ERR_HEAD_SYNTAX, "%s",
                   reason != NULL && *reason != '\0' ? reason : "malformed request head");
}

/* Ends each name and value with NUL, where ':' and CR (or trailing blanks) were. */
static void terminate_headers(struct builder *b, char *memory)
{
    for (size_t i = 0; i < b->head->request.header_count; i++) {
        char *name = memory + (b->headers[i].name - memory);
        char *value = b->headers[i].value != NULL ? memory + (b->headers[i].value - memory) : NULL;

        name[strcspn(name, ": \t")] = '\0';
        if (value == NULL) {
            b->headers[i].value = "";
            continue;
        }
        value[strcspn(value, "\r\n")] = '\0';
        for (size_t n = strlen(value); n > 0 && (value[n - 1] == ' ' || value[n - 1] == '\t'); n--)
            value[n - 1] = '\0';
    }
}

static size_t count_header(const struct http_request *req, const char *name)
{
    size_t pos = 0, count = 0;

    while (http_request_header_next(req, name, &pos) != NULL)
        count++;
    return count;
}

static int check_length(struct http_request *req, int *status, struct err *err)
{
    const char *length = http_request_header(req, "Content-Length");
    const char *coding = http_request_header(req, "Transfer-Encoding");

    req->content_length = -1;
    if (coding != NULL) {
        if (length != NULL)
            return refuse(status, 400, err, ERR_HEAD_SYNTAX,
                          "both Content-Length and Transfer-Encoding");
        if (req->minor == 0)
            return refuse(status, 400, err, ERR_HEAD_SYNTAX, "Transfer-Encoding in HTTP/1.0");
        if (strcasecmp(coding, "chunked") != 0 || count_header(req, "Transfer-Encoding") > 1)
            return refuse(status, 501, err, ERR_HEAD_SYNTAX,
                          "transfer coding is not supported: use chunked");
        req->chunked = true;
    } else if (length != NULL) {
        if (count_header(req, "Content-Length") > 1)
            return refuse(status, 400, err, ERR_HEAD_SYNTAX, "several Content-Length headers");
        if (strspn(length, "0123456789") != strlen(length) || *length == '\0')
            return refuse(status, 400, err, ERR_HEAD_SYNTAX, "Content-Length is not a number");
        if (strlen(length) > 18)
            return refuse(status, 413, err, ERR_BODY_TOO_LARGE, "Content-Length is too large");
        req->content_length = (int64_t)strtoull(length, NULL, 10);
    }
    return 0;
}

/* llhttp takes several blanks, and RTSP and ICE for protocols of its own. */
static bool is_request_line(const char *p)
{
    size_t method = strcspn(p, " \r");
    const char *target = p + method + 1;

    return p[method] == ' ' && strcspn(target, " \r") > 0 &&
           strncmp(target + strcspn(target, " \r"), " HTTP/", strlen(" HTTP/")) == 0;
}

/* The characters of uri-host [ ":" port ] (RFC 3986, 3.2.2). */
static bool is_host(const char *host)
{
    return strspn(host, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                        "-._~%!$&'()*+,;=:[]") == strlen(host);
}

static int check_headers(struct http_request *req, llhttp_t *parser, int *status, struct err *err)
{
    const char *expect = http_request_header(req, "Expect");
    size_t hosts = count_header(req, "Host");

    if (llhttp_get_http_major(parser) != 1 || llhttp_get_http_minor(parser) > 1)
        return refuse(status, 505, err, ERR_HEAD_SYNTAX,
                      "HTTP version is not supported: use HTTP/1.1");
    req->minor = llhttp_get_http_minor(parser);
    if (hosts > 1)
        return refuse(status, 400, err, ERR_HEAD_SYNTAX, "several Host headers");
    if (hosts == 0 && req->minor == 1)
        return refuse(status, 400, err, ERR_HEAD_SYNTAX, "no Host header");
    if (hosts == 1 && !is_host(http_request_header(req, "Host")))
        return refuse(status, 400, err, ERR_HEAD_SYNTAX, "malformed Host header");
    if (check_length(req, status, err) != 0)
        return -1;
    if (expect != NULL && req->minor == 1) {
        if (strcasecmp(expect, "100-continue") != 0)
            return refuse(status, 417, err, ERR_HEAD_SYNTAX,
                          "expectation is not supported: only 100-continue");
        req->expect_continue = true;
    }
    return 0;
}

static void set_method(struct http_request *req, llhttp_t *parser)
{
    static const struct {
        llhttp_method_t theirs;
        enum http_method ours;
    } methods[] = {
        {HTTP_GET, HTTP_METHOD_GET},         {HTTP_HEAD, HTTP_METHOD_HEAD},
        {HTTP_POST, HTTP_METHOD_POST},       {HTTP_PUT, HTTP_METHOD_PUT},
        {HTTP_PATCH, HTTP_METHOD_PATCH},     {HTTP_DELETE, HTTP_METHOD_DELETE},
        {HTTP_OPTIONS, HTTP_METHOD_OPTIONS},
    };
    llhttp_method_t method = (llhttp_method_t)llhttp_get_method(parser);

    req->method = HTTP_METHOD_OTHER;
    req->method_text = llhttp_method_name(method);
    for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
        if (methods[i].theirs == method)
            req->method = methods[i].ours;
    }
}

static int reserve(struct head *head, size_t size)
{
    char *memory;

    if (size <= head->capacity)
        return 0;
    memory = malloc(size);
    if (memory == NULL)
        return -1;
    free(head->memory);
    head->memory = memory;
    head->capacity = size;
    return 0;
}

/* Layout of the memory: headers, parameters, the head's copy, then room for the target three times
   (as sent, decoded path, decoded query). */
static int build(struct builder *b, llhttp_t *parser, const char *p, size_t n, size_t lines,
                 int *status, struct err *err)
{
    struct http_request *req = &b->head->request;
    const char *line_end = memchr(p, '\r', n);
    size_t target_room = (size_t)(line_end - p) + 1;
    size_t parameters = parameter_count(p, (size_t)(line_end - p));
    size_t tables =
        (lines + 1) * sizeof(struct http_header) + parameters * sizeof(struct parameter);
    char *copy;

    if (reserve(b->head, tables + n + 1 + 3 * target_room) != 0)
        return refuse(status, 503, err, ERR_NOMEM, "request head");
    memset(b->head->memory, 0, tables);
    b->headers = (struct http_header *)b->head->memory;
    b->header_max = lines + 1;
    copy = b->head->memory + tables;
    memcpy(copy, p, n);
    copy[n] = '\0';

    llhttp_init(parser, HTTP_REQUEST, &head_settings);
    parser->data = b;
    switch (llhttp_execute(parser, copy, n)) {
    case HPE_OK:
    case HPE_PAUSED:
    case HPE_PAUSED_UPGRADE:
        break;
    default:
        return refuse_syntax(parser, copy, status, err);
    }
    if (b->target == NULL)
        return refuse(status, 400, err, ERR_HEAD_SYNTAX, "malformed request line");
    set_method(req, parser);
    terminate_headers(b, b->head->memory);
    req->headers = b->headers;
    if (check_headers(req, parser, status, err) != 0)
        return -1;
    if (!is_request_line(copy))
        return refuse(status, 400, err, ERR_HEAD_SYNTAX, "malformed request line");
    if (uri_parse(req, b->target, b->target_size, copy + n + 1,
                  (struct parameter *)(void *)(b->headers + lines + 1), parameters, err) != 0) {
        *status = err != NULL && err->code == ERR_HEAD_TOO_LARGE ? 414 : 400;
        return -1;
    }
    return 0;
}

int head_parse(struct head *head, llhttp_t *parser, const char *p, size_t n, size_t lines,
               int *status, struct err *err)
{
    struct builder b = {.head = head};
    struct http_request *req = &head->request;
    int result;

    *req = (struct http_request){.content_length = -1};
    result = build(&b, parser, p, n, lines, status, err);
    if (result == 0 && !http_request_has_body(req) && !b.complete)
        result = refuse(status, 400, err, ERR_HEAD_SYNTAX, "malformed request head");
    if (result != 0) {
        *req = head_no_request;
        return -1;
    }
    parser->settings = (void *)(uintptr_t)&body_settings;
    parser->data = NULL;
    return 0;
}

void head_done(struct head *head)
{
    free(head->memory);
    *head = (struct head){.memory = NULL};
}

int head_feed_body(llhttp_t *parser, struct head_body_events *events, const char *p, size_t n,
                   size_t *used, struct err *err)
{
    llhttp_errno_t code;

    parser->data = events;
    code = llhttp_execute(parser, p, n);
    parser->data = NULL;
    if (code == HPE_OK) {
        *used = n;
        return 0;
    }
    if (code == HPE_PAUSED || code == HPE_PAUSED_UPGRADE) {
        *used = (size_t)(llhttp_get_error_pos(parser) - p);
        return 0;
    }
    return err_set(err, ERR_BODY_SYNTAX, "request body: %s", llhttp_get_error_reason(parser));
}

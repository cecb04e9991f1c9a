/* SPDX-License-Identifier: MIT */
#include "lib/http/uri.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "lib/http/limits.h"
#include "lib/http/request.h"
#include "lib/util/err.h"

size_t uri_count_parameters(const char *target, size_t n)
{
    size_t count = 1;

    for (size_t i = 0; i < n; i++)
        count += target[i] == '&';
    return count;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Decodes [p, end) to `to`, ends it with NUL and returns the place behind it; NULL: refused. */
static char *decode(char *to, const char *p, const char *end, bool plus_is_blank, struct err *err)
{
    while (p < end) {
        char c = *p++;

        if (c == '%') {
            int high = p < end ? hex_digit(*p) : -1;
            int low = p + 1 < end ? hex_digit(p[1]) : -1;

            if (high < 0 || low < 0) {
                (void)err_set(
                    err, ERR_HEAD_SYNTAX,
                    "bad percent escape in the request target: '%%' needs two hex digits");
                return NULL;
            }
            c = (char)(high * 16 + low);
            p += 2;
        } else if (c == '+' && plus_is_blank) {
            c = ' ';
        }
        if ((unsigned char)c < 0x20 || c == 0x7f) {
            (void)err_set(err, ERR_HEAD_SYNTAX, "control byte in the request target");
            return NULL;
        }
        *to++ = c;
    }
    *to++ = '\0';
    return to;
}

static char *parse_parameter(struct http_parameter *ret, char *to, const char *p, const char *end,
                             struct err *err)
{
    const char *equals = memchr(p, '=', (size_t)(end - p));

    ret->name = to;
    to = decode(to, p, equals != NULL ? equals : end, true, err);
    if (to == NULL)
        return NULL;
    if (equals == NULL) {
        ret->value = "";
        return to;
    }
    ret->value = to;
    return decode(to, equals + 1, end, true, err);
}

static int parse_query(struct http_request *req, char *to, struct http_parameter *parameters,
                       size_t max, struct err *err)
{
    const char *p = req->query;
    const char *end = p + strlen(p);

    while (p < end) {
        const char *amp = memchr(p, '&', (size_t)(end - p));
        const char *stop = amp != NULL ? amp : end;

        if (stop > p) {
            if (req->parameter_count >= max || req->parameter_count >= HTTP_QUERY_PARAMETERS_MAX)
                return err_set(err, ERR_HEAD_TOO_LARGE, "more than %d query parameters",
                               HTTP_QUERY_PARAMETERS_MAX);
            to = parse_parameter(&parameters[req->parameter_count], to, p, stop, err);
            if (to == NULL)
                return -1;
            req->parameter_count++;
        }
        p = stop + 1;
    }
    req->parameters = parameters;
    return 0;
}

/* Skips "http://authority" of the absolute form. NULL: neither form. */
static const char *origin_form(const char *target)
{
    const char *authority;
    size_t n;

    if (*target == '/' || strcmp(target, "*") == 0)
        return target;
    if (strncasecmp(target, "http://", 7) == 0)
        authority = target + 7;
    else if (strncasecmp(target, "https://", 8) == 0)
        authority = target + 8;
    else
        return NULL;
    n = strcspn(authority, "/?");
    return n > 0 ? authority + n : NULL;
}

int uri_parse(struct http_request *req, const char *target, size_t n, char *memory,
              struct http_parameter *parameters, size_t parameter_max, struct err *err)
{
    const char *origin, *question, *end;
    char *path = memory + n + 1;
    char *rest;

    memcpy(memory, target, n);
    memory[n] = '\0';
    req->target = memory;
    req->parameter_count = 0;
    req->parameters = NULL;
    origin = origin_form(memory);
    if (origin == NULL)
        return err_set(err, ERR_HEAD_SYNTAX, "request target is neither a path nor a URL");
    if (strchr(origin, '#') != NULL)
        return err_set(err, ERR_HEAD_SYNTAX, "fragment in the request target");
    question = strchr(origin, '?');
    end = question != NULL ? question : memory + n;
    req->path = path;
    if (origin == end)
        *path++ = '/';
    rest = decode(path, origin, end, false, err);
    if (rest == NULL)
        return -1;
    req->query = question != NULL ? question + 1 : NULL;
    return req->query != NULL ? parse_query(req, rest, parameters, parameter_max, err) : 0;
}

/* SPDX-License-Identifier: MIT */
#include "lib/http/uri.h"

#include <string.h>
#include <strings.h>

#include "lib/http/limits.h"
#include "lib/http/request.h"
#include "lib/util/err.h"
#include "lib/util/parameter.h"
#include "lib/util/text.h"

/* A refusal of what is in the target; err says what. */
static int bad_target(struct err *err)
{
    if (err != NULL)
        err->code = err->code == ERR_LIMIT ? ERR_HEAD_TOO_LARGE : ERR_HEAD_SYNTAX;
    return err_wrap(err, "request target");
}

/* Control bytes have no place in names, and would be trouble in logs: decoded ones neither. */
static int check_decoded(const char *text, struct err *err)
{
    for (; *text != '\0'; text++) {
        if ((unsigned char)*text < ' ' || *text == 0x7f)
            return err_set(err, ERR_SYNTAX, "an escape means a control byte");
    }
    return 0;
}

static int parse_path(char *to, const char *p, size_t n, struct err *err)
{
    if (text_percent_decode(to, p, n, TEXT_PATH, err) != 0 || check_decoded(to, err) != 0)
        return bad_target(err);
    return 0;
}

/* Decodes a copy of the query at `to`. */
static int parse_query(struct http_request *req, char *to, struct parameter *parameters, size_t max,
                       struct err *err)
{
    size_t n = strlen(req->query);

    memcpy(to, req->query, n + 1);
    if (max > HTTP_QUERY_PARAMETERS_MAX)
        max = HTTP_QUERY_PARAMETERS_MAX;
    if (parameter_parse(parameters, max, &req->parameter_count, to, n, err) != 0)
        return bad_target(err);
    for (size_t i = 0; i < req->parameter_count; i++) {
        if (check_decoded(parameters[i].name, err) != 0 ||
            check_decoded(parameters[i].value, err) != 0)
            return bad_target(err);
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
              struct parameter *parameters, size_t parameter_max, struct err *err)
{
    const char *origin, *question, *end;
    char *path = memory + n + 1;

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
    if (parse_path(path, origin, (size_t)(end - origin), err) != 0)
        return -1;
    req->query = question != NULL ? question + 1 : NULL;
    if (req->query == NULL)
        return 0;
    return parse_query(req, path + strlen(path) + 1, parameters, parameter_max, err);
}

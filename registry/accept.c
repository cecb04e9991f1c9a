/* SPDX-License-Identifier: MIT */
#include "registry/accept.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "lib/http/request.h"

/* How closely a media range names a type; the closest one decides. */
enum fit { FIT_NONE, FIT_ANY, FIT_TYPE, FIT_EXACT };

/* A piece of a header value, without the blanks around it. */
struct span {
    const char *p;
    size_t n;
};

static struct span trim(const char *p, const char *end)
{
    while (p < end && (*p == ' ' || *p == '\t'))
        p++;
    while (end > p && (end[-1] == ' ' || end[-1] == '\t'))
        end--;
    return (struct span){p, (size_t)(end - p)};
}

/* Cuts the next piece off a list; quoted strings may hold the separator. False at the end. */
static bool next_piece(const char **pos, const char *end, char separator, struct span *ret)
{
    const char *start = *pos;
    const char *p = start;
    bool quoted = false;

    if (start == NULL)
        return false;
    for (; p < end && (quoted || *p != separator); p++) {
        if (quoted && *p == '\\' && p + 1 < end)
            p++;
        else if (*p == '"')
            quoted = !quoted;
    }
    *pos = p < end ? p + 1 : NULL;
    *ret = trim(start, p);
    return true;
}

static bool span_is(struct span s, const char *text)
{
    return strlen(text) == s.n && strncasecmp(s.p, text, s.n) == 0;
}

static enum fit fit_of(struct span range, const char *media_type)
{
    const char *slash = strchr(media_type, '/');

    if (span_is(range, "*/*"))
        return FIT_ANY;
    if (span_is(range, media_type))
        return FIT_EXACT;
    if (slash != NULL && range.n == (size_t)(slash - media_type) + 2 &&
        memcmp(range.p + range.n - 2, "/*", 2) == 0 &&
        strncasecmp(range.p, media_type, range.n - 1) == 0)
        return FIT_TYPE;
    return FIT_NONE;
}

/* q=0 means: not this one. */
static bool is_zero_weight(struct span parameter)
{
    if (parameter.n < 3 || strncasecmp(parameter.p, "q=0", 3) != 0)
        return false;
    for (size_t i = 3; i < parameter.n; i++) {
        if (parameter.p[i] != '.' && parameter.p[i] != '0')
            return false;
    }
    return true;
}

static bool has_zero_weight(const char *p, const char *end)
{
    struct span parameter;

    while (next_piece(&p, end, ';', &parameter)) {
        if (is_zero_weight(parameter))
            return true;
    }
    return false;
}

/* Looks at one element of Accept; keeps the closest fit so far. */
static void weigh(struct span element, const char *media_type, enum fit *best, bool *allowed)
{
    const char *p = element.p;
    const char *end = element.p + element.n;
    struct span range;
    enum fit fit;

    if (!next_piece(&p, end, ';', &range))
        return;
    fit = fit_of(range, media_type);
    if (fit == FIT_NONE || fit < *best)
        return;
    /* The same range twice: allowed when one of the two allows it. */
    *allowed = (fit == *best && *allowed) || !has_zero_weight(p, end);
    *best = fit;
}

bool accept_allows(const struct http_request *req, const char *media_type)
{
    enum fit best = FIT_NONE;
    bool allowed = false;
    bool any = false;
    const char *value;
    size_t pos = 0;

    while ((value = http_request_header_next(req, "Accept", &pos)) != NULL) {
        const char *end = value + strlen(value);
        struct span element;

        while (next_piece(&value, end, ',', &element)) {
            if (element.n == 0)
                continue;
            any = true;
            weigh(element, media_type, &best, &allowed);
        }
    }
    return allowed || !any;
}

/* Weak comparison (RFC 9110, 8.8.3.2); clients also send the digest without quotes. */
static bool is_tag_of(struct span tag, const char *digest)
{
    size_t n = strlen(digest);

    if (tag.n > 2 && memcmp(tag.p, "W/", 2) == 0)
        tag = (struct span){tag.p + 2, tag.n - 2};
    if (tag.n == n + 2 && tag.p[0] == '"' && tag.p[n + 1] == '"')
        tag = (struct span){tag.p + 1, n};
    return tag.n == n && memcmp(tag.p, digest, n) == 0;
}

bool accept_has_already(const struct http_request *req, const char *digest)
{
    const char *value;
    size_t pos = 0;

    while ((value = http_request_header_next(req, "If-None-Match", &pos)) != NULL) {
        const char *end = value + strlen(value);
        struct span tag;

        while (next_piece(&value, end, ',', &tag)) {
            if (span_is(tag, "*") || is_tag_of(tag, digest))
                return true;
        }
    }
    return false;
}

bool accept_range_holds(const struct http_request *req, const char *digest)
{
    const char *value = http_request_header(req, "If-Range");

    /* A weak tag never holds, and neither does a date: content here has none (RFC 9110, 13.1.5). */
    if (value == NULL)
        return true;
    return value[0] != 'W' && is_tag_of((struct span){value, strlen(value)}, digest);
}

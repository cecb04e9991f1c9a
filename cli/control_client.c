/* SPDX-License-Identifier: MIT */
#include "cli/control_client.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/client.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/file.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum { TIMEOUT_MS = 60 * 1000, TOKEN_MAX = 8192, PATH_MAX_BYTES = 64 * 1024 };

#define API "/control/v1"

static const char default_address[] = "127.0.0.1:5001";

struct control_client {
    struct client *client; /* owned; NULL before the first question */
    char *url;             /* owned */
    char *token;           /* owned; NULL: none */
    char *prefix;          /* owned: "/control/v1" or "/control/v1/worlds/NAME" */
    uint32_t timeout;      /* milliseconds */
};

/* --- Settings -----------------------------------------------------------------------------------
 */

/* A variable that is set and not empty, or NULL. */
static const char *variable(const char *name)
{
    const char *value = getenv(name);

    return value != NULL && *value != '\0' ? value : NULL;
}

/* The first line; serve writes and reads it with a newline or without. */
static int read_token(char **ret, const char *path, struct err *err)
{
    auto_buf struct buf b = BUF_INIT(TOKEN_MAX);

    if (file_read(&b, path, err) != 0)
        return err_wrap(err, "control token");
    *ret = strndup(buf_text(&b), strcspn(buf_text(&b), "\r\n"));
    explicit_bzero(b.data, b.len);
    if (*ret == NULL)
        return err_set(err, ERR_NOMEM, "control token");
    return **ret != '\0' ? 0 : err_set(err, ERR_CONFIG, "the control token in %s is empty", path);
}

static int find_token(char **ret, const char *file, struct err *err)
{
    const char *token = variable("OCIMOCK_CONTROL_TOKEN");

    if (file == NULL && token != NULL) {
        *ret = strdup(token);
        return *ret != NULL ? 0 : err_set(err, ERR_NOMEM, "control token");
    }
    if (file == NULL)
        file = variable("OCIMOCK_CONTROL_TOKEN_FILE");
    return file != NULL ? read_token(ret, file, err) : 0;
}

static int take_prefix(char **ret, struct buf *b, struct err *err)
{
    if (buf_check(b, "name of the world", err) != 0)
        return -1;
    *ret = buf_take(b, NULL);
    return *ret != NULL ? 0 : err_set(err, ERR_NOMEM, "control API");
}

/* Cuts a path that is the API's off the URL: people paste what a world's `control` says. */
static const char *cut_path(char *url)
{
    char *path = strstr(url, API "/worlds/");

    if (path == NULL)
        path = strstr(url, API);
    if (path == NULL)
        return NULL;
    *path = '\0';
    return path + strlen(API);
}

/* What stands in front of the paths that are asked for. */
static int make_prefix(struct control_client *c, const struct control_client_options *o,
                       struct err *err)
{
    auto_buf struct buf b = BUF_INIT(4096);
    const char *world = o->world != NULL ? o->world : variable("OCIMOCK_WORLD");
    const char *path = cut_path(c->url);

    (void)buf_append_text(&b, API);
    if (o->all_worlds)
        return take_prefix(&c->prefix, &b, err);
    if (world != NULL) {
        (void)buf_append_text(&b, "/worlds/");
        control_path_segment(&b, world);
    } else if (path != NULL) {
        (void)buf_append_text(&b, path);
    }
    return take_prefix(&c->prefix, &b, err);
}

int control_client_new(struct control_client **ret, const struct control_client_options *options,
                       struct err *err)
{
    struct control_client *c = calloc(1, sizeof(*c));
    const char *address = options->address;

    if (c == NULL)
        return err_set(err, ERR_NOMEM, "control API");
    if (address == NULL)
        address = variable("OCIMOCK_CONTROL");
    c->timeout = TIMEOUT_MS;
    if (client_url(&c->url, address != NULL ? address : default_address, err) != 0 ||
        find_token(&c->token, options->token_file, err) != 0 || make_prefix(c, options, err) != 0) {
        control_client_free(c);
        return -1;
    }
    *ret = c;
    return 0;
}

void control_client_free(struct control_client *c)
{
    if (c == NULL)
        return;
    client_free(c->client);
    if (c->token != NULL)
        explicit_bzero(c->token, strlen(c->token));
    free(c->token);
    free(c->url);
    free(c->prefix);
    free(c);
}

void control_client_patience(struct control_client *c, uint32_t ms)
{
    c->timeout = ms < UINT32_MAX - TIMEOUT_MS ? TIMEOUT_MS + ms : 0;
}

/* --- Refusals -----------------------------------------------------------------------------------
 */

static enum err_code code_of(long status)
{
    switch (status) {
    case 400:
    case 413:
    case 415:
    case 422:
        return ERR_CONFIG; /* what was asked for is wrong */
    case 404:
        return ERR_ABSENT;
    case 409:
        return ERR_EXISTS;
    default:
        return ERR_INVALID;
    }
}

int control_client_refused(const struct control_client *c, long status, const json_t *answer,
                           struct err *err)
{
    const json_t *error = json_object_get(answer, "error");
    const char *message = json_string_value(json_object_get(error, "message"));

    if (message == NULL)
        return err_set(err, ERR_INVALID, "%s answers %ld: that is no control API of ocimock",
                       c->url, status);
    if (status == 401)
        return err_set(err, ERR_INVALID,
                       "%s: set OCIMOCK_CONTROL_TOKEN or use --control-token-file", message);
    return err_set(err, code_of(status), "%s", message);
}

/* --- Questions ----------------------------------------------------------------------------------
 */

static int connect_once(struct control_client *c, struct err *err)
{
    const struct client_options options = {
        .url = c->url, .token = c->token, .insecure = true, .timeout = c->timeout};

    return c->client != NULL ? 0 : client_new(&c->client, &options, err);
}

/* A body that is not JSON is no answer of ours: NULL, and the status tells the rest. */
static json_t *read_answer(const struct client_reply *reply)
{
    return reply->length > 0 ? json_loadb(reply->body, reply->length, JSON_DECODE_ANY, NULL) : NULL;
}

int control_client_ask(struct control_client *c, const char *method, const char *path,
                       const json_t *body, long *ret_status, json_t **ret_answer, struct err *err)
{
    auto_buf struct buf whole = BUF_INIT(PATH_MAX_BYTES);
    struct client_reply reply;
    json_t *answer;

    (void)buf_append_text(&whole, c->prefix);
    (void)buf_append_text(&whole, path);
    if (buf_check(&whole, "question", err) != 0 || connect_once(c, err) != 0 ||
        client_request(c->client, method, buf_text(&whole), body, &reply, err) != 0)
        return -1;
    answer = read_answer(&reply);
    if (reply.status >= 500) {
        (void)control_client_refused(c, reply.status, answer, err);
        json_decref(answer);
        client_reply_done(&reply);
        return -1;
    }
    *ret_status = reply.status;
    *ret_answer = answer;
    client_reply_done(&reply);
    return 0;
}

int control_client_call(struct control_client *c, const char *method, const char *path,
                        const json_t *body, json_t **ret_answer, struct err *err)
{
    json_t *answer;
    long status;
    int result = 0;

    if (control_client_ask(c, method, path, body, &status, &answer, err) != 0)
        return -1;
    if (status < 200 || status > 299 || (answer == NULL && status != 204))
        result = control_client_refused(c, status, answer, err);
    if (result == 0 && ret_answer != NULL)
        *ret_answer = answer;
    else
        json_decref(answer);
    return result;
}

/* --- Paths --------------------------------------------------------------------------------------
 */

void control_path_add(struct buf *b, const char *name, const char *value)
{
    if (value == NULL)
        return;
    (void)buf_append_char(b, strchr(buf_text(b), '?') != NULL ? '&' : '?');
    (void)buf_append_text(b, name);
    (void)buf_append_char(b, '=');
    text_percent_encode(b, value, TEXT_QUERY);
}

void control_path_segment(struct buf *b, const char *segment)
{
    for (; *segment != '\0'; segment++) {
        const char one[] = {*segment, '\0'};

        if (*segment == '/')
            (void)buf_append_text(b, "%2F");
        else
            text_percent_encode(b, one, TEXT_QUERY);
    }
}

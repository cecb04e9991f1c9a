/* SPDX-License-Identifier: MIT */
/*
 * ocimock healthcheck [--wait] [--timeout 30s] [--url URL]: does a server answer?
 *
 * Without --url it asks where `serve` would listen with the same environment (and the file that
 * OCIMOCK_CONFIG names), so that a container's health check needs no arguments.
 */
#include "cli/command.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <jansson.h>

#include "cli/client.h"
#include "cli/serve_settings.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

enum { RETRY_MS = 100 };

struct healthcheck_settings {
    struct command_settings common;
    const char *url;
    uint32_t timeout; /* milliseconds */
    bool wait;
};

#define MEMBER(m) OPTION_MEMBER(struct healthcheck_settings, m)

static const struct option options[] = {
    {CLI_TEXT(
         "url", "URL",
         "Server to ask: a URL or host:port. Without it, the first address of OCIMOCK_LISTEN or "
         "OCIMOCK_TLS_LISTEN, else 127.0.0.1:5000"),
     MEMBER(url)},
    {CLI_SWITCH("wait", "Ask again until it answers or the time is over"), .letter = 'w',
     MEMBER(wait)},
    {CLI_DURATION("timeout", "Time for all of it"), .preset = "30s", .value.min = 1,
     .value.max = INT32_MAX, MEMBER(timeout)},
};

static uint64_t now_ms(void)
{
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* One question. ERR_UNREACHABLE, or ERR_INVALID for an answer that is not 200. */
static int ask(const char *url, uint32_t timeout, struct err *err)
{
    const struct client_options client_options = {.url = url, .insecure = true, .timeout = timeout};
    struct client_reply reply;
    struct client *client;
    int result;

    if (client_new(&client, &client_options, err) != 0)
        return -1;
    result = client_request(client, "GET", "/", NULL, &reply, err);
    if (result == 0) {
        if (reply.status != 200)
            result = err_set(err, ERR_INVALID, "%s answers %ld instead of 200", url, reply.status);
        client_reply_done(&reply);
    }
    client_free(client);
    return result;
}

static int ask_until(const struct healthcheck_settings *s, const char *url, struct err *err)
{
    uint64_t end = now_ms() + s->timeout;

    for (;;) {
        uint64_t now = now_ms();

        if (ask(url, now < end ? (uint32_t)(end - now) : 1, err) == 0)
            return 0;
        now = now_ms();
        if (!s->wait || now + RETRY_MS >= end ||
            (err->code != ERR_UNREACHABLE && err->code != ERR_INVALID))
            return -1;
        (void)poll(NULL, 0, RETRY_MS);
    }
}

/* As JSON, which tells an error as well. */
static enum cli_status report(const char *url, int result, struct err *err)
{
    enum err_code code = result == 0 ? ERR_NONE : err->code;

    (void)cli_print_json(json_pack("{s:b, s:s, s:s*}", "healthy", result == 0, "url", url, "error",
                                   result == 0 ? NULL : err->msg));
    err->code = ERR_NONE;
    if (code == ERR_NONE)
        return CLI_OK;
    return code == ERR_UNREACHABLE ? CLI_NO_SERVER : CLI_FAILURE;
}

static enum cli_status check(void *settings, struct err *err)
{
    const struct healthcheck_settings *s = settings;
    auto_free char *url = NULL;
    int result;

    if ((s->url != NULL ? client_url(&url, s->url, err) : serve_settings_url(&url, err)) != 0)
        return CLI_FAILURE;
    result = ask_until(s, url, err);
    if (s->common.json)
        return report(url, result, err);
    return result == 0 ? CLI_OK : CLI_FAILURE;
}

const struct command command_healthcheck = {
    .name = "healthcheck",
    .summary = "ask a running server whether it serves",
    .examples = "ocimock healthcheck\n"
                "ocimock healthcheck --wait --timeout 10s --url http://registry:5000",
    .about = "Asks a server for GET / and wants 200. Exit status: 0 it serves, 1 it answers "
             "something else, 4 nobody answers. Certificates are not verified.",
    .options = options,
    .option_count = ARRAY_LEN(options),
    .run = check,
    .settings_size = sizeof(struct healthcheck_settings),
};

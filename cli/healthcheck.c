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
#include "lib/util/option.h"
#include "lib/util/util.h"

enum { RETRY_MS = 100 };

struct healthcheck_settings {
    struct option_set *set; /* owned */
    const char *url;
    uint32_t timeout; /* milliseconds */
    bool wait;
    bool json;
    bool help;
};

#define MEMBER(m) OPTION_MEMBER(struct healthcheck_settings, m)

static const struct option options[] = {
    {.flag = "url",
     .arg = "URL",
     .flag_only = true,
     .value.type = SCHEMA_TEXT,
     .help =
         "Server to ask: a URL or host:port. Without it, the first address of OCIMOCK_LISTEN or "
         "OCIMOCK_TLS_LISTEN, else 127.0.0.1:5000",
     MEMBER(url)},
    {.flag = "wait",
     .letter = 'w',
     .flag_only = true,
     .value.type = SCHEMA_BOOL,
     .help = "Ask again until it answers or the time is over",
     MEMBER(wait)},
    {.flag = "timeout",
     .arg = "DURATION",
     .flag_only = true,
     .value = {.type = SCHEMA_DURATION, .min = 1, .max = INT32_MAX},
     .preset = "30s",
     .help = "Time for all of it",
     MEMBER(timeout)},
    {.flag = "json",
     .flag_only = true,
     .value.type = SCHEMA_BOOL,
     .help = "Print the result as JSON",
     MEMBER(json)},
    {.flag = "help",
     .letter = 'h',
     .flag_only = true,
     .value.type = SCHEMA_BOOL,
     .help = "Print this help",
     MEMBER(help)},
};

static enum cli_status print_help(void)
{
    auto_buf struct buf b = BUF_INIT(8192);

    (void)buf_append_text(
        &b, "Examples:\n"
            "  ocimock healthcheck\n"
            "  ocimock healthcheck --wait --timeout 10s --url http://registry:5000\n"
            "\n"
            "Asks a server for GET / and wants 200. Exit status: 0 it serves, 1 it answers\n"
            "something else, 4 nobody answers.\n"
            "\n"
            "Usage: ocimock healthcheck [OPTION...]\n"
            "\n"
            "Options:\n");
    option_help(&b, options, ARRAY_LEN(options));
    return cli_print_buf(&b);
}

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

static enum cli_status report(const struct healthcheck_settings *s, const char *url, int result,
                              const struct err *err)
{
    enum cli_status status = result == 0 ? CLI_OK : CLI_FAILURE;

    if (!s->json)
        return result == 0 ? CLI_OK : cli_fail("healthcheck", err);
    if (result != 0 && err->code == ERR_UNREACHABLE)
        status = CLI_NO_SERVER;
    (void)cli_print_json(json_pack("{s:b, s:s, s:s*}", "healthy", result == 0, "url", url, "error",
                                   result == 0 ? NULL : err->msg));
    return status;
}

static enum cli_status check(const struct healthcheck_settings *s)
{
    auto_free char *url = NULL;
    struct err err = {0};

    if ((s->url != NULL ? client_url(&url, s->url, &err) : serve_settings_url(&url, &err)) != 0)
        return cli_fail("healthcheck", &err);
    return report(s, url, ask_until(s, url, &err), &err);
}

static int read_settings(struct healthcheck_settings *s, int argc, char **argv, struct err *err)
{
    size_t words;

    if (option_set_new(&s->set, options, ARRAY_LEN(options), err) != 0 ||
        option_read_flags(s->set, OPTION_FLAG, argc - 1, argv + 1, err) != 0 ||
        option_store(s->set, s, err) != 0)
        return -1;
    (void)option_words(s->set, &words);
    return words == 0 ? 0 : err_set(err, ERR_USAGE, "takes no arguments but options");
}

enum cli_status run_healthcheck(int argc, char **argv)
{
    struct healthcheck_settings settings = {0};
    enum cli_status status;
    struct err err;

    if (read_settings(&settings, argc, argv, &err) != 0)
        status = cli_fail("healthcheck", &err);
    else
        status = settings.help ? print_help() : check(&settings);
    option_set_free(settings.set);
    return status;
}

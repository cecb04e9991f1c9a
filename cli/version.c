/* SPDX-License-Identifier: MIT */
/*
 * ocimock version [--verbose] [--json]
 */
#include "cli/command.h"

#include <stdio.h>

#include <event2/event.h>
#include <jansson.h>
#include <llhttp.h>
#include <openssl/crypto.h>
#include <yaml.h>

#include "cli/client.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

struct version_settings {
    struct command_settings common;
    bool verbose;
};

#define MEMBER(m) OPTION_MEMBER(struct version_settings, m)

static const struct option options[] = {
    {CLI_SWITCH("verbose", "Print the versions of the libraries too"), .letter = 'v',
     MEMBER(verbose)},
};

static json_t *libraries(void)
{
    char llhttp[32];
    const char *curl = client_library_version();

    (void)snprintf(llhttp, sizeof(llhttp), "%d.%d.%d", LLHTTP_VERSION_MAJOR, LLHTTP_VERSION_MINOR,
                   LLHTTP_VERSION_PATCH);
    return json_pack("{s:s, s:s*, s:s, s:s, s:s, s:s}", "jansson", jansson_version_str(), "libcurl",
                     curl, "libevent", event_get_version(), "libyaml", yaml_get_version_string(),
                     "llhttp", llhttp, "openssl", OpenSSL_version(OPENSSL_VERSION_STRING));
}

static enum cli_status print_text(bool verbose)
{
    json_t *all = verbose ? libraries() : NULL;
    enum cli_status status;
    auto_buf struct buf b = BUF_INIT(4096);
    const char *name;
    json_t *value;

    (void)buf_append_text(&b, PACKAGE_NAME " " PACKAGE_VERSION "\n");
    json_object_foreach(all, name, value)
    {
        (void)buf_appendf(&b, "  %-10s%s\n", name, json_string_value(value));
    }
    status = cli_print_buf(&b);
    json_decref(all);
    return status;
}

static enum cli_status version(void *settings, struct err *err)
{
    const struct version_settings *s = settings;

    (void)err;
    if (s->common.json)
        return cli_print_json(
            json_pack("{s:s, s:o}", "version", PACKAGE_VERSION, "libraries", libraries()));
    return print_text(s->verbose);
}

const struct command command_version = {
    .name = "version",
    .summary = "print the version",
    .examples = "ocimock version\n"
                "ocimock version --json",
    .options = options,
    .option_count = ARRAY_LEN(options),
    .run = version,
    .settings_size = sizeof(struct version_settings),
};

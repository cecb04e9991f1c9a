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
#include "lib/util/option.h"
#include "lib/util/util.h"

struct version_settings {
    bool verbose;
    bool json;
    bool help;
};

#define MEMBER(m) OPTION_MEMBER(struct version_settings, m)

static const struct option options[] = {
    {.flag = "verbose",
     .letter = 'v',
     .flag_only = true,
     .value.type = SCHEMA_BOOL,
     .help = "Print the versions of the libraries too",
     MEMBER(verbose)},
    {.flag = "json",
     .flag_only = true,
     .value.type = SCHEMA_BOOL,
     .help = "Print JSON",
     MEMBER(json)},
    {.flag = "help",
     .letter = 'h',
     .flag_only = true,
     .value.type = SCHEMA_BOOL,
     .help = "Print this help",
     MEMBER(help)},
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

static enum cli_status print_help(void)
{
    auto_buf struct buf b = BUF_INIT(8192);

    (void)buf_append_text(&b, "Examples:\n"
                              "  ocimock version\n"
                              "  ocimock version --json\n"
                              "\nUsage: ocimock version [OPTION...]\n\nOptions:\n");
    option_help(&b, options, ARRAY_LEN(options));
    return cli_print_buf(&b);
}

static int read_settings(struct version_settings *ret, int argc, char **argv, struct err *err)
{
    struct option_set *set = NULL;
    size_t words = 0;
    int result = option_set_new(&set, options, ARRAY_LEN(options), err);

    if (result == 0)
        result = option_read_flags(set, OPTION_FLAG, argc - 1, argv + 1, err);
    if (result == 0)
        result = option_store(set, ret, err);
    if (result == 0)
        (void)option_words(set, &words);
    if (words > 0)
        result = err_set(err, ERR_USAGE, "takes no arguments");
    option_set_free(set);
    return result;
}

enum cli_status run_version(int argc, char **argv)
{
    struct version_settings settings = {0};
    struct err err;

    if (read_settings(&settings, argc, argv, &err) != 0)
        return cli_fail("version", &err);
    if (settings.help)
        return print_help();
    if (settings.json)
        return cli_print_json(
            json_pack("{s:s, s:o}", "version", PACKAGE_VERSION, "libraries", libraries()));
    return print_text(settings.verbose);
}

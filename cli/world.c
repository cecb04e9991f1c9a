/* SPDX-License-Identifier: MIT */
/*
 * ocimock world list|add|show|remove: registries of one's own in a running server.
 */
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "cli/control_client.h"
#include "cli/control_command.h"
#include "cli/table.h"
#include "lib/util/buf.h"
#include "lib/util/conf.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/units.h"
#include "lib/util/util.h"

enum { PATH_SIZE_MAX = 4096 };

struct world_settings {
    struct command_settings common;
    /* add; set has the first */
    uint64_t ttl;  /* milliseconds; 0: none */
    uint64_t seed; /* UINT64_MAX: the server's */
    const char *host;
    const char *prefix;
    const char *listen;
    uint32_t auth; /* index of auth_modes */
    const char *file;
    bool tls;
    /* add and show: what alone is printed */
    bool url;
    bool location;
    bool dockerconfigjson;
    bool registries_conf;
    bool hosts_toml;
};

#define MEMBER(m) OPTION_MEMBER(struct world_settings, m)

static const char *text_of(const json_t *object, const char *key)
{
    return json_string_value(json_object_get(object, key));
}

static int world_path(struct buf *b, const char *name, struct err *err)
{
    (void)buf_append_text(b, "/worlds/");
    control_path_segment(b, name);
    return buf_check(b, "name of the world", err);
}

/* --- list ---------------------------------------------------------------------------------------
 */

static const struct table_column columns[] = {
    {.heading = "NAME"},
    {.heading = "REGISTRY", .cut = true},
    {.heading = "PREFIX", .cut = true},
    {.heading = "AUTH"},
    {.heading = "SEED", .align = TABLE_RIGHT},
    {.heading = "EXPIRES IN"},
};

static void add_row(struct table *t, const json_t *row)
{
    json_int_t left = json_integer_value(json_object_get(row, "expires_in_ms"));
    char text[CONTROL_DURATION_MAX];

    table_add(t, TABLE_PLAIN, text_of(row, "name"));
    table_add(t, TABLE_PLAIN, text_of(row, "registry"));
    table_add(t, TABLE_PLAIN, text_of(row, "prefix"));
    table_add(t, TABLE_PLAIN, text_of(row, "auth"));
    table_addf(t, TABLE_PLAIN, "%" JSON_INTEGER_FORMAT,
               json_integer_value(json_object_get(row, "seed")));
    table_add(t, TABLE_PLAIN, left > 0 ? control_duration(text, left) : NULL);
}

static enum cli_status show_list(const json_t *answer, struct err *err)
{
    enum cli_status status;
    struct table *t;
    json_t *row;
    size_t i;

    if (table_new(&t, columns, ARRAY_LEN(columns), err) != 0)
        return CLI_FAILURE;
    json_array_foreach(json_object_get(answer, "worlds"), i, row) add_row(t, row);
    status = control_print_table(t, err);
    table_free(t);
    return status;
}

static enum cli_status list(void *settings, struct err *err)
{
    return control_command_call(settings, "GET", "/worlds", NULL, show_list, err);
}

static const struct command list_command = {
    .name = "list",
    .summary = "worlds, with where they listen; the same as no part",
    .examples = "ocimock world list",
    .about = "Lists the worlds of a server: the one that it started with is 'default'.",
    .asks_server = true,
    .all_worlds = true,
    .run = list,
};

/* --- One world ----------------------------------------------------------------------------------
 */

#define PART_OPTIONS                                                                               \
    {CLI_SWITCH("url", "Print only the registry's URL"), .group = "One part of it", MEMBER(url)},  \
        {CLI_SWITCH("location", "Print only what stands in front of an image's name"),             \
         MEMBER(location)},                                                                        \
        {CLI_SWITCH("dockerconfigjson",                                                            \
                    "Print only its credentials, as ~/.docker/config.json or a pull secret"),      \
         MEMBER(dockerconfigjson)},                                                                \
        {CLI_SWITCH("registries-conf", "Print only its part of registries.conf"),                  \
         MEMBER(registries_conf)},                                                                 \
    {                                                                                              \
        CLI_SWITCH("hosts-toml", "Print only its hosts.toml, for containerd"), MEMBER(hosts_toml)  \
    }

/* What alone shall be printed, as the API calls it; NULL: everything. */
static const char *part_of(const struct world_settings *s)
{
    return s->url                ? "registry"
           : s->location         ? "location"
           : s->dockerconfigjson ? "dockerconfigjson"
           : s->registries_conf  ? "registries_conf"
           : s->hosts_toml       ? "hosts_toml"
                                 : NULL;
}

static int check_parts(const struct world_settings *s, struct err *err)
{
    if (s->url + s->location + s->dockerconfigjson + s->registries_conf + s->hosts_toml <= 1)
        return 0;
    return err_set(err, ERR_USAGE, "only one part of a world can be printed alone");
}

static void print_line(const char *name, const char *text)
{
    if (text != NULL)
        (void)printf("%-10s%s\n", name, text);
}

static void print_all(const json_t *w)
{
    json_int_t left = json_integer_value(json_object_get(w, "expires_in_ms"));
    const json_t *account = json_object_get(w, "account");
    char text[CONTROL_DURATION_MAX];

    print_line("world", text_of(w, "name"));
    print_line("registry", text_of(w, "registry"));
    print_line("prefix", text_of(w, "prefix"));
    print_line("control", text_of(w, "control"));
    print_line("auth", text_of(w, "auth"));
    print_line("account", text_of(account, "name"));
    print_line("secret", text_of(account, "secret"));
    if (left > 0)
        (void)printf("%-10s%s (in %s)\n", "expires", text_of(w, "expires"),
                     control_duration(text, left));
}

static enum cli_status print_part(const char *text)
{
    size_t n = text != NULL ? strlen(text) : 0;

    return printf("%s%s", n > 0 ? text : "", n > 0 && text[n - 1] == '\n' ? "" : "\n") < 0
               ? CLI_FAILURE
               : CLI_OK;
}

static void print_warnings(const struct world_settings *s, const json_t *answer)
{
    json_t *warning;
    size_t i;

    json_array_foreach(json_object_get(answer, "warnings"), i, warning)(void)
        fprintf(stderr, "ocimock %s: %s\n", s->common.name,
                json_is_string(warning) ? json_string_value(warning) : text_of(warning, "message"));
}

/* Asks, and prints what was asked for. */
static enum cli_status ask(const struct world_settings *s, const char *method, const char *path,
                           const json_t *body, struct err *err)
{
    enum cli_status status = CLI_OK;
    json_t *answer;

    if (check_parts(s, err) != 0 ||
        control_client_call(s->common.client, method, path, body, &answer, err) != 0)
        return CLI_FAILURE;
    print_warnings(s, answer);
    if (part_of(s) != NULL)
        status = print_part(text_of(answer, part_of(s)));
    else if (s->common.json)
        return cli_print_json(answer);
    else
        print_all(answer);
    json_decref(answer);
    return status;
}

static enum cli_status show(void *settings, struct err *err)
{
    const struct world_settings *s = settings;
    auto_buf struct buf path = BUF_INIT(PATH_SIZE_MAX);

    if (world_path(&path, s->common.words[0], err) != 0)
        return CLI_FAILURE;
    return ask(s, "GET", buf_text(&path), NULL, err);
}

static const struct option show_options[] = {PART_OPTIONS};

static const struct command show_command = {
    .name = "show",
    .summary = "where one is, its account, and texts to configure clients with",
    .examples = "ocimock world show t42\n"
                "ocimock world show t42 --dockerconfigjson >config.json\n"
                "ocimock world show t42 --registries-conf >>registries.conf",
    .about = "Prints one world. Its secret is printed, too: it was made for tests.",
    .options = show_options,
    .option_count = ARRAY_LEN(show_options),
    .words = {{.name = "NAME"}},
    .asks_server = true,
    .all_worlds = true,
    .run = show,
    .settings_size = sizeof(struct world_settings),
};

/* --- add ----------------------------------------------------------------------------------------
 */

static const char *const auth_modes[] = {"auto", "none", "basic", "bearer", NULL};

static int set(json_t *body, const char *key, json_t *value, struct err *err)
{
    if (json_object_set_new(body, key, value) != 0)
        return err_set(err, ERR_USAGE, "%s has to be UTF-8", key);
    return 0;
}

static int set_text(json_t *body, const char *key, const char *text, struct err *err)
{
    return text == NULL ? 0 : set(body, key, json_string(text), err);
}

/* What options say stands above what the file says. */
static int fill(json_t *body, const struct world_settings *s, struct err *err)
{
    char ttl[UNITS_TEXT_MAX];

    if (set_text(body, "name", s->common.words[0], err) != 0 ||
        set_text(body, "host", s->host, err) != 0 ||
        set_text(body, "prefix", s->prefix, err) != 0 ||
        set_text(body, "listen", s->listen, err) != 0 ||
        (s->auth > 0 && set_text(body, "auth", auth_modes[s->auth], err) != 0) ||
        (s->ttl > 0 &&
         set(body, "ttl", json_string(units_format_duration(ttl, s->ttl)), err) != 0) ||
        (s->seed != UINT64_MAX && set(body, "seed", json_integer((json_int_t)s->seed), err) != 0) ||
        (s->tls && set(body, "tls", json_true(), err) != 0))
        return -1;
    return 0;
}

static enum cli_status add(void *settings, struct err *err)
{
    const struct world_settings *s = settings;
    enum cli_status status = CLI_FAILURE;
    struct conf *conf = NULL;
    json_t *body;

    if (s->file != NULL && control_read_file(&conf, s->file, NULL, err) != 0)
        return CLI_FAILURE;
    body = conf != NULL ? json_deep_copy(conf_root(conf)) : json_object();
    if (!json_is_object(body))
        (void)err_set(err, ERR_CONFIG, "%s: expected keys and values", s->file);
    else if (fill(body, s, err) == 0)
        status = ask(s, "POST", "/worlds", body, err);
    json_decref(body);
    conf_free(conf);
    return status;
}

static const struct option add_options[] = {
    {CLI_DURATION("ttl", "Remove it after that time, whatever the tests do"), .group = "World",
     MEMBER(ttl)},
    {CLI_COUNT("seed", "N", "Seed of what rules leave to chance; without it, the server's"),
     MEMBER(seed)},
    {CLI_CHOICE("auth", "MODE", auth_modes, "How clients log in; auto is as in the default world"),
     MEMBER(auth)},
    {CLI_TEXT("listen", "ADDRESS",
              "Where it listens; without it, on a free port where the default world listens"),
     MEMBER(listen)},
    {CLI_SWITCH("tls", "Listen with the server's certificate"), MEMBER(tls)},
    {CLI_TEXT("host", "NAME", "Share the default world's ports: requests with that Host are its"),
     MEMBER(host)},
    {CLI_TEXT("prefix", "NAME",
              "Share the default world's ports: repositories that begin so are its"),
     MEMBER(prefix)},
    {CLI_FILE("file", "Further keys as YAML or JSON: accounts, policy, rules; - is standard input"),
     .letter = 'f', MEMBER(file)},
    PART_OPTIONS,
};

static const struct world_settings add_defaults = {.seed = UINT64_MAX};

static const struct command add_command = {
    .name = "add",
    .summary = "make a registry of one's own",
    .examples = "ocimock world add t42 --ttl 10m --seed 7\n"
                "REGISTRY=$(ocimock world add t42 --location)\n"
                "ocimock world add t42 --auth bearer --file accounts.yaml\n"
                "ocimock image set app:v1 absent --world t42",
    .about =
        "Makes a world: a registry in the same process, with content, accounts, rules, journal "
        "and clock of its own. Other commands work on it with --world or OCIMOCK_WORLD.",
    .options = add_options,
    .option_count = ARRAY_LEN(add_options),
    .words = {{.name = "NAME"}},
    .asks_server = true,
    .all_worlds = true,
    .run = add,
    .settings_size = sizeof(struct world_settings),
    .defaults = &add_defaults,
};

/* --- set ----------------------------------------------------------------------------------------
 */

static enum cli_status change(void *settings, struct err *err)
{
    const struct world_settings *s = settings;
    auto_buf struct buf path = BUF_INIT(PATH_SIZE_MAX);
    char ttl[UNITS_TEXT_MAX];
    enum cli_status status;
    json_t *body;

    if (s->ttl == UINT64_MAX) {
        (void)err_set(err, ERR_USAGE, "nothing to set: --ttl is missing");
        return CLI_FAILURE;
    }
    if (world_path(&path, s->common.words[0], err) != 0)
        return CLI_FAILURE;
    body = json_pack("{s:s}", "ttl", units_format_duration(ttl, s->ttl));
    status = control_command_call(&s->common, "PATCH", buf_text(&path), body, NULL, err);
    json_decref(body);
    return status;
}

static const struct option set_options[] = {
    {CLI_DURATION("ttl", "Remove it after that time from now on; 0s: never"), MEMBER(ttl)},
};

static const struct world_settings set_defaults = {.ttl = UINT64_MAX};

static const struct command set_command = {
    .name = "set",
    .summary = "give one more time to live, or no end",
    .examples = "ocimock world set t42 --ttl 1h\n"
                "ocimock world set t42 --ttl 0s",
    .about = "Gives a world a new time to live, which begins now.",
    .options = set_options,
    .option_count = ARRAY_LEN(set_options),
    .words = {{.name = "NAME"}},
    .asks_server = true,
    .all_worlds = true,
    .run = change,
    .settings_size = sizeof(struct world_settings),
    .defaults = &set_defaults,
};

/* --- remove -------------------------------------------------------------------------------------
 */

static enum cli_status remove_worlds(void *settings, struct err *err)
{
    const struct command_settings *s = settings;
    enum cli_status status = CLI_OK;

    for (size_t i = 0; i < s->word_count && status == CLI_OK; i++) {
        auto_buf struct buf path = BUF_INIT(PATH_SIZE_MAX);

        if (world_path(&path, s->words[i], err) != 0)
            return CLI_FAILURE;
        status = control_command_call(s, "DELETE", buf_text(&path), NULL, NULL, err);
    }
    return status;
}

static const struct command remove_command = {
    .name = "remove",
    .summary = "end worlds at once, with their connections",
    .examples = "ocimock world remove t42",
    .about = "Ends worlds at once, with their connections.",
    .words = {{.name = "NAME", .repeated = true}},
    .asks_server = true,
    .all_worlds = true,
    .no_json = true,
    .run = remove_worlds,
};

static const struct command *const parts[] = {&list_command, &add_command,    &show_command,
                                              &set_command,  &remove_command, NULL};

const struct command command_world = {
    .name = "world",
    .summary = "registries of one's own in the same server, for a test each",
    .examples = "ocimock world add t42 --ttl 10m\n"
                "ocimock world list\n"
                "ocimock world show t42 --dockerconfigjson\n"
                "ocimock world remove t42",
    .parts = parts,
    .asks_server = true,
    .all_worlds = true,
    .run = list,
};

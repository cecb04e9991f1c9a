/* SPDX-License-Identifier: MIT */
/*
 * The program as the root of its commands, and `ocimock help`.
 */
#include "cli/command.h"

#include "cli/manual.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

enum { HELP_MAX = 64 * 1024, MANUAL_MAX = 1024 * 1024 };

/* --- help ---------------------------------------------------------------------------------------
 */

struct help_settings {
    struct command_settings common;
    bool manual;
};

static const struct option help_options[] = {
    {CLI_SWITCH("manual", "Print the part of the manual page that describes the commands, in roff"),
     OPTION_MEMBER(struct help_settings, manual)},
};

static enum cli_status print_manual(void)
{
    auto_buf struct buf b = BUF_INIT(MANUAL_MAX);

    manual_write(&b, &command_ocimock);
    return cli_print_buf(&b);
}

/* Of the command that the words name. */
static enum cli_status print_help(const struct command_settings *s, struct err *err)
{
    const struct command *c = &command_ocimock;
    auto_buf struct buf b = BUF_INIT(HELP_MAX);
    char path[2][COMMAND_PATH_MAX] = {""};

    for (size_t i = 0; i < s->word_count; i++) {
        const struct command *part = c->parts != NULL ? command_find_part(c, s->words[i]) : NULL;

        if (part == NULL) {
            (void)(c->parts != NULL
                       ? command_no_part(c, s->words[i], err)
                       : err_set(err, ERR_USAGE, "'%s' has no commands of its own", path[i % 2]));
            return CLI_FAILURE;
        }
        (void)command_path(path[(i + 1) % 2], path[i % 2], part->name);
        c = part;
    }
    command_help(&b, c, path[s->word_count % 2], cli_width());
    return cli_print_buf(&b);
}

static enum cli_status help(void *settings, struct err *err)
{
    const struct help_settings *s = settings;

    return s->manual ? print_manual() : print_help(&s->common, err);
}

static const struct command command_help_of = {
    .name = "help",
    .summary = "describe a command",
    .examples = "ocimock help\n"
                "ocimock help fault add        # the same as ocimock fault add --help",
    .options = help_options,
    .option_count = ARRAY_LEN(help_options),
    .words = {{.name = "COMMAND", .optional = true, .repeated = true}},
    .no_json = true,
    .run = help,
    .settings_size = sizeof(struct help_settings),
};

/* --- All of them --------------------------------------------------------------------------------
 */

/* One per line. A group (.group) begins with its first command. */
/* clang-format off */
static const struct command *const parts[] = {
    &command_serve,
    &command_healthcheck,
    &command_image,
    &command_fixture,
    &command_registry,
    &command_fault,
    &command_scenario,
    &command_with,
    &command_gate,
    &command_account,
    &command_clock,
    &command_world,
    &command_reset,
    &command_requests,
    &command_verify,
    &command_wait,
    &command_export,
    &command_gen_cert,
    &command_keys,
    &command_token,
    &command_hash_password,
    &command_completion,
    &command_help_of,
    &command_version,
    NULL,
};
/* clang-format on */

const struct command command_ocimock = {
    .name = "ocimock",
    .examples =
        "ocimock serve                                 # on 127.0.0.1:5000, plain HTTP\n"
        "ocimock serve --listen :0 --port-file ports   # on free ports, written to a file\n"
        "ocimock serve --tls-auto                      # HTTPS on 127.0.0.1:5443, a CA of its own\n"
        "ocimock serve --user alice:secret             # with a login\n"
        "ocimock serve --import layouts/               # with images loaded at start\n"
        "ocimock healthcheck --wait --timeout 30s      # until it serves\n"
        "ocimock image set team/app:v1 absent\n"
        "ocimock verify --op manifest.get --repo team/app --count 1\n"
        "skopeo copy --dest-tls-verify=false docker-archive:app.tar docker://127.0.0.1:5000/app:v1",
    .about = "ocimock is a container registry for tests: it serves the Distribution API from "
             "memory, answers wrong where it is told to, and remembers what was asked. ocimock(1) "
             "describes all of it.",
    .parts = parts,
};

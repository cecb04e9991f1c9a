/* SPDX-License-Identifier: MIT */
/*
 * ocimock export: all there is to know about a running server, for a bug report.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "cli/control_client.h"
#include "cli/control_command.h"
#include "lib/util/err.h"
#include "lib/util/file.h"
#include "lib/util/util.h"

static int write_file(const char *path, const json_t *answer, struct err *err)
{
    auto_free char *text = json_dumps(answer, JSON_INDENT(2));

    if (text == NULL)
        return err_set(err, ERR_NOMEM, "export");
    return file_create(path, text, strlen(text), 0644, err);
}

static enum cli_status export(void *settings, struct err *err) {
    const struct command_settings *s = settings; enum cli_status status = CLI_OK; json_t * answer;

    if (control_client_call(s->client, "GET", "/export", NULL, &answer, err) !=
        0) return CLI_FAILURE;
    if (s->word_count == 0 || strcmp(s->words[0], "-") == 0) return cli_print_json(answer);
    if (write_file(s->words[0], answer, err) != 0) status = CLI_FAILURE;
    else(void)
        printf("%s: %zu rules, %zu requests\n", s->words[0],
               json_array_size(json_object_get(answer, "rules")),
               json_array_size(json_object_get(json_object_get(answer, "journal"), "requests")));
    json_decref(answer);
    return status;
}

const struct command command_export = {
    .name = "export",
    .summary = "write everything down for a bug report, without secrets",
    .examples = "ocimock export report.json\n"
                "ocimock export | jq .rules",
    .about =
        "Configuration, switches, rules with their hits, image states, accounts, policy, content, "
        "clock, metrics and the journal as one JSON. Secrets are masked or left out; names of "
        "accounts and repositories are not. A file that is there is left as it is.",
    .words = {{.name = "FILE", .optional = true, .path = true}},
    .asks_server = true,
    .run = export,
};

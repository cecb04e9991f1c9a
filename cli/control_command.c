/* SPDX-License-Identifier: MIT */
#include "cli/control_command.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "cli/control_client.h"
#include "cli/table.h"
#include "lib/util/buf.h"
#include "lib/util/conf.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum { OUTPUT_MAX = 64 * 1024 * 1024 };

/* --- Answers ------------------------------------------------------------------------------------
 */

enum cli_status control_command_call(const struct command_settings *s, const char *method,
                                     const char *path, const json_t *body,
                                     enum cli_status (*show)(const json_t *answer, struct err *err),
                                     struct err *err)
{
    json_t *answer;
    enum cli_status status = CLI_OK;

    if (control_client_call(s->client, method, path, body, &answer, err) != 0)
        return CLI_FAILURE;
    if (s->json)
        return cli_print_json(answer != NULL ? answer : json_object());
    if (show != NULL)
        status = show(answer, err);
    json_decref(answer);
    return status;
}

enum cli_status control_print_table(struct table *t, struct err *err)
{
    auto_buf struct buf b = BUF_INIT(OUTPUT_MAX);

    table_print(t, &b, table_look(STDOUT_FILENO));
    if (buf_check(&b, "table", err) != 0)
        return CLI_FAILURE;
    return cli_print_buf(&b);
}

void control_append_value(struct buf *b, const json_t *value)
{
    auto_free char *text = NULL;
    json_t *child;
    size_t i;

    if (json_is_string(value)) {
        (void)buf_append_text(b, json_string_value(value));
        return;
    }
    if (json_is_array(value)) {
        json_array_foreach(value, i, child)
        {
            if (i > 0)
                (void)buf_append_char(b, ',');
            control_append_value(b, child);
        }
        return;
    }
    text = json_dumps(value, JSON_ENCODE_ANY | JSON_COMPACT | JSON_REAL_PRECISION(6));
    (void)buf_append_text(b, text != NULL ? text : "");
}

const char *control_duration(char dst[CONTROL_DURATION_MAX], int64_t ms)
{
    static const struct {
        int64_t seconds;
        char unit;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    int64_t left = (ms + 999) / 1000;
    size_t n = 0;

    (void)snprintf(dst, CONTROL_DURATION_MAX, "0s");
    for (size_t i = 0; i < ARRAY_LEN(units); i++) {
        if (left >= units[i].seconds)
            n += (size_t)snprintf(dst + n, CONTROL_DURATION_MAX - n, "%lld%c",
                                  (long long)(left / units[i].seconds), units[i].unit);
        left %= units[i].seconds;
    }
    return dst;
}

/* --- Files --------------------------------------------------------------------------------------
 */

static int read_input(struct buf *b, struct err *err)
{
    for (;;) {
        char part[16 * 1024];
        ssize_t n = read(STDIN_FILENO, part, sizeof(part));

        if (n == 0)
            return buf_check(b, "standard input", err);
        if (n < 0 && errno != EINTR)
            return err_sys(err, "standard input");
        if (n > 0)
            (void)buf_append(b, part, (size_t)n);
    }
}

int control_read_file(struct conf **ret_conf, const char *path, const char *key, struct err *err)
{
    auto_buf struct buf b = BUF_INIT(CONF_FILE_MAX);

    if (strcmp(path, "-") != 0)
        return conf_load_list(ret_conf, path, key, err);
    if (read_input(&b, err) != 0)
        return -1;
    return conf_parse_list(ret_conf, "standard input", key, buf_text(&b), b.len, err);
}

/* The line of what the message is about, which begins with a path and a colon; else 0. */
static unsigned line_of(const struct conf *conf, const char *message)
{
    char path[CONF_PATH_MAX];
    size_t n = strcspn(message, ": ");

    if (n == 0 || n >= sizeof(path) || message[n] != ':')
        return 0;
    memcpy(path, message, n);
    path[n] = '\0';
    return conf_line(conf, path);
}

int control_place_error(const struct conf *conf, struct err *err)
{
    unsigned line = err->code == ERR_CONFIG ? line_of(conf, err->msg) : 0;

    if (line > 0)
        return err_wrap(err, "%s:%u", conf_name(conf), line);
    return err->code == ERR_CONFIG ? err_wrap(err, "%s", conf_name(conf)) : -1;
}

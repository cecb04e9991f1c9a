/* SPDX-License-Identifier: MIT */
/*
 * ocimock token revoke: ends one token of a running server. A token is a secret: it comes from
 * standard input or a file, never from the command line.
 */
#include <stdio.h>
#include <string.h>

#include <jansson.h>

#include "auth/jws.h"
#include "cli/control_command.h"
#include "cli/secret_input.h"
#include "cli/token.h"
#include "lib/util/buf.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

/* Room for a line end behind the token. */
enum { INPUT_MAX = JWS_MAX + 2 };

struct revoke_settings {
    struct command_settings common;
    const char *token_file; /* texts are borrowed from the options */
    const char *id;
};

#define MEMBER(m) OPTION_MEMBER(struct revoke_settings, m)

/* {"token": ...}; "Bearer" in front of it, as in a header, is dropped. */
static int read_token(const char *path, json_t **ret_body, struct err *err)
{
    static const char scheme[] = "Bearer ";
    auto_buf struct buf token = BUF_INIT(INPUT_MAX);
    const char *text;
    int result = secret_input_read(&token, path, err);

    if (result == 0) {
        text = buf_text(&token);
        if (strncmp(text, scheme, sizeof(scheme) - 1) == 0)
            text += sizeof(scheme) - 1;
        *ret_body = json_pack("{s:s}", "token", text);
        if (*ret_body == NULL)
            result = err_set(err, ERR_INVALID, "that is no token");
    }
    secret_input_wipe(&token);
    return result;
}

static int read_what(const struct revoke_settings *s, json_t **ret_body, struct err *err)
{
    if (s->id != NULL && s->token_file != NULL)
        return err_set(err, ERR_USAGE, "--jti and --token-file exclude each other");
    if (s->id == NULL)
        return read_token(s->token_file, ret_body, err);
    *ret_body = json_pack("{s:s}", "jti", s->id);
    return *ret_body != NULL ? 0 : err_set(err, ERR_USAGE, "the id has to be UTF-8");
}

static enum cli_status revoke(void *settings, struct err *err)
{
    const struct revoke_settings *s = settings;
    enum cli_status status;
    json_t *body = NULL;

    if (read_what(s, &body, err) != 0)
        return CLI_FAILURE;
    status = control_command_call(&s->common, "POST", "/tokens:revoke", body, NULL, err);
    json_decref(body);
    if (status == CLI_OK && !s->common.json)
        (void)printf("the token is refused from now on\n");
    return status;
}

static const struct option revoke_options[] = {
    {CLI_FILE("token-file", "Read the token from a file instead of standard input"), .letter = 'f',
     MEMBER(token_file)},
    {CLI_TEXT("jti", "ID",
              "Id of the token (its claim jti), where the token itself is not at hand"),
     MEMBER(id)},
};

const struct command command_token_revoke = {
    .name = "revoke",
    .summary = "end one token of a running server",
    .examples = "printf %s \"$TOKEN\" | ocimock token revoke\n"
                "ocimock token revoke --jti \"$(printf %s \"$TOKEN\" | ocimock token inspect \\\n"
                "    --json | jq -r .claims.jti)\"",
    .about = "Ends one access or refresh token of a running server. 'account revoke' "
             "ends all of an account.",
    .options = revoke_options,
    .option_count = ARRAY_LEN(revoke_options),
    /* Words are tokens, most likely: no message repeats them. */
    .surplus = "a token is read from standard input, a prompt or --token-file, never from the "
               "command line; an id is given with --jti",
    .redirection = "<FILE",
    .asks_server = true,
    .run = revoke,
    .settings_size = sizeof(struct revoke_settings),
};

/* SPDX-License-Identifier: MIT */
#include "auth/token_ask.h"

#include <string.h>

#include "auth/form.h"
#include "lib/http/request.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

static const struct {
    int status;
    const char *word;
    const char *code;
} errors[] = {
#define TOKEN_ROW(name, status, word, code) [TOKEN_##name] = {(status), (word), (code)},
    TOKEN_ERRORS(TOKEN_ROW)
#undef TOKEN_ROW
};

int token_error_status(enum token_error error)
{
    ASSERT((size_t)error < ARRAY_LEN(errors));
    return errors[error].status;
}

const char *token_error_word(enum token_error error)
{
    ASSERT((size_t)error < ARRAY_LEN(errors));
    return errors[error].word;
}

const char *token_error_code(enum token_error error)
{
    ASSERT((size_t)error < ARRAY_LEN(errors));
    return errors[error].code;
}

static const char *or_empty(const char *text)
{
    return text != NULL ? text : "";
}

/* One parameter or field `scope`: any number of scopes. */
static int add_scopes(struct token_ask *ask, const char *text, enum token_error *ret_error,
                      struct err *err)
{
    if (scope_set_parse(&ask->scopes, text, err) == 0)
        return 0;
    *ret_error = TOKEN_INVALID_SCOPE;
    return -1;
}

/* --- GET ------------------------------------------------------------------------------------- */

static const char *parameter(const struct http_request *req, const char *name)
{
    return or_empty(http_request_parameter(req, name));
}

int token_ask_read_query(struct token_ask *ret, const struct http_request *req,
                         enum token_error *ret_error, struct err *err)
{
    const char *text;
    size_t pos = 0;

    *ret = (struct token_ask){
        .grant = TOKEN_GRANT_HEADER,
        .service = parameter(req, "service"),
        .account = parameter(req, "account"),
        .client_id = parameter(req, "client_id"),
        .username = "",
        .password = "",
        .refresh_token = "",
        .offline = strcmp(parameter(req, "offline_token"), "true") == 0,
    };
    while ((text = http_request_parameter_next(req, "scope", &pos)) != NULL) {
        if (add_scopes(ret, text, ret_error, err) != 0)
            return -1;
    }
    return 0;
}

/* --- POST ------------------------------------------------------------------------------------ */

static int refuse(enum token_error *ret_error, enum token_error error)
{
    *ret_error = error;
    return -1;
}

/* RFC 6749, 3.2: no parameter twice. Clients do repeat scope. */
static int check_once(const struct form *form, enum token_error *ret_error, struct err *err)
{
    for (size_t i = 0; i < form->count; i++) {
        const char *name = form->fields[i].name;
        size_t pos = i + 1;

        if (strcmp(name, "scope") == 0 || form_value_next(form, name, &pos) == NULL)
            continue;
        (void)err_set(err, ERR_INVALID, "the field %s stands there twice", TEXT_QUOTE(name));
        return refuse(ret_error, TOKEN_INVALID_REQUEST);
    }
    return 0;
}

static int need(const char *value, const char *name, enum token_error *ret_error, struct err *err)
{
    if (*value != '\0')
        return 0;
    (void)err_set(err, ERR_INVALID, "the field '%s' is missing", name);
    return refuse(ret_error, TOKEN_INVALID_REQUEST);
}

static int set_grant(struct token_ask *ask, const char *grant, enum token_error *ret_error,
                     struct err *err)
{
    if (need(grant, "grant_type", ret_error, err) != 0 ||
        need(ask->client_id, "client_id", ret_error, err) != 0)
        return -1;
    if (strcmp(grant, "password") == 0) {
        ask->grant = TOKEN_GRANT_PASSWORD;
        return need(ask->username, "username", ret_error, err);
    }
    if (strcmp(grant, "refresh_token") == 0) {
        ask->grant = TOKEN_GRANT_REFRESH;
        return need(ask->refresh_token, "refresh_token", ret_error, err);
    }
    (void)err_set(err, ERR_UNSUPPORTED, "grant type %s: there are 'password' and 'refresh_token'",
                  TEXT_QUOTE(grant));
    return refuse(ret_error, TOKEN_UNSUPPORTED_GRANT_TYPE);
}

int token_ask_read_form(struct token_ask *ret, const struct form *form, enum token_error *ret_error,
                        struct err *err)
{
    const char *text;
    size_t pos = 0;

    *ret = (struct token_ask){
        .service = or_empty(form_value(form, "service")),
        .account = "",
        .client_id = or_empty(form_value(form, "client_id")),
        .username = or_empty(form_value(form, "username")),
        .password = or_empty(form_value(form, "password")),
        .refresh_token = or_empty(form_value(form, "refresh_token")),
        .offline = strcmp(or_empty(form_value(form, "access_type")), "offline") == 0,
    };
    if (check_once(form, ret_error, err) != 0 ||
        set_grant(ret, or_empty(form_value(form, "grant_type")), ret_error, err) != 0)
        return -1;
    while ((text = form_value_next(form, "scope", &pos)) != NULL) {
        if (add_scopes(ret, text, ret_error, err) != 0)
            return -1;
    }
    return 0;
}

void token_ask_done(struct token_ask *ask)
{
    scope_set_done(&ask->scopes);
}

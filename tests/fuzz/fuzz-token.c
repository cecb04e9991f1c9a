/* SPDX-License-Identifier: MIT */
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

#include "auth/form.h"
#include "auth/token_ask.h"
#include "lib/http/request.h"
#include "lib/http/uri.h"
#include "lib/util/err.h"

/* What holds for whatever was asked. */
static void check(const struct token_ask *ask, int status, enum token_error error)
{
    MUST(ask->scopes.count <= SCOPES_MAX);
    MUST(status == 0 || token_error_status(error) == 400);
    if (status != 0)
        return;
    MUST(ask->service != NULL && ask->account != NULL && ask->password != NULL);
    MUST(ask->grant != TOKEN_GRANT_PASSWORD || ask->username[0] != '\0');
    MUST(ask->grant != TOKEN_GRANT_REFRESH || ask->refresh_token[0] != '\0');
    for (size_t i = 0; i < ask->scopes.count; i++)
        MUST(ask->scopes.items[i].type[0] != '\0' && ask->scopes.items[i].name[0] != '\0');
}

static void fuzz_query(const uint8_t *data, size_t size)
{
    size_t max = parameter_count((const char *)data, size);
    auto_free char *memory = malloc(3 * (size + 1));
    auto_free struct parameter *parameters = calloc(max + 1, sizeof(*parameters));
    enum token_error error = TOKEN_UNAVAILABLE;
    struct http_request req = {.headers = NULL};
    struct token_ask ask;
    int status;

    MUST(memory != NULL && parameters != NULL);
    if (uri_parse(&req, (const char *)data, size, memory, parameters, max, NULL) != 0)
        return;
    status = token_ask_read_query(&ask, &req, &error, NULL);
    check(&ask, status, error);
    token_ask_done(&ask);
}

static void fuzz_form(const uint8_t *data, size_t size)
{
    auto_free char *text = fuzz_text(data, size);
    enum token_error error = TOKEN_UNAVAILABLE;
    struct err err = {0};
    struct token_ask ask;
    struct form form;
    int status;

    if (form_parse(&form, text, size, &err) == 0) {
        MUST(form.count <= FORM_FIELDS_MAX);
        status = token_ask_read_form(&ask, &form, &error, &err);
        check(&ask, status, error);
        token_ask_done(&ask);
    }
    form_done(&form);
}

/* A request target for the GET when it begins with '/', else the form of a POST. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0 && data[0] == '/')
        fuzz_query(data, size);
    else
        fuzz_form(data, size);
    return 0;
}

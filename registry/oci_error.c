/* SPDX-License-Identifier: MIT */
#include "registry/oci_error.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/http/exchange.h"
#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/call.h"

static const struct {
    const char *name;
    int status;
    const char *message;
} codes[] = {
#define OCI_ROW(name, status, text) [OCI_##name] = {#name, (status), (text)},
#include "registry/oci_error.tbl.h"
#undef OCI_ROW
};

/* What an error of a lower layer is called outside. */
static const struct {
    enum oci_code code;
    int status; /* 0: no row, an internal error */
} from_err[] = {
    [ERR_SYNTAX] = {OCI_REQUEST_INVALID, 400},
    [ERR_INVALID] = {OCI_REQUEST_INVALID, 400},
    [ERR_RANGE] = {OCI_BLOB_UPLOAD_INVALID, 416},
    [ERR_SIZE] = {OCI_SIZE_INVALID, 400},
    [ERR_DIGEST] = {OCI_DIGEST_INVALID, 400},
    [ERR_LIMIT] = {OCI_SIZE_INVALID, 413},
    [ERR_STORAGE_FULL] = {OCI_STORAGE_FULL, 507},
    [ERR_UNSUPPORTED] = {OCI_UNSUPPORTED, 400},
    [ERR_BUSY] = {OCI_UNAVAILABLE, 503},
    [ERR_CANCELLED] = {OCI_UNAVAILABLE, 503},
    [ERR_BODY_SYNTAX] = {OCI_REQUEST_INVALID, 400},
    [ERR_BODY_TOO_LARGE] = {OCI_SIZE_INVALID, 413},
    [ERR_BODY_TIMEOUT] = {OCI_REQUEST_INVALID, 408},
};

/* The code for a status that the HTTP layer answers with. */
static const struct {
    int status;
    enum oci_code code;
} from_status[] = {
    {401, OCI_UNAUTHORIZED}, {403, OCI_DENIED},       {405, OCI_UNSUPPORTED},
    {413, OCI_SIZE_INVALID}, {417, OCI_UNSUPPORTED},  {429, OCI_TOOMANYREQUESTS},
    {500, OCI_UNKNOWN},      {501, OCI_UNSUPPORTED},  {503, OCI_UNAVAILABLE},
    {505, OCI_UNSUPPORTED},  {507, OCI_STORAGE_FULL},
};

/* One element of "errors"; detail is taken. */
static json_t *error_new(enum oci_code code, json_t *detail)
{
    json_t *error =
        json_pack("{s:s, s:s}", "code", codes[code].name, "message", codes[code].message);

    if (error == NULL) {
        json_decref(detail);
        return NULL;
    }
    if (detail != NULL && json_object_set_new(error, "detail", detail) != 0) {
        json_decref(error);
        return NULL;
    }
    return error;
}

/* Sets the body; takes errors. Memory being short, the status alone has to do. */
static void set_body(struct http_exchange *x, json_t *errors)
{
    json_t *doc = errors == NULL ? NULL : json_pack("{s:o}", "errors", errors);
    auto_free char *text = doc == NULL ? NULL : json_dumps(doc, JSON_COMPACT);

    json_decref(doc);
    if (text == NULL)
        return;
    http_reply_header(x, "Content-Type", "application/json");
    http_reply_text(x, text, strlen(text));
}

/* Keeps for the access log why the request was refused. */
static void note_reason(struct registry_call *call, enum oci_code code, const json_t *detail)
{
    const char *reason = json_string_value(json_object_get(detail, "reason"));

    call->error_code = codes[code].name;
    (void)snprintf(call->reason, sizeof(call->reason), "%s",
                   reason != NULL ? reason : codes[code].message);
}

/* As oci_error_begin with the elements ready; takes errors. */
static void begin_errors(struct registry_call *call, int status, json_t *errors)
{
    call_reply_begin(call, status);
    set_body(call->x, errors);
}

/* An array with that one element, which is taken; NULL when memory is short. */
static json_t *array_of(json_t *element)
{
    return element == NULL ? NULL : json_pack("[o]", element);
}

const char *oci_code_name(enum oci_code code)
{
    return codes[code].name;
}

void oci_error_begin(struct registry_call *call, int status, enum oci_code code,
                     struct json_t *detail)
{
    note_reason(call, code, detail);
    begin_errors(call, status, array_of(error_new(code, detail)));
}

void oci_error_reply_status(struct registry_call *call, int status, enum oci_code code,
                            struct json_t *detail)
{
    oci_error_begin(call, status, code, detail);
    http_reply_send(call->x);
}

void oci_error_reply(struct registry_call *call, enum oci_code code, struct json_t *detail)
{
    oci_error_reply_status(call, codes[code].status, code, detail);
}

void oci_error_reply_each(struct registry_call *call, enum oci_code code, struct json_t *details)
{
    json_t *errors = json_array();
    json_t *detail;
    size_t i;

    note_reason(call, code, NULL);
    json_array_foreach(details, i, detail)
    {
        if (errors == NULL)
            break;
        json_t *error = error_new(code, json_incref(detail));

        if (error == NULL || json_array_append_new(errors, error) != 0) {
            json_decref(errors);
            errors = NULL;
        }
    }
    json_decref(details);
    begin_errors(call, codes[code].status, errors);
    http_reply_send(call->x);
}

void oci_error_reply_err(struct registry_call *call, const struct err *err)
{
    const char *text = err->msg[0] != '\0' ? err->msg : err_text(err->code);
    enum oci_code code = OCI_UNKNOWN;
    int status = codes[OCI_UNKNOWN].status;

    if ((size_t)err->code < ARRAY_LEN(from_err) && from_err[err->code].status != 0) {
        code = from_err[err->code].code;
        status = from_err[err->code].status;
    }
    oci_error_reply_status(call, status, code, oci_detail("%s", text));
}

static enum oci_code code_of_status(int status, enum oci_code otherwise)
{
    for (size_t i = 0; i < ARRAY_LEN(from_status); i++) {
        if (from_status[i].status == status)
            return from_status[i].code;
    }
    return otherwise;
}

void oci_error_refuse(struct registry_call *call, int status, const struct err *why)
{
    const char *text = why->msg[0] != '\0' ? why->msg : err_text(why->code);

    oci_error_begin(call, status, code_of_status(status, OCI_REQUEST_INVALID),
                    oci_detail("%s", text));
}

/* What is unknown when nothing else is said of a 404. */
static enum oci_code unknown_of(enum op op)
{
    switch (op) {
    case OP_MANIFEST_GET:
    case OP_MANIFEST_HEAD:
    case OP_MANIFEST_DELETE:
        return OCI_MANIFEST_UNKNOWN;
    case OP_BLOB_GET:
    case OP_BLOB_HEAD:
    case OP_BLOB_DELETE:
        return OCI_BLOB_UNKNOWN;
    case OP_UPLOAD_PATCH:
    case OP_UPLOAD_PUT:
    case OP_UPLOAD_STATUS:
    case OP_UPLOAD_CANCEL:
        return OCI_BLOB_UPLOAD_UNKNOWN;
    default:
        return OCI_NAME_UNKNOWN;
    }
}

void oci_error_begin_text(struct registry_call *call, int status, const char *code,
                          const char *message, struct json_t *detail)
{
    enum oci_code fits =
        status == 404 ? unknown_of(call->route.op) : code_of_status(status, OCI_UNKNOWN);
    json_t *error = json_pack("{s:s, s:s}", "code", code != NULL ? code : codes[fits].name,
                              "message", message != NULL ? message : codes[fits].message);

    if (error != NULL && detail != NULL)
        (void)json_object_set(error, "detail", detail);
    json_decref(detail);
    note_reason(call, fits, NULL);
    begin_errors(call, status, array_of(error));
}

struct json_t *oci_text(const char *text)
{
    char clean[512];
    size_t n = strnlen(text, sizeof(clean));

    for (size_t i = 0; i < n; i++)
        clean[i] = text[i] >= ' ' && text[i] < 0x7f ? text[i] : '?';
    return json_stringn(clean, n);
}

struct json_t *oci_detail(const char *fmt, ...)
{
    char text[512];
    va_list args;

    va_start(args, fmt);
    (void)vsnprintf(text, sizeof(text), fmt, args);
    va_end(args);
    return json_pack("{s:o}", "reason", oci_text(text));
}

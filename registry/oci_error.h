/* SPDX-License-Identifier: MIT */
/*
 * Error bodies of the Distribution API (distribution-spec, "Error Codes"): the only place where an
 * OCI code and its HTTP status are chosen. Codes, statuses and texts stand in oci_error.tbl.h.
 */
#ifndef REGISTRY_OCI_ERROR_H
#define REGISTRY_OCI_ERROR_H

struct err;
struct json_t;
struct registry_call;

enum oci_code {
#define OCI_ROW(name, status, text) OCI_##name,
#include "registry/oci_error.tbl.h"
#undef OCI_ROW
};

/*
 * Replies {"errors":[{"code","message","detail"}]} with the table's status and message.
 * detail is taken; NULL leaves it out.
 */
void oci_error_reply(struct registry_call *call, enum oci_code code, struct json_t *detail);
/* As above with one error per element of the array `details`, which is taken. */
void oci_error_reply_each(struct registry_call *call, enum oci_code code, struct json_t *details);
/* As oci_error_reply, with a status of its own (416, 413, a deletion toggle). */
void oci_error_reply_status(struct registry_call *call, int status, enum oci_code code,
                            struct json_t *detail);
/* Builds the reply but does not send it, so that headers can be added. */
void oci_error_begin(struct registry_call *call, int status, enum oci_code code,
                     struct json_t *detail);
/* The reply for an error of a lower layer: maps its code; its message becomes the detail. */
void oci_error_reply_err(struct registry_call *call, const struct err *err);
/* For what lib/http answers itself: builds the reply with that status, does not send it. */
void oci_error_refuse(struct registry_call *call, int status, const struct err *why);
/* A code as clients see it. */
const char *oci_code_name(enum oci_code code);
/* A JSON string of text from a client: what is not printable ASCII becomes '?'. */
struct json_t *oci_text(const char *text);
/*
 * Begins the reply of a rule: any status, code and message (NULL: those that fit the status and
 * what was asked for). detail is taken, NULL leaves it out.
 */
void oci_error_begin_text(struct registry_call *call, int status, const char *code,
                          const char *message, struct json_t *detail);
/* {"reason": text}, or NULL when memory is short: the usual detail. */
struct json_t *oci_detail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Tests as tables: each step sends one request and says what the answer must be.
 *
 * Texts of a step may name variables as ${name}; an answer can set them, so that the next step
 * goes where a Location pointed. Content gets its variables from script_content():
 *
 *     ${name}       its sha256 digest           ${name.body}  the bytes
 *     ${name.512}   its sha512 digest           ${name.size}  their number
 *
 * Targets below /control/ are the control API's, and bodies sent there are JSON.
 *
 * Beside what a step asks for, each other answer below /v2/ is checked for the rules that hold
 * always: C1 (version header), C2 (form of an error), C3 (HEAD).
 */
#ifndef TESTS_INTEGRATION_LIB_SCRIPT_H
#define TESTS_INTEGRATION_LIB_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>

#include "lib/util/util.h"
#include "tests/integration/lib/client.h"
#include "tests/integration/lib/server.h"

struct step {
    const char *name;    /* of the test: rule and what it shows */
    const char *request; /* "GET /v2/" */
    const char *headers; /* request header lines, each ending in \n; a line
                            "Transfer-Encoding: chunked" sends body in chunks of 7 bytes */
    const char *body;    /* NULL: none */
    int status;          /* of the answer */
    const char *code;    /* OCI error code of the body; NULL: not looked at */
    const char *want;    /* lines of the answer: "Name: value", "Name: *" (any), "!Name" (absent) */
    const char *is;      /* the whole body; NULL: not looked at */
    const char *has;     /* texts that stand in the body, one a line */
    const char *hasnt;   /* texts that do not, one a line */
    const char *save;    /* "variable Header-Name" */
};

struct script;

/* A client of that server and an empty set of variables. The server is borrowed. */
struct script *script_new(struct server *s);
void script_free(struct script *t);
/* The same with a server of its own, started with these arguments (NULL: none) ... */
struct script *script_start(const char *const *args);
/* ... which ends with it. */
void script_finish(struct script *t);
/* Borrowed. */
struct server *script_server(const struct script *t);
/* The server's address number i instead of the first. */
void script_use(struct script *t, unsigned i);
/* The registry at that URL instead; script_use() goes back. */
void script_use_url(struct script *t, const char *url);

/* One TAP line per step. */
void script_run(struct script *t, const struct step *steps, size_t n);
#define RUN(t, steps) script_run((t), (steps), ARRAY_LEN(steps))
/* As one step; its answer is valid until the next one. */
const struct response *script_step(struct script *t, const struct step *step);
/* From now on requests carry this Authorization unless they bring one; NULL: none. Expanded. */
void script_authorize(struct script *t, const char *authorization);
/* Sends and reads without a test; request as in a step. */
const struct response *script_send(struct script *t, const char *request, const char *headers,
                                   const char *body);

/* Sets a variable; values are expanded when they are set. */
void script_set(struct script *t, const char *name, const char *value);
/* Ends the test program when there is no such variable. */
const char *script_get(struct script *t, const char *name);
/* text with its variables replaced; the caller frees it. */
char *script_expand(struct script *t, const char *text);
/* Sets the variables of content, which is a text with variables. */
void script_content(struct script *t, const char *name, const char *text);
/* The connection in use, opened anew when the last answer closed it. */
struct client *script_client(struct script *t);

#endif

/* SPDX-License-Identifier: MIT */
#include "tests/integration/lib/script.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <jansson.h>

#include "lib/util/digest.h"
#include "tests/integration/lib/bail.h"
#include "tests/integration/lib/vars.h"
#include "tests/tap/tap.h"

struct script {
    struct server *server;       /* borrowed */
    struct client *client;       /* owned; NULL until needed */
    unsigned url;                /* which address of the server */
    char *elsewhere;             /* owned: the URL of another registry; NULL: none */
    struct vars *vars;           /* owned */
    const struct response *last; /* borrowed from client */
    char *authorization;         /* owned; NULL: none */
    struct client *control;      /* owned: for the control API; NULL until needed */
    bool control_over;           /* its last answer closed the connection */
};

/* Why an answer is not what a step wants: the first reason only. */
struct verdict {
    bool bad;
    char why[400];
};

static void blame(struct verdict *v, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

static void blame(struct verdict *v, const char *fmt, ...)
{
    va_list ap;

    if (v->bad)
        return;
    v->bad = true;
    va_start(ap, fmt);
    vsnprintf(v->why, sizeof(v->why), fmt, ap);
    va_end(ap);
}

struct script *script_new(struct server *s)
{
    struct script *t = calloc(1, sizeof(*t));

    if (t == NULL)
        bail("out of memory");
    t->server = s;
    t->vars = vars_new();
    return t;
}

struct script *script_start(const char *const *args)
{
    const struct server_options options = {.args = args};

    return script_new(server_new(&options));
}

void script_finish(struct script *t)
{
    struct server *s = t->server;

    script_free(t);
    server_free(s);
}

void script_free(struct script *t)
{
    client_free(t->client);
    client_free(t->control);
    vars_free(t->vars);
    free(t->authorization);
    free(t->elsewhere);
    free(t);
}

struct server *script_server(const struct script *t)
{
    return t->server;
}

static void hang_up(struct script *t)
{
    client_free(t->client);
    t->client = NULL;
    t->last = NULL;
}

void script_use(struct script *t, unsigned i)
{
    hang_up(t);
    t->url = i;
    free(t->elsewhere);
    t->elsewhere = NULL;
}

void script_use_url(struct script *t, const char *url)
{
    script_use(t, 0);
    t->elsewhere = strdup(url);
    if (t->elsewhere == NULL)
        bail("out of memory");
}

struct client *script_client(struct script *t)
{
    if (t->last != NULL && (t->last->close || t->last->status == 0))
        hang_up(t);
    if (t->client == NULL)
        t->client = client_new(t->elsewhere != NULL ? t->elsewhere : server_url(t->server, t->url));
    return t->client;
}

void script_set(struct script *t, const char *name, const char *value)
{
    auto_free char *text = vars_expand(t->vars, value);

    vars_set(t->vars, name, text);
}

const char *script_get(struct script *t, const char *name)
{
    return vars_get(t->vars, name);
}

char *script_expand(struct script *t, const char *text)
{
    return vars_expand(t->vars, text);
}

static void set_part(struct script *t, const char *name, const char *part, const char *value)
{
    char full[128];

    snprintf(full, sizeof(full), "%s%s", name, part);
    vars_set(t->vars, full, value);
}

void script_content(struct script *t, const char *name, const char *text)
{
    auto_free char *body = vars_expand(t->vars, text);
    struct digest d;
    char size[24];

    snprintf(size, sizeof(size), "%zu", strlen(body));
    if (digest_of(&d, DIGEST_SHA256, body, strlen(body), NULL) != 0)
        bail("no sha256");
    vars_set(t->vars, name, d.text);
    if (digest_of(&d, DIGEST_SHA512, body, strlen(body), NULL) != 0)
        bail("no sha512");
    set_part(t, name, ".512", d.text);
    set_part(t, name, ".size", size);
    set_part(t, name, ".body", body);
}

void script_authorize(struct script *t, const char *authorization)
{
    free(t->authorization);
    t->authorization = authorization != NULL ? vars_expand(t->vars, authorization) : NULL;
}

/* The header lines of a request, with those that all have; the caller frees them. */
static char *all_headers(struct script *t, const char *headers)
{
    char *expanded = vars_expand(t->vars, headers != NULL ? headers : "");
    char *all;

    if (t->authorization == NULL || strstr(expanded, "Authorization:") != NULL)
        return expanded;
    if (asprintf(&all, "Authorization: %s\n%s", t->authorization, expanded) < 0)
        bail("out of memory");
    free(expanded);
    return all;
}

/* "A: b\nC: d\n" as it goes over the wire. */
static char *crlf(const char *lines)
{
    char *out = malloc(2 * strlen(lines) + 1), *p = out;

    if (out == NULL)
        bail("out of memory");
    for (; *lines != '\0'; lines++) {
        if (*lines == '\n')
            *p++ = '\r';
        *p++ = *lines;
    }
    *p = '\0';
    return out;
}

static char *in_chunks(const char *body)
{
    char *out = NULL;
    size_t size = 0;
    FILE *f = open_memstream(&out, &size);

    if (f == NULL)
        bail("out of memory");
    while (*body != '\0') {
        size_t n = strnlen(body, 7);

        fprintf(f, "%zx\r\n%.*s\r\n", n, (int)n, body);
        body += n;
    }
    fputs("0\r\n\r\n", f);
    if (fclose(f) != 0)
        bail("out of memory");
    return out;
}

/* Requests to the control API go to its own address, without the registry's credentials. */
static bool is_control(const char *target)
{
    return strncmp(target, "/control/", 9) == 0;
}

static const struct response *send_control(struct script *t, const char *method, const char *target,
                                           const char *body)
{
    const struct response *r;

    if (t->control == NULL || t->control_over) {
        client_free(t->control);
        t->control = client_new(server_control_url(t->server));
    }
    r = client_call(t->control, method, target,
                    body != NULL ? "Content-Type: application/json\r\n" : NULL, body,
                    body != NULL ? strlen(body) : 0);
    t->control_over = r->close || r->status == 0;
    return r;
}

const struct response *script_send(struct script *t, const char *request, const char *headers,
                                   const char *body)
{
    auto_free char *line = vars_expand(t->vars, request);
    auto_free char *expanded = all_headers(t, headers);
    auto_free char *wire = crlf(expanded);
    auto_free char *text = vars_expand(t->vars, body != NULL ? body : "");
    auto_free char *chunks = NULL;
    char *target = strchr(line, ' ');
    const char *sent = body != NULL ? text : NULL;

    if (target == NULL)
        bail("a request is a method and a target, not '%s'", line);
    *target++ = '\0';
    if (is_control(target))
        return send_control(t, line, target, sent);
    if (strstr(expanded, "Transfer-Encoding: chunked") != NULL)
        sent = chunks = in_chunks(text);
    t->last = client_call(script_client(t), line, target, *wire != '\0' ? wire : NULL, sent,
                          sent != NULL ? strlen(sent) : 0);
    return t->last;
}

/* One line of step.want. */
static void check_header(struct verdict *v, const struct response *r, char *line)
{
    char *value = strstr(line, ": ");
    const char *got;

    if (*line == '!') {
        if (response_header(r, line + 1) != NULL)
            blame(v, "there is a header %s: %s", line + 1, response_header(r, line + 1));
        return;
    }
    if (value == NULL)
        bail("a wanted header is '!Name' or 'Name: value', not '%s'", line);
    *value = '\0';
    value += 2;
    got = response_header(r, line);
    if (got == NULL)
        blame(v, "there is no header %s", line);
    else if (strcmp(value, "*") != 0 && strcmp(got, value) != 0)
        blame(v, "%s is '%s', not '%s'", line, got, value);
}

/* The code of an error body, checked against C2; borrowed from root. */
static const char *error_code(struct verdict *v, const struct response *r, const json_t *root)
{
    const char *type = response_header(r, "Content-Type");
    const json_t *first = json_array_get(json_object_get(root, "errors"), 0);
    const char *code = json_string_value(json_object_get(first, "code"));
    const char *message = json_string_value(json_object_get(first, "message"));

    if (type == NULL || strncmp(type, "application/json", 16) != 0)
        blame(v, "C2: the error's type is '%s'", type != NULL ? type : "(none)");
    if (code == NULL || *code == '\0' ||
        strspn(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ_") != strlen(code))
        blame(v, "C2: the error has no proper code");
    if (message == NULL || *message == '\0')
        blame(v, "C2: the error has no message");
    return code;
}

static void check_error(struct verdict *v, const struct step *step, const struct response *r)
{
    json_t *root = json_loadb(r->body != NULL ? r->body : "", r->size, 0, NULL);
    const char *code = error_code(v, r, root);

    if (step->code != NULL && code != NULL && strcmp(code, step->code) != 0)
        blame(v, "the error's code is %s, not %s", code, step->code);
    json_decref(root);
}

/* What holds for each answer. */
static void check_common(struct verdict *v, const struct step *step, const struct response *r)
{
    const char *version = response_header(r, "Docker-Distribution-API-Version");
    bool head = strncmp(step->request, "HEAD ", 5) == 0;

    if (version == NULL || strcmp(version, "registry/2.0") != 0)
        blame(v, "C1: Docker-Distribution-API-Version is missing");
    if (head && r->status == 200 && response_header(r, "Content-Length") == NULL)
        blame(v, "C3: no Content-Length on HEAD");
    if (r->status >= 400 && !head)
        check_error(v, step, r);
}

static void check_texts(struct verdict *v, const struct response *r, char *lines, bool wanted)
{
    char *line;

    while ((line = strsep(&lines, "\n")) != NULL) {
        bool found = *line == '\0' ? wanted : r->body != NULL && strstr(r->body, line) != NULL;

        if (found != wanted)
            blame(v, "the body %s '%s'", wanted ? "lacks" : "holds", line);
    }
}

static void check_body(struct script *t, struct verdict *v, const struct step *step,
                       const struct response *r)
{
    if (step->is != NULL) {
        auto_free char *is = vars_expand(t->vars, step->is);

        if (strlen(is) != r->size || (r->size > 0 && memcmp(is, r->body, r->size) != 0))
            blame(v, "the body (%zu bytes) is not '%.200s'", r->size, is);
    }
    if (step->has != NULL) {
        auto_free char *has = vars_expand(t->vars, step->has);

        check_texts(v, r, has, true);
    }
    if (step->hasnt != NULL) {
        auto_free char *hasnt = vars_expand(t->vars, step->hasnt);

        check_texts(v, r, hasnt, false);
    }
}

static void save_variable(struct script *t, struct verdict *v, const struct step *step,
                          const struct response *r)
{
    char name[64];
    const char *header = strchr(step->save, ' ');
    const char *value;

    if (header == NULL)
        bail("save is 'variable Header-Name', not '%s'", step->save);
    snprintf(name, sizeof(name), "%.*s", (int)(header - step->save), step->save);
    value = response_header(r, header + 1);
    if (value == NULL)
        blame(v, "there is no header %s", header + 1);
    vars_set(t->vars, name, value != NULL ? value : "/absent");
}

static void judge(struct script *t, struct verdict *v, const struct step *step,
                  const struct response *r)
{
    if (r->status == 0)
        blame(v, "no proper answer: %s", r->error);
    else if (r->status != step->status)
        blame(v, "the status is %d, not %d", r->status, step->status);
    if (r->status != 0 && !is_control(strchr(step->request, ' ') + 1))
        check_common(v, step, r);
    if (step->want != NULL) {
        auto_free char *want = vars_expand(t->vars, step->want);
        char *rest = want, *line;

        while ((line = strsep(&rest, "\n")) != NULL) {
            if (*line != '\0')
                check_header(v, r, line);
        }
    }
    check_body(t, v, step, r);
    if (step->save != NULL)
        save_variable(t, v, step, r);
}

const struct response *script_step(struct script *t, const struct step *step)
{
    const struct response *r = script_send(t, step->request, step->headers, step->body);
    struct verdict v = {.bad = false};

    judge(t, &v, step, r);
    if (!ok(!v.bad, "%s", step->name)) {
        auto_free char *request = vars_expand(t->vars, step->request);

        diag("%s: %s", request, v.why);
        response_diag(r);
    }
    return r;
}

void script_run(struct script *t, const struct step *steps, size_t n)
{
    size_t i;

    for (i = 0; i < n; i++)
        (void)script_step(t, &steps[i]);
}

/* SPDX-License-Identifier: MIT */
/* Rules that act before a request: at accept, and when a TLS client said hello. */
#include <stdlib.h>
#include <string.h>

#include "lib/fault/act.h"
#include "lib/fault/engine.h"
#include "lib/http/hook.h"
#include "lib/http/server.h"
#include "lib/http/tls.h"
#include "lib/util/certificate.h"
#include "lib/util/err.h"
#include "lib/util/util.h"

static const char *const tls_names[] = {
    [FAULT_TLS_ABORT] = "abort",
    [FAULT_TLS_EXPIRED] = "expired",
    [FAULT_TLS_SELF_SIGNED] = "self-signed",
    [FAULT_TLS_WRONG_NAME] = "wrong-name",
    [FAULT_TLS_PLAIN] = "plain",
};

/* The name that the client expects, so that the flaw is all that is wrong. */
static int add_expected_name(struct certificate_names *names, const struct http_conn *c,
                             struct err *err)
{
    char local[64];

    if (http_conn_sni(c)[0] != '\0' && certificate_names_add(names, http_conn_sni(c), err) == 0)
        return 0;
    http_conn_local(c, local, sizeof(local));
    return certificate_names_add_listener(names, local, err);
}

/* Signed by the CA that lies beside the listener's certificate (as certificate.h makes them), which
   the client may trust; else by one that nobody knows. */
static int sign(struct certificate_text *ret, const struct http_conn *c,
                const struct certificate_request *request, struct err *err)
{
    const char *path = http_conn_certificate(c);
    const char *end = path != NULL ? strrchr(path, '/') : NULL;
    auto_free char *folder = end != NULL ? strndup(path, (size_t)(end - path)) : strdup(".");

    if (path != NULL && folder != NULL && certificate_make_text(ret, folder, request, err) == 0)
        return 0;
    return certificate_make_text(ret, NULL, request, err);
}

static int make_certificate(struct certificate_text *ret, const struct http_conn *c,
                            enum fault_tls flaw, struct err *err)
{
    auto_free struct certificate_names *names = calloc(1, sizeof(*names));
    struct certificate_request request = {.common_name = "server", .names = names};

    if (names == NULL)
        return err_set(err, ERR_NOMEM, "certificate");
    if ((flaw == FAULT_TLS_WRONG_NAME ? certificate_names_add(names, "wrong.invalid", err)
                                      : add_expected_name(names, c, err)) != 0)
        return -1;
    if (flaw == FAULT_TLS_EXPIRED)
        request.flaw = CERTIFICATE_EXPIRED;
    else if (flaw == FAULT_TLS_SELF_SIGNED)
        request.flaw = CERTIFICATE_SELF_SIGNED;
    return sign(ret, c, &request, err);
}

/* A certificate of its own for this connection: made in less than a millisecond. */
static int use_flawed(struct http_conn *c, enum fault_tls flaw)
{
    struct certificate_text text;
    struct http_tls *tls;
    struct err err;
    int result;

    if (make_certificate(&text, c, flaw, &err) != 0)
        return -1;
    result = http_tls_new_text(&tls, text.certificate, text.key, &err);
    free(text.certificate);
    free(text.key);
    if (result != 0)
        return -1;
    http_conn_use_tls(c, tls);
    http_tls_free(tls); /* the connection keeps what it uses */
    return 0;
}

static enum http_verdict act_on(const struct fault_rule *rule, struct http_conn *c,
                                const char **ret_tls_effect)
{
    if (FAULT_HAS(&rule->effects, LISTENER) && http_conn_stage(c) == HTTP_STAGE_ACCEPT)
        return HTTP_RESET;
    if (!FAULT_HAS(&rule->effects, TLS))
        return HTTP_PASS;
    *ret_tls_effect = tls_names[rule->effects.tls];
    switch (rule->effects.tls) {
    case FAULT_TLS_ABORT:
        return HTTP_DROP;
    case FAULT_TLS_PLAIN:
        http_conn_use_tls(c, NULL);
        return HTTP_PASS;
    default:
        return use_flawed(c, rule->effects.tls) == 0 ? HTTP_PASS : HTTP_DROP;
    }
}

enum http_verdict fault_connection(struct fault_engine *e, const struct subject *s,
                                   struct http_conn *c, const char **ret_tls_effect)
{
    struct fault_plan plan = {.count = 0};
    enum http_verdict verdict = HTTP_PASS;

    *ret_tls_effect = NULL;
    if (e->connect_count == 0)
        return HTTP_PASS;
    fault_match_connection(
        e, s, http_conn_stage(c) == HTTP_STAGE_TLS ? FAULT_EFFECT_TLS : FAULT_EFFECT_LISTENER,
        &plan);
    if (plan.count > 0)
        verdict = act_on(plan.rules[0], c, ret_tls_effect);
    fault_plan_done(e, &plan);
    return verdict;
}

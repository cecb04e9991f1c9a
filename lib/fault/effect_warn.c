/* SPDX-License-Identifier: MIT */
/* What a `then` may say although it does nothing: told in the report of a load. */
#include "lib/fault/effect_parse.h"

#include <stdio.h>

#include <jansson.h>

#include "lib/fault/fault.h"
#include "lib/util/buf.h"
#include "lib/util/conf.h"
#include "lib/util/err.h"
#include "lib/util/schema.h"
#include "lib/util/util.h"

struct warner {
    const char *path;
    json_t *warnings;
    bool failed;
};

static void warn(struct warner *w, const char *key, const char *text)
{
    char line[CONF_PATH_MAX + 200];

    (void)snprintf(line, sizeof(line), "%s%s%s: %s", w->path, key[0] != '\0' ? "." : "", key, text);
    if (json_array_append_new(w->warnings, json_string(line)) != 0)
        w->failed = true;
}

static void warn_connect(struct warner *w, const struct fault_effects *e, bool product)
{
    uint64_t rest = e->has & ~(UINT64_C(1) << FAULT_EFFECT_LISTENER |
                               UINT64_C(1) << FAULT_EFFECT_TLS | UINT64_C(1) << FAULT_EFFECT_SET);
    const char *key = FAULT_HAS(e, TLS) ? "tls" : "listener";

    if (rest != 0 || product)
        warn(w, key, "acts before a request: what else the rule says does nothing");
    if (FAULT_HAS(e, TLS) && FAULT_HAS(e, LISTENER))
        warn(w, "tls", "does nothing, because the listener refuses the connection");
}

static bool is_silent(const struct fault_effects *e)
{
    return FAULT_HAS(e, CONNECTION) && e->connection != FAULT_CONNECTION_BAD_CHUNK &&
           e->connection != FAULT_CONNECTION_CLOSE_IDLE;
}

static void warn_answer(struct warner *w, const struct fault_effects *e)
{
    bool has_status = FAULT_HAS(e, STATUS) || FAULT_HAS(e, QUOTA);

    if (is_silent(e) && FAULT_HAS(e, STATUS))
        warn(w, "status", "does nothing, because the connection ends without an answer");
    if (is_silent(e) && FAULT_HAS(e, REDIRECT))
        warn(w, "redirect", "does nothing, because the connection ends without an answer");
    if (FAULT_HAS(e, REDIRECT) && FAULT_HAS(e, STATUS))
        warn(w, "status", "does nothing, because the redirect has its own");
    if (FAULT_HAS(e, ERROR) && !has_status)
        warn(w, "error", "does nothing without a status");
    if (FAULT_HAS(e, RAW_BODY) && !has_status)
        warn(w, "raw_body", "does nothing without a status");
    if (FAULT_HAS(e, RAW_BODY) && FAULT_HAS(e, ERROR))
        warn(w, "error", "does nothing, because raw_body is sent instead");
}

int effects_warn(const struct fault_effects *e, bool product, const char *path, json_t *warnings,
                 struct err *err)
{
    struct warner w = {.path = path, .warnings = warnings};

    if (e->has == 0 && !product)
        warn(&w, "", "is empty: the rule only counts");
    if (fault_effects_connect(e))
        warn_connect(&w, e, product);
    else
        warn_answer(&w, e);
    return w.failed ? err_set(err, ERR_NOMEM, "warnings") : 0;
}

/* --- Keys of the product ------------------------------------------------------------------------
 */

/* "does nothing with what the rule matches: it is for token or ping" */
static void warn_ops(struct warner *w, const struct vocabulary *v, const char *key, uint64_t ops)
{
    auto_buf struct buf text = BUF_INIT(160);

    (void)buf_append_text(&text, "does nothing with what the rule matches: it is for ");
    for (uint64_t left = ops; left != 0; left &= left - 1)
        (void)buf_appendf(&text, "%s%s",
                          left == ops                ? ""
                          : (left & (left - 1)) == 0 ? " or "
                                                     : ", ",
                          v->ops[__builtin_ctzll(left)]);
    warn(w, key, buf_text(&text));
}

int effects_warn_product(const struct fault_effects *e, const struct fault_product *tables,
                         uint64_t product, uint64_t ops, const char *path, json_t *warnings,
                         struct err *err)
{
    struct warner w = {.path = path, .warnings = warnings};

    for (; tables->uses != NULL && product != 0; product &= product - 1) {
        int i = __builtin_ctzll(product);
        const struct fault_use *use = &tables->uses[i];

        if (use->ops != 0 && (use->ops & ops) == 0)
            warn_ops(&w, tables->vocabulary, tables->effects[i].key, use->ops);
        else if (use->answered && fault_effects_answer(e))
            warn(&w, tables->effects[i].key, "does nothing, because the rule answers by itself");
    }
    return w.failed ? err_set(err, ERR_NOMEM, "warnings") : 0;
}

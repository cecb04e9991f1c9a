/* SPDX-License-Identifier: MIT */
#include "cli/world_text.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/util/base64.h"
#include "lib/util/buf.h"
#include "lib/util/util.h"

enum { TEXT_MAX = 4096 };

static bool is_https(const struct world_text *t)
{
    return strncmp(t->url, "https:", 6) == 0;
}

static const char *authority(const struct world_text *t)
{
    return strstr(t->url, "://") + 3;
}

void world_text_location(struct buf *b, const struct world_text *t)
{
    (void)buf_append_text(b, authority(t));
    if (t->prefix != NULL)
        (void)buf_appendf(b, "/%s", t->prefix);
}

/* base64("account:secret"), RFC 7617. */
static json_t *credentials(const struct world_text *t)
{
    auto_buf struct buf plain = BUF_INIT(TEXT_MAX);
    auto_buf struct buf coded = BUF_INIT(TEXT_MAX * 2);
    json_t *entry;

    (void)buf_appendf(&plain, "%s:%s", t->account, t->secret);
    base64_encode(&coded, BASE64_STANDARD, buf_text(&plain), plain.len);
    entry = json_pack("{s:s}", "auth", buf_text(&coded));
    if (plain.data != NULL)
        explicit_bzero(plain.data, plain.len);
    if (coded.data != NULL)
        explicit_bzero(coded.data, coded.len);
    return entry;
}

void world_text_dockerconfigjson(struct buf *b, const struct world_text *t)
{
    auto_buf struct buf location = BUF_INIT(TEXT_MAX);
    json_t *auths = json_object();
    json_t *root = json_pack("{s:o}", "auths", auths);
    char *text;

    world_text_location(&location, t);
    if (t->account != NULL)
        (void)json_object_set_new(auths, buf_text(&location), credentials(t));
    text = json_dumps(root, JSON_COMPACT);
    (void)buf_append_text(b, text != NULL ? text : "");
    json_decref(root);
    free(text);
}

/* A text in quotes; what is put there holds no control characters. */
static void add_quoted(struct buf *b, const char *text)
{
    (void)buf_append_char(b, '"');
    for (; *text != '\0'; text++) {
        if (*text == '"' || *text == '\\')
            (void)buf_append_char(b, '\\');
        (void)buf_append_char(b, *text);
    }
    (void)buf_append_char(b, '"');
}

void world_text_registries_conf(struct buf *b, const struct world_text *t)
{
    auto_buf struct buf location = BUF_INIT(TEXT_MAX);

    world_text_location(&location, t);
    (void)buf_append_text(b, "[[registry]]\nlocation = ");
    add_quoted(b, buf_text(&location));
    (void)buf_append_char(b, '\n');
    if (!is_https(t))
        (void)buf_append_text(b, "insecure = true\n");
    else if (t->ca == NULL)
        (void)buf_append_text(b, "insecure = true # or trust its CA\n");
    else
        (void)buf_appendf(b, "# trusted with %s as /etc/containers/certs.d/%s/ca.crt\n", t->ca,
                          authority(t));
}

void world_text_hosts_toml(struct buf *b, const struct world_text *t)
{
    (void)buf_append_text(b, "server = ");
    add_quoted(b, t->url);
    (void)buf_append_text(b, "\n\n[host.");
    add_quoted(b, t->url);
    (void)buf_append_text(b, "]\n  capabilities = [\"pull\", \"resolve\", \"push\"]\n");
    if (!is_https(t))
        return;
    (void)buf_append_text(b, t->ca != NULL ? "  ca = " : "  skip_verify = true\n");
    if (t->ca == NULL)
        return;
    add_quoted(b, t->ca);
    (void)buf_append_char(b, '\n');
}

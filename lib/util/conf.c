/* SPDX-License-Identifier: MIT */
#include "lib/util/conf.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <jansson.h>

#include "lib/util/buf.h"
#include "lib/util/conf_yaml.h"
#include "lib/util/err.h"
#include "lib/util/json.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

struct conf {
    char *name;               /* owned */
    json_t *root;             /* owned reference */
    struct conf_lines *lines; /* owned; NULL when there are none */
    size_t prefix;            /* bytes of paths that the file does not have: of the key of a list */
};

DEFINE_AUTO(conf, struct conf, conf_free)
#define auto_conf __attribute__((cleanup(auto_conf_)))

void conf_free(struct conf *c)
{
    if (c == NULL)
        return;
    conf_lines_free(c->lines);
    json_decref(c->root);
    free(c->name);
    free(c);
}

json_t *conf_root(const struct conf *c)
{
    return c->root;
}

const char *conf_name(const struct conf *c)
{
    return c->name;
}

void conf_path_add(char *dst, const char *key, size_t index)
{
    size_t len = strlen(dst);

    if (key == NULL)
        (void)snprintf(dst + len, CONF_PATH_MAX - len, "[%zu]", index);
    else
        (void)snprintf(dst + len, CONF_PATH_MAX - len, "%s%s", len > 0 ? "." : "", key);
}

unsigned conf_line(const struct conf *c, const char *path)
{
    char place[CONF_PATH_MAX];
    size_t skip = strnlen(path, c->prefix);
    size_t len = strnlen(path + skip, sizeof(place) - 1);

    path += skip;
    memcpy(place, path, len);
    place[len] = '\0';
    for (;;) {
        unsigned line = conf_lines_find(c->lines, place);

        if (line > 0 || len == 0)
            return line;
        do {
            len--;
        } while (len > 0 && place[len] != '.' && place[len] != '[');
        place[len] = '\0';
    }
}

/* --- JSON ---------------------------------------------------------------------------------------
 */

static int parse_json(struct conf *c, const char *text, size_t n, struct err *err)
{
    static const struct util_json_limits limits = {
        .size = CONF_FILE_MAX, .depth = CONF_DEPTH_MAX, .values = CONF_NODES_MAX, .secret = true};

    if (util_json_parse(&c->root, text, n, &limits, err) != 0) {
        if (err != NULL && err->code == ERR_SYNTAX)
            err->code = ERR_CONFIG;
        return err_wrap(err, "%s", c->name);
    }
    /* JSON is nearly YAML: a second reading gives the lines, and where it does not, there are none.
     */
    (void)conf_yaml_parse(NULL, &c->lines, c->name, text, n, NULL);
    return 0;
}

/* --- Files --------------------------------------------------------------------------------------
 */

static bool has_suffix(const char *s, const char *suffix)
{
    size_t n = strlen(s);
    size_t m = strlen(suffix);

    return n >= m && strcmp(s + n - m, suffix) == 0;
}

/* JSON by its name, or because it is JSON; flow collections of YAML begin like it. */
static int parse_text(struct conf *c, const char *text, size_t n, struct err *err)
{
    size_t blank = 0;

    while (blank < n && strchr(" \t\r\n", text[blank]) != NULL && text[blank] != '\0')
        blank++;
    if (has_suffix(c->name, ".json"))
        return parse_json(c, text, n, err);
    if (blank < n && strchr("{[", text[blank]) != NULL && parse_json(c, text, n, NULL) == 0)
        return 0;
    json_decref(c->root);
    c->root = NULL;
    return conf_yaml_parse(&c->root, &c->lines, c->name, text, n, err);
}

static int wrap_list(struct conf *c, const char *key, struct err *err)
{
    json_t *list = c->root;

    c->prefix = strlen(key);
    c->root = json_pack("{s:o}", key, list);
    return c->root != NULL ? 0 : err_set(err, ERR_NOMEM, "configuration");
}

int conf_parse(struct conf **ret, const char *name, const char *text, size_t n, struct err *err)
{
    return conf_parse_list(ret, name, NULL, text, n, err);
}

int conf_parse_list(struct conf **ret, const char *name, const char *key, const char *text,
                    size_t n, struct err *err)
{
    auto_conf struct conf *c = calloc(1, sizeof(*c));

    if (c == NULL || (c->name = strdup(name)) == NULL)
        return err_set(err, ERR_NOMEM, "configuration");
    if (n > CONF_FILE_MAX)
        return err_set(err, ERR_LIMIT, "%s: larger than %d bytes", name, CONF_FILE_MAX);
    if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark */
        text += 3;
        n -= 3;
    }
    if (parse_text(c, text, n, err) != 0)
        return -1;
    if (key != NULL && json_is_array(c->root) && wrap_list(c, key, err) != 0)
        return -1;
    if (!json_is_object(c->root))
        return err_set(err, ERR_CONFIG, "%s:1: expected keys and values%s", name,
                       key != NULL ? ", or a list of these" : " such as 'key: value'");
    *ret = STEAL(c);
    return 0;
}

static int read_all(struct buf *b, int fd, const char *path, struct err *err)
{
    for (;;) {
        char *room = buf_room(b, b->max - b->len < 65536 ? b->max - b->len : 65536);
        ssize_t n;

        if (room == NULL)
            return buf_check(b, path, err);
        if (b->len == b->max)
            return err_set(err, ERR_LIMIT, "%s: larger than %d bytes", path, CONF_FILE_MAX);
        n = read(fd, room, b->max - b->len < 65536 ? b->max - b->len : 65536);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return err_sys(err, "%s", path);
        if (n == 0)
            return 0;
        buf_grown(b, (size_t)n);
    }
}

int conf_load(struct conf **ret, const char *path, struct err *err)
{
    return conf_load_list(ret, path, NULL, err);
}

int conf_load_list(struct conf **ret, const char *path, const char *key, struct err *err)
{
    auto_buf struct buf b = BUF_INIT(CONF_FILE_MAX + 1);
    auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);

    if (fd < 0)
        return err_sys(err, "%s", path);
    if (read_all(&b, fd, path, err) != 0)
        return -1;
    return conf_parse_list(ret, path, key, buf_text(&b), b.len, err);
}

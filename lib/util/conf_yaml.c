/* SPDX-License-Identifier: MIT */
#include "lib/util/conf_yaml.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include <jansson.h>
#include <yaml.h>

#include "lib/util/conf.h"
#include "lib/util/conf_scalar.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "lib/util/util.h"

enum { ANCHORS_MAX = 200 };

struct conf_lines {
    size_t count;
    size_t room;
    struct {
        char *path; /* owned */
        unsigned line;
    } * rows; /* owned */
};

/* A node that an alias may stand for. */
struct anchor {
    char *name;   /* owned */
    json_t *node; /* owned reference */
    size_t size;  /* nodes in it */
};

struct reader {
    yaml_parser_t parser;
    const char *name; /* borrowed: the file in messages */
    const char *text; /* borrowed: what is read */
    size_t length;
    struct err *err;                    /* borrowed; may be NULL */
    struct conf_lines *lines;           /* owned */
    struct anchor anchors[ANCHORS_MAX]; /* the first anchor_count are in use */
    size_t anchor_count;
    size_t nodes; /* so far, aliases expanded */
    unsigned depth;
    char path[CONF_PATH_MAX]; /* of the node that is being read */
};

/* --- Lines --------------------------------------------------------------------------------------
 */

void conf_lines_free(struct conf_lines *lines)
{
    if (lines == NULL)
        return;
    for (size_t i = 0; i < lines->count; i++)
        free(lines->rows[i].path);
    free(lines->rows);
    free(lines);
}

unsigned conf_lines_find(const struct conf_lines *lines, const char *path)
{
    for (size_t i = 0; lines != NULL && i < lines->count; i++) {
        if (strcmp(lines->rows[i].path, path) == 0)
            return lines->rows[i].line;
    }
    return 0;
}

static int add_line(struct reader *r, unsigned line)
{
    struct conf_lines *lines = r->lines;

    if (lines->count == lines->room) {
        size_t room = lines->room == 0 ? 32 : 2 * lines->room;
        void *rows = realloc(lines->rows, room * sizeof(*lines->rows));

        if (rows == NULL)
            return err_set(r->err, ERR_NOMEM, "%s", r->name);
        lines->rows = rows;
        lines->room = room;
    }
    lines->rows[lines->count].path = strdup(r->path);
    if (lines->rows[lines->count].path == NULL)
        return err_set(r->err, ERR_NOMEM, "%s", r->name);
    lines->rows[lines->count++].line = line;
    return 0;
}

/* --- Events -------------------------------------------------------------------------------------
 */

static unsigned event_line(const yaml_event_t *event)
{
    return (unsigned)event->start_mark.line + 1;
}

/* The reader of libyaml knows offsets only. */
static unsigned line_of_offset(const struct reader *r, size_t offset)
{
    unsigned line = 1;

    for (size_t i = 0; i < offset && i < r->length; i++)
        line += r->text[i] == '\n';
    return line;
}

/* Quotes nothing of the text, which may be a secret. */
static int parser_failed(struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    const yaml_mark_t *at = &p->problem_mark;
    const char *problem = p->problem == NULL ? "malformed YAML" : p->problem;
    bool tab = at->index < r->length && r->text[at->index] == '\t';
    const char *advice = tab ? ": indent with blanks, not with tabs" : "";

    if (p->error == YAML_MEMORY_ERROR)
        return err_set(r->err, ERR_NOMEM, "%s", r->name);
    if (p->error == YAML_READER_ERROR)
        return err_set(r->err, ERR_CONFIG, "%s:%u: %s", r->name,
                       line_of_offset(r, p->problem_offset), problem);
    return err_set(r->err, ERR_CONFIG, "%s:%zu:%zu: %s%s%s%s", r->name, at->line + 1,
                   at->column + 1, problem, p->context != NULL ? " " : "",
                   p->context != NULL ? p->context : "", advice);
}

static int next_event(struct reader *r, yaml_event_t *ret)
{
    return yaml_parser_parse(&r->parser, ret) == 1 ? 0 : parser_failed(r);
}

static int count_nodes(struct reader *r, size_t n, unsigned line)
{
    r->nodes += n;
    if (r->nodes > CONF_NODES_MAX)
        return err_set(r->err, ERR_LIMIT, "%s:%u: more than %d values once aliases are expanded",
                       r->name, line, CONF_NODES_MAX);
    return 0;
}

/* --- Scalars ------------------------------------------------------------------------------------
 */

static int check_scalar(struct reader *r, const yaml_event_t *event)
{
    if (strlen((const char *)event->data.scalar.value) != event->data.scalar.length)
        return err_set(r->err, ERR_CONFIG, "%s:%u: a text must not hold NUL", r->name,
                       event_line(event));
    return 0;
}

static int read_scalar(struct reader *r, json_t **ret, const yaml_event_t *event)
{
    const char *s = (const char *)event->data.scalar.value;
    const char *tag = (const char *)event->data.scalar.tag;
    int result = 0;

    if (check_scalar(r, event) != 0)
        return -1;
    if (tag != NULL)
        result = conf_scalar_tagged(ret, tag, s, r->err);
    else if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        result = conf_scalar_plain(ret, s, r->err);
    else
        *ret = json_string(s);
    return result == 0 ? 0 : err_wrap(r->err, "%s:%u", r->name, event_line(event));
}

/* --- Anchors and aliases ------------------------------------------------------------------------
 */

static int add_anchor(struct reader *r, const char *name, json_t *node, size_t size, unsigned line)
{
    struct anchor *a = &r->anchors[r->anchor_count];

    if (name == NULL || *name == '\0')
        return 0;
    if (r->anchor_count == ANCHORS_MAX)
        return err_set(r->err, ERR_LIMIT, "%s:%u: more than %d anchors", r->name, line,
                       ANCHORS_MAX);
    a->name = strdup(name);
    if (a->name == NULL)
        return err_set(r->err, ERR_NOMEM, "%s", r->name);
    a->node = json_incref(node);
    a->size = size;
    r->anchor_count++;
    return 0;
}

/* An anchor counts from the end of its node on, so that no node can hold itself. */
static int read_alias(struct reader *r, json_t **ret, const yaml_event_t *event)
{
    const char *name = (const char *)event->data.alias.anchor;

    for (size_t i = r->anchor_count; i-- > 0;) {
        if (strcmp(r->anchors[i].name, name) != 0)
            continue;
        if (count_nodes(r, r->anchors[i].size, event_line(event)) != 0)
            return -1;
        *ret = json_deep_copy(r->anchors[i].node);
        return 0;
    }
    return err_set(r->err, ERR_CONFIG,
                   "%s:%u: an alias has no anchor before it: a text that begins with '*' is put in "
                   "quotes",
                   r->name, event_line(event));
}

/* --- Collections --------------------------------------------------------------------------------
 */

static int read_node(struct reader *r, json_t **ret, const yaml_event_t *event);

static int check_collection_tag(struct reader *r, const yaml_char_t *tag, const char *want,
                                unsigned line)
{
    if (tag == NULL || strcmp((const char *)tag, "!") == 0 || strcmp((const char *)tag, want) == 0)
        return 0;
    return err_set(r->err, ERR_CONFIG, "%s:%u: this tag is not supported", r->name, line);
}

/* Reads the node that `event` begins at path + step, and leaves r->path as it was. */
static int read_child(struct reader *r, json_t **ret, const yaml_event_t *event, const char *key,
                      size_t index)
{
    size_t len = strlen(r->path);
    int result;

    conf_path_add(r->path, key, index);
    result = read_node(r, ret, event);
    r->path[len] = '\0';
    return result;
}

static int read_sequence(struct reader *r, json_t **ret)
{
    json_t *array = *ret = json_array();

    for (size_t i = 0;; i++) {
        yaml_event_t event;
        json_t *child = NULL;
        bool end;
        int result;

        if (next_event(r, &event) != 0)
            return -1;
        end = event.type == YAML_SEQUENCE_END_EVENT;
        result = end ? 0 : read_child(r, &child, &event, NULL, i);
        yaml_event_delete(&event);
        if (end)
            return 0;
        if (result == 0 && json_array_append_new(array, child) != 0)
            result = err_set(r->err, ERR_NOMEM, "%s", r->name);
        else if (result != 0)
            json_decref(child);
        if (result != 0)
            return -1;
    }
}

static int check_key(struct reader *r, json_t *object, const yaml_event_t *event)
{
    unsigned line = event_line(event);
    char place[CONF_PATH_MAX];
    const char *key;

    if (event->type != YAML_SCALAR_EVENT)
        return err_set(r->err, ERR_CONFIG, "%s:%u: a key must be a plain text", r->name, line);
    key = (const char *)event->data.scalar.value;
    if (check_scalar(r, event) != 0)
        return -1;
    if (strcmp(key, "<<") == 0 && event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE)
        return err_set(r->err, ERR_CONFIG,
                       "%s:%u: merge keys are not supported: write the keys out, "
                       "or use an alias for the whole value",
                       r->name, line);
    if (json_object_get(object, key) == NULL)
        return count_nodes(r, 1, line);
    memcpy(place, r->path, sizeof(place));
    conf_path_add(place, key, 0);
    return err_set(r->err, ERR_CONFIG, "%s:%u: the key %s is there twice (first in line %u)",
                   r->name, line, TEXT_QUOTE(place), conf_lines_find(r->lines, place));
}

/* The value of a key whose event was read; adds both to the object. */
static int read_member(struct reader *r, json_t *object, const yaml_event_t *key_event)
{
    const char *key = (const char *)key_event->data.scalar.value;
    yaml_event_t event;
    json_t *child = NULL;
    int result;

    if (check_key(r, object, key_event) != 0 || next_event(r, &event) != 0)
        return -1;
    result = read_child(r, &child, &event, key, 0);
    yaml_event_delete(&event);
    if (result != 0) {
        json_decref(child);
        return -1;
    }
    if (json_object_set_new(object, key, child) != 0)
        return err_set(r->err, ERR_NOMEM, "%s", r->name);
    return 0;
}

static int read_mapping(struct reader *r, json_t **ret)
{
    json_t *object = *ret = json_object();

    for (;;) {
        yaml_event_t event;
        bool end;
        int result;

        if (next_event(r, &event) != 0)
            return -1;
        end = event.type == YAML_MAPPING_END_EVENT;
        result = end ? 0 : read_member(r, object, &event);
        yaml_event_delete(&event);
        if (end || result != 0)
            return result;
    }
}

static int read_collection(struct reader *r, json_t **ret, const yaml_event_t *event)
{
    unsigned line = event_line(event);
    int result;

    if (r->depth == CONF_DEPTH_MAX)
        return err_set(r->err, ERR_LIMIT, "%s:%u: nested deeper than %d levels", r->name, line,
                       CONF_DEPTH_MAX);
    r->depth++;
    if (event->type == YAML_SEQUENCE_START_EVENT) {
        result =
            check_collection_tag(r, event->data.sequence_start.tag, CONF_TAG_PREFIX "seq", line);
        result = result != 0 ? -1 : read_sequence(r, ret);
    } else {
        result =
            check_collection_tag(r, event->data.mapping_start.tag, CONF_TAG_PREFIX "map", line);
        result = result != 0 ? -1 : read_mapping(r, ret);
    }
    r->depth--;
    return result;
}

static const char *anchor_of(const yaml_event_t *event)
{
    switch (event->type) {
    case YAML_SCALAR_EVENT:
        return (const char *)event->data.scalar.anchor;
    case YAML_SEQUENCE_START_EVENT:
        return (const char *)event->data.sequence_start.anchor;
    case YAML_MAPPING_START_EVENT:
        return (const char *)event->data.mapping_start.anchor;
    default:
        return NULL;
    }
}

/* Reads the node that event begins; on failure *ret is what there was of it, to be freed. */
static int read_node(struct reader *r, json_t **ret, const yaml_event_t *event)
{
    size_t before = r->nodes;
    unsigned line = event_line(event);
    int result;

    if (add_line(r, line) != 0 || count_nodes(r, 1, line) != 0)
        return -1;
    if (event->type == YAML_ALIAS_EVENT)
        result = read_alias(r, ret, event);
    else if (event->type == YAML_SCALAR_EVENT)
        result = read_scalar(r, ret, event);
    else
        result = read_collection(r, ret, event);
    if (result != 0)
        return -1;
    if (*ret == NULL)
        return err_set(r->err, ERR_NOMEM, "%s", r->name);
    return add_anchor(r, anchor_of(event), *ret, r->nodes - before, line);
}

/* --- Documents ----------------------------------------------------------------------------------
 */

/* Reads up to the end of the first document; *ret stays NULL when there is none. */
static int read_document(struct reader *r, json_t **ret)
{
    yaml_event_type_t type;

    do {
        yaml_event_t event;
        int result = 0;

        if (next_event(r, &event) != 0)
            return -1;
        type = event.type;
        if (type == YAML_SCALAR_EVENT || type == YAML_ALIAS_EVENT ||
            type == YAML_SEQUENCE_START_EVENT || type == YAML_MAPPING_START_EVENT)
            result = read_node(r, ret, &event);
        yaml_event_delete(&event);
        if (result != 0)
            return -1;
    } while (type != YAML_DOCUMENT_END_EVENT && type != YAML_STREAM_END_EVENT);
    return 0;
}

/* Nothing may follow the first document. */
static int read_end(struct reader *r)
{
    yaml_event_t event;
    yaml_event_type_t type;
    unsigned line;

    if (next_event(r, &event) != 0)
        return -1;
    type = event.type;
    line = event_line(&event);
    yaml_event_delete(&event);
    if (type == YAML_DOCUMENT_START_EVENT)
        return err_set(r->err, ERR_CONFIG, "%s:%u: a second document begins: only one is allowed",
                       r->name, line);
    return 0;
}

static int read_stream(struct reader *r, json_t **ret)
{
    if (read_document(r, ret) != 0)
        return -1;
    if (*ret != NULL && read_end(r) != 0)
        return -1;
    if (*ret == NULL || json_is_null(*ret)) {
        json_decref(*ret);
        *ret = json_object();
    }
    return *ret == NULL ? err_set(r->err, ERR_NOMEM, "%s", r->name) : 0;
}

static void reader_free(struct reader *r)
{
    for (size_t i = 0; i < r->anchor_count; i++) {
        free(r->anchors[i].name);
        json_decref(r->anchors[i].node);
    }
    conf_lines_free(r->lines);
    yaml_parser_delete(&r->parser);
    free(r);
}

DEFINE_AUTO(reader, struct reader, reader_free)
#define auto_reader __attribute__((cleanup(auto_reader_)))

int conf_yaml_parse(json_t **ret_root, struct conf_lines **ret_lines, const char *name,
                    const char *text, size_t n, struct err *err)
{
    auto_reader struct reader *r = calloc(1, sizeof(*r));
    json_t *root = NULL;

    if (r == NULL || (r->lines = calloc(1, sizeof(*r->lines))) == NULL ||
        yaml_parser_initialize(&r->parser) != 1)
        return err_set(err, ERR_NOMEM, "%s", name);
    r->name = name;
    r->text = text;
    r->length = n;
    r->err = err;
    yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&r->parser, (const unsigned char *)text, n);
    if (read_stream(r, &root) != 0) {
        json_decref(root);
        return -1;
    }
    *ret_lines = STEAL(r->lines);
    if (ret_root == NULL)
        json_decref(root);
    else
        *ret_root = root;
    return 0;
}

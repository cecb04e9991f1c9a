/* SPDX-License-Identifier: MIT */
/* What the readers of effects share. For effect_*.c only. */
#ifndef LIB_FAULT_EFFECT_READ_H
#define LIB_FAULT_EFFECT_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "lib/fault/effect_parse.h"
#include "lib/util/schema.h"

struct err;
struct json_t;

struct effect_reader {
    struct fault_effects *effects; /* being made */
    const struct effect_context *context;
    struct schema_place *at; /* of the value that is read */
};

/* An error at a key below the place. */
#define EFFECT_BELOW(r, key, ...)                                                                  \
    ({                                                                                             \
        size_t below_len_ = strlen((r)->at->path);                                                 \
                                                                                                   \
        conf_path_add((r)->at->path, (key), 0);                                                    \
        (void)schema_error((r)->at, __VA_ARGS__);                                                  \
        (r)->at->path[below_len_] = '\0';                                                          \
        -1;                                                                                        \
    })

/* The number at a key of a checked object, read by the row of s. */
uint64_t effect_number(const struct schema *s, const struct json_t *object, const char *key,
                       uint64_t preset);
bool effect_has(const struct json_t *object, const char *key);
/* The text at a key, or value itself where it is the short form; or NULL. */
const char *effect_text(const struct json_t *value, const char *key);
/* Has the text of a number or boolean (or of those in a list) written into the rule's own JSON, so
   that it can be borrowed. */
int effect_settle_text(struct json_t *object, const char *name, struct err *err);
/* A name of a header (RFC 9110, section 5.6.2). */
bool effect_is_token(const char *s);
/* What may be sent as the value of a header: no control characters but the tab. */
bool effect_is_line(const char *s);

/* The value of each key was checked against its table. */
typedef int (*effect_read_fn)(struct effect_reader *r, const struct json_t *value, struct err *err);

/* effect_answer.c */
int effect_read_status(struct effect_reader *r, const struct json_t *value, struct err *err);
int effect_read_error(struct effect_reader *r, const struct json_t *value, struct err *err);
int effect_read_raw_body(struct effect_reader *r, const struct json_t *value, struct err *err);
int effect_read_headers(struct effect_reader *r, const struct json_t *value, struct err *err);
int effect_read_quota(struct effect_reader *r, const struct json_t *value, struct err *err);
int effect_read_redirect(struct effect_reader *r, const struct json_t *value, struct err *err);

#endif

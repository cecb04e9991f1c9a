/* SPDX-License-Identifier: MIT */
/*
 * The `then` of a rule, read: what a matched rule does to an exchange or its connection.
 *
 * Durations are milliseconds, sizes and offsets bytes. All texts are borrowed from the rule's own
 * JSON and live as long as the rule; arrays are owned by the effects. Immutable once read, so that
 * a rule may act on many exchanges at once.
 */
#ifndef LIB_FAULT_EFFECT_H
#define LIB_FAULT_EFFECT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct json_t;

enum {
    FAULT_DELAY_MAX_MS = 3600 * 1000, /* a longer delay is refused */
    FAULT_HOPS_MAX = 1000,
    FAULT_FLIPS_MAX = 1024,
    FAULT_HEADERS_MAX = 64, /* lines that one rule sets or adds */
};

/* The engine's own keys of `then`: name and key. */
#define FAULT_EFFECTS(X)                                                                           \
    X(STATUS, "status")                                                                            \
    X(ERROR, "error")                                                                              \
    X(RAW_BODY, "raw_body")                                                                        \
    X(HEADERS, "headers")                                                                          \
    X(QUOTA, "quota")                                                                              \
    X(REDIRECT, "redirect")                                                                        \
    X(DELAY, "delay")                                                                              \
    X(DELAY_BODY, "delay_body")                                                                    \
    X(RATE, "rate")                                                                                \
    X(DRIP, "drip")                                                                                \
    X(HOLD, "hold")                                                                                \
    X(CONNECTION, "connection")                                                                    \
    X(CLOSE_AFTER_REQUESTS, "close_after_requests")                                                \
    X(BODY, "body")                                                                                \
    X(HEAD, "head")                                                                                \
    X(LISTENER, "listener")                                                                        \
    X(TLS, "tls")                                                                                  \
    X(CONTENT, "content")                                                                          \
    X(DIGEST_HEADER, "digest_header")                                                              \
    X(LENGTH_HEADER, "length_header")                                                              \
    X(TYPE_HEADER, "type_header")                                                                  \
    X(RANGE, "range")                                                                              \
    X(SET, "set")

enum fault_effect {
#define FAULT_EFFECT_ENUM(name, key) FAULT_EFFECT_##name,
    FAULT_EFFECTS(FAULT_EFFECT_ENUM)
#undef FAULT_EFFECT_ENUM
        FAULT_EFFECT_COUNT
};

#define FAULT_HAS(effects, name) (((effects)->has >> FAULT_EFFECT_##name & 1) != 0)

/* How long: fixed, or drawn anew for each request (fault_duration_draw). */
enum fault_dist { FAULT_DIST_FIXED, FAULT_DIST_UNIFORM, FAULT_DIST_LOGNORMAL };

struct fault_duration {
    enum fault_dist dist;
    uint32_t min;    /* FIXED: the duration; UNIFORM: the least */
    uint32_t max;    /* UNIFORM, LOGNORMAL: the most */
    uint32_t median; /* LOGNORMAL */
    double sigma;    /* LOGNORMAL: of the logarithm */
};

/* A place in a body: bytes, or a share of its length. */
struct fault_offset {
    bool is_share;
    uint64_t bytes; /* !is_share */
    double share;   /* is_share: 0 to 1 */
};

/* What happens at a cut. */
enum fault_cut_do { FAULT_CUT_CLOSE, FAULT_CUT_RESET, FAULT_CUT_STALL, FAULT_CUT_HOLD };

struct fault_cut {
    struct fault_offset after;
    enum fault_cut_do act;
    const char *gate; /* HOLD: its gate, by default the rule's id */
};

struct fault_header {
    const char *name;
    const char *value; /* no control characters: may be sent as it is */
};

struct fault_headers {
    struct fault_header *set; /* replaces all of that name; owned */
    size_t set_count;
    struct fault_header *add; /* owned */
    size_t add_count;
    const char **remove; /* owned */
    size_t remove_count;
};

struct fault_error {
    const char *code;            /* NULL: the product chooses by the status */
    const char *message;         /* NULL: the product's */
    const struct json_t *detail; /* NULL: none */
};

struct fault_raw_body {
    const char *type; /* media type; NULL: none is sent */
    const char *text;
    size_t len;
};

struct fault_quota {
    uint64_t limit; /* requests in a window */
    uint64_t window_ms;
    size_t per; /* word that keeps clients apart, FAULT_PER_ALL for none */
};
#define FAULT_PER_ALL SIZE_MAX

struct fault_redirect {
    const char *to; /* URL, or the name of a listener; NULL: the same place */
    int status;
    uint32_t hops; /* how often it redirects to itself before it goes to the target; 1: at once */
    bool strip_query;
};

struct fault_drip {
    uint32_t pieces;
    uint32_t over_ms;
};

struct fault_hold {
    const char *gate;
    bool in_body; /* `after` was given: stops behind that many bytes of the body, not at the head */
    uint64_t after;
};

enum fault_connection {
    FAULT_CONNECTION_DROP,    /* answers */
    FAULT_CONNECTION_RESET,   /* answers */
    FAULT_CONNECTION_GARBAGE, /* answers */
    FAULT_CONNECTION_BAD_CHUNK,
    FAULT_CONNECTION_STALL, /* answers */
    FAULT_CONNECTION_CLOSE_IDLE,
};

enum fault_tls {
    FAULT_TLS_ABORT,
    FAULT_TLS_EXPIRED,
    FAULT_TLS_SELF_SIGNED,
    FAULT_TLS_WRONG_NAME,
    FAULT_TLS_PLAIN,
};

struct fault_content {
    uint64_t *flip; /* offsets of bytes that are inverted, ascending; owned */
    size_t flip_count;
    bool has_truncate;
    uint64_t truncate;      /* the body ends here, honestly announced */
    const char *substitute; /* digest of another blob; NULL: none */
};

/* A lie in a header: none, left out, a plausible wrong value, or this value. */
enum fault_lie_kind { FAULT_LIE_NONE, FAULT_LIE_MISSING, FAULT_LIE_WRONG, FAULT_LIE_VALUE };
struct fault_lie {
    enum fault_lie_kind kind;
    const char *value; /* VALUE */
};

enum fault_range {
    FAULT_RANGE_IGNORE,
    FAULT_RANGE_SHIFT,
    FAULT_RANGE_WRONG_HEADER,
    FAULT_RANGE_REFUSE
};

struct fault_effects {
    uint64_t has; /* bit per enum fault_effect: FAULT_HAS() */
    int status;   /* 0: not given */
    struct fault_error error;
    struct fault_raw_body raw_body;
    struct fault_headers headers;
    struct fault_quota quota;
    struct fault_redirect redirect;
    struct fault_duration delay;
    struct fault_duration delay_body;
    uint64_t rate; /* bytes per second, above 0 */
    struct fault_drip drip;
    struct fault_hold hold;
    enum fault_connection connection;
    uint32_t close_after_requests; /* of one connection */
    struct fault_cut body;
    struct fault_cut head;
    enum fault_tls tls; /* `listener` has one value: refuse */
    struct fault_content content;
    struct fault_lie digest_header;
    struct fault_lie length_header;
    struct fault_lie type_header;
    enum fault_range range;
};

/* "delay" of FAULT_EFFECT_DELAY. */
const char *fault_effect_key(enum fault_effect kind);
/* True when a rule with these answers by itself; others decorate the answer. Not asked of rules
   with a quota: these answer once it is used up. */
bool fault_effects_answer(const struct fault_effects *e);
/* True for effects before a request: `listener` and `tls`. */
bool fault_effects_connect(const struct fault_effects *e);
/* Frees what is owned; e may be zeroed. */
void fault_effects_done(struct fault_effects *e);
/* Milliseconds; the same for the same draw (struct fault_turn). */
uint32_t fault_duration_draw(const struct fault_duration *d, uint64_t draw);
/* The place in a body of that length (-1: not known, shares are 0 then). */
uint64_t fault_offset_in(const struct fault_offset *o, int64_t length);

#endif

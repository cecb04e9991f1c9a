/* SPDX-License-Identifier: MIT */
/*
 * A registry: the Distribution API on a store (distribution-spec, end-1 to end-14).
 *
 * Everything that can change while it runs hangs from one struct world; a process may have
 * several. Loop thread only.
 */
#ifndef REGISTRY_REGISTRY_H
#define REGISTRY_REGISTRY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "lib/http/server.h"
#include "lib/util/clock.h"

struct access_policy;
struct auth;
struct blob_store;
struct err;
struct loop;
struct magic_presets;
struct meta_store;
struct registry_call;
struct world_start;

/* How a kind of deletion answers. */
enum delete_mode { DELETE_ON, DELETE_405, DELETE_400, DELETE_403, DELETE_PRETEND };

/* The toggles of protocol.md as configuration keys: `registry.*` and `limits.*`. */
struct registry_settings {
    bool read_only;              /* registry.mode: read-only */
    enum delete_mode delete_tag; /* registry.delete.* */
    enum delete_mode delete_manifest;
    enum delete_mode delete_blob;
    bool referrers;                /* registry.referrers */
    bool referrers_filter;         /* registry.referrers_filter: apply artifactType= (RF5) */
    bool strict_accept;            /* registry.strict_accept (PL4) */
    bool absolute_location;        /* registry.location: absolute (UP2) */
    bool immutable_tags;           /* registry.immutable_tags (MP9) */
    bool require_blobs;            /* registry.require_blobs (MP5) */
    bool require_media_type_match; /* registry.match_media_type (MP4) */
    bool single_post;              /* registry.single_post (UP11) */
    bool mount;                    /* registry.mount: off answers 202 (UP12) */
    bool tag_parameters;           /* registry.tag_parameters: ?tag= on a push by digest (MP8) */
    bool catalog;                  /* registry.catalog */
    uint32_t tag_page;             /* registry.tag_page: largest page, 0: no limit (TG4) */
    uint32_t referrers_page;  /* registry.referrers_page: entries per page, 0: no limit (RF6) */
    uint32_t upload_expiry;   /* registry.upload_expiry: milliseconds (UP10) */
    uint64_t chunk_min;       /* registry.chunk_min: OCI-Chunk-Min-Length, 0: not sent (UP1) */
    uint64_t manifest_max;    /* limits.manifest: bytes (MP6) */
    uint64_t blob_max;        /* limits.blob: bytes, 0: no limit but the storage's */
    uint64_t storage_max;     /* limits.storage: bytes, 0: three quarters of the memory */
    uint32_t uploads_max;     /* limits.uploads: open sessions */
    uint32_t tags_per_push;   /* limits.tags_per_push (MP8) */
    uint32_t journal_entries; /* limits.journal_entries: requests remembered; 0: none */
    uint64_t journal_bytes;   /* limits.journal_bytes: what they may take in memory */
    uint32_t held_max;        /* limits.held: answers held or delayed at once */
    uint32_t hold_limit;      /* limits.hold: milliseconds until a hold or stall ends by itself */
    uint64_t seed;            /* seed: of everything that rules leave to chance */
    bool magic;               /* magic: names that say what is to go wrong */
    const struct magic_presets *magic_presets; /* that such names may use; static; may be NULL */
};

#define REGISTRY_SETTINGS_DEFAULT                                                                  \
    ((struct registry_settings){                                                                   \
        .referrers = true,                                                                         \
        .referrers_filter = true,                                                                  \
        .require_blobs = true,                                                                     \
        .require_media_type_match = true,                                                          \
        .single_post = true,                                                                       \
        .mount = true,                                                                             \
        .tag_parameters = true,                                                                    \
        .catalog = true,                                                                           \
        .referrers_page = 1000,                                                                    \
        .upload_expiry = 60 * 60 * 1000,                                                           \
        .manifest_max = 8 * 1024 * 1024,                                                           \
        .uploads_max = 10000,                                                                      \
        .tags_per_push = 100,                                                                      \
        .journal_entries = 10000,                                                                  \
        .journal_bytes = 16 * 1024 * 1024,                                                         \
        .held_max = 10000,                                                                         \
        .hold_limit = 10 * 60 * 1000,                                                              \
    })

/* Finds the worlds that share the listeners of another one; NULL: none. Strings are borrowed. */
struct world_router {
    struct world *(*by_host)(void *arg, const char *host); /* in lower case, without port */
    struct world *(*by_repository)(void *arg, const char *repo);
    struct world *(*by_name)(void *arg, const char *name); /* those with a prefix only */
    bool (*wants_login)(void *arg);                        /* true when one with a prefix does */
    void *arg;
};

/* One registry of its own. */
struct world {
    const char *name;  /* owned */
    struct loop *loop; /* borrowed */
    struct registry_settings settings;
    struct blob_store *blobs;           /* owned */
    struct meta_store *meta;            /* owned */
    struct loop_timer *sweeper;         /* owned: expires idle uploads */
    struct clock clock;                 /* what people see: states, tokens, the journal */
    struct image_states *states;        /* owned */
    LIST_HEAD(, pending) pending;       /* images that are being made; owned by who makes them */
    struct journal *journal;            /* owned */
    struct fault_engine *faults;        /* owned */
    struct metrics *metrics;            /* owned */
    struct world_series *series;        /* owned; the series of it that every request needs */
    struct magic *magic;                /* owned: magic names; NULL: off */
    struct json_t *scenarios;           /* owned: those that are active, {name: how}; or NULL */
    struct auth *auth;                  /* borrowed; NULL: no authentication, no token service */
    const struct access_policy *access; /* borrowed; NULL: everybody may do everything */
    struct world_start *start;          /* owned: what reset.h goes back to; NULL: nothing */
    const struct world_router *router;  /* borrowed; NULL: what comes to its listeners is its own */
    struct http_listener *listeners[HTTP_LISTENERS_MAX]; /* borrowed */
    size_t listener_count;                               /* 0: it shares those of another world */
    struct loop_timer *ports_timer;                      /* owned, as the next: see ports.h */
    uint64_t ports_until;              /* loop_now() when it goes up or down again; 0: never */
    TAILQ_HEAD(, registry_call) calls; /* borrowed: requests under way */
    unsigned char mark_key[32];        /* of marks in redirects: redirect.h */
    uint32_t run;      /* first half of the request ids made here; differs per world */
    uint32_t requests; /* second half: counts them */
};

/* Takes a copy of the settings; memory stores. */
int world_new(struct world **ret, const char *name, struct loop *loop,
              const struct registry_settings *settings, struct err *err);
/* From now on requests are checked by auth, which is borrowed and must outlive the exchanges. */
void world_set_auth(struct world *w, struct auth *auth);
/* Ends the requests that are under way, and their connections. */
void world_abort(struct world *w);
/* No exchange may be under way. NULL-safe. */
void world_free(struct world *w);

/* The callbacks for http_server_options.app; the listener's data is its struct world. Which other
   world a request may be for: world_route.h. */
void registry_request(struct http_exchange *x, void *arg);
void registry_ended(struct http_exchange *x, void *arg);
/* For http_server_options.hook: rules at each stage. */
enum http_verdict registry_hook(enum http_stage stage, struct http_conn *c, struct http_exchange *x,
                                void *arg);
/* Lets go of every answer that a rule holds, and of images that are being made: before a graceful
   stop, and before the world goes. */
void world_release(struct world *w);
void registry_refuse(struct http_exchange *x, int status, const struct err *why, void *arg);

#endif

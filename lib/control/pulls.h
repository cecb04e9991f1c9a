/* SPDX-License-Identifier: MIT */
/*
 * The requests of a journal, grouped to pulls.
 *
 * A pull is keyed by the client's address (without port), its user agent and the image; it lasts
 * while requests follow each other within PULLS_GAP_MS on the world's clock. A manifest request of
 * the same method after one that was answered finally (200 or 404) begins a new one. Manifests by
 * digest and blobs join the pull of their repository that they can belong to, tokens the one whose
 * repository they are for. A blob that did not come whole is asked for again by patient clients
 * (docker waits 5, 10 ... 25 s): within PULLS_RETRY_MS that is still the same pull. What is a
 * manifest, and which word is the repository, the product says.
 */
#ifndef LIB_CONTROL_PULLS_H
#define LIB_CONTROL_PULLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct journal;
struct json_t;
struct match;

enum { PULLS_GAP_MS = 5000, PULLS_RETRY_MS = 60000 };

/* The product's operations and words, by their numbers in its vocabulary. */
struct pulls_ops {
    unsigned token, manifest_head, manifest_get, blob_head, blob_get; /* ops */
    size_t repo, ref, digest, role;                                   /* words */
    const char *config_role;  /* role of what is no layer: "config" */
    const char *scope_prefix; /* of scopes that name a repository: "repository:" */
    /* 1 when the manifest `parent` names the digest `child` (an index its members), 0 when not, -1
       when that is not known. NULL: never known; then a digest that is asked for after another
       manifest and before any blob belongs to it. Asked for the first manifests of a pull only. */
    int (*is_member)(const char *repo, const char *parent, const char *child, void *arg);
    void *arg;
};

/* What is wanted. */
struct pulls_query {
    const struct match *filter; /* borrowed; NULL: all */
    uint64_t since;             /* a request behind that number has to fit */
    size_t limit;               /* the newest so many; 0: PULLS_LIMIT */
    size_t entries;             /* looks at the newest so many requests; 0: PULLS_ENTRIES */
};

/* Together they take a few milliseconds, in which the loop does nothing else. */
enum { PULLS_LIMIT = 100, PULLS_ENTRIES = 1000 };

/*
 * {"pulls": [...], "from": seq, "more": bool, "dropped": n, "last": seq}: pulls of which one
 * request behind `since` fits, oldest first. `from` is the first request that was looked at; more:
 * there are older ones behind `since`, or further pulls that fit. Each pull has
 *
 *     client, user_agent, user, image, repo, ref, digest, started, ended, over, cut,
 *     tokens [{seq, status, scopes}], manifests [{seq, op, ref, digest, status, end}],
 *     config, layers [{digest, role, status, bytes, complete, attempts, resumed}],
 *     outcome, status, requests [seq]
 *
 * over: nothing came for PULLS_GAP_MS; cut: its beginning may lie before `from`. Outcomes:
 * `in-progress` (a request is open), `complete`, `resolved` (manifests only: nothing else was
 * needed), `failed` (with the status), `aborted`. Caller owns; NULL when memory is short.
 */
struct json_t *journal_pulls(const struct journal *j, const struct pulls_ops *ops,
                             const struct pulls_query *query);

#endif

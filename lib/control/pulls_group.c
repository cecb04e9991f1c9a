/* SPDX-License-Identifier: MIT */
#include "lib/control/pulls_group.h"

#include <stdlib.h>
#include <string.h>

#define HASH_NONFATAL_OOM 1
#include <uthash.h>

#include "lib/util/util.h"

enum {
    KEY_MAX = 3 * (ENTRY_TEXT_MAX + 1),
    TOKEN_LOOKS_AT = 256, /* of the newest pulls */
    PARENTS_LOOK_AT = 16, /* first requests of a pull */
};

struct pull_group {
    UT_hash_handle hh;   /* by key */
    struct pull *newest; /* borrowed; others that may go on are behind it, by `older` */
    size_t key_size;
    char key[]; /* client without port, NUL, agent, NUL, repository */
};

/* --- What an entry says ------------------------------------------------------------------------
 */

static const char *client_of(const struct journal *j, const struct journal_entry *e)
{
    return entry_text(e, j->vocabulary.client_word);
}

static const char *agent_of(const struct journal *j, const struct journal_entry *e)
{
    return j->agent_word < WORDS_MAX ? entry_text(e, j->agent_word) : NULL;
}

/* Length of "192.0.2.1" in "192.0.2.1:1234", of "[::1]" in "[::1]:1234". */
static size_t address_size(const char *client)
{
    const char *colon = client != NULL ? strrchr(client, ':') : NULL;

    if (client == NULL)
        return 0;
    return colon != NULL && colon[1] != '\0' && strspn(colon + 1, "0123456789") == strlen(colon + 1)
               ? (size_t)(colon - client)
               : strlen(client);
}

static bool same_address(const char *a, const char *b)
{
    size_t n = address_size(a);

    return n == address_size(b) && (n == 0 || memcmp(a, b, n) == 0);
}

static bool same_text(const char *a, const char *b)
{
    return a == b || (a != NULL && b != NULL && strcmp(a, b) == 0);
}

static bool is_manifest(const struct pulls_ops *ops, const struct journal_entry *e)
{
    return e->op == ops->manifest_head || e->op == ops->manifest_get;
}

static bool is_final(const struct journal_entry *e)
{
    return e->stamp != 0 && (e->status == 200 || e->status == 404);
}

/* "repository:team/app:pull" among scopes separated by blanks. */
static bool scopes_name(const char *scopes, const char *prefix, const char *repo)
{
    size_t prefix_size = strlen(prefix), repo_size = strlen(repo);

    for (const char *p = scopes; p != NULL && *p != '\0';) {
        size_t n = strcspn(p, " ");

        if (n > prefix_size + repo_size && strncmp(p, prefix, prefix_size) == 0 &&
            strncmp(p + prefix_size, repo, repo_size) == 0 && p[prefix_size + repo_size] == ':')
            return true;
        p += n + strspn(p + n, " ");
    }
    return false;
}

/* --- Groups ------------------------------------------------------------------------------------
 */

static size_t put(char *key, size_t at, const char *p, size_t n)
{
    memcpy(key + at, p, n);
    key[at + n] = '\0';
    return at + n + 1;
}

static size_t make_key(char key[KEY_MAX], const char *client, const char *agent, const char *repo)
{
    size_t n = put(key, 0, client != NULL ? client : "", address_size(client));

    n = put(key, n, agent != NULL ? agent : "", agent != NULL ? strlen(agent) : 0);
    return put(key, n, repo, strlen(repo));
}

/* Made when there is none; NULL when memory is short. */
static struct pull_group *find_group(struct pulls *p, const struct journal_entry *e,
                                     const char *repo)
{
    struct pull_group *group;
    char key[KEY_MAX];
    size_t n = make_key(key, client_of(p->j, e), agent_of(p->j, e), repo);

    HASH_FIND(hh, p->groups, key, n, group);
    if (group != NULL)
        return group;
    group = calloc(1, sizeof(*group) + n);
    if (group == NULL)
        return NULL;
    memcpy(group->key, key, n);
    group->key_size = n;
    HASH_ADD_KEYPTR(hh, p->groups, group->key, n, group);
    if (group->hh.tbl == NULL) {
        free(group);
        return NULL;
    }
    return group;
}

static bool goes_on(const struct pull *pull, const struct journal_entry *e)
{
    return e->arrived_ms <= pull->last_ms + PULLS_GAP_MS;
}

/* Forgets those of the group to which nothing can belong that comes later. */
static void forget_over(struct pull_group *group, const struct journal_entry *e)
{
    struct pull **link = &group->newest;

    while (*link != NULL) {
        if (e->arrived_ms <= (*link)->last_ms + PULLS_RETRY_MS)
            link = &(*link)->older;
        else
            *link = (*link)->older;
    }
}

/* --- Pulls -------------------------------------------------------------------------------------
 */

static void pull_add(struct pulls *p, struct pull *pull, const struct journal_entry *e)
{
    int64_t end = e->stamp != 0 ? e->ended_ms : INT64_MAX - PULLS_RETRY_MS;

    if (pull->count == pull->size) {
        size_t size = pull->size > 0 ? pull->size * 2 : 8;
        const struct journal_entry **grown =
            reallocarray(pull->requests, size, sizeof(struct journal_entry *));

        if (grown == NULL) {
            p->failed = true;
            return;
        }
        pull->requests = grown;
        pull->size = size;
    }
    pull->requests[pull->count++] = e;
    pull->last_ms = end > pull->last_ms ? end : pull->last_ms;
}

/* Tokens that were asked for before the first request that needed them. */
static void add_tokens(struct pulls *p, struct pull *pull, const struct journal_entry *first)
{
    size_t n = p->token_count < ARRAY_LEN(p->tokens) ? p->token_count : ARRAY_LEN(p->tokens);

    for (size_t i = p->token_count - n; i < p->token_count; i++) {
        const struct journal_entry **slot = &p->tokens[i % ARRAY_LEN(p->tokens)];
        const struct journal_entry *e = *slot;

        if (e == NULL || !same_address(client_of(p->j, e), pull->client) ||
            first->arrived_ms > e->ended_ms + PULLS_GAP_MS ||
            !scopes_name(entry_text(e, p->j->own[JOURNAL_SCOPES_ASKED]), p->ops->scope_prefix,
                         pull->repo))
            continue;
        pull_add(p, pull, e);
        *slot = NULL;
    }
}

/* Another pull of the same image begins: what comes belongs to it rather than to the one before. */
static void forget_same(struct pull_group *group, const char *ref)
{
    struct pull **link = &group->newest;

    while (*link != NULL && !same_text((*link)->ref, ref))
        link = &(*link)->older;
    if (*link != NULL)
        *link = (*link)->older;
}

static struct pull *pull_new(struct pulls *p, struct pull_group *group,
                             const struct journal_entry *e, const char *repo)
{
    struct pull *pull = calloc(1, sizeof(*pull));

    if (pull == NULL) {
        p->failed = true;
        return NULL;
    }
    pull->client = client_of(p->j, e);
    pull->agent = agent_of(p->j, e);
    pull->repo = repo;
    pull->ref = is_manifest(p->ops, e) ? entry_text(e, p->ops->ref) : NULL;
    pull->last_ms = e->arrived_ms;
    forget_same(group, pull->ref);
    pull->older = group->newest;
    group->newest = pull;
    TAILQ_INSERT_TAIL(&p->list, pull, link);
    add_tokens(p, pull, e);
    return pull;
}

/* --- Manifests ---------------------------------------------------------------------------------
 */

/* The index comes first: the rest of a pull, which may be long, is not looked at. */
static bool is_member(const struct pulls *p, const struct pull *pull, const char *digest)
{
    size_t count = p->ops->is_member == NULL ? 0 : pull->count;
    bool known = false;

    for (size_t i = 0; i < count && i < PARENTS_LOOK_AT; i++) {
        const struct journal_entry *e = pull->requests[i];
        const char *parent = is_manifest(p->ops, e) ? entry_text(e, p->ops->digest) : NULL;
        int answer;

        if (parent == NULL)
            continue;
        answer = p->ops->is_member(pull->repo, parent, digest, p->ops->arg);
        if (answer > 0)
            return true;
        known = known || answer == 0;
    }
    return !known && pull->has_manifest && !pull->has_blob;
}

static bool takes_manifest(const struct pulls *p, const struct pull *pull, const char *ref,
                           bool get)
{
    if (same_text(pull->ref, ref))
        return get ? !pull->get_final : !pull->head_final;
    /* A tag is an image of its own; a digest may be what the tag was resolved to, or a member. */
    if (ref == NULL || strchr(ref, ':') == NULL)
        return false;
    return same_text(pull->digest, ref) || is_member(p, pull, ref);
}

static void note_manifest(const struct pulls *p, struct pull *pull, const struct journal_entry *e)
{
    const char *digest = entry_text(e, p->ops->digest);
    bool get = e->op == p->ops->manifest_get;

    pull->has_manifest = pull->has_manifest || (get && e->status == 200);
    if (!same_text(pull->ref, entry_text(e, p->ops->ref)))
        return;
    if (get)
        pull->get_final = pull->get_final || is_final(e);
    else
        pull->head_final = pull->head_final || is_final(e);
    if (digest != NULL && e->status == 200)
        pull->digest = digest;
}

static void group_manifest(struct pulls *p, struct pull_group *group, const struct journal_entry *e,
                           const char *repo)
{
    const char *ref = entry_text(e, p->ops->ref);
    bool get = e->op == p->ops->manifest_get;
    struct pull *pull = group->newest;

    while (pull != NULL && !(goes_on(pull, e) && takes_manifest(p, pull, ref, get)))
        pull = pull->older;
    if (pull == NULL)
        pull = pull_new(p, group, e, repo);
    if (pull == NULL)
        return;
    pull_add(p, pull, e);
    note_manifest(p, pull, e);
}

/* --- Blobs and tokens --------------------------------------------------------------------------
 */

/* The newest pull that was given a manifest, else the newest. */
static struct pull *find_reader(const struct pull_group *group, const struct journal_entry *e)
{
    struct pull *pull, *newest = NULL;

    for (pull = group->newest; pull != NULL; pull = pull->older) {
        if (!goes_on(pull, e))
            continue;
        if (pull->has_manifest)
            return pull;
        newest = newest != NULL ? newest : pull;
    }
    return newest;
}

static bool came_whole(const struct pulls *p, const struct journal_entry *e)
{
    return e->stamp != 0 && e->status / 100 == 2 &&
           same_text(entry_text(e, p->j->own[JOURNAL_END]), "complete");
}

/* The newest pull that asked for the same blob and did not get it; it may be a while ago. */
static struct pull *find_retried(const struct pulls *p, const struct pull_group *group,
                                 const struct journal_entry *e)
{
    const char *ref = entry_text(e, p->ops->ref);

    for (struct pull *pull = group->newest; pull != NULL; pull = pull->older) {
        for (size_t i = pull->count; i > 0; i--) {
            const struct journal_entry *earlier = pull->requests[i - 1];

            if (earlier->op != e->op || !same_text(entry_text(earlier, p->ops->ref), ref))
                continue;
            if (!came_whole(p, earlier))
                return pull;
            break;
        }
    }
    return NULL;
}

/* HEAD asks before a push, too, so it begins nothing. */
static void group_blob(struct pulls *p, struct pull_group *group, const struct journal_entry *e,
                       const char *repo)
{
    struct pull *pull = find_reader(group, e);

    if (pull == NULL)
        pull = find_retried(p, group, e);
    if (pull == NULL && e->op == p->ops->blob_get)
        pull = pull_new(p, group, e, repo);
    if (pull == NULL)
        return;
    pull_add(p, pull, e);
    pull->has_blob = pull->has_blob || e->op == p->ops->blob_get;
}

/* The newest pull of that client that goes on and is of a repository that the scopes name; one of
   the same agent before others. */
static void group_token(struct pulls *p, const struct journal_entry *e)
{
    const char *scopes = entry_text(e, p->j->own[JOURNAL_SCOPES_ASKED]);
    struct pull *pull, *best = NULL;
    unsigned looked_at = 0;

    TAILQ_FOREACH_REVERSE(pull, &p->list, pull_list, link)
    {
        if (++looked_at > TOKEN_LOOKS_AT)
            break;
        if (!goes_on(pull, e) || !same_address(pull->client, client_of(p->j, e)) ||
            !scopes_name(scopes, p->ops->scope_prefix, pull->repo))
            continue;
        best = best != NULL ? best : pull;
        if (same_text(pull->agent, agent_of(p->j, e))) {
            best = pull;
            break;
        }
    }
    if (best != NULL)
        pull_add(p, best, e);
    else
        p->tokens[p->token_count++ % ARRAY_LEN(p->tokens)] = e;
}

static void group_entry(struct pulls *p, const struct journal_entry *e)
{
    const char *repo = entry_text(e, p->ops->repo);
    bool manifest = is_manifest(p->ops, e);
    struct pull_group *group;

    if (e->op == p->ops->token)
        group_token(p, e);
    if (repo == NULL || (!manifest && e->op != p->ops->blob_head && e->op != p->ops->blob_get))
        return;
    group = find_group(p, e, repo);
    if (group == NULL) {
        p->failed = true;
        return;
    }
    forget_over(group, e);
    if (manifest)
        group_manifest(p, group, e, repo);
    else
        group_blob(p, group, e, repo);
}

void pulls_group(struct pulls *p, const struct journal *j, const struct pulls_ops *ops,
                 size_t entries)
{
    const struct journal_entry *e;
    struct ring_walk w;

    *p = (struct pulls){.j = j, .ops = ops};
    TAILQ_INIT(&p->list);
    ring_walk(&w, j, 0);
    if (j->last - w.seq + 1 > entries) {
        w.seq = j->last - entries + 1;
        p->from_ms = j->ring[w.seq % j->ring_size]->arrived_ms;
    }
    p->from = w.seq;
    while (!p->failed && (e = ring_next(&w)) != NULL)
        group_entry(p, e);
}

void pulls_done(struct pulls *p)
{
    struct pull_group *group, *next;
    struct pull *pull;

    HASH_ITER(hh, p->groups, group, next) {
        HASH_DEL(p->groups, group);
        free(group);
    }
    while ((pull = TAILQ_FIRST(&p->list)) != NULL) {
        TAILQ_REMOVE(&p->list, pull, link);
        free(pull->requests);
        free(pull);
    }
}

/* SPDX-License-Identifier: MIT */
#include "lib/control/pulls.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

#include "lib/control/print.h"
#include "lib/control/pulls_group.h"
#include "lib/util/clock.h"
#include "lib/util/util.h"

/* A blob that is asked for once or several times. */
struct blob {
    const char *digest; /* borrowed */
    const char *role;   /* borrowed; NULL: not known */
    uint64_t bytes;     /* sent in all attempts */
    uint64_t have;      /* from the beginning without a gap */
    unsigned attempts;
    unsigned resumed;   /* attempts that went on behind an earlier one */
    unsigned elsewhere; /* attempts that were sent somewhere else */
    int status;         /* of the last */
    bool open;          /* the last is under way */
    bool complete;
};

/* What the requests of a pull come to. */
struct summary {
    struct blob *blobs; /* owned; by their first request */
    size_t blob_count;
    bool open;    /* a request is under way */
    int status;   /* of the request that it failed with; 0: none */
    bool aborted; /* something ended early and did not come again */
    bool resolved;
};

/* --- Blobs -------------------------------------------------------------------------------------
 */

static struct blob *find_blob(struct summary *s, const char *digest)
{
    for (size_t i = 0; i < s->blob_count; i++) {
        if (strcmp(s->blobs[i].digest, digest) == 0)
            return &s->blobs[i];
    }
    s->blobs[s->blob_count].digest = digest;
    return &s->blobs[s->blob_count++];
}

/* First byte of "bytes=N-"; *ret_whole: the rest, not a part. 0 where there is no such range. */
static uint64_t range_start(const char *range, bool *ret_whole)
{
    uint64_t start = 0;
    const char *p = range;

    *ret_whole = true;
    if (p == NULL || strncmp(p, "bytes=", 6) != 0)
        return 0;
    for (p += 6; *p >= '0' && *p <= '9' && start < UINT64_MAX / 100; p++)
        start = start * 10 + (uint64_t)(*p - '0');
    *ret_whole = p[0] == '-' && p[1] == '\0';
    return start;
}

static bool ended_well(const struct journal_entry *e, const char *end)
{
    return e->stamp != 0 && end != NULL && strcmp(end, "complete") == 0;
}

/* A part counts as the blob when it ended well: how many parts there are only the client knows. */
static void note_attempt(const struct pulls *p, struct blob *b, const struct journal_entry *e)
{
    const char *end = entry_text(e, p->j->own[JOURNAL_END]);
    bool part = e->status == 206, rest;
    uint64_t start = range_start(entry_text(e, p->j->own[JOURNAL_RANGE]), &rest);

    if (!part)
        start = 0;
    b->attempts++;
    b->bytes += e->status / 100 == 2 ? e->bytes_out : 0;
    b->open = e->stamp == 0;
    b->status = e->status;
    if (entry_text(e, p->ops->role) != NULL)
        b->role = entry_text(e, p->ops->role);
    if (part && start > 0 && b->attempts > 1 && start <= b->have)
        b->resumed++;
    b->elsewhere += e->status / 100 == 3;
    if (e->status / 100 != 2)
        return;
    if (ended_well(e, end) && (!part || !rest || start <= b->have))
        b->complete = true;
    if (start <= b->have && start + e->bytes_out > b->have)
        b->have = start + e->bytes_out;
}

/* --- Manifests ---------------------------------------------------------------------------------
 */

static bool same_ref(const struct pulls *p, const struct journal_entry *a,
                     const struct journal_entry *b)
{
    const char *one = entry_text(a, p->ops->ref), *other = entry_text(b, p->ops->ref);

    return one != NULL && other != NULL && strcmp(one, other) == 0;
}

static bool is_manifest(const struct pulls *p, const struct journal_entry *e)
{
    return e->op == p->ops->manifest_head || e->op == p->ops->manifest_get;
}

/* Only the last request for a manifest counts: a 401 comes before the token. */
static bool is_last_of_ref(const struct pulls *p, const struct pull *pull, size_t i)
{
    enum { LOOK_AT = 64 };

    for (size_t k = i + 1; k < pull->count && k < i + LOOK_AT; k++) {
        if (is_manifest(p, pull->requests[k]) && same_ref(p, pull->requests[i], pull->requests[k]))
            return false;
    }
    return true;
}

static void note_manifest(const struct pulls *p, const struct pull *pull, size_t i,
                          struct summary *s)
{
    const struct journal_entry *e = pull->requests[i];

    if (e->stamp == 0 || !is_last_of_ref(p, pull, i))
        return;
    if (e->status >= 400)
        s->status = e->status;
    else if (!ended_well(e, entry_text(e, p->j->own[JOURNAL_END])))
        s->aborted = true;
    else
        s->resolved = true;
}

/* Who was sent elsewhere and does not come back found the blob there; who comes back to be sent
   again goes round in a circle. */
static void note_blobs(struct summary *s)
{
    for (size_t i = 0; i < s->blob_count; i++) {
        struct blob *b = &s->blobs[i];

        if (b->status / 100 == 3 && b->elsewhere == 1)
            b->complete = true;
        if (b->complete || b->open)
            continue;
        if (b->status >= 400)
            s->status = b->status;
        else
            s->aborted = true;
    }
}

static bool summarize(const struct pulls *p, const struct pull *pull, struct summary *s)
{
    *s = (struct summary){.blobs = calloc(pull->count, sizeof(s->blobs[0]))};
    if (s->blobs == NULL)
        return false;
    for (size_t i = 0; i < pull->count; i++) {
        const struct journal_entry *e = pull->requests[i];
        const char *digest = entry_text(e, p->ops->digest);

        s->open = s->open || e->stamp == 0;
        if (is_manifest(p, e))
            note_manifest(p, pull, i, s);
        else if (e->op == p->ops->blob_get &&
                 (digest != NULL || entry_text(e, p->ops->ref) != NULL))
            note_attempt(p, find_blob(s, digest != NULL ? digest : entry_text(e, p->ops->ref)), e);
    }
    note_blobs(s);
    return true;
}

static const char *outcome(const struct summary *s)
{
    if (s->open)
        return "in-progress";
    if (s->status != 0)
        return "failed";
    if (s->aborted)
        return "aborted";
    return s->blob_count > 0 ? "complete" : s->resolved ? "resolved" : "failed";
}

/* --- JSON --------------------------------------------------------------------------------------
 */

static json_t *print_blob(const struct blob *b)
{
    return json_pack("{s:o, s:o, s:i, s:I, s:b, s:i, s:i}", "digest", print_text(b->digest), "role",
                     print_text(b->role), "status", b->status, "bytes", (json_int_t)b->bytes,
                     "complete", (int)b->complete, "attempts", (int)b->attempts, "resumed",
                     (int)b->resumed);
}

static void add_blobs(const struct pulls *p, const struct summary *s, json_t *into)
{
    json_t *layers = json_array();

    (void)json_object_set_new(into, "config", json_null());
    for (size_t i = 0; i < s->blob_count; i++) {
        const struct blob *b = &s->blobs[i];

        if (b->role != NULL && strcmp(b->role, p->ops->config_role) == 0)
            (void)json_object_set_new(into, "config", print_blob(b));
        else
            (void)json_array_append_new(layers, print_blob(b));
    }
    (void)json_object_set_new(into, "layers", layers);
}

static json_t *print_status(const struct journal_entry *e)
{
    return e->status > 0 ? json_integer(e->status) : json_null();
}

static json_t *print_token(const struct pulls *p, const struct journal_entry *e)
{
    return json_pack("{s:I, s:o, s:o}", "seq", (json_int_t)e->seq, "status", print_status(e),
                     "scopes", print_text(entry_text(e, p->j->own[JOURNAL_SCOPES_ASKED])));
}

static json_t *print_manifest(const struct pulls *p, const struct journal_entry *e)
{
    return json_pack("{s:I, s:s, s:o, s:o, s:o, s:o}", "seq", (json_int_t)e->seq, "op",
                     p->j->vocabulary.ops[e->op], "ref", print_text(entry_text(e, p->ops->ref)),
                     "digest", print_text(entry_text(e, p->ops->digest)), "status", print_status(e),
                     "end", print_text(entry_text(e, p->j->own[JOURNAL_END])));
}

static void add_tokens_and_manifests(const struct pulls *p, const struct pull *pull, json_t *into)
{
    json_t *tokens = json_array(), *manifests = json_array();

    for (size_t i = 0; i < pull->count; i++) {
        const struct journal_entry *e = pull->requests[i];

        if (e->op == p->ops->token)
            (void)json_array_append_new(tokens, print_token(p, e));
        else if (is_manifest(p, e))
            (void)json_array_append_new(manifests, print_manifest(p, e));
    }
    (void)json_object_set_new(into, "tokens", tokens);
    (void)json_object_set_new(into, "manifests", manifests);
}

static json_t *print_requests(const struct pull *pull)
{
    json_t *array = json_array();

    for (size_t i = 0; i < pull->count; i++)
        (void)json_array_append_new(array, json_integer((json_int_t)pull->requests[i]->seq));
    return array;
}

/* Of the last request that says so: the first ones may be anonymous. */
static const char *user_of(const struct pulls *p, const struct pull *pull)
{
    for (size_t i = pull->count; i > 0; i--) {
        const char *user = entry_text(pull->requests[i - 1], p->j->vocabulary.user_word);

        if (user != NULL)
            return user;
    }
    return NULL;
}

/* "app:v1", "app@sha256:..." or "app". */
static json_t *print_image(const struct pull *pull)
{
    if (pull->ref == NULL)
        return print_text(pull->repo);
    return json_sprintf("%s%s%s", pull->repo, strchr(pull->ref, ':') != NULL ? "@" : ":",
                        pull->ref);
}

static json_t *print_moment(int64_t ms)
{
    char text[PRINT_TIME_MAX];

    return json_string(print_time(text, ms));
}

/* An earlier request may have been part of it; what begins with a blob may go on after a while. */
static bool is_cut(const struct pulls *p, const struct pull *pull)
{
    int64_t gap = pull->ref != NULL ? PULLS_GAP_MS : PULLS_RETRY_MS;

    return p->from_ms != 0 && pull->requests[0]->arrived_ms <= p->from_ms + gap;
}

static void add_head(const struct pulls *p, const struct pull *pull, const struct summary *s,
                     json_t *into)
{
    bool over = clock_now_ms(p->j->options.clock) > pull->last_ms + PULLS_GAP_MS;

    (void)json_object_set_new(into, "client", print_text(pull->client));
    (void)json_object_set_new(into, "user_agent", print_text(pull->agent));
    (void)json_object_set_new(into, "user", print_text(user_of(p, pull)));
    (void)json_object_set_new(into, "image", print_image(pull));
    (void)json_object_set_new(into, "repo", print_text(pull->repo));
    (void)json_object_set_new(into, "ref", print_text(pull->ref));
    (void)json_object_set_new(into, "digest", print_text(pull->digest));
    (void)json_object_set_new(into, "started", print_moment(pull->requests[0]->arrived_ms));
    (void)json_object_set_new(into, "ended", s->open ? json_null() : print_moment(pull->last_ms));
    (void)json_object_set_new(into, "over", json_boolean(!s->open && over));
    (void)json_object_set_new(into, "cut", json_boolean(is_cut(p, pull)));
    (void)json_object_set_new(into, "outcome", json_string(outcome(s)));
    (void)json_object_set_new(into, "status",
                              s->status != 0 ? json_integer(s->status) : json_null());
}

static json_t *print_pull(const struct pulls *p, const struct pull *pull)
{
    json_t *object = json_object();
    struct summary s;

    if (!summarize(p, pull, &s)) {
        json_decref(object);
        return NULL;
    }
    add_head(p, pull, &s, object);
    add_tokens_and_manifests(p, pull, object);
    add_blobs(p, &s, object);
    (void)json_object_set_new(object, "requests", print_requests(pull));
    free(s.blobs);
    return object;
}

static bool is_wanted(const struct pulls *p, const struct pull *pull, const struct ring_filter *f,
                      uint64_t since)
{
    for (size_t i = 0; i < pull->count; i++) {
        if (pull->requests[i]->seq > since && ring_fits(p->j, f, pull->requests[i]))
            return true;
    }
    return false;
}

/* The pull with which the list begins, so that it has `limit` at most. */
static struct pull *first_wanted(const struct pulls *p, const struct ring_filter *f,
                                 const struct pulls_query *q, bool *ret_more)
{
    size_t limit = q->limit > 0 ? q->limit : PULLS_LIMIT, count = 0;
    struct pull *pull, *first = NULL;

    TAILQ_FOREACH_REVERSE(pull, &p->list, pull_list, link)
    {
        if (!is_wanted(p, pull, f, q->since))
            continue;
        *ret_more = count++ == limit;
        if (*ret_more)
            break;
        first = pull;
    }
    return first;
}

json_t *journal_pulls(const struct journal *j, const struct pulls_ops *ops,
                      const struct pulls_query *q)
{
    struct ring_filter f = ring_filter(q->filter);
    json_t *array = json_array();
    const struct pull *pull;
    bool more = false;
    struct pulls p;

    pulls_group(&p, j, ops, q->entries > 0 ? q->entries : PULLS_ENTRIES);
    for (pull = first_wanted(&p, &f, q, &more); pull != NULL && !p.failed;
         pull = TAILQ_NEXT(pull, link)) {
        if (is_wanted(&p, pull, &f, q->since) &&
            json_array_append_new(array, print_pull(&p, pull)) != 0)
            p.failed = true;
    }
    more = more || (p.from_ms != 0 && p.from > q->since + 1);
    pulls_done(&p);
    if (p.failed) {
        json_decref(array);
        return NULL;
    }
    return json_pack("{s:o, s:I, s:b, s:I, s:I}", "pulls", array, "from", (json_int_t)p.from,
                     "more", (int)more, "dropped", (json_int_t)ring_dropped(j, q->since), "last",
                     (json_int_t)j->last);
}

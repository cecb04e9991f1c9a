/* SPDX-License-Identifier: MIT */
/* The metadata table and its memory backend: repositories, blobs, manifests, tags, referrers. */
#include "registry/store/meta_store.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/util/err.h"
#include "lib/util/util.h"
#include "registry/store/blob_store.h"
#include "tests/tap/tap.h"
#include "tests/unit/failing_malloc.h"
#include "tests/unit/store_help.h"

struct fixture {
    struct loop *loop;        /* owned */
    struct blob_store *blobs; /* owned */
    struct meta_store *meta;  /* owned */
    const struct meta_store_ops *ops;
};

static void setup(struct fixture *f)
{
    f->loop = help_loop();
    ASSERT(blob_store_memory_new(&f->blobs, f->loop, 0, NULL) == 0);
    ASSERT(meta_store_memory_new(&f->meta, NULL) == 0);
    f->ops = f->meta->ops;
}

/* The metadata goes first; nothing of it may hold a blob afterwards. */
static void teardown(struct fixture *f, const char *name)
{
    meta_store_free(f->meta);
    is_int((long long)f->blobs->ops->used(f->blobs), 0, "%s: every reference was dropped", name);
    blob_store_free(f->blobs);
    loop_free(f->loop);
}

static struct digest digest(const char *text)
{
    return help_digest(DIGEST_SHA256, text, strlen(text));
}

static struct blob *blob(struct fixture *f, const char *text)
{
    struct digest d = digest(text);
    struct blob *b = NULL;

    ASSERT(blob_store_put(f->blobs, &d, text, strlen(text), &b, NULL) == 0);
    return b;
}

static void add_blob(struct fixture *f, const char *repo, const char *text)
{
    struct blob *b = blob(f, text);

    ASSERT(f->ops->blob_add(f->meta, repo, b, NULL) == 0);
    blob_unref(b);
}

/* A manifest with a config and a layer (texts; NULL: none) and a subject (text; NULL: none). */
static struct manifest *manifest(struct fixture *f, const char *text, const char *config,
                                 const char *layer, const char *subject)
{
    struct manifest *m = manifest_new();

    ASSERT(m != NULL);
    m->blob = blob(f, text);
    m->media_type = strdup("application/vnd.oci.image.manifest.v1+json");
    m->artifact_type = strdup("");
    m->uses = calloc(2, sizeof(*m->uses));
    ASSERT(m->media_type != NULL && m->artifact_type != NULL && m->uses != NULL);
    if (config != NULL)
        m->uses[m->use_count++] = (struct blob_use){digest(config), BLOB_ROLE_CONFIG};
    if (layer != NULL)
        m->uses[m->use_count++] = (struct blob_use){digest(layer), BLOB_ROLE_LAYER};
    if (subject != NULL) {
        m->has_subject = true;
        (void)snprintf(m->subject, sizeof(m->subject), "%s", digest(subject).text);
    }
    return m;
}

static void put_manifest(struct fixture *f, const char *repo, const char *text, const char *subject)
{
    struct manifest *m = manifest(f, text, NULL, NULL, subject);

    ASSERT(f->ops->manifest_put(f->meta, repo, m, NULL) == 0);
    manifest_unref(m);
}

static int set_tag(struct fixture *f, const char *repo, const char *tag, const char *text)
{
    struct digest d = digest(text);

    return f->ops->tag_set(f->meta, repo, tag, &d, NULL);
}

/* Collects names, with spaces between, at most `left`. */
struct names {
    char text[400];
    unsigned left;
};

static bool collect(struct names *n, const char *name)
{
    size_t at = strlen(n->text);

    if (n->left == 0)
        return false;
    n->left--;
    (void)snprintf(n->text + at, sizeof(n->text) - at, "%s%s", at > 0 ? " " : "", name);
    return n->left > 0;
}

static bool on_name(void *arg, const char *name)
{
    return collect(arg, name);
}

static bool on_tag(void *arg, const struct tag_entry *tag)
{
    return collect(arg, tag->name);
}

static const char *repositories(struct fixture *f, struct names *n, const char *after, unsigned max)
{
    *n = (struct names){.left = max};
    f->ops->repositories(f->meta, after, on_name, n);
    return n->text;
}

static const char *tags(struct fixture *f, struct names *n, const char *repo, const char *after,
                        unsigned max)
{
    *n = (struct names){.left = max};
    f->ops->tags(f->meta, repo, after, on_tag, n);
    return n->text;
}

static void test_catalog(void)
{
    struct fixture f;
    struct names n;

    setup(&f);
    is_str(repositories(&f, &n, NULL, 99), "", "an empty store has no repositories");
    ok(!f.ops->repository_exists(f.meta, "a"), "none exists");
    is_int(f.ops->repository_add(f.meta, "b/c", NULL), 0, "a repository is added");
    is_int(f.ops->repository_add(f.meta, "b/c", NULL), 0, "and may be added again");
    add_blob(&f, "a", "x");
    put_manifest(&f, "b-c", "{}", NULL);
    ok(f.ops->repository_exists(f.meta, "a"), "a repository exists from its first blob on");
    ok(f.ops->repository_exists(f.meta, "b-c"), "or from its first manifest on");
    is_str(repositories(&f, &n, NULL, 99), "a b-c b/c", "the catalog is in bytewise order");
    is_str(repositories(&f, &n, NULL, 2), "a b-c", "a page of it");
    is_str(repositories(&f, &n, "b-c", 2), "b/c", "the next page");
    is_str(repositories(&f, &n, "aa", 1), "b-c", "behind a name that is not there");
    is_str(repositories(&f, &n, "z", 1), "", "behind the last");
    teardown(&f, "catalog");
}

static void test_blobs(void)
{
    struct fixture f;
    struct names n = {.left = 9};
    struct digest d = digest("one");
    struct digest other = digest("two");

    setup(&f);
    ok(f.ops->blob_find(f.meta, "a", &d) == NULL, "no blob in no repository");
    add_blob(&f, "b", "one");
    add_blob(&f, "a", "one");
    add_blob(&f, "a", "one");
    add_blob(&f, "c", "two");
    ok(f.ops->blob_find(f.meta, "a", &d) != NULL, "a blob is found where it was put");
    ok(f.ops->blob_find(f.meta, "c", &d) == NULL, "and is not seen in another repository");
    is_int(f.ops->blob_find(f.meta, "a", &d)->refs, 2, "two repositories, two references");
    f.ops->blob_homes(f.meta, &d, on_name, &n);
    is_str(n.text, "a b", "its homes");
    n = (struct names){.left = 1};
    f.ops->blob_homes(f.meta, &d, on_name, &n);
    is_str(n.text, "a", "the first home is enough");
    ok(f.ops->blob_remove(f.meta, "a", &d), "a blob is removed");
    ok(!f.ops->blob_remove(f.meta, "a", &d), "once only");
    ok(!f.ops->blob_remove(f.meta, "nowhere", &d), "and not from a repository that is not there");
    ok(f.ops->blob_find(f.meta, "a", &d) == NULL, "it is gone from there");
    ok(f.ops->blob_find(f.meta, "b", &d) != NULL, "and stays in the other");
    ok(f.ops->repository_exists(f.meta, "a"), "an empty repository stays");
    ok(f.ops->blob_remove(f.meta, "c", &other) && f.blobs->ops->find(f.blobs, &other) == NULL,
       "without a repository a blob goes from the store");
    teardown(&f, "blobs");
}

static void test_roles(void)
{
    struct fixture f;
    struct digest config = digest("config");
    struct digest layer = digest("layer");
    struct digest first;
    struct digest second;
    struct manifest *m;

    setup(&f);
    is_int(f.ops->blob_role(f.meta, "a", &config), BLOB_ROLE_NONE, "no role in no repository");
    add_blob(&f, "a", "config");
    is_int(f.ops->blob_role(f.meta, "a", &config), BLOB_ROLE_NONE, "no role before a manifest");
    m = manifest(&f, "{1}", "config", "layer", NULL);
    first = m->blob->digest;
    ASSERT(f.ops->manifest_put(f.meta, "a", m, NULL) == 0);
    ASSERT(f.ops->manifest_put(f.meta, "a", m, NULL) == 0);
    manifest_unref(m);
    is_int(f.ops->blob_role(f.meta, "a", &config), BLOB_ROLE_CONFIG, "a config");
    is_int(f.ops->blob_role(f.meta, "a", &layer), BLOB_ROLE_LAYER, "a layer that is not there");
    ok(f.ops->blob_find(f.meta, "a", &layer) == NULL, "is still not there");
    is_int(f.ops->blob_role(f.meta, "b", &config), BLOB_ROLE_NONE, "not in another repository");
    m = manifest(&f, "{2}", "other", "config", NULL);
    second = m->blob->digest;
    ASSERT(f.ops->manifest_put(f.meta, "a", m, NULL) == 0);
    manifest_unref(m);
    is_int(f.ops->blob_role(f.meta, "a", &config), BLOB_ROLE_LAYER, "a layer wins over a config");
    ASSERT(f.ops->manifest_remove(f.meta, "a", &second));
    is_int(f.ops->blob_role(f.meta, "a", &config), BLOB_ROLE_CONFIG, "until its manifest goes");
    ASSERT(f.ops->manifest_remove(f.meta, "a", &first));
    is_int(f.ops->blob_role(f.meta, "a", &config), BLOB_ROLE_NONE, "pushed twice, removed once");
    ok(f.ops->blob_find(f.meta, "a", &config) != NULL, "the blob itself stays");
    teardown(&f, "roles");
}

static void test_manifests(void)
{
    struct fixture f;
    struct digest d = digest("{}");
    struct manifest *m;
    struct manifest *again;

    setup(&f);
    ok(f.ops->manifest_find(f.meta, "a", &d) == NULL, "no manifest in no repository");
    m = manifest(&f, "{}", NULL, NULL, NULL);
    is_int(f.ops->manifest_put(f.meta, "a", m, NULL), 0, "a manifest is put");
    ok(f.ops->manifest_find(f.meta, "a", &d) == m, "and found");
    ok(f.ops->manifest_find(f.meta, "b", &d) == NULL, "not in another repository");
    is_int(m->refs, 2, "the repository holds a reference");
    ASSERT(set_tag(&f, "a", "v1", "{}") == 0);
    again = manifest(&f, "{}", NULL, NULL, NULL);
    is_int(f.ops->manifest_put(f.meta, "a", again, NULL), 0, "the same digest again");
    is_int(m->refs, 1, "drops the former");
    ok(f.ops->tag_find(f.meta, "a", "v1") == again, "in place: tags stay");
    manifest_unref(m);
    manifest_unref(again);
    ok(f.ops->manifest_remove(f.meta, "a", &d), "a manifest is removed");
    ok(!f.ops->manifest_remove(f.meta, "a", &d), "once only");
    ok(!f.ops->manifest_remove(f.meta, "b", &d), "and not from a repository that is not there");
    manifest_unref(NULL);
    teardown(&f, "manifests");
}

static void test_tags(void)
{
    struct fixture f;
    struct names n;
    struct err err = {.code = ERR_NONE};
    struct digest absent = digest("absent");
    struct digest d = digest("{1}");

    setup(&f);
    is_str(tags(&f, &n, "a", NULL, 99), "", "no tags in no repository");
    ok(f.ops->tag_find(f.meta, "a", "v1") == NULL, "none is found");
    put_manifest(&f, "a", "{1}", NULL);
    put_manifest(&f, "a", "{2}", NULL);
    is_int(f.ops->tag_set(f.meta, "a", "v1", &absent, &err), -1, "a tag needs its manifest");
    is_int(err.code, ERR_ABSENT, "its error");
    is_int(f.ops->tag_set(f.meta, "nowhere", "v1", &d, &err), -1, "and its repository");
    ok(!f.ops->repository_exists(f.meta, "nowhere"), "which is not made by it");
    for (const char *const *p = (const char *const[]){"v2", "v10", "V1", "v1", "_x", NULL};
         *p != NULL; p++)
        ASSERT(set_tag(&f, "a", *p, "{1}") == 0);
    is_str(tags(&f, &n, "a", NULL, 99), "V1 _x v1 v10 v2", "tags are in bytewise order");
    is_str(tags(&f, &n, "a", NULL, 2), "V1 _x", "a page of tags");
    is_str(tags(&f, &n, "a", "_x", 2), "v1 v10", "the next page");
    is_str(tags(&f, &n, "a", "v11", 2), "v2", "behind a tag that is not there");
    ok(f.ops->tag_find(f.meta, "a", "v1") == f.ops->manifest_find(f.meta, "a", &d), "found");
    is_int(set_tag(&f, "a", "v1", "{2}"), 0, "a tag is moved");
    ok(f.ops->tag_find(f.meta, "a", "v1") != f.ops->manifest_find(f.meta, "a", &d),
       "and points there");
    ok(f.ops->tag_remove(f.meta, "a", "v10"), "a tag is removed");
    ok(!f.ops->tag_remove(f.meta, "a", "v10"), "once only");
    ok(!f.ops->tag_remove(f.meta, "nowhere", "v1"), "and not from a repository that is not there");
    ok(f.ops->manifest_find(f.meta, "a", &d) != NULL, "its manifest stays");
    ASSERT(f.ops->manifest_remove(f.meta, "a", &d));
    is_str(tags(&f, &n, "a", NULL, 99), "v1", "a manifest takes its tags along, and no others");
    teardown(&f, "tags");
}

/* With many tags on one manifest they are dropped in one pass. */
static void test_tags_sweep(void)
{
    struct fixture f;
    struct names n;
    struct digest d = digest("{1}");

    setup(&f);
    put_manifest(&f, "a", "{1}", NULL);
    put_manifest(&f, "a", "{2}", NULL);
    for (unsigned i = 0; i < 300; i++) {
        char tag[16];

        (void)snprintf(tag, sizeof(tag), "t%03u", i);
        ASSERT(set_tag(&f, "a", tag, i % 100 == 7 ? "{2}" : "{1}") == 0);
    }
    ASSERT(f.ops->manifest_remove(f.meta, "a", &d));
    is_str(tags(&f, &n, "a", NULL, 99), "t007 t107 t207", "many tags go with their manifest");
    ASSERT(set_tag(&f, "a", "t008", "{2}") == 0);
    is_str(tags(&f, &n, "a", "t007", 99), "t008 t107 t207", "and may come again");
    teardown(&f, "many tags");
}

static bool on_referrer(void *arg, const struct manifest *m)
{
    struct names *n = arg;

    return collect(n, (const char[]){((const char *)m->blob->data)[1], '\0'});
}

static const char *referrers(struct fixture *f, struct names *n, const char *subject,
                             const char *after, unsigned max)
{
    *n = (struct names){.left = max};
    f->ops->referrers(f->meta, "a", digest(subject).text, after, on_referrer, n);
    return n->text;
}

static void test_referrers(void)
{
    struct fixture f;
    struct names n;
    char first[2] = "";
    char rest[16] = "";
    struct digest d;

    setup(&f);
    is_str(referrers(&f, &n, "image", NULL, 99), "", "no referrers in no repository");
    put_manifest(&f, "a", "{1}", "image");
    put_manifest(&f, "a", "{2}", "image");
    put_manifest(&f, "a", "{3}", "image");
    put_manifest(&f, "a", "{4}", "other");
    put_manifest(&f, "a", "{5}", NULL);
    put_manifest(&f, "b", "{6}", "image");
    put_manifest(&f, "a", "{2}", "image");
    (void)referrers(&f, &n, "image", NULL, 99);
    is_int((long long)strlen(n.text), 5, "three referrers, one of them pushed twice: %s", n.text);
    for (size_t i = 2; i < strlen(n.text); i += 2) {
        char a[4] = {'{', n.text[i - 2], '}', '\0'};
        char b[4] = {'{', n.text[i], '}', '\0'};

        ok(strcmp(digest(a).text, digest(b).text) < 0, "ordered by their digests: %s %s", a, b);
    }
    first[0] = n.text[0];
    (void)snprintf(rest, sizeof(rest), "%.3s", n.text + 2);
    is_str(referrers(&f, &n, "image", NULL, 1), first, "a page of referrers");
    d = digest((const char[]){'{', first[0], '}', '\0'});
    is_str(referrers(&f, &n, "image", d.text, 9), rest, "the next page");
    is_str(referrers(&f, &n, "other", NULL, 9), "4", "another subject");
    ASSERT(f.ops->manifest_remove(f.meta, "a", &d));
    is_str(referrers(&f, &n, "image", NULL, 9), rest, "a manifest that goes is no referrer");
    d = digest("{4}");
    ASSERT(f.ops->manifest_remove(f.meta, "a", &d));
    is_str(referrers(&f, &n, "other", NULL, 9), "", "nor is the last one");
    teardown(&f, "referrers");
}

static bool count_uploads(void *arg, struct upload *up)
{
    (void)up;
    ++*(unsigned *)arg;
    return true;
}

static bool remove_first(void *arg, struct upload *up)
{
    struct fixture *f = arg;

    (void)up;
    return !f->ops->upload_remove(f->meta, "one") && f->ops->upload_remove(f->meta, "two");
}

static void test_uploads(void)
{
    struct fixture f;
    struct upload *one = (struct upload *)(void *)&f; /* the store never looks into it */
    struct upload *two = (struct upload *)(void *)&f.meta;
    struct err err = {.code = ERR_NONE};
    unsigned count = 0;

    setup(&f);
    ok(f.ops->upload_find(f.meta, "one") == NULL, "no session");
    is_int(f.ops->upload_add(f.meta, "one", one, NULL), 0, "a session is added");
    is_int(f.ops->upload_add(f.meta, "two", two, NULL), 0, "another");
    is_int(f.ops->upload_add(f.meta, "two", one, &err), -1, "an id is taken once");
    is_int(err.code, ERR_EXISTS, "its error");
    ok(f.ops->upload_find(f.meta, "two") == two, "a session is found");
    is_int((long long)f.ops->upload_count(f.meta), 2, "sessions are counted");
    f.ops->uploads(f.meta, count_uploads, &count);
    is_int(count, 2, "and listed");
    f.ops->uploads(f.meta, remove_first, &f);
    is_int((long long)f.ops->upload_count(f.meta), 1, "one may be removed while they are listed");
    ok(!f.ops->upload_remove(f.meta, "three"), "an unknown one is not removed");
    teardown(&f, "uploads");
}

/* Everything that an image needs, with the n-th allocation failing; true when all went well. */
static bool put_image(struct fixture *f, unsigned n)
{
    struct digest d = digest("{image}");
    struct blob *config = blob(f, "config");
    struct manifest *m = manifest(f, "{image}", "config", "layer", "subject");
    bool whole;

    failing_malloc_arm(n);
    whole = f->ops->blob_add(f->meta, "repo", config, NULL) == 0 &&
            f->ops->manifest_put(f->meta, "repo", m, NULL) == 0 &&
            f->ops->tag_set(f->meta, "repo", "v1", &d, NULL) == 0 &&
            f->ops->upload_add(f->meta, "id", (struct upload *)(void *)f, NULL) == 0;
    ASSERT(failing_malloc_disarm() == !whole);
    blob_unref(config);
    manifest_unref(m);
    return whole;
}

/* A manifest is in the repository with all its relations, or not at all. */
static bool is_consistent(struct fixture *f)
{
    struct digest d = digest("{image}");
    struct digest layer = digest("layer");
    struct names n = {.left = 9};
    bool there = f->ops->manifest_find(f->meta, "repo", &d) != NULL;
    bool used = f->ops->blob_role(f->meta, "repo", &layer) == BLOB_ROLE_LAYER;

    f->ops->referrers(f->meta, "repo", digest("subject").text, NULL, on_referrer, &n);
    return there == used && there == (n.text[0] != '\0');
}

static void test_no_memory(void)
{
    unsigned wrong = 0;
    bool whole = false;
    unsigned n;

    for (n = 1; !whole; n++) {
        struct fixture f;

        setup(&f);
        whole = put_image(&f, n);
        wrong += !is_consistent(&f);
        wrong += !whole && f.ops->tag_find(f.meta, "repo", "v1") != NULL &&
                 f.ops->upload_count(f.meta) != 0;
        wrong += !whole && !put_image(&f, 0) && f.ops->upload_count(f.meta) != 1;
        wrong += !is_consistent(&f);
        teardown(&f, "out of memory");
    }
    ok(n > 8 && wrong == 0, "each of %u allocations may fail", n - 2);
}

/* A copy has the same and goes its own way. */
static void test_copy(void)
{
    struct fixture f, copy;
    struct digest layer = digest("layer");
    struct names n;

    setup(&f);
    ASSERT(put_image(&f, 0));
    put_manifest(&f, "other", "{9}", NULL);
    ASSERT(set_tag(&f, "other", "b", "{9}") == 0 && set_tag(&f, "other", "a", "{9}") == 0);
    ASSERT(f.ops->repository_add(f.meta, "empty", NULL) == 0);
    copy = f;
    is_int(f.ops->copy(f.meta, &copy.meta, NULL), 0, "a copy");
    is_str(repositories(&copy, &n, NULL, 99), "empty other repo", "has the same repositories");
    is_str(tags(&copy, &n, "other", NULL, 99), "a b", "tags");
    is_int((long long)copy.ops->upload_count(copy.meta), 0, "but no uploads");
    is_int(copy.ops->blob_role(copy.meta, "repo", &layer), f.ops->blob_role(f.meta, "repo", &layer),
           "and the same roles");
    ASSERT(copy.ops->tag_remove(copy.meta, "other", "a"));
    ASSERT(f.ops->tag_remove(f.meta, "other", "b"));
    is_str(tags(&copy, &n, "other", NULL, 99), "b", "each goes its own way");
    is_str(tags(&f, &n, "other", NULL, 99), "a", "  the other, too");
    meta_store_free(copy.meta);
    teardown(&f, "copy");
}

static double seconds(void)
{
    struct timespec ts;

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

/* Not a timed test: the figures are for people. */
static void test_many_tags(void)
{
    enum { MANY = 100000, PAGES = 1000 };
    struct fixture f;
    struct names n;
    double start = seconds();
    uint32_t state = 5;
    unsigned short found = 0;

    setup(&f);
    put_manifest(&f, "a", "{1}", NULL);
    for (unsigned i = 0; i < MANY; i++) {
        char tag[24];

        (void)snprintf(tag, sizeof(tag), "v%08x", i * 40000);
        ASSERT(set_tag(&f, "a", tag, "{1}") == 0);
    }
    diag("%d tags set in order: %.0f ms", MANY, (seconds() - start) * 1e3);
    start = seconds();
    for (unsigned i = 0; i < PAGES; i++) {
        char after[24];

        (void)snprintf(after, sizeof(after), "v%08x", help_random(&state));
        found += tags(&f, &n, "a", after, 10)[0] == 'v';
    }
    diag("a page of 10 behind a random name: %.2f us", (seconds() - start) * 1e6 / PAGES);
    ok(found > PAGES * 9 / 10, "pages are cut out of %d tags", MANY);
    teardown(&f, "100,000 tags");
}

int main(void)
{
    plan_lazy();
    test_catalog();
    test_blobs();
    test_roles();
    test_manifests();
    test_tags();
    test_tags_sweep();
    test_referrers();
    test_uploads();
    test_no_memory();
    test_copy();
    test_many_tags();
    done_testing();
}

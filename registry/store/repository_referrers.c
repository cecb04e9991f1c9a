/* SPDX-License-Identifier: MIT */
#include "registry/store/repository.h"

#include <stdlib.h>
#include <string.h>

#include "lib/util/err.h"

static struct repo_subject *subject_find(const struct repository *r, const char *digest)
{
    return TABLE_FIND(r->subjects, digest);
}

static struct repo_subject *subject_new(struct repository *r, const char *digest)
{
    size_t n = strlen(digest) + 1;
    struct repo_subject *s = calloc(1, sizeof(*s) + n);

    if (s == NULL)
        return NULL;
    memcpy(s->digest, digest, n);
    if (!TABLE_ADD(r->subjects, s->digest, s)) {
        free(s);
        return NULL;
    }
    return s;
}

static void subject_free(struct repository *r, struct repo_subject *s)
{
    TABLE_REMOVE(r->subjects, s);
    order_done(&s->referrers);
    free(s);
}

const struct order *repository_referrers(const struct repository *r, const char *subject)
{
    const struct repo_subject *s = subject_find(r, subject);

    return s != NULL ? &s->referrers : NULL;
}

int repository_referrer_add(struct repository *r, const char *subject, struct repo_manifest *e,
                            struct err *err)
{
    struct repo_subject *s = subject_find(r, subject);

    if (s == NULL)
        s = subject_new(r, subject);
    if (s == NULL)
        return err_set(err, ERR_NOMEM, "referrers");
    if (order_reserve(&s->referrers, err) != 0) {
        if (s->referrers.count == 0)
            subject_free(r, s);
        return -1;
    }
    order_add(&s->referrers, &e->ordered);
    return 0;
}

void repository_referrer_remove(struct repository *r, const char *subject,
                                const struct repo_manifest *e)
{
    struct repo_subject *s = subject_find(r, subject);

    (void)order_remove(&s->referrers, e->digest);
    if (s->referrers.count == 0)
        subject_free(r, s);
}

void repository_referrers_done(struct repository *r)
{
    struct repo_subject *s;
    struct repo_subject *next;

    HASH_ITER(hh, r->subjects, s, next)
        subject_free(r, s);
}

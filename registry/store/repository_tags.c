/* SPDX-License-Identifier: MIT */
#include "registry/store/repository.h"

#include <stdlib.h>
#include <string.h>

#include "lib/util/err.h"

/* From so many tags on, one pass over all tags is cheaper than cutting each out. */
enum { TAGS_SWEEP = 16 };

static struct repo_tag *tag_of(struct ordered *item)
{
    return (struct repo_tag *)item;
}

struct repo_tag *repository_tag_find(const struct repository *r, const char *name)
{
    return tag_of(order_find(&r->tags, name));
}

static void point_to(struct repo_tag *t, struct repo_manifest *target)
{
    t->target = target;
    LIST_INSERT_HEAD(&target->tags, t, link);
    target->tag_count++;
}

static void point_away(struct repo_tag *t)
{
    LIST_REMOVE(t, link);
    t->target->tag_count--;
    t->target = NULL;
}

static int tag_add(struct repository *r, const char *name, struct repo_manifest *target,
                   struct err *err)
{
    size_t n = strlen(name) + 1;
    struct repo_tag *t;

    if (order_reserve(&r->tags, err) != 0)
        return -1;
    t = calloc(1, sizeof(*t) + n);
    if (t == NULL)
        return err_set(err, ERR_NOMEM, "tag");
    memcpy(t->name, name, n);
    t->ordered.key = t->name;
    point_to(t, target);
    order_add(&r->tags, &t->ordered);
    return 0;
}

int repository_tag_set(struct repository *r, const char *name, struct repo_manifest *target,
                       struct err *err)
{
    struct repo_tag *t = repository_tag_find(r, name);

    if (t == NULL)
        return tag_add(r, name, target, err);
    point_away(t);
    point_to(t, target);
    return 0;
}

bool repository_tag_remove(struct repository *r, const char *name)
{
    struct repo_tag *t = tag_of(order_remove(&r->tags, name));

    if (t == NULL)
        return false;
    point_away(t);
    free(t);
    return true;
}

static bool points_to(const struct ordered *item, const void *target)
{
    return ((const struct repo_tag *)item)->target == target;
}

void repository_tags_drop(struct repository *r, struct repo_manifest *target)
{
    bool sweep = target->tag_count >= TAGS_SWEEP;
    struct repo_tag *t;

    if (sweep)
        order_sweep(&r->tags, points_to, target);
    while ((t = LIST_FIRST(&target->tags)) != NULL) {
        if (!sweep)
            (void)order_remove(&r->tags, t->name);
        point_away(t);
        free(t);
    }
}

void repository_tags_done(struct repository *r)
{
    for (size_t i = 0; i < r->tags.count; i++)
        free(tag_of(r->tags.items[i]));
    order_done(&r->tags);
}

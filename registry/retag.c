/* SPDX-License-Identifier: MIT */
#include "registry/retag.h"

#include <string.h>

#include "lib/util/digest.h"
#include "lib/util/err.h"
#include "lib/util/text.h"
#include "registry/reference.h"
#include "registry/registry.h"
#include "registry/store/blob_store.h"
#include "registry/store/meta_store.h"

/* "repo:tag" of names that are allowed. */
static int split_tag(const char *image, char repo[REFERENCE_NAME_MAX + 1], const char **tag,
                     struct err *err)
{
    const char *slash = strrchr(image, '/');
    const char *colon = strchr(slash != NULL ? slash : image, ':');
    size_t n = colon != NULL ? (size_t)(colon - image) : 0;

    if (n == 0 || n > REFERENCE_NAME_MAX || !reference_is_tag(colon + 1))
        return err_set(err, ERR_CONFIG, "image: %s is not repository:tag", TEXT_QUOTE(image));
    memcpy(repo, image, n);
    repo[n] = '\0';
    if (!reference_is_name(repo))
        return err_set(err, ERR_CONFIG, "image: %s is no repository name", TEXT_QUOTE(repo));
    *tag = colon + 1;
    return 0;
}

/* The part of `to` behind the repository, which has to be the same one. */
static int reference_of(const char *to, const char *repo, const char **ret, struct err *err)
{
    size_t n = strlen(repo);

    *ret = to;
    if (strncmp(to, repo, n) == 0 && (to[n] == ':' || to[n] == '@')) {
        *ret = to + n + 1;
        return 0;
    }
    if (reference_is_tag(to) || digest_is_wellformed(to))
        return 0;
    return err_set(err, ERR_CONFIG, "to: %s is no tag or digest of the repository %s",
                   TEXT_QUOTE(to), repo);
}

int retag(struct world *w, const char *image, const char *to, struct digest *ret, struct err *err)
{
    const struct meta_store_ops *ops = w->meta->ops;
    char repo[REFERENCE_NAME_MAX + 1];
    const char *tag, *reference;
    const struct manifest *m;
    struct digest digest;

    if (split_tag(image, repo, &tag, err) != 0 || reference_of(to, repo, &reference, err) != 0)
        return -1;
    if (digest_parse(&digest, reference, NULL) == 0)
        m = ops->manifest_find(w->meta, repo, &digest);
    else
        m = ops->tag_find(w->meta, repo, reference);
    if (m == NULL)
        return err_set(err, ERR_ABSENT, "%s has no manifest %s", repo, TEXT_QUOTE(reference));
    digest = m->blob->digest;
    if (ops->tag_set(w->meta, repo, tag, &digest, err) != 0)
        return -1;
    *ret = digest;
    return 0;
}

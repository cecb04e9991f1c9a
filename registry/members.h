/* SPDX-License-Identifier: MIT */
/*
 * Which manifests an index lists, for the journal's pulls (lib/control/pulls.h). Private to
 * registry/.
 */
#ifndef REGISTRY_MEMBERS_H
#define REGISTRY_MEMBERS_H

/* For pulls_ops.is_member; arg is the struct world. An index that is not there (any more), or is
   larger than BLOB_INLINE_MAX, is not known. */
int members_is_member(const char *repo, const char *parent, const char *child, void *arg);

#endif

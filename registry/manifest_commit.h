/* SPDX-License-Identifier: MIT */
/*
 * The second half of a manifest's PUT: may it be stored, and storing it. Private to registry/.
 */
#ifndef REGISTRY_MANIFEST_COMMIT_H
#define REGISTRY_MANIFEST_COMMIT_H

struct manifest_put;

/* Checks a manifest that was read against its repository, stores it with its tags, and replies. */
void manifest_commit(struct manifest_put *put);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * What an import is going to add to a world: nothing is seen before commit, and commit is whole or
 * taken back. Private to registry/.
 */
#ifndef REGISTRY_IMPORT_PLAN_H
#define REGISTRY_IMPORT_PLAN_H

#include <stdbool.h>
#include <stddef.h>

struct blob;
struct digest;
struct err;
struct import_plan;
struct import_report;
struct manifest;
struct world;

int import_plan_new(struct import_plan **ret, struct world *w,
                    struct err *err);         /* world borrowed */
void import_plan_free(struct import_plan *p); /* NULL-safe */

/* Each keeps a reference of its own; what is there already is left alone. */
int import_plan_blob(struct import_plan *p, const char *repo, struct blob *blob, struct err *err);
int import_plan_manifest(struct import_plan *p, const char *repo, struct manifest *m,
                         struct err *err);
bool import_plan_has_manifest(const struct import_plan *p, const char *repo,
                              const struct digest *digest);
/* ERR_EXISTS when the plan gives the tag to another manifest. */
int import_plan_tag(struct import_plan *p, const char *repo, const char *tag,
                    const struct digest *digest, struct err *err);
/* One more image for the report. */
void import_plan_count_image(struct import_plan *p);

/* Calls fn for each repository whose manifests include this digest; fn may add to the plan. */
typedef int (*import_plan_fn)(void *arg, const char *repo, struct err *err);
int import_plan_homes(const struct import_plan *p, const struct digest *digest, import_plan_fn fn,
                      void *arg, struct err *err);

int import_plan_commit(struct import_plan *p, struct import_report *ret, struct err *err);

#endif

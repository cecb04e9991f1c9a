/* SPDX-License-Identifier: MIT */
/*
 * One repository of the memory backend: its blobs, manifests, tags and referrers.
 *
 * Every change is whole or not at all: what can fail comes first. Private to registry/store.
 */
#ifndef REGISTRY_STORE_REPOSITORY_H
#define REGISTRY_STORE_REPOSITORY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/queue.h>

#include "registry/store/meta_store.h"
#include "registry/store/order.h"
#include "registry/store/table.h"

struct err;

/* A digest that the repository has as a blob, or that its manifests name, or both. */
struct repo_blob {
    struct blob *blob; /* owned reference; NULL: only named by manifests */
    size_t configs;    /* how often manifests name it as a config */
    size_t layers;     /* and as a layer */
    UT_hash_handle hh; /* by digest */
    char digest[];
};

struct repo_tag;

struct repo_manifest {
    struct ordered ordered;     /* first: key is digest; in the orders of referrers */
    struct manifest *manifest;  /* owned reference */
    LIST_HEAD(, repo_tag) tags; /* borrowed: the tags that point here */
    size_t tag_count;
    UT_hash_handle hh; /* by digest */
    char digest[];
};

struct repo_tag {
    struct ordered ordered;       /* first: key is name */
    struct repo_manifest *target; /* borrowed */
    LIST_ENTRY(repo_tag) link;    /* in target->tags */
    char name[];
};

/* A digest that manifests of this repository name as their subject. */
struct repo_subject {
    struct order referrers; /* borrowed struct repo_manifest; never empty */
    UT_hash_handle hh;      /* by digest */
    char digest[];
};

struct repository {
    struct ordered ordered;          /* first: key is name; in the catalog */
    struct repo_blob *blobs;         /* table; owned entries */
    struct repo_manifest *manifests; /* table; owned entries */
    struct repo_subject *subjects;   /* table; owned entries */
    struct order tags;               /* owned struct repo_tag */
    UT_hash_handle hh;               /* by name */
    char name[];
};

struct repository *repository_new(const char *name); /* NULL: out of memory */
void repository_free(struct repository *r);          /* NULL-safe */
/* Adds what another one has to one that has nothing. On failure part of it is there. */
int repository_fill(struct repository *r, const struct repository *from, struct err *err);

/* repository_blobs.c */
struct blob *repository_blob_find(const struct repository *r, const char *digest);
int repository_blob_add(struct repository *r, struct blob *blob, struct err *err);
bool repository_blob_remove(struct repository *r, const char *digest);
enum blob_role repository_blob_role(const struct repository *r, const char *digest);
/* Counts what a manifest uses. */
int repository_uses_add(struct repository *r, const struct manifest *m, struct err *err);
void repository_uses_remove(struct repository *r, const struct manifest *m);
void repository_blobs_done(struct repository *r);

/* repository_manifests.c */
struct repo_manifest *repository_manifest_find(const struct repository *r, const char *digest);
int repository_manifest_put(struct repository *r, struct manifest *m, struct err *err);
bool repository_manifest_remove(struct repository *r, const char *digest);
void repository_manifests_done(struct repository *r);

/* repository_tags.c */
struct repo_tag *repository_tag_find(const struct repository *r, const char *name);
int repository_tag_set(struct repository *r, const char *name, struct repo_manifest *target,
                       struct err *err);
bool repository_tag_remove(struct repository *r, const char *name);
/* Removes all tags that point to it. */
void repository_tags_drop(struct repository *r, struct repo_manifest *target);
void repository_tags_done(struct repository *r);

/* repository_referrers.c */
const struct order *repository_referrers(const struct repository *r, const char *subject);
int repository_referrer_add(struct repository *r, const char *subject, struct repo_manifest *e,
                            struct err *err);
void repository_referrer_remove(struct repository *r, const char *subject,
                                const struct repo_manifest *e);
void repository_referrers_done(struct repository *r);

#endif

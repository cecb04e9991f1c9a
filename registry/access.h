/* SPDX-License-Identifier: MIT */
/*
 * What the caller of a request may do.
 *
 * The route decides most of it; a handler asks here where one request touches a second repository.
 * Private to registry/.
 */
#ifndef REGISTRY_ACCESS_H
#define REGISTRY_ACCESS_H

struct registry_call;

enum access_answer {
    ACCESS_GRANTED,
    ACCESS_REFUSED,       /* the policy says no */
    ACCESS_SCOPE_MISSING, /* the policy would say yes; the token that was sent does not cover it */
};

/* Who decides for a world (registry.h); none: everybody may do everything. */
struct access_policy {
    enum access_answer (*may_pull)(void *arg, const struct registry_call *call, const char *repo);
    void *arg; /* borrowed */
};

/* May the caller pull from that repository, which is not the one that the request names? */
enum access_answer access_may_pull(const struct registry_call *call, const char *repo);

#endif

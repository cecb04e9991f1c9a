/* SPDX-License-Identifier: MIT */
/* A small vocabulary for tests of rules and criteria, and subjects in it. */
#ifndef TESTS_UNIT_FAULT_WORDS_H
#define TESTS_UNIT_FAULT_WORDS_H

#include "lib/fault/words.h"
#include "lib/util/util.h"

enum words_op { OP_PING, OP_BLOB_GET, OP_BLOB_HEAD, OP_MANIFEST_GET, OP_MANIFEST_HEAD, OP_COUNT };
enum words_word { W_OP, W_REPO, W_ROLE, W_USER, W_CLIENT, W_LISTENER, W_DIGEST, W_COUNT };

static const char *const words_ops[] = {"ping", "blob.get", "blob.head", "manifest.get",
                                        "manifest.head"};
static const char *const words_roles[] = {"config", "layer", NULL};

static inline bool words_is_repo(const char *text)
{
    return text[0] != 'X';
}

static const struct word words_words[] = {
    [W_OP] = {.name = "op", .kind = WORD_OP},
    [W_REPO] = {.name = "repo", .can_be = words_is_repo},
    [W_ROLE] = {.name = "role",
                .kind = WORD_CHOICE,
                .choices = words_roles,
                .ops = 1 << OP_BLOB_GET | 1 << OP_BLOB_HEAD},
    [W_USER] = {.name = "user"},
    [W_CLIENT] = {.name = "client", .kind = WORD_ADDRESS, .early = true},
    [W_LISTENER] = {.name = "listener", .early = true},
    [W_DIGEST] = {.name = "digest"},
};
static const struct vocabulary words = {
    .words = words_words,
    .word_count = W_COUNT,
    .ops = words_ops,
    .op_count = OP_COUNT,
    .op_word = W_OP,
    .key_word = W_REPO,
    .client_word = W_CLIENT,
    .user_word = W_USER,
};

/* A request for something of a repository. */
static inline struct subject words_subject(enum words_op op, const char *repo)
{
    struct subject s = {.op = op};

    s.values[W_OP] = words_ops[op];
    s.values[W_REPO] = repo;
    s.values[W_USER] = "alice";
    s.values[W_CLIENT] = "192.0.2.1:40312";
    return s;
}

#endif

/* SPDX-License-Identifier: MIT */
/*
 * The keys that sign tokens, for commands that need no server: named by flags, or those of a
 * server's configuration.
 */
#ifndef CLI_SIGNING_H
#define CLI_SIGNING_H

#include <stdbool.h>

struct conf;
struct err;
struct keyring;

/* Where they are; NULL where not given. All borrowed. */
struct signing_files {
    const char *config;      /* a configuration file with auth.keys */
    const char *key;         /* PEM */
    const char *certificate; /* PEM; NULL: in the key's file, or one is made */
    const char *kid;
    const char *secret_file; /* HS256: all of the file but line ends behind it */
    bool x5c;
};

struct signing {
    struct conf *conf;    /* owned; NULL: no configuration */
    struct keyring *ring; /* owned; has a key at least */
    const char *service;  /* auth.service, or "ocimock" */
    const char *issuer;   /* auth.issuer, or the service */
};

/* ERR_USAGE when no file is named, or too many. */
int signing_open(struct signing *ret, const struct signing_files *files, struct err *err);
void signing_done(struct signing *s);

#endif

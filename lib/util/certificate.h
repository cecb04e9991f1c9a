/* SPDX-License-Identifier: MIT */
/*
 * Certificates for tests: a CA of our own in a folder, and certificates signed by it.
 *
 *     FOLDER/ca.crt, ca.key           made once, then used again: clients trust it once
 *     FOLDER/server.crt, server.key   made anew each time; server.crt has the CA behind it
 *
 * Keys are EC P-256 and readable by their owner only. Files are written beside and renamed, under a
 * lock of the folder, so that several processes may share it.
 */
#ifndef LIB_UTIL_CERTIFICATE_H
#define LIB_UTIL_CERTIFICATE_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

struct err;

struct certificate_files {
    char ca[PATH_MAX];
    char certificate[PATH_MAX];
    char key[PATH_MAX];
};

/* Host names and addresses in a certificate. */
enum { CERTIFICATE_NAMES_MAX = 64, CERTIFICATE_NAME_MAX = 253 };

struct certificate_names {
    char names[CERTIFICATE_NAMES_MAX][CERTIFICATE_NAME_MAX + 1];
    size_t count;
};

/* localhost, 127.0.0.1, ::1 and the name of this host. */
void certificate_names_init(struct certificate_names *names);
/* Adds a name unless it is there. ERR_INVALID for what is neither a host name nor an address. */
int certificate_names_add(struct certificate_names *names, const char *name, struct err *err);
/* Adds the host of "host:port" or "[v6]:port", unless that means all addresses. */
int certificate_names_add_listener(struct certificate_names *names, const char *address,
                                   struct err *err);

/* Makes what is missing in the folder (which is made too) and the server's pair. */
int certificate_make(struct certificate_files *ret, const char *folder,
                     const struct certificate_names *names, struct err *err);

/* What may be wrong with a certificate, for clients to find out. */
enum certificate_flaw {
    CERTIFICATE_GOOD,
    CERTIFICATE_EXPIRED,     /* its time is over */
    CERTIFICATE_NOT_YET,     /* its time has not come */
    CERTIFICATE_SELF_SIGNED, /* signed by its own key; the folder's CA has no part in it */
};

struct certificate_request {
    const char *file;        /* its files in the folder: FILE.crt and FILE.key; no '/' */
    const char *common_name; /* CN of the subject */
    bool client;             /* proves who a client is (clientAuth), not a server */
    enum certificate_flaw flaw;
    const struct certificate_names *names; /* NULL: none */
};

/* Makes what is missing in the folder and the pair that is asked for; ret->certificate and ret->key
 * name it. */
int certificate_issue(struct certificate_files *ret, const char *folder,
                      const struct certificate_request *request, struct err *err);

/* A pair in memory: PEM texts, owned: free(3). */
struct certificate_text {
    char *certificate; /* with its CA behind it */
    char *key;
};

/* As certificate_issue with the CA that is in the folder, but writes nothing; request->file is not
 * looked at. folder NULL: signed by a CA that nobody knows. */
int certificate_make_text(struct certificate_text *ret, const char *folder,
                          const struct certificate_request *request, struct err *err);

#endif

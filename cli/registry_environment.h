/* SPDX-License-Identifier: MIT */
/*
 * The environment of the usual registry (distribution 2.8 and 3): REGISTRY_* variables that test
 * modules and compose files set, taken for options of ours. OCIMOCK_* wins over them.
 *
 *     REGISTRY_AUTH                       htpasswd, token or none; else what is set below says
 *     REGISTRY_AUTH_HTPASSWD_REALM, _PATH Basic; a missing file is made, with a user `docker`
 *     REGISTRY_AUTH_TOKEN_REALM, _SERVICE, _ISSUER, _ROOTCERTBUNDLE, _JWKS, _AUTOREDIRECT,
 *     _AUTOREDIRECTPATH                   Bearer with tokens of another service
 *     REGISTRY_HTTP_ADDR, _HOST, _TLS_CERTIFICATE, _TLS_KEY
 *     REGISTRY_STORAGE_DELETE_ENABLED     unset: deletion stays on, unlike there
 *     REGISTRY_HTTP_SECRET                nothing: we have no use for it
 */
#ifndef CLI_REGISTRY_ENVIRONMENT_H
#define CLI_REGISTRY_ENVIRONMENT_H

#include <stdbool.h>

struct buf;
struct err;
struct option_set;

/*
 * Reads them out of environ, after OCIMOCK_* were read. Appends a line to remarks for each that has
 * no effect. *ret_provision: the htpasswd file is to be made if it is missing. ERR_USAGE.
 */
int registry_environment_read(struct option_set *set, char *const *environment, struct buf *remarks,
                              bool *ret_provision, struct err *err);
/* Makes the htpasswd file, with a user `docker` whose password goes to the log, unless it is there.
 */
int registry_environment_provision(const char *path, struct err *err);

#endif

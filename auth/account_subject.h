/* SPDX-License-Identifier: MIT */
/*
 * Client certificates and accounts. A subject ("CN=alice,O=team", RFC 2253) stands for the account
 * that is configured with it, else for the one that is called as its common name and has no subject
 * of its own.
 */
#ifndef AUTH_ACCOUNT_SUBJECT_H
#define AUTH_ACCOUNT_SUBJECT_H

#include <stdbool.h>
#include <stddef.h>

struct account;
struct accounts;
struct err;

enum { ACCOUNT_SUBJECT_MAX = 1023 };

/* ERR_ABSENT for the account, ERR_EXISTS for a subject of another one, ERR_INVALID. */
int accounts_set_subject(struct accounts *a, const char *name, const char *subject,
                         struct err *err);
/* Borrowed; NULL: nobody's. */
const struct account *accounts_find_subject(const struct accounts *a, const char *subject);
/* The first common name in a subject, without its escapes; false: there is none, or no room. */
bool account_subject_name(char *dst, size_t size, const char *subject);

#endif

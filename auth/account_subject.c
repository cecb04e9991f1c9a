/* SPDX-License-Identifier: MIT */
#include "auth/account_subject.h"

#include <stdlib.h>
#include <string.h>

#include "auth/account_internal.h"
#include "lib/util/err.h"
#include "lib/util/text.h"

int accounts_set_subject(struct accounts *a, const char *name, const char *subject, struct err *err)
{
    struct account *account = account_get(a, name);
    struct account *other;
    char *copy;

    if (account == NULL || account->removed)
        return err_set(err, ERR_ABSENT, "no account is called %s", TEXT_QUOTE(name));
    if (subject[0] == '\0' || strlen(subject) > ACCOUNT_SUBJECT_MAX)
        return err_set(err, ERR_INVALID, "a subject has 1 to %d bytes", ACCOUNT_SUBJECT_MAX);
    HASH_FIND(by_subject, a->subjects, subject, strlen(subject), other);
    if (other != NULL)
        return other == account
                   ? 0
                   : err_set(err, ERR_EXISTS, "the subject %s is that of account %s already",
                             TEXT_QUOTE(subject), TEXT_QUOTE(other->name));
    copy = strdup(subject);
    if (copy == NULL)
        return err_set(err, ERR_NOMEM, "account");
    account_drop_subject(a, account);
    account->subject = copy;
    HASH_ADD_KEYPTR(by_subject, a->subjects, account->subject, strlen(copy), account);
    return 0;
}

void account_drop_subject(struct accounts *a, struct account *account)
{
    if (account->subject == NULL)
        return;
    HASH_DELETE(by_subject, a->subjects, account);
    free(account->subject);
    account->subject = NULL;
}

/* One character of a value, at *p, and on to the next; false at its end. */
static bool next_byte(const char **p, char *ret)
{
    if (**p == '\0' || **p == ',' || **p == '+')
        return false;
    if (**p != '\\') {
        *ret = *(*p)++;
        return true;
    }
    if (text_unhex(ret, *p + 1, 1)) {
        *p += 3;
        return *ret != '\0';
    }
    if ((*p)[1] == '\0')
        return false;
    *ret = (*p)[1];
    *p += 2;
    return true;
}

/* Behind the value at p and the ',' or '+' that ends it. */
static const char *skip_value(const char *p)
{
    char ignored;

    while (next_byte(&p, &ignored))
        continue;
    return p[0] == ',' || p[0] == '+' ? p + 1 : "";
}

bool account_subject_name(char *dst, size_t size, const char *subject)
{
    const char *p = subject;
    size_t n = 0;

    while (strncmp(p, "CN=", 3) != 0) {
        if (*p == '\0')
            return false;
        p = skip_value(p);
    }
    p += 3;
    while (n < size - 1 && next_byte(&p, &dst[n]))
        n++;
    dst[n] = '\0';
    return n > 0 && (*p == '\0' || *p == ',' || *p == '+');
}

const struct account *accounts_find_subject(const struct accounts *a, const char *subject)
{
    char name[ACCOUNT_NAME_MAX + 1];
    struct account *account;

    HASH_FIND(by_subject, a->subjects, subject, strlen(subject), account);
    if (account != NULL)
        return account;
    if (!account_subject_name(name, sizeof(name), subject))
        return NULL;
    account = account_get(a, name);
    return account != NULL && !account->removed && account->subject == NULL ? account : NULL;
}

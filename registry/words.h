/* SPDX-License-Identifier: MIT */
/*
 * The registry's words: what rules match and the journal remembers (control.md, "Registry words").
 */
#ifndef REGISTRY_WORDS_H
#define REGISTRY_WORDS_H

#include "lib/fault/words.h"

struct http_conn;
struct pulls_ops;
struct registry_call;

enum registry_word {
    WORD_OP_NAME,
    WORD_REPO,
    WORD_REF,
    WORD_DIGEST,
    WORD_ROLE,
    WORD_USER,
    WORD_AUTH,
    WORD_LISTENER,
    WORD_CLIENT,
    WORD_SNI,
    WORD_USER_AGENT,
    WORD_NS,
    REGISTRY_WORDS
};

extern const struct vocabulary registry_vocabulary;
/* Which requests make a pull. */
extern const struct pulls_ops registry_pulls;

/* Fills call->words with what is known of a request that was named. */
void words_of_call(struct registry_call *call);
/* Adds what became known since: who asks, a digest that was read. ret_late: only these words; the
   journal has the others. */
void words_update(struct registry_call *call, struct subject *ret_late);
/* Before there is a request: listener, client, and the server name once the ClientHello came. */
void words_of_conn(struct subject *ret, const struct http_conn *c);

#endif

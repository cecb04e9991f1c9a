/* SPDX-License-Identifier: MIT */
/*
 * A list of the journal as the body of a reply, made while it is sent: ten thousand entries at once
 * would keep everybody waiting.
 */
#ifndef LIB_CONTROL_JOURNAL_STREAM_H
#define LIB_CONTROL_JOURNAL_STREAM_H

#include <stddef.h>
#include <stdint.h>

struct err;
struct http_source;
struct journal;
struct match;

/*
 * The text of journal_list() up to the newest entry of now, of unknown length. Entries that are
 * dropped before it is their turn are counted in `dropped`. Takes filter (NULL: all), also on
 * failure. ERR_OVERLOADED, ERR_NOMEM.
 */
int journal_stream(struct http_source **ret, struct journal *j, struct match *filter,
                   uint64_t since, size_t limit, struct err *err);

#endif

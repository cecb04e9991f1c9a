/* SPDX-License-Identifier: MIT */
/*
 * What is read of a journal at length: the list of requests, and events as they happen.
 */
#ifndef LIB_CONTROL_CONTROL_EVENTS_H
#define LIB_CONTROL_CONTROL_EVENTS_H

struct control_call;
struct journal;

/* GET /requests: replies with journal_stream(). */
void control_reply_list(struct control_call *call, struct journal *j);
/* GET /events: replies with journal_events(); Last-Event-ID or ?since=SEQ repeat what was. */
void control_reply_events(struct control_call *call, struct journal *j);

#endif

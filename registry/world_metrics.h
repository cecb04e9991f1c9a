/* SPDX-License-Identifier: MIT */
/*
 * What Prometheus gets to know of a world. Labels never hold repositories, digests or accounts.
 */
#ifndef REGISTRY_WORLD_METRICS_H
#define REGISTRY_WORLD_METRICS_H

struct buf;
struct err;
struct http_exchange;
struct registry_call;
struct world;

/* world_metrics_close() must follow, on failure too. */
int world_metrics_open(struct world *w, struct err *err);
void world_metrics_close(struct world *w);
/* A request has ended. */
void world_metrics_count(struct registry_call *call, const struct http_exchange *x);
/* Appends the text format; errors are out's. */
void world_metrics_write(struct world *w, struct buf *out);

#endif

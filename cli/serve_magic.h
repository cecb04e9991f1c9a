/* SPDX-License-Identifier: MIT */
/* Magic names (registry/magic_name.h) at start: scenarios are words of them. */
#ifndef CLI_SERVE_MAGIC_H
#define CLI_SERVE_MAGIC_H

struct digests;
struct err;
struct magic_presets;
struct world;

extern const struct magic_presets serve_magic_presets;

/* In a world with magic names, the image hello is there unless another one of that name is. */
int serve_magic_start(struct world *w, struct digests *digests, struct err *err);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * Where magic names meet requests. Private to registry/. All of it is cheap in a world without
 * them.
 */
#ifndef REGISTRY_MAGIC_CALL_H
#define REGISTRY_MAGIC_CALL_H

#include "registry/call.h"

struct fault_extra;

/* The route is known: its `repo` becomes the repository that the name stands for. */
void magic_name_call(struct registry_call *call);
/* Its name is a magic one. */
bool magic_is_meant(const struct registry_call *call);
/* The rules that its name asks for, or NULL. Borrowed until the next question. */
const struct fault_extra *magic_rules(const struct registry_call *call);
/* Refuses a call that is misnamed: 404, and what would have been right. */
void magic_refuse(struct registry_call *call);

#endif

/* SPDX-License-Identifier: MIT */
/*
 * How much memory this process may use: the physical memory, or less when a control group says so.
 */
#ifndef REGISTRY_STORE_MEMORY_LIMIT_H
#define REGISTRY_STORE_MEMORY_LIMIT_H

#include <stdint.h>

/*
 * The smallest of MemTotal and the limits of the process's own control group and those above it
 * (memory.max of version 2, memory.limit_in_bytes of version 1); 0 when nothing is known.
 * root: a folder that stands for "/" ("" for the real one), with proc/ and sys/ in it.
 */
uint64_t memory_limit_read(const char *root);
/* What limits.storage 0 stands for: three quarters of it. */
uint64_t memory_limit_storage(void);

#endif

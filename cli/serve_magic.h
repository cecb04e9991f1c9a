/* SPDX-License-Identifier: MIT */
/* Scenarios as words of magic names (registry/magic_name.h). */
#ifndef CLI_SERVE_MAGIC_H
#define CLI_SERVE_MAGIC_H

struct magic_presets;

extern const struct magic_presets serve_magic_presets;

#endif

/* SPDX-License-Identifier: MIT */
/*
 * A fuzz target: one function that is fed any bytes and must neither crash nor break its own rules.
 * libFuzzer calls it (scripts/fuzz), and replay.c does with the files of corpus/NAME/.
 */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

#include "lib/util/util.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A rule that must hold for any input. */
#define MUST(cond) ASSERT(cond)

/* The input as a text of its own, so that reading beyond its end is noticed. The caller frees it.
 */
char *fuzz_text(const uint8_t *data, size_t size);

#endif

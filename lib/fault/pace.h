/* SPDX-License-Identifier: MIT */
/*
 * How fast a body may leave: bytes per second, or in pieces over a time. Pure.
 */
#ifndef LIB_FAULT_PACE_H
#define LIB_FAULT_PACE_H

#include <stdint.h>

struct pace {
    uint64_t rate;     /* bytes per second; 0: no limit */
    uint32_t pieces;   /* the body leaves in so many pieces; 0: no limit */
    uint32_t over_ms;  /* the last of them leaves after this time */
    int64_t length;    /* of the body; -1: unknown */
    uint64_t start_ms; /* when the rate began; moves when the peer was too slow for it */
    uint64_t drip_ms;  /* when the pieces began */
};

void pace_start(struct pace *p, uint64_t now_ms);
/*
 * How many bytes may leave now when `pos` left before; 0: after *ret_wait_ms there will be some. A
 * rate gives about slice_ms worth of bytes at once.
 */
uint64_t pace_allow(struct pace *p, uint64_t pos, uint64_t now_ms, uint32_t slice_ms,
                    uint32_t *ret_wait_ms);

#endif

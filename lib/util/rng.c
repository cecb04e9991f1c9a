/* SPDX-License-Identifier: MIT */
#include "lib/util/rng.h"

#include <endian.h>
#include <string.h>

#include "lib/util/util.h"

/* The golden ratio in 64 bits, as splitmix64 steps (Steele, Lea, Flood: Fast Splittable
   Pseudorandom Number Generators, 2014). */
static const uint64_t step = UINT64_C(0x9e3779b97f4a7c15);

/* Its mixing: each bit of x changes half of the bits of the result. */
static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ (x >> 27)) * UINT64_C(0x94d049bb133111eb);
    return x ^ (x >> 31);
}

void rng_init(struct rng *r, uint64_t seed)
{
    r->state = seed;
}

uint64_t rng_next(struct rng *r)
{
    r->state += step;
    return mix(r->state);
}

uint64_t rng_below(struct rng *r, uint64_t n)
{
    uint64_t uneven, number;

    ASSERT(n > 0);
    uneven = -n % n; /* 2^64 mod n: so many numbers would come up once too often */
    do {
        number = rng_next(r);
    } while (number < uneven);
    return number % n;
}

double rng_unit_of(uint64_t number)
{
    return (double)(number >> 11) * 0x1p-53;
}

double rng_unit(struct rng *r)
{
    return rng_unit_of(rng_next(r));
}

static uint64_t stream_start(uint64_t seed, uint64_t stream)
{
    return mix(mix(seed + step) ^ stream);
}

uint64_t rng_at(uint64_t seed, uint64_t stream, uint64_t index)
{
    return mix(stream_start(seed, stream) + (index + 1) * step);
}

void rng_fill(void *dst, size_t count, uint64_t seed, uint64_t stream, uint64_t index)
{
    uint64_t state = stream_start(seed, stream) + index * step;
    unsigned char *p = dst;

    for (; count > 0; count--, p += sizeof(state)) {
        uint64_t number = htole64(mix(state += step));

        memcpy(p, &number, sizeof(number));
    }
}

uint64_t rng_stream(const void *p, size_t n)
{
    const unsigned char *bytes = p;
    uint64_t hash = mix(step + n);

    for (size_t i = 0; i < n; i++)
        hash = mix(hash ^ bytes[i]) + step;
    return mix(hash);
}

/* A run's random numbers: xoshiro256** (Blackman and Vigna), seeded so that equal seeds and streams
 * give equal numbers. Not for secrets: a sandbox has none. */
#ifndef MB_VM_PRNG_H
#define MB_VM_PRNG_H

#include "base/base.h"

struct mb_prng {
    uint64_t s[4];
};

/* `stream` tells apart generators that share a seed (the branches of a run). */
void mb_prng_seed(struct mb_prng *p, const uint8_t seed[16], uint64_t stream);
uint64_t mb_prng_next(struct mb_prng *p);
double mb_prng_unit(struct mb_prng *p);                    /* 0 <= x < 1, 53 bits */
uint64_t mb_prng_below(struct mb_prng *p, uint64_t bound); /* 0 <= x < bound, unbiased; bound > 0 */

#endif

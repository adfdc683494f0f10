#include "vm/prng.h"

#include <string.h>

static uint64_t rotl(uint64_t x, int k)
{
    return x << k | x >> (64 - k);
}

/* SplitMix64: spreads a counter over the state. */
static uint64_t spread(uint64_t *x)
{
    uint64_t z = (*x += 0x9E3779B97F4A7C15u);
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

void mb_prng_seed(struct mb_prng *p, const uint8_t seed[16], uint64_t stream)
{
    uint64_t half[2];
    memcpy(half, seed, sizeof(half));
    uint64_t x = half[0] ^ rotl(stream, 32);
    uint64_t y = (half[1] ^ 0xD1B54A32D192ED03u) + stream; /* apart from x for equal halves */
    for (int i = 0; i < 4; i += 2) {
        p->s[i] = spread(&x);
        p->s[i + 1] = spread(&y);
    }
    if (!(p->s[0] | p->s[1] | p->s[2] | p->s[3]))
        p->s[0] = 1; /* the one state that the generator cannot leave */
}

uint64_t mb_prng_next(struct mb_prng *p)
{
    uint64_t *s = p->s;
    uint64_t result = rotl(s[1] * 5, 7) * 9;
    uint64_t t = s[1] << 17;
    s[2] ^= s[0];
    s[3] ^= s[1];
    s[1] ^= s[2];
    s[0] ^= s[3];
    s[2] ^= t;
    s[3] = rotl(s[3], 45);
    return result;
}

double mb_prng_unit(struct mb_prng *p)
{
    return (double)(mb_prng_next(p) >> 11) * 0x1p-53;
}

uint64_t mb_prng_below(struct mb_prng *p, uint64_t bound)
{
    uint64_t least = -bound % bound; /* 2^64 mod bound: what would fall unevenly */
    for (;;) {
        uint64_t x = mb_prng_next(p);
        if (x >= least)
            return x % bound;
    }
}

/* What a model call costs: tokens times prices, in integers. */
#ifndef MB_LLM_PRICE_H
#define MB_LLM_PRICE_H

#include "base/base.h"

/* What a provider reported for one call, or the sum of several. */
struct mb_llm_usage {
    int64_t input_tokens;       /* all of the input: cached and cache-written ones included */
    int64_t output_tokens;      /* all of the output: reasoning included */
    int64_t cached_tokens;      /* of the input, read from the provider's cache */
    int64_t cache_write_tokens; /* of the input, written to it */
    int64_t reasoning_tokens;   /* of the output */
};

/* Micro-dollars per million tokens. */
struct mb_llm_rates {
    int64_t in, out, cached_in, cache_write, reasoning;
};

struct mb_llm_price {
    struct mb_llm_rates base;
    struct mb_llm_rates large; /* for a whole call whose input is above large_tokens */
    int64_t large_tokens;      /* 0 = no such rates */
};

void mb_llm_usage_add(struct mb_llm_usage *sum, const struct mb_llm_usage *more);
/* Micro-dollars of one call, rounded up once. Counts that contradict each other or are negative
 * are read so that nothing is charged twice; the most that can come out is INT64_MAX. */
int64_t mb_llm_price_micros(const struct mb_llm_price *price, const struct mb_llm_usage *usage);

#endif

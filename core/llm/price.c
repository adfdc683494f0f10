#include "llm/price.h"

/* More than any model can take or give; keeps sums far from overflow. */
static const int64_t MAX_TOKENS = 1000000000000;
static const int64_t MILLION = 1000000;

static int64_t clamp(int64_t n, int64_t most)
{
    return n < 0 ? 0 : MB_MIN(n, most);
}

void mb_llm_usage_add(struct mb_llm_usage *sum, const struct mb_llm_usage *more)
{
    sum->input_tokens += clamp(more->input_tokens, MAX_TOKENS);
    sum->output_tokens += clamp(more->output_tokens, MAX_TOKENS);
    sum->cached_tokens += clamp(more->cached_tokens, MAX_TOKENS);
    sum->cache_write_tokens += clamp(more->cache_write_tokens, MAX_TOKENS);
    sum->reasoning_tokens += clamp(more->reasoning_tokens, MAX_TOKENS);
}

int64_t mb_llm_price_micros(const struct mb_llm_price *price, const struct mb_llm_usage *usage)
{
    int64_t in = clamp(usage->input_tokens, MAX_TOKENS);
    int64_t out = clamp(usage->output_tokens, MAX_TOKENS);
    int64_t cached = clamp(usage->cached_tokens, in);
    int64_t written = clamp(usage->cache_write_tokens, in - cached);
    int64_t reasoning = clamp(usage->reasoning_tokens, out);
    bool is_large = price->large_tokens && in > price->large_tokens;
    const struct mb_llm_rates *rates = is_large ? &price->large : &price->base;
    __int128 sum = (__int128)(in - cached - written) * rates->in +
                   (__int128)cached * rates->cached_in + (__int128)written * rates->cache_write +
                   (__int128)(out - reasoning) * rates->out +
                   (__int128)reasoning * rates->reasoning;
    sum = (sum + MILLION - 1) / MILLION;
    return sum > INT64_MAX ? INT64_MAX : (int64_t)sum;
}

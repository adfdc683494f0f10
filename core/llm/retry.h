/* When to try a model call again: exponential backoff with jitter, unless the provider says when.
 */
#ifndef MB_LLM_RETRY_H
#define MB_LLM_RETRY_H

#include "base/base.h"

struct mb_llm_retry {
    int max_tries;       /* the first one counts */
    int64_t base_ms;     /* before the second try, about */
    int64_t max_ms;      /* between two tries, when the provider does not say */
    int64_t max_told_ms; /* longest wait that a provider may ask for; beyond it we give up */
};

extern const struct mb_llm_retry mb_llm_retry_default;

/* How long to wait before the next try: milliseconds, or -1 when there is none. `tries` were made,
 * `told_ms` is what the provider asked for (-1 = nothing), `left_ms` is what is left of the
 * deadline, `random` is any random number. */
int64_t mb_llm_retry_ms(const struct mb_llm_retry *policy, int tries, int64_t told_ms,
                        int64_t left_ms, uint32_t random);

/* What Retry-After (seconds or an HTTP date) and retry-after-ms say, in milliseconds; -1 when they
 * are absent or not understood. `wall_us` is Unix time. */
int64_t mb_llm_retry_told_ms(struct mb_str retry_after, struct mb_str retry_after_ms,
                             int64_t wall_us);

#endif

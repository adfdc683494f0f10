#include "llm/retry.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

const struct mb_llm_retry mb_llm_retry_default = {
    .max_tries = 4,
    .base_ms = 500,
    .max_ms = 8000,
    .max_told_ms = 60000,
};

int64_t mb_llm_retry_ms(const struct mb_llm_retry *policy, int tries, int64_t told_ms,
                        int64_t left_ms, uint32_t random)
{
    if (tries >= policy->max_tries || told_ms > policy->max_told_ms)
        return -1;
    int64_t full = policy->base_ms;
    for (int i = 1; i < tries && full < policy->max_ms; i++)
        full *= 2;
    full = MB_MIN(full, policy->max_ms);
    int64_t wait = full / 2 + (int64_t)(random % (uint64_t)(full / 2 + 1));
    if (told_ms >= 0) /* and not all at the very moment that they were told */
        wait = told_ms + (int64_t)(random % (uint64_t)(policy->base_ms / 4 + 1));
    return wait < left_ms ? wait : -1;
}

/* A non-negative decimal number of at most 20 characters, times `scale`; -1 when it is none. */
static int64_t number(struct mb_str s, double scale)
{
    char text[24];
    if (s.len == 0 || s.len >= sizeof(text) - 1)
        return -1;
    memcpy(text, s.ptr, s.len);
    text[s.len] = '\0';
    if (strspn(text, "0123456789.") != s.len)
        return -1;
    char *end;
    double n = strtod(text, &end) * scale;
    return *end || n > 1e15 ? -1 : (int64_t)n;
}

int64_t mb_llm_retry_told_ms(struct mb_str retry_after, struct mb_str retry_after_ms,
                             int64_t wall_us)
{
    int64_t ms = number(retry_after_ms, 1);
    if (ms < 0)
        ms = number(retry_after, 1000);
    char text[40];
    if (ms >= 0 || retry_after.len == 0 || retry_after.len >= sizeof(text))
        return ms;
    memcpy(text, retry_after.ptr, retry_after.len);
    text[retry_after.len] = '\0';
    struct tm tm = {0};
    const char *end = strptime(text, "%a, %d %b %Y %H:%M:%S GMT", &tm);
    if (!end || *end)
        return -1;
    int64_t until_ms = (int64_t)timegm(&tm) * 1000 - wall_us / 1000;
    return MB_MAX(until_ms, (int64_t)0);
}

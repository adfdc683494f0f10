/* Rate limits per customer: a token bucket that fills evenly and holds a minute's worth.
 *
 * With Redis the bucket is there, shared by all cores: a core takes tokens from it in small slices
 * (one by one when traffic is light) that it keeps for at most a second. While Redis is away each
 * core has a bucket of its own. The number of buckets is bounded; the least recently used goes. */
#ifndef MB_HTTP_RATELIMIT_H
#define MB_HTTP_RATELIMIT_H

#include "base/err.h"
#include "base/id.h"
#include "base/list.h"
#include "io/loop.h"
#include "io/redis.h"

enum { MB_RATE_WINDOW_S = 60 };

struct mb_ratelimit;

/* For the headers RateLimit-Policy and RateLimit. */
struct mb_rate_view {
    int64_t limit;     /* a window; 0 = there is none */
    int64_t remaining; /* now */
    int reset_s;       /* until the bucket is full again */
};

struct mb_rate_bucket;
struct mb_rate_wait {
    struct mb_list node;
    struct mb_rate_bucket *bucket; /* the rest is private, but for on_known */
    int64_t remaining, retry_ms;   /* retry_ms 0 = it may go on */
    /* err is NULL when the request may go on, else RATE_LIMITED with retry_ms. */
    void (*on_known)(struct mb_rate_wait *wait, const struct mb_rate_view *view,
                     const struct mb_err *err);
};

struct mb_ratelimit *mb_ratelimit_new(struct mb_loop *loop, struct mb_redis *redis /* or NULL */,
                                      size_t buckets /* 0 = 10,000 */);
/* Those who wait are not called. Takes NULL. */
void mb_ratelimit_free(struct mb_ratelimit *limiter);

/* Takes one token of the customer's bucket of `per_minute` (> 0). 1: it was there, *view is filled.
 * 0: Redis is asked, `wait` waits, and on_known is called once, later. Negative: RATE_LIMITED with
 * retry_ms and *view, or OVERLOADED when too many wait already. */
int mb_ratelimit_take(struct mb_ratelimit *limiter, struct mb_id customer_id, int64_t per_minute,
                      struct mb_rate_view *view, struct mb_rate_wait *wait,
                      struct mb_err *err) MB_MUST_CHECK;
/* on_known will not run. Of one that has waited; harmless when it was called already. */
void mb_ratelimit_cancel(struct mb_rate_wait *wait);

#endif

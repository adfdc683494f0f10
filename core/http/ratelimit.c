#include "http/ratelimit.h"

#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/map.h"

enum {
    BUCKETS = 10000,
    WAITING_MAX = 1000,     /* requests of one customer that wait for Redis */
    SLICE_US = 1000 * 1000, /* how long tokens of a slice may be used */
    SLICE_SHARE = 50,       /* of the bucket at most */
    SLICE_AHEAD = 20,       /* of the last second's use, taken in advance */
};

#define WINDOW_US (MB_RATE_WINDOW_S * 1000000.0)

struct mb_rate_bucket {
    struct mb_ratelimit *limiter;
    struct mb_list lru;
    struct mb_id customer_id;
    int64_t limit;
    /* in memory */
    double tokens;
    int64_t filled_us;
    /* by Redis */
    int64_t slice, slice_ends_us;
    int64_t left; /* in Redis, when it was asked last */
    int64_t used, used_since_us, used_before;
    int64_t want;
    struct mb_list waiting; /* of mb_rate_wait */
    int n_waiting;
    struct mb_redis_call call;
};

struct mb_ratelimit {
    struct mb_loop *loop;
    struct mb_redis *redis;
    size_t buckets_max;
    struct mb_map buckets; /* by customer id */
    struct mb_list lru;
};

/* KEYS: the bucket. ARGV: its size, the tokens wanted. Gives the tokens granted, those left, and
 * the milliseconds until there is one. The clock is Redis's own. */
static const char script[] =
    "local t = redis.call('TIME')\n"
    "local now = t[1] * 1000000 + t[2]\n"
    "local size, want = tonumber(ARGV[1]), tonumber(ARGV[2])\n"
    "local b = redis.call('HMGET', KEYS[1], 'tokens', 'at')\n"
    "local tokens, at = tonumber(b[1]) or size, tonumber(b[2]) or now\n"
    "tokens = math.min(size, tokens + math.max(0, now - at) * size / 60000000)\n"
    "local give = math.min(want, math.floor(tokens))\n"
    "tokens = tokens - give\n"
    "redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens),\n"
    "  'at', string.format('%.0f', now))\n"
    "redis.call('PEXPIRE', KEYS[1], 120000)\n"
    "return {give, math.floor(tokens),\n"
    "  math.ceil(math.max(0, 1 - tokens) * 60000 / size)}\n";

static struct mb_rate_view view_of(const struct mb_rate_bucket *b, int64_t remaining)
{
    double missing = (double)(b->limit - remaining);
    return (struct mb_rate_view){
        .limit = b->limit,
        .remaining = remaining,
        .reset_s = (int)(missing * MB_RATE_WINDOW_S / (double)b->limit + 0.999),
    };
}

static int limited(struct mb_err *err, int64_t retry_ms)
{
    int rc = mb_err_set(err, MB_E_RATE_LIMITED, "the customer's rate limit is reached");
    err->retry_ms = MB_MAX(retry_ms, 1);
    return rc;
}

/* ---------------------------------------------------------------- in memory */

static int take_here(struct mb_rate_bucket *b, struct mb_rate_view *view, struct mb_err *err)
{
    double size = (double)b->limit, per_us = size / WINDOW_US;
    int64_t now_us = b->limiter->loop->now_us;
    b->tokens = MB_MIN(size, b->tokens + (double)(now_us - b->filled_us) * per_us);
    b->filled_us = now_us;
    bool is_there = b->tokens >= 1;
    b->tokens -= is_there ? 1 : 0;
    *view = view_of(b, (int64_t)b->tokens);
    return is_there ? 1 : limited(err, (int64_t)((1 - b->tokens) / per_us / 1000) + 1);
}

/* ---------------------------------------------------------------- by Redis */

static bool ask(struct mb_rate_bucket *b);

static void note_use(struct mb_rate_bucket *b)
{
    int64_t now_us = b->limiter->loop->now_us;
    if (now_us - b->used_since_us >= SLICE_US) {
        b->used_before = now_us - b->used_since_us < 2 * SLICE_US ? b->used : 0;
        b->used = 0;
        b->used_since_us = now_us;
    }
    b->used++;
}

/* Decides about the first of those who wait, and moves it to `decided`. */
static void decide(struct mb_rate_bucket *b, struct mb_list *decided, int64_t remaining,
                   int64_t retry_ms)
{
    struct mb_list *node = b->waiting.next;
    struct mb_rate_wait *wait = MB_LIST_ENTRY(node, struct mb_rate_wait, node);
    mb_list_remove(node);
    mb_list_push(decided, node);
    b->n_waiting--;
    wait->bucket = NULL;
    wait->remaining = remaining;
    wait->retry_ms = retry_ms;
}

/* Redis is of no help: those who wait take from the bucket in memory. */
static void decide_here(struct mb_rate_bucket *b, struct mb_list *decided)
{
    struct mb_rate_view view;
    struct mb_err err;
    while (!mb_list_is_empty(&b->waiting)) {
        bool is_there = take_here(b, &view, &err) == 1;
        decide(b, decided, view.remaining, is_there ? 0 : err.retry_ms);
    }
}

/* Nothing of the bucket is touched any more: a callback may be the end of it. */
static void tell(int64_t limit, struct mb_list *decided)
{
    struct mb_list *node;
    struct mb_rate_bucket like = {.limit = limit};
    while ((node = mb_list_shift(decided))) {
        struct mb_rate_wait *wait = MB_LIST_ENTRY(node, struct mb_rate_wait, node);
        struct mb_rate_view view = view_of(&like, wait->remaining);
        struct mb_err err;
        if (wait->retry_ms)
            (void)limited(&err, wait->retry_ms);
        wait->on_known(wait, &view, wait->retry_ms ? &err : NULL);
    }
}

static bool is_grant(const redisReply *reply)
{
    if (!reply || reply->type != REDIS_REPLY_ARRAY || reply->elements != 3)
        return false;
    for (int i = 0; i < 3; i++)
        if (reply->element[i]->type != REDIS_REPLY_INTEGER)
            return false;
    return true;
}

static void on_reply(struct mb_redis_call *call, const struct redisReply *reply,
                     const struct mb_err *err)
{
    struct mb_rate_bucket *b = MB_CONTAINER_OF(call, struct mb_rate_bucket, call);
    struct mb_list decided;
    int64_t limit = b->limit;
    mb_list_init(&decided);
    if (err || !is_grant(reply)) {
        decide_here(b, &decided);
        tell(limit, &decided);
        return;
    }
    int64_t retry_ms = MB_MAX(reply->element[2]->integer, 1);
    b->slice = reply->element[0]->integer;
    b->left = reply->element[1]->integer;
    b->slice_ends_us = b->limiter->loop->now_us + SLICE_US;
    bool is_all = b->slice < b->want; /* there is no more: those beyond it are refused */
    while (!mb_list_is_empty(&b->waiting) && (b->slice > 0 || is_all)) {
        bool is_there = b->slice > 0;
        b->slice -= is_there;
        decide(b, &decided, b->left + b->slice, is_there ? 0 : retry_ms);
    }
    if (!mb_list_is_empty(&b->waiting) && !ask(b)) /* some came while Redis was asked */
        decide_here(b, &decided);
    tell(limit, &decided);
}

static bool ask(struct mb_rate_bucket *b)
{
    char key[MB_ID_TEXT + 16], id[MB_ID_TEXT], size[24], want[24];
    int64_t ahead = MB_MIN(b->limit / SLICE_SHARE, b->used_before / SLICE_AHEAD);
    b->want = b->n_waiting + ahead;
    snprintf(key, sizeof(key), "mb:rate:%s", mb_id_uuid(b->customer_id, id));
    snprintf(size, sizeof(size), "%lld", (long long)b->limit);
    snprintf(want, sizeof(want), "%lld", (long long)b->want);
    const char *argv[] = {"EVAL", script, "1", key, size, want};
    return mb_redis_command(b->limiter->redis, &b->call, MB_LEN(argv), argv, NULL, on_reply,
                            NULL) == 0;
}

static int take_shared(struct mb_rate_bucket *b, struct mb_rate_view *view,
                       struct mb_rate_wait *wait, struct mb_err *err)
{
    note_use(b);
    if (b->slice > 0 && b->slice_ends_us > b->limiter->loop->now_us) {
        b->slice--;
        *view = view_of(b, b->left + b->slice);
        return 1;
    }
    b->slice = 0;
    if (b->n_waiting >= WAITING_MAX)
        return mb_err_set(err, MB_E_OVERLOADED, "too many requests wait for their rate limit");
    wait->bucket = b;
    mb_list_push(&b->waiting, &wait->node);
    b->n_waiting++;
    if (b->call.sent || ask(b))
        return 0;
    mb_ratelimit_cancel(wait);
    return take_here(b, view, err);
}

/* ---------------------------------------------------------------- buckets */

static void drop(struct mb_rate_bucket *b)
{
    struct mb_list *node;
    while ((node = mb_list_shift(&b->waiting)))
        MB_LIST_ENTRY(node, struct mb_rate_wait, node)->bucket = NULL;
    mb_redis_cancel(&b->call);
    mb_map_remove(&b->limiter->buckets, &b->customer_id, sizeof(b->customer_id));
    mb_list_remove(&b->lru);
    free(b);
}

/* Drops the least recently used one that nobody waits at; there may be none. */
static void make_room(struct mb_ratelimit *limiter)
{
    MB_LIST_EACH(node, next, &limiter->lru)
    {
        struct mb_rate_bucket *b = MB_LIST_ENTRY(node, struct mb_rate_bucket, lru);
        if (b->n_waiting == 0) {
            drop(b);
            return;
        }
    }
}

static struct mb_rate_bucket *bucket_of(struct mb_ratelimit *limiter, struct mb_id customer_id,
                                        int64_t limit)
{
    struct mb_rate_bucket *b = mb_map_get(&limiter->buckets, &customer_id, sizeof(customer_id));
    if (!b) {
        if (limiter->buckets.count >= limiter->buckets_max)
            make_room(limiter);
        b = mb_zalloc(sizeof(*b));
        *b = (struct mb_rate_bucket){.limiter = limiter,
                                     .customer_id = customer_id,
                                     .limit = limit,
                                     .tokens = (double)limit,
                                     .filled_us = limiter->loop->now_us};
        mb_list_init(&b->waiting);
        mb_list_init(&b->lru);
        mb_map_set(&limiter->buckets, &customer_id, sizeof(customer_id), b);
    }
    b->limit = limit;
    mb_list_remove(&b->lru);
    mb_list_push(&limiter->lru, &b->lru);
    return b;
}

int mb_ratelimit_take(struct mb_ratelimit *limiter, struct mb_id customer_id, int64_t per_minute,
                      struct mb_rate_view *view, struct mb_rate_wait *wait, struct mb_err *err)
{
    struct mb_rate_bucket *b = bucket_of(limiter, customer_id, per_minute);
    if (limiter->redis && mb_redis_is_up(limiter->redis))
        return take_shared(b, view, wait, err);
    return take_here(b, view, err);
}

void mb_ratelimit_cancel(struct mb_rate_wait *wait)
{
    mb_list_remove(&wait->node);
    if (wait->bucket)
        wait->bucket->n_waiting--;
    wait->bucket = NULL;
}

struct mb_ratelimit *mb_ratelimit_new(struct mb_loop *loop, struct mb_redis *redis, size_t buckets)
{
    struct mb_ratelimit *limiter = mb_zalloc(sizeof(*limiter));
    limiter->loop = loop;
    limiter->redis = redis;
    limiter->buckets_max = buckets ? buckets : BUCKETS;
    mb_list_init(&limiter->lru);
    return limiter;
}

void mb_ratelimit_free(struct mb_ratelimit *limiter)
{
    if (!limiter)
        return;
    while (!mb_list_is_empty(&limiter->lru))
        drop(MB_LIST_ENTRY(limiter->lru.next, struct mb_rate_bucket, lru));
    mb_map_release(&limiter->buckets);
    free(limiter);
}

/* Redis, asynchronously: hiredis on our loop. One connection that comes back by itself.
 *
 * Redis is a help, never a need: a command while it is away is refused at once, and so the caller
 * does without. A server that does not answer within the time-out is given up: the connection is
 * closed and made anew. Name resolution of a host name blocks (hiredis); use a socket or an
 * address, or a resolver that answers at once. */
#ifndef MB_IO_REDIS_H
#define MB_IO_REDIS_H

#include "base/err.h"
#include "base/list.h"
#include "io/loop.h"

struct redisReply; /* hiredis/hiredis.h */
struct mb_redis;

struct mb_redis_opts {
    const char *url;  /* redis://[[user]:password@]host[:port][/db] or unix:/path[?db=n] */
    int timeout_ms;   /* for connecting, and for one answer; 0 = 500 */
    int commands_max; /* under way at once; 0 = 10,000 */
    /* The server became usable, or was lost (err says why). May be NULL. */
    void (*on_state)(void *arg, bool up, const struct mb_err *err);
    void *arg;
};

/* Starts to connect; never fails for a server that is away. NULL with err for a URL that cannot be
 * used (CONFIG; the message never holds the password). */
struct mb_redis *mb_redis_new(struct mb_loop *loop, const struct mb_redis_opts *opts,
                              struct mb_err *err) MB_MUST_CHECK;
/* Closes; nobody is called back any more. Takes NULL. */
void mb_redis_free(struct mb_redis *redis);
bool mb_redis_is_up(const struct mb_redis *redis);

struct mb_redis_sent;

/* A command under way; in the caller's memory until the callback or the cancel. */
struct mb_redis_call {
    struct mb_redis_sent *sent; /* private; NULL = not under way */
    /* The answer (borrowed for the call; may be one of type REDIS_REPLY_ERROR), or NULL and err:
     * UNAVAILABLE when the connection was lost, and then the outcome is not known. */
    void (*on_done)(struct mb_redis_call *call, const struct redisReply *reply,
                    const struct mb_err *err);
};

/* Sends a command. Refuses with UNAVAILABLE while the server is away, with OVERLOADED when too many
 * are under way; else calls back exactly once, never before it has returned. */
int mb_redis_command(struct mb_redis *redis, struct mb_redis_call *call, int argc,
                     const char *const *argv, const size_t *lens,
                     void (*on_done)(struct mb_redis_call *call, const struct redisReply *reply,
                                     const struct mb_err *err),
                     struct mb_err *err) MB_MUST_CHECK;
/* The callback will not run. The command may still take effect. Harmless when not under way. */
void mb_redis_cancel(struct mb_redis_call *call);

#endif

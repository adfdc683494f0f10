#include "io/redis.h"

#include <errno.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/buf.h"
#include "io/redis_url.h"

enum {
    TIMEOUT_MS = 500,
    COMMANDS_MAX = 10000,
    ARGS_MAX = 16,
    RETRY_LEAST_US = 100 * 1000,
    RETRY_MOST_US = 5 * 1000 * 1000,
};

/* Answers come in the order of the commands. A command whose call was cancelled stays in line. */
struct mb_redis_sent {
    struct mb_list node;
    struct mb_redis_call *call; /* NULL = nobody waits */
    int64_t deadline_us;
};

enum state {
    AWAY,       /* no connection; the timer is the next try */
    CONNECTING, /* the socket is not there yet; the timer is the deadline */
    GREETING,   /* AUTH, SELECT and PING are out */
    UP,
};

struct mb_redis {
    struct mb_loop *loop;
    struct mb_redis_opts opts;
    struct mb_redis_url url;
    enum state state;
    redisContext *context; /* NULL when AWAY */
    struct mb_watch watch;
    struct mb_list line; /* of mb_redis_sent */
    int n_line;
    struct mb_timer timer; /* AWAY: the next try; else the next deadline */
    struct mb_turn flush;  /* commands wait to be written */
    struct mb_turn tell;   /* a change of state waits to be told */
    bool told_up;
    int64_t retry_us;
    struct mb_err why;
    bool *freed; /* set by mb_redis_free, for whoever is calling back */
};

static void arm(struct mb_redis *redis)
{
    if (mb_list_is_empty(&redis->line)) {
        mb_timer_cancel(&redis->loop->timers, &redis->timer);
        return;
    }
    struct mb_redis_sent *first = MB_LIST_ENTRY(redis->line.next, struct mb_redis_sent, node);
    mb_timer_arm(&redis->loop->timers, &redis->timer, first->deadline_us);
}

static int64_t timeout_us(const struct mb_redis *redis)
{
    return (int64_t)(redis->opts.timeout_ms ? redis->opts.timeout_ms : TIMEOUT_MS) * 1000;
}

/* Closes and tries again later. Those who wait are told last: they may free us. */
static void lose(struct mb_redis *redis, const char *why)
{
    struct mb_err err;
    struct mb_list line, *node;
    (void)mb_err_set(&err, MB_E_UNAVAILABLE, "redis: %s", why);
    redis->why = err;
    redis->state = AWAY;
    mb_watch_stop(&redis->watch);
    mb_turn_cancel(&redis->flush);
    if (redis->context)
        redisFree(redis->context);
    redis->context = NULL;
    mb_list_init(&line);
    mb_list_splice(&line, &redis->line);
    redis->n_line = 0;
    mb_timer_arm(&redis->loop->timers, &redis->timer, redis->loop->now_us + redis->retry_us);
    redis->retry_us = MB_MIN(redis->retry_us * 2, (int64_t)RETRY_MOST_US);
    mb_turn_queue(redis->loop, &redis->tell);
    while ((node = mb_list_shift(&line))) {
        struct mb_redis_sent *sent = MB_LIST_ENTRY(node, struct mb_redis_sent, node);
        struct mb_redis_call *call = sent->call;
        free(sent);
        if (!call)
            continue;
        call->sent = NULL;
        call->on_done(call, NULL, &err);
    }
}

static void on_tell(struct mb_turn *turn)
{
    struct mb_redis *redis = MB_CONTAINER_OF(turn, struct mb_redis, tell);
    bool up = redis->state == UP;
    if (up == redis->told_up)
        return;
    redis->told_up = up;
    if (redis->opts.on_state)
        redis->opts.on_state(redis->opts.arg, up, up ? NULL : &redis->why);
}

static void append(struct mb_redis *redis, struct mb_redis_call *call, int argc,
                   const char *const *argv, const size_t *lens)
{
    struct mb_redis_sent *sent = mb_zalloc(sizeof(*sent));
    const char *args[ARGS_MAX];
    mb_assert(argc > 0 && argc <= ARGS_MAX);
    memcpy(args, argv, (size_t)argc * sizeof(args[0]));
    int rc = redisAppendCommandArgv(redis->context, argc, args, lens);
    mb_assert(rc == REDIS_OK); /* else: out of memory */
    sent->call = call;
    sent->deadline_us = redis->loop->now_us + timeout_us(redis);
    if (call)
        call->sent = sent;
    mb_list_push(&redis->line, &sent->node);
    redis->n_line++;
    arm(redis);
    mb_turn_queue(redis->loop, &redis->flush);
}

static void greet(struct mb_redis *redis)
{
    struct mb_str password = mb_secret_str(&redis->url.password);
    char db[16];
    redis->state = GREETING;
    if (password.len) {
        const char *argv[] = {"AUTH", redis->url.user, password.ptr};
        if (!redis->url.user)
            argv[1] = password.ptr;
        append(redis, NULL, redis->url.user ? 3 : 2, argv, NULL);
    }
    snprintf(db, sizeof(db), "%d", redis->url.db);
    const char *select[] = {"SELECT", db};
    const char *ping[] = {"PING"};
    append(redis, NULL, 2, select, NULL);
    append(redis, NULL, 1, ping, NULL);
}

/* An answer to the greeting: each has to be a success. False when the connection was given up. */
static bool greeted(struct mb_redis *redis, const redisReply *reply)
{
    if (reply->type == REDIS_REPLY_ERROR) {
        char why[128];
        snprintf(why, sizeof(why), "refused: %.100s", reply->str);
        lose(redis, why);
        return false;
    }
    if (mb_list_is_empty(&redis->line)) {
        redis->state = UP;
        redis->retry_us = RETRY_LEAST_US;
        mb_turn_queue(redis->loop, &redis->tell);
    }
    return true;
}

/* Hands one answer on. False when the connection, or all of `redis`, is gone. */
static bool deliver(struct mb_redis *redis, const redisReply *reply)
{
    struct mb_list *node = mb_list_shift(&redis->line);
    if (!node) {
        lose(redis, "an answer that nobody asked for");
        return false;
    }
    struct mb_redis_sent *sent = MB_LIST_ENTRY(node, struct mb_redis_sent, node);
    struct mb_redis_call *call = sent->call;
    bool freed = false;
    free(sent);
    redis->n_line--;
    arm(redis);
    if (redis->state == GREETING)
        return greeted(redis, reply);
    if (!call)
        return true;
    call->sent = NULL;
    redis->freed = &freed;
    call->on_done(call, reply, NULL);
    if (freed)
        return false;
    redis->freed = NULL;
    return true;
}

static void read_answers(struct mb_redis *redis)
{
    if (redisBufferRead(redis->context) != REDIS_OK) {
        lose(redis, redis->context->errstr);
        return;
    }
    for (;;) {
        void *reply = NULL;
        if (redisGetReplyFromReader(redis->context, &reply) != REDIS_OK) {
            lose(redis, "an answer that is not Redis's");
            return;
        }
        if (!reply)
            return;
        bool go_on = deliver(redis, reply);
        freeReplyObject(reply);
        if (!go_on)
            return;
    }
}

static void write_commands(struct mb_redis *redis)
{
    int done = 0;
    if (redisBufferWrite(redis->context, &done) != REDIS_OK)
        lose(redis, redis->context->errstr);
    else
        mb_watch_set(&redis->watch, true, !done);
}

static void on_flush(struct mb_turn *turn)
{
    write_commands(MB_CONTAINER_OF(turn, struct mb_redis, flush));
}

static void on_connected(struct mb_redis *redis)
{
    int error = 0;
    socklen_t len = sizeof(error);
    if (getsockopt(redis->context->fd, SOL_SOCKET, SO_ERROR, &error, &len) != 0)
        error = errno;
    if (error) {
        lose(redis, strerror(error));
        return;
    }
    mb_watch_set(&redis->watch, true, false);
    greet(redis);
}

static void on_ready(struct mb_watch *watch, bool readable, bool writable)
{
    struct mb_redis *redis = MB_CONTAINER_OF(watch, struct mb_redis, watch);
    if (redis->state == CONNECTING)
        on_connected(redis);
    else if (readable) /* also when it was closed */
        read_answers(redis);
    else if (writable) /* else it is told again in the next turn */
        write_commands(redis);
}

static void connect_now(struct mb_redis *redis)
{
    const struct mb_redis_url *url = &redis->url;
    redis->context = url->path ? redisConnectUnixNonBlock(url->path)
                               : redisConnectNonBlock(url->host, url->port);
    mb_assert(redis->context);
    if (redis->context->err) {
        lose(redis, redis->context->errstr);
        return;
    }
    redis->state = CONNECTING;
    mb_timer_arm(&redis->loop->timers, &redis->timer, redis->loop->now_us + timeout_us(redis));
    mb_watch_start(&redis->watch, redis->loop, redis->context->fd, false, true, on_ready);
}

static void on_due(struct mb_timer *timer)
{
    struct mb_redis *redis = MB_CONTAINER_OF(timer, struct mb_redis, timer);
    if (redis->state == AWAY)
        connect_now(redis);
    else
        lose(redis, redis->state == CONNECTING ? "no connection in time" : "no answer in time");
}

struct mb_redis *mb_redis_new(struct mb_loop *loop, const struct mb_redis_opts *opts,
                              struct mb_err *err)
{
    struct mb_redis_url url;
    if (mb_redis_url_parse(&url, opts->url, err) < 0)
        return NULL;
    struct mb_redis *redis = mb_zalloc(sizeof(*redis));
    redis->loop = loop;
    redis->opts = *opts;
    redis->opts.url = NULL; /* borrowed for this call only */
    redis->url = url;
    redis->retry_us = RETRY_LEAST_US;
    redis->timer.on_due = on_due;
    mb_list_init(&redis->line);
    mb_turn_init(&redis->flush, on_flush);
    mb_turn_init(&redis->tell, on_tell);
    mb_timer_arm(&loop->timers, &redis->timer, loop->now_us);
    return redis;
}

void mb_redis_free(struct mb_redis *redis)
{
    struct mb_list *node;
    if (!redis)
        return;
    if (redis->freed)
        *redis->freed = true;
    mb_watch_stop(&redis->watch);
    mb_timer_cancel(&redis->loop->timers, &redis->timer);
    mb_turn_cancel(&redis->flush);
    mb_turn_cancel(&redis->tell);
    while ((node = mb_list_shift(&redis->line))) {
        struct mb_redis_sent *sent = MB_LIST_ENTRY(node, struct mb_redis_sent, node);
        if (sent->call)
            sent->call->sent = NULL;
        free(sent);
    }
    if (redis->context)
        redisFree(redis->context);
    mb_redis_url_release(&redis->url);
    free(redis);
}

bool mb_redis_is_up(const struct mb_redis *redis)
{
    return redis->state == UP;
}

int mb_redis_command(struct mb_redis *redis, struct mb_redis_call *call, int argc,
                     const char *const *argv, const size_t *lens,
                     void (*on_done)(struct mb_redis_call *call, const struct redisReply *reply,
                                     const struct mb_err *err),
                     struct mb_err *err)
{
    int most = redis->opts.commands_max ? redis->opts.commands_max : COMMANDS_MAX;
    if (redis->state != UP)
        return mb_err_set(err, MB_E_UNAVAILABLE, "redis is away");
    if (redis->n_line >= most)
        return mb_err_set(err, MB_E_OVERLOADED, "too many commands to redis are under way");
    *call = (struct mb_redis_call){.on_done = on_done};
    append(redis, call, argc, argv, lens);
    return 0;
}

void mb_redis_cancel(struct mb_redis_call *call)
{
    if (!call->sent)
        return;
    call->sent->call = NULL;
    call->sent = NULL;
}

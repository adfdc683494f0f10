/* The pool: who waits, who is in flight, who is tried again.
 *
 * A query is in exactly one place: in its lane's waiting list, in a connection's flying list, or in
 * the hands of mb_pg_on_answer. Waiting lists are in the order of the calls, and what is tried
 * again goes back to its place there. */
#include "io/pg.h"

#include <stdlib.h>
#include <string.h>

#include "io/pg_int.h"

enum {
    CONNECTIONS = 4,
    QUEUE_MAX = 4096,
    PIPELINE_MAX = 32,
    DEADLINE_MS = 10 * 1000,
    HOLD_LEAST_US = 10 * 1000,
    HOLD_MOST_US = 1000 * 1000,
};

/* ---- lifetimes ------------------------------------------------------------------------------- */

static void query_free(struct mb_pg_query *query)
{
    mb_list_remove(&query->node);
    mb_timer_cancel(&query->pg->loop->timers, &query->deadline);
    PQclear(query->result);
    free(query->copy);
    free(query);
}

static void free_list(struct mb_list *list)
{
    struct mb_list *node;
    while ((node = mb_list_shift(list)))
        query_free(MB_LIST_ENTRY(node, struct mb_pg_query, node));
}

void mb_pg_enter(struct mb_pg *pg)
{
    pg->depth++;
}

bool mb_pg_leave(struct mb_pg *pg)
{
    if (--pg->depth > 0 || !pg->freed)
        return !pg->freed;
    free(pg);
    return false;
}

void mb_pg_free(struct mb_pg *pg)
{
    if (!pg)
        return;
    mb_assert(!pg->freed);
    for (size_t i = 0; i < MB_LEN(pg->lanes); i++) {
        struct mb_pg_lane_state *lane = &pg->lanes[i];
        mb_timer_cancel(&pg->loop->timers, &lane->hold);
        free_list(&lane->waiting);
        for (int k = 0; k < lane->n_conns; k++) {
            free_list(&lane->conns[k].flying);
            mb_pg_conn_close(&lane->conns[k]);
        }
    }
    mb_pg_conn_close(&pg->listener);
    mb_pg_conninfo_release(pg);
    pg->freed = true;
    mb_pg_enter(pg);
    mb_pg_leave(pg);
}

/* ---- up and down ----------------------------------------------------------------------------- */

static int count_ready(const struct mb_pg_lane_state *lane)
{
    int n = 0;
    for (int i = 0; i < lane->n_conns; i++)
        n += lane->conns[i].state == MB_PG_CONN_READY;
    return n;
}

bool mb_pg_is_up(const struct mb_pg *pg)
{
    return count_ready(&pg->lanes[MB_PG_COMMON]) > 0 && count_ready(&pg->lanes[MB_PG_JOURNAL]) > 0;
}

static void tell_state(struct mb_pg *pg, const struct mb_err *err)
{
    bool up = mb_pg_is_up(pg);
    bool news = up ? !pg->up : pg->up || (err && !pg->told_down);
    pg->up = up;
    if (!news)
        return;
    pg->told_down = !up;
    if (pg->opts.on_state)
        pg->opts.on_state(pg->opts.arg, up, up ? NULL : err);
}

/* ---- sending --------------------------------------------------------------------------------- */

static struct mb_pg_conn *least_loaded(struct mb_pg_lane_state *lane)
{
    struct mb_pg_conn *best = NULL;
    for (int i = 0; i < lane->n_conns; i++) {
        struct mb_pg_conn *conn = &lane->conns[i];
        if (conn->state == MB_PG_CONN_READY && !conn->stale &&
            !mb_list_is_linked(&conn->broken.node) &&
            conn->n_flying < lane->pg->opts.pipeline_max &&
            (!best || conn->n_flying < best->n_flying))
            best = conn;
    }
    return best;
}

/* The connection that the lane's next query goes to; NULL when it has to wait. */
static struct mb_pg_conn *next_conn(struct mb_pg_lane_state *lane)
{
    if (mb_timer_is_armed(&lane->hold) || (lane->draining && lane->n_flying > 0))
        return NULL;
    return least_loaded(lane);
}

static void send_waiting(struct mb_pg_lane_state *lane)
{
    struct mb_pg_conn *conn;
    while (!mb_list_is_empty(&lane->waiting) && (conn = next_conn(lane))) {
        struct mb_list *node = mb_list_shift(&lane->waiting);
        struct mb_pg_query *query = MB_LIST_ENTRY(node, struct mb_pg_query, node);
        lane->n_waiting--;
        lane->draining = false;
        mb_pg_conn_send(conn, query, query->params);
    }
}

static void on_hold_end(struct mb_timer *timer)
{
    send_waiting(MB_CONTAINER_OF(timer, struct mb_pg_lane_state, hold));
}

void mb_pg_on_conn(struct mb_pg *pg, const struct mb_err *err)
{
    mb_pg_enter(pg);
    tell_state(pg, err);
    for (size_t i = 0; i < MB_LEN(pg->lanes) && !pg->freed; i++)
        send_waiting(&pg->lanes[i]);
    mb_pg_leave(pg);
}

/* ---- answers --------------------------------------------------------------------------------- */

/* The first time at once (a deadlock, a serialization failure); then later and later. */
static void hold(struct mb_pg_lane_state *lane, int tries)
{
    if (tries <= 1)
        return;
    int64_t us = HOLD_LEAST_US;
    for (int i = 2; i < tries && us < HOLD_MOST_US; i++)
        us *= 2;
    uint32_t r;
    mb_random(&r, sizeof(r));
    us = MB_MIN(us, (int64_t)HOLD_MOST_US);
    mb_timer_arm(&lane->pg->loop->timers, &lane->hold, lane->pg->loop->now_us + us / 2 + r % us);
}

static void try_again(struct mb_pg_query *query)
{
    struct mb_pg_lane_state *lane = query->lane;
    PQclear(query->result);
    query->result = NULL;
    query->failed = query->transient = false;
    query->conn = NULL;
    struct mb_list *pos = lane->waiting.next;
    while (pos != &lane->waiting &&
           MB_LIST_ENTRY(pos, struct mb_pg_query, node)->order < query->order)
        pos = pos->next;
    mb_list_insert_before(pos, &query->node);
    lane->n_waiting++;
    lane->pg->stats.retries++;
    query->tries++;
    lane->draining = lane->ordered;
    /* After a lost connection the wait is that of connecting. */
    if (!mb_pg_is_unknown(&query->err))
        hold(lane, query->tries);
}

/* A batch that came before its predecessor is worth another try only while that one is under way.
 */
static bool has_predecessor(struct mb_pg_query *query)
{
    struct mb_list *first = query->lane->waiting.next;
    return first != &query->lane->waiting &&
           MB_LIST_ENTRY(first, struct mb_pg_query, node)->order < query->order;
}

static bool may_try_again(struct mb_pg_query *query)
{
    if (!query->failed || !query->transient || !query->stmt->retry || !query->params)
        return false;
    return query->err.code != MB_E_CONFLICT || has_predecessor(query);
}

void mb_pg_on_answer(struct mb_pg_query *query)
{
    struct mb_pg *pg = query->pg;
    if (pg->freed || !query->on_done) {
        query_free(query);
        return;
    }
    if (may_try_again(query)) {
        try_again(query);
        return;
    }
    mb_timer_cancel(&pg->loop->timers, &query->deadline);
    mb_pg_done *on_done = query->on_done;
    void *arg = query->arg;
    query->on_done = NULL;
    pg->stats.errors += query->failed;
    mb_pg_enter(pg);
    if (query->failed)
        on_done(arg, NULL, &query->err);
    else
        on_done(arg, (const struct mb_pg_result *)(const void *)query->result, NULL);
    query_free(query);
    mb_pg_leave(pg);
}

static void on_deadline(struct mb_timer *timer)
{
    struct mb_pg_query *query = MB_CONTAINER_OF(timer, struct mb_pg_query, deadline);
    struct mb_pg *pg = query->pg;
    struct mb_err err;
    pg->stats.timeouts++;
    pg->stats.errors++;
    mb_pg_done *on_done = query->on_done;
    void *arg = query->arg;
    query->on_done = NULL;
    if (query->conn) {
        mb_err_set(&err, MB_E_TIMEOUT, "the database has not answered \"%s\" in time",
                   query->stmt->name);
        mb_pg_err_unknown(&err);
        mb_pg_conn_suspect(query->conn);
    } else {
        enum mb_err_code code = mb_pg_is_up(pg) ? MB_E_OVERLOADED : MB_E_DATABASE;
        mb_err_set(&err, code, "the database: \"%s\" waited for too long", query->stmt->name);
        if (query->tries && mb_pg_is_unknown(&query->err))
            mb_pg_err_unknown(&err);
        query->lane->n_waiting--;
        query_free(query);
    }
    on_done(arg, NULL, &err);
}

/* ---- queries --------------------------------------------------------------------------------- */

/* A copy of the parameters and their bytes in one block. */
static void keep_params(struct mb_pg_query *query, const struct mb_pg_param *params)
{
    const struct mb_pg_stmt *stmt = query->stmt;
    size_t heads = (size_t)stmt->n_params * sizeof(*params), bytes = 0;
    for (int i = 0; i < stmt->n_params; i++)
        bytes += params[i].ptr ? params[i].len : 0;
    query->copy = mb_alloc(heads + bytes);
    struct mb_pg_param *kept = (struct mb_pg_param *)(void *)query->copy;
    char *at = query->copy + heads;
    for (int i = 0; i < stmt->n_params; i++) {
        kept[i] = params[i];
        if (!params[i].ptr)
            continue;
        memcpy(at, params[i].ptr, params[i].len);
        kept[i].ptr = at;
        at += params[i].len;
    }
    query->params = kept;
}

static struct mb_pg_query *query_new(struct mb_pg *pg, const struct mb_pg_stmt *stmt)
{
    struct mb_pg_query *query = mb_zalloc(sizeof(*query));
    mb_list_init(&query->node);
    query->pg = pg;
    query->lane = &pg->lanes[stmt->lane];
    query->stmt = stmt;
    query->order = pg->next_order++;
    query->deadline.on_due = on_deadline;
    int ms = stmt->deadline_ms ? stmt->deadline_ms : pg->opts.deadline_ms;
    if (ms > 0)
        mb_timer_arm(&pg->loop->timers, &query->deadline, pg->loop->now_us + (int64_t)ms * 1000);
    return query;
}

int mb_pg_query(struct mb_pg *pg, const struct mb_pg_stmt *stmt, const struct mb_pg_param *params,
                mb_pg_done *on_done, void *arg, struct mb_pg_query **handle, struct mb_err *err)
{
    struct mb_pg_lane_state *lane = &pg->lanes[stmt->lane];
    mb_assert(!pg->freed && on_done && stmt->n_params <= MB_PG_PARAMS_MAX);
    if (!stmt->goes_first && lane->n_waiting + lane->n_flying >= pg->opts.queue_max) {
        pg->stats.refused++;
        return mb_err_set(err, MB_E_OVERLOADED, "the database: %d queries wait already",
                          pg->opts.queue_max);
    }
    struct mb_pg_query *query = query_new(pg, stmt);
    query->on_done = on_done;
    query->arg = arg;
    pg->stats.queries++;
    bool may_go = stmt->goes_first || mb_list_is_empty(&lane->waiting);
    struct mb_pg_conn *conn = may_go ? next_conn(lane) : NULL;
    if (stmt->borrow)
        query->params = params;
    else if (!conn || stmt->retry)
        keep_params(query, params);
    if (conn) {
        lane->draining = false;
        mb_pg_conn_send(conn, query, params);
    } else {
        if (stmt->goes_first)
            mb_list_push_front(&lane->waiting, &query->node);
        else
            mb_list_push(&lane->waiting, &query->node);
        lane->n_waiting++;
    }
    if (handle)
        *handle = query;
    return 0;
}

void mb_pg_cancel(struct mb_pg_query *query)
{
    mb_assert(query->on_done);
    query->on_done = NULL;
    mb_timer_cancel(&query->pg->loop->timers, &query->deadline);
    if (query->conn)
        return; /* freed when its answer comes, or cannot come any more */
    query->lane->n_waiting--;
    query_free(query);
}

/* ---- the pool -------------------------------------------------------------------------------- */

static void lane_init(struct mb_pg *pg, enum mb_pg_lane which, struct mb_pg_conn *conns, int n)
{
    struct mb_pg_lane_state *lane = &pg->lanes[which];
    mb_list_init(&lane->waiting);
    lane->pg = pg;
    lane->conns = conns;
    lane->n_conns = n;
    lane->ordered = which == MB_PG_JOURNAL;
    lane->hold.on_due = on_hold_end;
    for (int i = 0; i < n; i++)
        mb_pg_conn_init(&conns[i], pg, lane);
}

static int or_default(int given, int fallback)
{
    return given > 0 ? given : fallback;
}

struct mb_pg *mb_pg_new(struct mb_loop *loop, const struct mb_pg_opts *opts, struct mb_err *err)
{
    struct mb_pg *pg = mb_zalloc(sizeof(*pg));
    pg->loop = loop;
    if (mb_pg_conninfo(pg, opts->conninfo, opts->application_name, err) != 0) {
        free(pg);
        return NULL;
    }
    pg->opts = *opts;
    pg->opts.conninfo = pg->opts.application_name = NULL; /* the caller's */
    pg->opts.connections = or_default(opts->connections, CONNECTIONS);
    pg->opts.queue_max = or_default(opts->queue_max, QUEUE_MAX);
    pg->opts.pipeline_max = or_default(opts->pipeline_max, PIPELINE_MAX);
    pg->opts.deadline_ms = or_default(opts->deadline_ms, DEADLINE_MS);
    int n = MB_MIN(pg->opts.connections, MB_PG_CONNS_MAX - 1);
    lane_init(pg, MB_PG_JOURNAL, pg->conns, 1);
    lane_init(pg, MB_PG_COMMON, pg->conns + 1, n);
    mb_pg_conn_init(&pg->listener, pg, NULL);
    /* Connecting begins in the next turn, so that nobody is called back from here. */
    for (int i = 0; i <= n; i++)
        mb_timer_arm(&loop->timers, &pg->conns[i].timer, loop->now_us);
    mb_timer_arm(&loop->timers, &pg->listener.timer, loop->now_us);
    return pg;
}

void mb_pg_stats(const struct mb_pg *pg, struct mb_pg_stats *out)
{
    *out = pg->stats;
    out->connected = pg->listener.state == MB_PG_CONN_READY;
    out->waiting = out->flying = 0;
    for (size_t i = 0; i < MB_LEN(pg->lanes); i++) {
        out->connected += count_ready(&pg->lanes[i]);
        out->waiting += pg->lanes[i].n_waiting;
        out->flying += pg->lanes[i].n_flying;
    }
}

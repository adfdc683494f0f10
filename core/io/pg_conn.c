/* One connection: connects without blocking, sends queries into libpq's pipeline, and reads their
 * answers in order. Knows nothing of queues; what it loses goes back to the pool.
 * (libpq, chapters 34.2 "connection control" and 34.5 "pipeline mode".) */
#include <string.h>

#include "io/pg_int.h"

enum {
    CONNECT_TIMEOUT_US = 5 * 1000 * 1000,
    BACKOFF_LEAST_US = 50 * 1000,
    BACKOFF_MOST_US = 1000 * 1000,
    /* How long a connection may owe the answer to a query whose deadline has passed. */
    HANG_US = 5 * 1000 * 1000,
};

static void on_timer(struct mb_timer *timer);
static void on_broken(struct mb_turn *turn);
static void on_connecting(struct mb_watch *watch, bool readable, bool writable);
static void on_ready(struct mb_watch *watch, bool readable, bool writable);

void mb_pg_conn_init(struct mb_pg_conn *conn, struct mb_pg *pg, struct mb_pg_lane_state *lane)
{
    conn->pg = pg;
    conn->lane = lane;
    conn->timer.on_due = on_timer;
    mb_turn_init(&conn->broken, on_broken);
    mb_list_init(&conn->flying);
}

void mb_pg_conn_close(struct mb_pg_conn *conn)
{
    mb_watch_stop(&conn->watch);
    mb_timer_cancel(&conn->pg->loop->timers, &conn->timer);
    mb_turn_cancel(&conn->broken);
    mb_map_release(&conn->prepared);
    PQfinish(conn->libpq);
    conn->libpq = NULL;
    conn->stale = false;
    conn->state = MB_PG_CONN_OFF;
}

/* Half of the wait is drawn, so that many connections do not come back in one moment. */
static int64_t backoff_us(int attempts)
{
    int64_t us = BACKOFF_LEAST_US;
    for (int i = 1; i < attempts && us < BACKOFF_MOST_US; i++)
        us *= 2;
    us = MB_MIN(us, (int64_t)BACKOFF_MOST_US);
    uint32_t r;
    mb_random(&r, sizeof(r));
    return us / 2 + r % (us / 2);
}

static void lose_flying(struct mb_pg_conn *conn, const struct mb_err *why)
{
    struct mb_list lost;
    mb_list_init(&lost);
    mb_list_splice(&lost, &conn->flying);
    conn->lane->n_flying -= conn->n_flying;
    conn->n_flying = 0;
    struct mb_list *node;
    while ((node = mb_list_shift(&lost))) {
        struct mb_pg_query *query = MB_LIST_ENTRY(node, struct mb_pg_query, node);
        query->failed = query->transient = true;
        query->err = *why;
        mb_pg_err_unknown(&query->err);
        mb_pg_on_answer(query);
    }
}

/* Closes with `why` as the reason, hands what was in flight back to the pool, and connects again
 * after a while. May call callbacks. */
static void lose(struct mb_pg_conn *conn, const struct mb_err *why)
{
    struct mb_pg *pg = conn->pg;
    struct mb_err err = *why; /* it may lie in what is freed now */
    bool was_ready = conn->state == MB_PG_CONN_READY;
    mb_pg_conn_close(conn);
    conn->attempts = was_ready ? 1 : conn->attempts + 1;
    pg->stats.reconnects += was_ready;
    mb_timer_arm(&pg->loop->timers, &conn->timer, pg->loop->now_us + backoff_us(conn->attempts));
    mb_pg_enter(pg);
    if (conn->lane)
        lose_flying(conn, &err);
    if (!pg->freed)
        mb_pg_on_conn(pg, &err);
    mb_pg_leave(pg);
}

/* The same, for the reason that libpq has. */
static void lose_saying(struct mb_pg_conn *conn, const char *what)
{
    struct mb_err err;
    mb_pg_err_conn(&err, conn->libpq, what);
    lose(conn, &err);
}

/* ---- connecting ------------------------------------------------------------------------------ */

static void ignore_notice(void *arg, const PGresult *res)
{
    (void)arg;
    (void)res;
}

static void start(struct mb_pg_conn *conn)
{
    struct mb_pg *pg = conn->pg;
    conn->libpq =
        PQconnectStartParams((const char *const *)pg->keywords, (const char *const *)pg->values, 1);
    mb_assert(conn->libpq);
    conn->state = MB_PG_CONN_CONNECTING;
    if (PQstatus(conn->libpq) == CONNECTION_BAD) {
        lose_saying(conn, "connecting to the database");
        return;
    }
    PQsetNoticeReceiver(conn->libpq, ignore_notice, NULL);
    mb_timer_arm(&pg->loop->timers, &conn->timer, pg->loop->now_us + CONNECT_TIMEOUT_US);
    mb_watch_start(&conn->watch, pg->loop, PQsocket(conn->libpq), false, true, on_connecting);
}

static void connected(struct mb_pg_conn *conn)
{
    struct mb_pg *pg = conn->pg;
    mb_timer_cancel(&pg->loop->timers, &conn->timer);
    mb_watch_stop(&conn->watch);
    if (PQsetnonblocking(conn->libpq, 1) != 0 ||
        (conn->lane && !PQenterPipelineMode(conn->libpq))) {
        lose_saying(conn, "connecting to the database");
        return;
    }
    conn->state = MB_PG_CONN_READY;
    conn->attempts = 0;
    mb_watch_start(&conn->watch, pg->loop, PQsocket(conn->libpq), true, false, on_ready);
    if (!conn->lane)
        mb_pg_listener_ready(pg);
    else
        mb_pg_on_conn(pg, NULL);
}

static void on_connecting(struct mb_watch *watch, bool readable, bool writable)
{
    (void)readable;
    (void)writable;
    struct mb_pg_conn *conn = MB_CONTAINER_OF(watch, struct mb_pg_conn, watch);
    int before = PQsocket(conn->libpq);
    PostgresPollingStatusType next = PQconnectPoll(conn->libpq);
    if (next == PGRES_POLLING_FAILED) {
        lose_saying(conn, "connecting to the database");
        return;
    }
    if (next == PGRES_POLLING_OK) {
        connected(conn);
        return;
    }
    /* libpq goes on to the next address with another socket (which may have the same number). */
    int now = PQsocket(conn->libpq);
    if (now != before || PQstatus(conn->libpq) == CONNECTION_STARTED) {
        mb_watch_stop(watch);
        mb_watch_start(watch, conn->pg->loop, now, false, false, on_connecting);
    }
    mb_watch_set(watch, next == PGRES_POLLING_READING, next == PGRES_POLLING_WRITING);
}

static void on_timer(struct mb_timer *timer)
{
    struct mb_pg_conn *conn = MB_CONTAINER_OF(timer, struct mb_pg_conn, timer);
    struct mb_err err;
    switch (conn->state) {
    case MB_PG_CONN_OFF:
        start(conn);
        break;
    case MB_PG_CONN_CONNECTING:
        mb_err_set(&err, MB_E_DATABASE, "connecting to the database: no answer in 5 s");
        lose(conn, &err);
        break;
    case MB_PG_CONN_READY:
        mb_err_set(&err, MB_E_DATABASE, "the database does not answer");
        lose(conn, &err);
        break;
    }
}

void mb_pg_conn_suspect(struct mb_pg_conn *conn)
{
    if (!mb_timer_is_armed(&conn->timer))
        mb_timer_arm(&conn->pg->loop->timers, &conn->timer, conn->pg->loop->now_us + HANG_US);
}

/* ---- sending --------------------------------------------------------------------------------- */

static void on_broken(struct mb_turn *turn)
{
    lose_saying(MB_CONTAINER_OF(turn, struct mb_pg_conn, broken), "sending to the database");
}

static bool push_out(struct mb_pg_conn *conn)
{
    int left = PQflush(conn->libpq);
    if (left >= 0)
        mb_watch_set(&conn->watch, true, left > 0);
    return left >= 0;
}

static bool prepare(struct mb_pg_conn *conn, const struct mb_pg_stmt *stmt)
{
    if (!PQsendPrepare(conn->libpq, stmt->name, stmt->sql, stmt->n_params, stmt->types))
        return false;
    mb_map_set(&conn->prepared, &stmt, sizeof(stmt), conn);
    return true;
}

static bool execute(struct mb_pg_conn *conn, const struct mb_pg_stmt *stmt,
                    const struct mb_pg_param *params)
{
    const char *values[MB_PG_PARAMS_MAX];
    int lengths[MB_PG_PARAMS_MAX], formats[MB_PG_PARAMS_MAX];
    for (int i = 0; i < stmt->n_params; i++) {
        const struct mb_pg_param *p = &params[i];
        values[i] = p->is_null ? NULL : p->ptr ? p->ptr : p->own;
        lengths[i] = (int)p->len;
        formats[i] = 1;
    }
    return PQsendQueryPrepared(conn->libpq, stmt->name, stmt->n_params, values, lengths, formats,
                               1);
}

void mb_pg_conn_send(struct mb_pg_conn *conn, struct mb_pg_query *query,
                     const struct mb_pg_param *params)
{
    mb_assert(conn->state == MB_PG_CONN_READY);
    query->conn = conn;
    mb_list_push(&conn->flying, &query->node);
    conn->n_flying++;
    conn->lane->n_flying++;
    /* A sync of its own makes each query a transaction of its own. A failure is dealt with at the
     * end of the turn: nobody is called back from here. */
    const struct mb_pg_stmt *stmt = query->stmt;
    query->preparing = !mb_map_get(&conn->prepared, &stmt, sizeof(stmt));
    query->orphaned = false;
    if ((query->preparing && !prepare(conn, stmt)) || !execute(conn, stmt, params) ||
        !PQpipelineSync(conn->libpq) || !push_out(conn))
        mb_turn_queue(conn->pg->loop, &conn->broken);
}

/* ---- reading --------------------------------------------------------------------------------- */

/* The preparation failed, and with it whatever was sent upon it: those find no such statement,
 * which says nothing of the session. The next to be sent prepares anew. */
static void forget_statement(struct mb_pg_conn *conn, const struct mb_pg_stmt *stmt)
{
    mb_map_remove(&conn->prepared, &stmt, sizeof(stmt));
    for (struct mb_list *node = conn->flying.next; node != &conn->flying; node = node->next) {
        struct mb_pg_query *query = MB_LIST_ENTRY(node, struct mb_pg_query, node);
        query->orphaned |= query->stmt == stmt;
    }
}

static void take_error(struct mb_pg_conn *conn, struct mb_pg_query *query, const PGresult *res)
{
    query->failed = true;
    query->transient = mb_pg_err_result(&query->err, res);
    if (query->preparing) {
        forget_statement(conn, query->stmt);
    } else if (!query->orphaned && mb_pg_is_stale(res) &&
               mb_map_get(&conn->prepared, &query->stmt, sizeof(query->stmt))) {
        conn->stale = query->transient = true;
        query->err.code = MB_E_DATABASE;
        query->err.retryable = 1;
    }
}

static void take_result(struct mb_pg_conn *conn, struct mb_pg_query *query, PGresult *res)
{
    ExecStatusType status = PQresultStatus(res);
    /* COMMAND_OK is that of the preparation, or of a statement without rows. */
    if (status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK) {
        query->preparing = false;
        PQclear(query->result);
        query->result = res;
        return;
    }
    /* After PIPELINE_ABORTED: the preparation failed, and that was reported. */
    if (status != PGRES_PIPELINE_ABORTED && !query->failed)
        take_error(conn, query, res);
    PQclear(res);
}

/* The sync has come: what the query did is committed, or it failed. */
static void answered(struct mb_pg_conn *conn, struct mb_pg_query *query)
{
    mb_list_remove(&query->node);
    conn->n_flying--;
    conn->lane->n_flying--;
    query->conn = NULL;
    mb_timer_cancel(&conn->pg->loop->timers, &conn->timer); /* it does not hang */
    mb_pg_on_answer(query);
}

/* Returns false when the connection or the pool is gone. */
static bool read_answers(struct mb_pg_conn *conn)
{
    struct mb_pg *pg = conn->pg;
    int ends = 0; /* in a row; libpq says so for ever when it has lost count */
    while (conn->n_flying > 0 && !PQisBusy(conn->libpq)) {
        struct mb_pg_query *query = MB_LIST_ENTRY(conn->flying.next, struct mb_pg_query, node);
        PGresult *res = PQgetResult(conn->libpq);
        if (!res) { /* the end of one command's results */
            conn->stale |= ++ends > 2;
            if (PQstatus(conn->libpq) == CONNECTION_BAD || conn->stale)
                break;
            continue;
        }
        ends = 0;
        if (PQresultStatus(res) != PGRES_PIPELINE_SYNC) {
            take_result(conn, query, res);
            continue;
        }
        PQclear(res);
        answered(conn, query);
        if (pg->freed || conn->state != MB_PG_CONN_READY)
            return false;
    }
    return true;
}

static void on_ready(struct mb_watch *watch, bool readable, bool writable)
{
    struct mb_pg_conn *conn = MB_CONTAINER_OF(watch, struct mb_pg_conn, watch);
    struct mb_pg *pg = conn->pg;
    struct mb_err err;
    (void)writable;
    bool lost = readable && !PQconsumeInput(conn->libpq);
    if (lost)
        mb_pg_err_conn(&err, conn->libpq, "the connection to the database");
    mb_pg_enter(pg);
    if (conn->lane) { /* what has come before the end is still good */
        if (!read_answers(conn)) {
            mb_pg_leave(pg);
            return;
        }
    } else if (!lost && !mb_pg_listener_read(pg, &err)) {
        lost = true;
    }
    if (pg->freed || conn->state != MB_PG_CONN_READY) {
        mb_pg_leave(pg);
        return;
    }
    if (!lost && (PQstatus(conn->libpq) == CONNECTION_BAD || !push_out(conn))) {
        mb_pg_err_conn(&err, conn->libpq, "the connection to the database");
        lost = true;
    }
    if (!lost && conn->stale) {
        mb_err_set(&err, MB_E_DATABASE, "the connection to the database was out of step");
        lost = true;
    }
    if (lost)
        lose(conn, &err);
    else if (conn->lane)
        mb_pg_on_conn(pg, NULL);
    mb_pg_leave(pg);
}

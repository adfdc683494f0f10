/* What the files of core/io/pg*.c share; nobody else includes this.
 *
 *   pg.c         the pool: lanes, queues, deadlines, retries
 *   pg_conn.c    one connection: connecting, sending, reading answers
 *   pg_listen.c  the connection that listens
 *   pg_error.c   SQLSTATE to mb_err
 *   pg_param.c, pg_array.c, pg_result.c   values in PostgreSQL's binary formats */
#ifndef MB_IO_PG_INT_H
#define MB_IO_PG_INT_H

#include <libpq-fe.h>

#include "base/map.h"
#include "io/pg.h"

enum {
    MB_PG_PARAMS_MAX = 100, /* PostgreSQL's FUNC_MAX_ARGS */
    MB_PG_CONNS_MAX = 64,
};

struct mb_pg_lane_state;

/* ---- connections ----------------------------------------------------------------------------- */

enum mb_pg_conn_state {
    MB_PG_CONN_OFF,        /* no socket; waits for its turn to connect again */
    MB_PG_CONN_CONNECTING, /* libpq negotiates */
    MB_PG_CONN_READY,
};

struct mb_pg_conn {
    struct mb_pg *pg;
    struct mb_pg_lane_state *lane; /* NULL: the listener */
    PGconn *libpq;                 /* NULL when off */
    enum mb_pg_conn_state state;
    struct mb_watch watch;
    struct mb_timer timer; /* off: connect again; connecting: give up; ready: it hangs */
    struct mb_turn broken; /* queued when sending failed */
    struct mb_list flying; /* of mb_pg_query, in the order in which they were sent */
    int n_flying;
    struct mb_map prepared; /* keyed by the statement's address */
    int attempts;           /* failed ones since it was last ready */
    bool stale;             /* to be made anew when the answer at hand is complete */
};

void mb_pg_conn_init(struct mb_pg_conn *conn, struct mb_pg *pg, struct mb_pg_lane_state *lane);
/* What was in flight has been timed out: the connection is lost unless an answer comes soon. */
void mb_pg_conn_suspect(struct mb_pg_conn *conn);
/* Closes; takes what was in flight with it, which the caller has dealt with. */
void mb_pg_conn_close(struct mb_pg_conn *conn);
/* Sends a query to a ready connection and puts it in flight. */
void mb_pg_conn_send(struct mb_pg_conn *conn, struct mb_pg_query *query,
                     const struct mb_pg_param *params);

/* ---- queries --------------------------------------------------------------------------------- */

struct mb_pg_query {
    struct mb_list node; /* in lane->waiting or conn->flying */
    struct mb_pg *pg;
    struct mb_pg_lane_state *lane;
    struct mb_pg_conn *conn; /* in flight; NULL = waiting */
    const struct mb_pg_stmt *stmt;
    const struct mb_pg_param *params; /* ours or borrowed; NULL: sent, and never to be sent again */
    char *copy;                       /* the bytes of our own params */
    mb_pg_done *on_done;              /* NULL: cancelled or timed out, only waits for its answer */
    void *arg;
    struct mb_timer deadline;
    uint64_t order; /* of the calls */
    int tries;
    bool preparing; /* its preparation went with it and has not been answered */
    bool orphaned;  /* it was sent upon a preparation that has failed since */
    PGresult *result;
    bool failed;
    bool transient; /* failed, and trying again may help */
    struct mb_err err;
};

/* ---- the pool -------------------------------------------------------------------------------- */

struct mb_pg_lane_state {
    struct mb_list waiting; /* of mb_pg_query, by order */
    int n_waiting, n_flying;
    struct mb_pg_conn *conns;
    int n_conns;
    bool ordered;         /* nothing may overtake what is to be sent again */
    bool draining;        /* something is to be sent again: only when nothing is in flight */
    struct mb_timer hold; /* armed: nothing is sent until it fires */
    struct mb_pg *pg;
};

struct mb_pg_channel {
    char name[64];
    mb_pg_notified *on_notify;
    void *arg;
};

struct mb_pg {
    struct mb_loop *loop;
    struct mb_pg_opts opts;
    char **keywords, **values; /* of the connection, as PQconnectStartParams takes them */
    struct mb_pg_lane_state lanes[2];
    struct mb_pg_conn conns[MB_PG_CONNS_MAX];
    struct mb_pg_conn listener;
    struct mb_pg_channel channels[MB_PG_CHANNELS];
    int n_channels;
    int n_listening; /* channels that the session was told of */
    int listen_upto; /* those that it is being told of */
    bool listen_busy;
    struct mb_pg_stats stats;
    uint64_t next_order;
    bool up, told_down;
    uint32_t batch_types[5]; /* OIDs of the types of pg_batch, once they are known */
    int depth;               /* inside callbacks */
    bool freed;              /* mb_pg_free was called inside one */
};

/* Between these two the pool's memory stays, whatever a callback frees. leave() returns false when
 * the pool is gone. */
void mb_pg_enter(struct mb_pg *pg);
bool mb_pg_leave(struct mb_pg *pg);

/* The connection's state or load has changed: tells about up and down, sends what waits. */
void mb_pg_on_conn(struct mb_pg *pg, const struct mb_err *err);
/* The answer has come (or cannot come any more) for a query that is in no list now. */
void mb_pg_on_answer(struct mb_pg_query *query);

/* ---- the listener ---------------------------------------------------------------------------- */

void mb_pg_listener_ready(struct mb_pg *pg);
/* Reads what came; false with err when the connection is to be lost. */
bool mb_pg_listener_read(struct mb_pg *pg, struct mb_err *err);

/* ---- errors and connection strings ----------------------------------------------------------- */

/* Fills `err` from a failed result; returns whether trying again may help. */
bool mb_pg_err_result(struct mb_err *err, const PGresult *res);
/* Do the session's prepared statements not fit any more (functions were replaced by another core)?
 * A new connection helps. */
bool mb_pg_is_stale(const PGresult *res);
/* A connection that failed: DATABASE with libpq's own text. */
void mb_pg_err_conn(struct mb_err *err, PGconn *conn, const char *what);
void mb_pg_err_unknown(struct mb_err *err); /* marks that the query may have taken effect */

int mb_pg_conninfo(struct mb_pg *pg, const char *conninfo, const char *application_name,
                   struct mb_err *err);
void mb_pg_conninfo_release(struct mb_pg *pg);

#endif

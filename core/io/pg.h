/* PostgreSQL, asynchronously: libpq in pipeline mode on our loop.
 *
 * A pool has N connections for queries, one of its own for the journal (so that nothing queues
 * before a flush) and one that listens for notifications. Every query is one prepared statement in
 * a transaction of its own; parameters and results are binary. While the server is away, queries
 * wait in a bounded queue until their deadline; connections come back by themselves.
 *
 * Contract of mb_pg_query: it refuses at once without calling back, or returns 0 and calls back
 * exactly once, never before it has returned, unless cancelled. Inside a callback anything may be
 * freed, the pool as well. The callback comes after the commit, not before.
 *
 * Name resolution of a host name in the connection string blocks (libpq); use a socket folder or an
 * address, or a resolver that answers at once. Not through a transaction pooler: statements are
 * prepared and channels listened to per session. */
#ifndef MB_IO_PG_H
#define MB_IO_PG_H

#include "base/buf.h"
#include "base/err.h"
#include "base/id.h"
#include "io/loop.h"

/* Type OIDs of PostgreSQL that never change (pg_type.dat). */
enum mb_pg_oid {
    MB_PG_BOOL = 16,
    MB_PG_BYTEA = 17,
    MB_PG_INT8 = 20,
    MB_PG_INT2 = 21,
    MB_PG_INT4 = 23,
    MB_PG_TEXT = 25,
    MB_PG_JSON = 114,
    MB_PG_TIMESTAMPTZ = 1184,
    MB_PG_UUID = 2950,
    MB_PG_TEXT_ARRAY = 1009,
    MB_PG_UUID_ARRAY = 2951,
};

/* ---- statements ------------------------------------------------------------------------------ */

enum mb_pg_lane {
    MB_PG_COMMON,  /* any of the pool's N connections, the one with the least in flight */
    MB_PG_JOURNAL, /* the journal's own connection, strictly in order */
};

/* Static: lives as long as any pool. Two statements never share a name. */
struct mb_pg_stmt {
    const char *name; /* of the prepared statement; short, [a-z0-9_] */
    const char *sql;
    int n_params;
    const uint32_t *types; /* n_params OIDs */
    enum mb_pg_lane lane;
    /* Doing it twice is the same as doing it once: it is sent again when the connection was lost
     * with the outcome unknown, and after errors that say "try again" (serialization, deadlock,
     * resources, shutdown), until its deadline. Without it such a query fails with DATABASE. */
    bool retry;
    /* Parameters stay valid until the callback or the cancel: they are not copied. */
    bool borrow;
    /* Goes before all that wait, and is never refused for their number: for the few queries that
     * keep a core alive while everybody else waits for it. */
    bool goes_first;
    int deadline_ms; /* from the call on; 0 = the pool's default, -1 = none */
};

/* ---- parameters ------------------------------------------------------------------------------ */

/* Made by the functions below. `ptr` is borrowed until mb_pg_query returns (or, with `borrow`,
 * until the callback or the cancel). */
struct mb_pg_param {
    const char *ptr; /* NULL and not is_null: the bytes are in `own` */
    uint32_t len;
    bool is_null;
    char own[16];
};

struct mb_pg_param mb_pg_null(void);
struct mb_pg_param mb_pg_bool(bool v);
struct mb_pg_param mb_pg_int4(int32_t v);
struct mb_pg_param mb_pg_int8(int64_t v);
struct mb_pg_param mb_pg_text(struct mb_str v); /* text and json */
struct mb_pg_param mb_pg_text_c(const char *v); /* NULL gives null */
struct mb_pg_param mb_pg_bytea(const void *ptr, size_t len);
struct mb_pg_param mb_pg_uuid(struct mb_id v);
struct mb_pg_param mb_pg_time(int64_t unix_us); /* timestamptz */

/* A one-dimensional array, built entry by entry, as one parameter: of ids by the function below, of
 * rows by pg_batch_row.h. Reused: clear keeps the memory. */
struct mb_pg_array {
    struct mb_buf buf;
    uint32_t element; /* OID of the element type */
    uint32_t count;
};

void mb_pg_array_init(struct mb_pg_array *a, enum mb_pg_oid element);
void mb_pg_array_release(struct mb_pg_array *a);
void mb_pg_array_clear(struct mb_pg_array *a);
void mb_pg_array_add_uuid(struct mb_pg_array *a, struct mb_id v);
/* The parameter; borrows the array until it is changed. */
struct mb_pg_param mb_pg_array_param(struct mb_pg_array *a);

/* ---- results --------------------------------------------------------------------------------- */

/* Borrowed until the callback returns. Asking a row or column that is not there, or a value as
 * a type that it is not, is a bug. A null reads as 0, false, "" and the nil id. */
struct mb_pg_result;

int mb_pg_rows(const struct mb_pg_result *res);
bool mb_pg_is_null(const struct mb_pg_result *res, int row, int col);
int64_t mb_pg_get_int(const struct mb_pg_result *res, int row, int col); /* int2, int4, int8 */
bool mb_pg_get_bool(const struct mb_pg_result *res, int row, int col);
/* text, json, bytea, varchar; .ptr is NULL when it is null, and is followed by a NUL otherwise */
struct mb_str mb_pg_get_str(const struct mb_pg_result *res, int row, int col);
struct mb_id mb_pg_get_id(const struct mb_pg_result *res, int row, int col);
int64_t mb_pg_get_time_us(const struct mb_pg_result *res, int row, int col); /* Unix time */
/* Walks a text[] value: the number of entries; entry i goes to out[i] for i < max (null = empty).
 */
int mb_pg_get_texts(const struct mb_pg_result *res, int row, int col, struct mb_str *out, int max);

/* ---- the pool -------------------------------------------------------------------------------- */

struct mb_pg;
struct mb_pg_query;

struct mb_pg_opts {
    const char *conninfo;         /* libpq's: key=value pairs or a postgresql:// URI */
    const char *application_name; /* shown in pg_stat_activity; NULL = "moonbase" */
    int connections;              /* of the common lane; 0 = 4 */
    int queue_max;                /* queries waiting or in flight a lane; 0 = 4096 */
    int pipeline_max;             /* in flight on one connection; 0 = 32 */
    int deadline_ms;              /* of statements that name none; 0 = 10,000 */
    /* The pool became usable (the journal's and at least one common connection are there) or lost
     * that; `err` says why it went down. May be NULL. */
    void (*on_state)(void *arg, bool up, const struct mb_err *err);
    void *arg;
};

/* Starts to connect; never fails for a server that is away. NULL with err for a connection string
 * that cannot be parsed (CONFIG). */
struct mb_pg *mb_pg_new(struct mb_loop *loop, const struct mb_pg_opts *opts,
                        struct mb_err *err) MB_MUST_CHECK;
/* Cancels everything (no callbacks) and closes. Takes NULL. */
void mb_pg_free(struct mb_pg *pg);

bool mb_pg_is_up(const struct mb_pg *pg);

/* The answer: `res`, or NULL and `err`:
 *   DATABASE (retryable)   the connection was lost or the server was away. Nothing happened if it
 *                          was never sent; else the outcome is not known (see mb_pg_is_unknown)
 *   OVERLOADED             the server is out of memory, disk or connections; nothing happened
 *   TIMEOUT                the deadline passed; if it had been sent, the outcome is not known
 *   FENCED                 SQLSTATE MBFEN: the core was declared dead; nothing happened
 *   raised by a function with SQLSTATE MBnnn: the HTTP status nnn gives the code; the wire code
 *                          and the place are those of DETAIL and HINT
 *   INTERNAL               any other error of SQL; nothing happened; message has the SQLSTATE */
typedef void mb_pg_done(void *arg, const struct mb_pg_result *res, const struct mb_err *err);

/* Refuses with OVERLOADED when the lane's queue is full. `handle` may be NULL; it is set before
 * this returns and valid until the callback or the cancel. */
int mb_pg_query(struct mb_pg *pg, const struct mb_pg_stmt *stmt, const struct mb_pg_param *params,
                mb_pg_done *on_done, void *arg, struct mb_pg_query **handle,
                struct mb_err *err) MB_MUST_CHECK;
/* The callback will not run. A query that was sent may still take effect. */
void mb_pg_cancel(struct mb_pg_query *query);

/* Did the query that failed with this error possibly take effect? */
bool mb_pg_is_unknown(const struct mb_err *err);

/* Calls back for every notification on the channel; with payload NULL when notifications may have
 * been missed, since the connection was made anew. At most MB_PG_CHANNELS channels. */
enum { MB_PG_CHANNELS = 16 };
typedef void mb_pg_notified(void *arg, const char *channel, const char *payload);
void mb_pg_listen(struct mb_pg *pg, const char *channel, mb_pg_notified *on_notify, void *arg);

struct mb_pg_stats {
    int connected;       /* connections that are ready, all lanes */
    int waiting, flying; /* queries in queues, and sent */
    uint64_t queries, errors, retries, reconnects, refused, timeouts;
};
void mb_pg_stats(const struct mb_pg *pg, struct mb_pg_stats *out);

#endif

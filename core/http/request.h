/* One request: what is known of it, and the ways to answer it. Its memory is the request's pool in
 * h2o; when that goes (the answer is out, or the client left), what the request had under way is
 * cancelled. */
#ifndef MB_HTTP_REQUEST_H
#define MB_HTTP_REQUEST_H

#include <h2o.h>
#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"
#include "http/auth.h"
#include "http/ratelimit.h"
#include "http/router.h"

struct mb_http;
struct mb_conn;
struct mb_pg_query;
struct mb_request;

/* One of a bucket of the rate limiter that is waited for. */
typedef void mb_rate_known(struct mb_request *r, const struct mb_err *err);
struct mb_limit_wait {
    struct mb_rate_wait rate;
    mb_rate_known *on_known;
};

/* sql.c: a statement under way. */
struct mb_sql_wait {
    struct mb_pg_query *query;
    void (*on_done)(struct mb_request *r, int status, const json_t *answer);
};

enum { MB_REQUEST_ID = 65 }; /* room for an X-Request-Id and its NUL */

struct mb_request {
    h2o_req_t *h2o;
    struct mb_list node; /* in http->requests, until it is answered */
    struct mb_http *http;
    struct mb_conn *conn;
    const struct mb_op *op; /* NULL until it is routed */
    struct mb_str values[MB_ROUTE_VALUES];
    struct mb_caller caller;
    struct mb_id ids[MB_ROUTE_VALUES]; /* of the path */
    json_t *params, *body;             /* NULL when the operation has none */
    struct mb_rate_view rate;
    int64_t started_us;
    /* What is under way: called when the client is gone before the answer. It stops it, so that no
     * callback comes. Set by whoever starts something, cleared when it has called back. */
    void (*cancel)(struct mb_request *r);
    void *state; /* of the handler; in the pool */
    union {      /* stages that come one after the other */
        struct mb_auth_wait auth;
        struct mb_limit_wait limit;
        struct mb_sql_wait sql;
    } wait;
    bool answered;
    char id[MB_REQUEST_ID];
};

/* Of the request's pool, zeroed; freed with it. */
void *mb_request_alloc(struct mb_request *r, size_t size);
/* An instant copy in the pool, with a NUL. */
char *mb_request_copy(struct mb_request *r, struct mb_str s);

/* The value of a request header (name in lower case); .ptr is NULL when it is not there. */
struct mb_str mb_request_header(const struct mb_request *r, const char *name);
/* Does Accept allow this type ("application/json")? Without the header everything is allowed.
 * `explicitly`: only if it is named itself, not by a wildcard. */
bool mb_request_accepts(const struct mb_request *r, const char *type, bool explicitly);

/* Adds a header to the answer; the value is copied. `name` is static and in lower case. */
void mb_request_set(struct mb_request *r, const char *name, const char *value);

/* "Location: <folder><prefix>_<id>" */
void mb_request_set_location(struct mb_request *r, const char *folder, struct mb_id id,
                             const char *prefix);

/* Each of these is the one answer of the request; afterwards nothing may be done with it.
 * `json` is copied. Status 204 sends no body. */
void mb_request_answer(struct mb_request *r, int status, struct mb_str json);
void mb_request_answer_json(struct mb_request *r, int status, const json_t *json);
void mb_request_answer_as(struct mb_request *r, int status, const char *type, struct mb_str body);
void mb_request_refuse(struct mb_request *r, const struct mb_err *err);
/* The same with a status of its own and, in seconds, a Retry-After (0 = none). */
void mb_request_refuse_as(struct mb_request *r, int status, const struct mb_err *err,
                          int64_t retry_after_s);

/* Sets the headers that every answer has; for answers that are streamed. Counts the request. */
void mb_request_begin_answer(struct mb_request *r, int status, const char *type);

/* Gives back the memory of the body while the request waits: for HTTP/1, once nobody reads
 * r->h2o->entity any more. Harmless when it cannot. */
void mb_request_drop_body(struct mb_request *r);

#endif

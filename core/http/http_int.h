/* What the files of core/http share about a running server; nobody else includes this. */
#ifndef MB_HTTP_INT_H
#define MB_HTTP_INT_H

#include <h2o.h>

#include "http/auth.h"
#include "http/http.h"
#include "http/metrics.h"
#include "http/ratelimit.h"
#include "http/request.h"
#include "http/router.h"
#include "http/server.h"

struct mb_http {
    struct mb_loop *loop;
    struct mb_http_config config; /* with the defaults filled in; `listen` is gone */
    struct mb_http_deps deps;
    struct mb_router *router;
    struct mb_auth *auth;
    struct mb_ratelimit *limiter;
    struct mb_metrics *metrics;
    struct mb_server server;
    struct mb_buf scratch;   /* for building one text; nobody keeps it over a call */
    struct mb_list requests; /* of mb_request: not answered yet */
    struct mb_list watches;  /* of mb_run_watch: runs that are watched in the database */
    struct mb_list streams;  /* of mb_stream */
    int n_streams, n_watches;
    bool stopping;
};

/* dispatch.c: takes a request that h2o has read. */
int mb_http_on_request(struct mb_http *http, struct mb_conn *conn, h2o_req_t *h2o);
/* dispatch.c: takes one of the bucket for the request and keeps what the limiter says of it
 * (r->rate). 1 = it may go on; 0 = on_known says so later, with err if not, unless the wait is
 * cancelled before; else refused, with err. Without a limit (0 a minute) it may always go on. */
int mb_http_limit(struct mb_request *r, struct mb_id bucket, int64_t per_minute,
                  mb_rate_known *on_known, struct mb_err *err) MB_MUST_CHECK;
void mb_http_limit_cancel(struct mb_request *r);
/* dispatch.c: an answer begins; for the metrics and the log. */
void mb_http_note_answer(struct mb_request *r, int status);
/* dispatch.c: the server stops; everything that is not answered yet is refused. */
void mb_http_refuse_all(struct mb_http *http);

/* The handlers, by the index that the router knows them by; ends in NULL. */
typedef void mb_handler(struct mb_request *r);
extern const char *const mb_handler_names[];
extern mb_handler *const mb_handlers[];

#endif

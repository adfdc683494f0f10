/* The HTTP side of a core: start it, stop it.
 *
 *   client -> server.c (h2o: HTTP/1.1, HTTP/2) -> dispatch.c: route, key, rate limit, parameters,
 *   body -> a handler (handle_*.c) or a SQL function (sql.c) -> request.c: the answer
 *
 * Operations are described in openapi.yaml; see there for how to add one. */
#ifndef MB_HTTP_HTTP_H
#define MB_HTTP_HTTP_H

#include "base/buf.h"
#include "base/err.h"
#include "io/loop.h"

struct mb_http;
struct mb_engine;
struct mb_gate;
struct mb_keyring;
struct mb_pg;
struct mb_redis;
struct mb_side;
struct mb_triggers;

struct mb_http_config {
    const char *listen;           /* an address ("127.0.0.1", "::"); borrowed for the start */
    int port;                     /* 0 = any that is free */
    bool share_port;              /* SO_REUSEPORT: other cores listen on it as well */
    int backlog;                  /* 0 = 4096 */
    int64_t body_max_bytes;       /* caps what openapi.yaml allows; 0 = nothing more */
    int64_t header_max_bytes;     /* path and headers together; 0 = 16 KiB */
    int64_t input_budget_bytes;   /* unread and half-read requests together; 0 = 256 MiB */
    int request_timeout_ms;       /* for a client to send its request; 0 = 30,000 */
    int idle_timeout_ms;          /* of a connection without a request; 0 = 60,000 */
    int send_timeout_ms;          /* for a client to take what is sent; 0 = 30,000 */
    int connections_max;          /* 0 = 20,000; lowered to what descriptors allow */
    int streams_max;              /* event streams at once; 0 = 10,000 */
    int execute_wait_ms;          /* that execute without Prefer waits; 0 = it does not */
    int64_t rate_per_minute;      /* of a customer whose row says nothing; 0 = no limit */
    int64_t hook_rate_per_minute; /* of deliveries to one webhook; 0 = no limit */
    /* Appends more metrics (Prometheus text); may be NULL. */
    void (*more_metrics)(void *arg, struct mb_buf *out);
    void *arg;
};

/* All borrowed until mb_http_free. */
struct mb_http_deps {
    struct mb_pg *pg;
    struct mb_engine *engine;
    struct mb_side *side; /* replays; run/side.h */
    struct mb_triggers *triggers;
    struct mb_gate *gate;
    struct mb_keyring *keyring; /* NULL = secrets cannot be stored */
    struct mb_redis *redis;     /* NULL = rate limits are this core's own */
};

/* Listens. CONFIG for a document that cannot be used, IO when the address cannot be had. */
int mb_http_start(struct mb_loop *loop, const struct mb_http_config *config,
                  const struct mb_http_deps *deps, struct mb_http **http,
                  struct mb_err *err) MB_MUST_CHECK;
int mb_http_port(const struct mb_http *http);

/* Takes no more connections or requests; those under way finish, event streams end at once, and
 * what is left when grace_ms are over is cut. Then calls back, once, from the loop. */
void mb_http_stop(struct mb_http *http, int grace_ms, void (*on_stopped)(void *arg), void *arg);
/* Cuts whatever is left, turning the loop for it, and frees; not from a callback. Before what is in
 * `deps` is freed. Takes NULL. */
void mb_http_free(struct mb_http *http);

/* Redis became usable or was lost: to be passed on from its on_state; logs it. */
void mb_http_on_redis(struct mb_http *http, bool up, const struct mb_err *err);

#endif

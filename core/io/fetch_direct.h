/* The inside of the plain-text path: routes (fetch_route.c), connections (fetch_conn.c) and the
 * exchange of one request and its answer (fetch_direct.c). Part of fetch_private.h. */
#ifndef MB_IO_FETCH_DIRECT_H
#define MB_IO_FETCH_DIRECT_H

#include <netinet/in.h>

#include "io/fetch.h"
#include "io/http1.h"

enum { MAX_ROUTES = 64 };           /* servers spoken to directly; more of them go by curl */
enum { SCRATCH_BYTES = 64 * 1024 }; /* read at once */
enum { HEAD_BYTES = 4096 };         /* of a request, as a rule: its buffer need not grow */

/* What this path reads of a URL: parts of its text. */
struct fetch_place {
    struct mb_str authority; /* as in the URL, without ":80" */
    struct mb_str host;      /* without brackets */
    struct mb_str target;    /* path and query; empty = "/" */
    uint16_t port;
    bool is_ipv6;
};

/* One server and the way to it. */
struct fetch_route {
    struct mb_list node; /* in direct.routes, the last used first */
    struct mb_list idle; /* connections without a call, the last used first */
    size_t n_busy;       /* connections with one */
    int64_t fresh_until_us;
    bool is_known, is_literal; /* a literal address is never asked for */
    unsigned generation;       /* of the address: connections of an older one are not kept */
    socklen_t addr_len;
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } addr;
    size_t len;
    char authority[];
};

/* An open connection. While it is idle its watch stays armed: it must be silent. */
struct fetch_conn {
    struct mb_watch watch;
    struct mb_list node; /* in route->idle */
    struct mb_fetch *fetch;
    struct fetch_route *route;
    struct mb_fetch_call *call; /* NULL = idle */
    int64_t idle_since_us;
    unsigned generation;
    bool was_kept;
};

/* How an exchange ended. */
enum fetch_end {
    END_NOT_YET,
    END_WHOLE,
    END_GARBAGE,
    END_TOO_LARGE,
    END_LOST,
    END_NO_CONNECTION, /* nothing was sent: curl tries it */
};

/* A call on this path. Its connection is given back as soon as the answer is whole; the fields of
 * the answer stay until the call is gone. */
struct fetch_exchange {
    struct mb_list over; /* in direct.over: its end is to be reported */
    struct mb_fetch_call *call;
    struct fetch_conn *conn; /* NULL = given back, or closed */
    struct mb_http1 http1;
    size_t head_len, sent; /* of the request */
    int64_t begun_us;
    enum fetch_end end;
    int why; /* errno; 0 = the server closed the connection */
    bool is_connected, is_send_over;
};

/* The client's part. */
struct fetch_direct {
    struct mb_list routes;
    size_t n_routes, n_idle;
    struct mb_timer sweep; /* closes connections that were idle for long */
    struct mb_list over;
    struct mb_turn turn; /* reports what ended before its start had returned */
    struct mb_buf head;  /* of the request that is being written */
    char *scratch;
};

/* fetch_route.c */
/* False: not a URL for this path (it must be one which curl would send as it stands). */
bool mb_fetch_place_read(const char *url, struct fetch_place *place);
/* NULL = ask curl: not known, or to be asked again. */
struct fetch_route *mb_fetch_route_find(struct mb_fetch *fetch, const struct fetch_place *place);
/* curl has reached the call's server, or has not. */
void mb_fetch_route_learn(const struct mb_fetch_call *call, const char *ip);
void mb_fetch_route_unlearn(const struct mb_fetch_call *call);
void mb_fetch_route_forget(struct fetch_route *route);
void mb_fetch_routes_free(struct mb_fetch *fetch);

/* fetch_conn.c: all of them count the route's busy connections. */
struct fetch_conn *mb_fetch_conn_take(struct fetch_route *route); /* an idle one, or NULL */
struct fetch_conn *mb_fetch_conn_open(struct mb_fetch *fetch, struct fetch_route *route);
/* Idle from now on, or closed: there are enough. */
void mb_fetch_conn_keep(struct fetch_conn *conn);
void mb_fetch_conn_close(struct fetch_conn *conn);
void mb_fetch_conns_close_idle(struct fetch_route *route);
void mb_fetch_on_sweep(struct mb_timer *timer);

/* fetch_direct.c */
void mb_fetch_direct_init(struct mb_fetch *fetch);
void mb_fetch_direct_free(struct mb_fetch *fetch);
/* True: on its way (its end may be queued already). False: curl's. */
bool mb_fetch_direct_begin(struct mb_fetch_call *call);
void mb_fetch_direct_detach(struct mb_fetch_call *call);  /* off its connection */
void mb_fetch_direct_release(struct mb_fetch_call *call); /* and its exchange freed */
/* When the connection must be there; INT64_MAX = it is. */
int64_t mb_fetch_direct_connect_due_us(const struct mb_fetch_call *call);
void mb_fetch_direct_give_up(struct mb_fetch_call *call); /* it is too late: the route is wrong */

#endif

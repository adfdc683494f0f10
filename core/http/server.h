/* The connections: h2o with one handler for everything, and what h2o 2.2 leaves open: a cap on
 * connections with early refusal, clients that send or take too slowly, a budget for what was read
 * and is not used yet, streams that are opened and reset without end, and an orderly stop. */
#ifndef MB_HTTP_SERVER_H
#define MB_HTTP_SERVER_H

#include <h2o.h>

#include "base/err.h"
#include "base/list.h"
#include "io/loop.h"

struct mb_http;

/* One connection; lives as long as its socket. */
struct mb_conn {
    struct mb_list node; /* in server->conns */
    struct mb_http *http;
    h2o_socket_t *sock;
    /* What the last look (guard.c) saw, and since when it has been so. */
    int64_t since_us;
    uint64_t taken_bytes; /* by the client, while something is being sent */
    bool is_writing, has_input;
    bool is_http1;       /* as of its last request */
    bool is_cut;         /* shut down; h2o meets it at its next read or write */
    size_t held_bytes;   /* that it has sent and nobody has used yet */
    uint64_t used_bytes; /* of complete requests of HTTP/2, with their overhead */
    int abandoned;       /* requests whose client left before the answer, since... */
    int64_t abandoned_since_us;
};

struct mb_server {
    h2o_globalconf_t global;
    h2o_context_t context;
    h2o_accept_ctx_t accept;
    h2o_socket_t *listener; /* NULL = takes no more */
    int port;
    int spare_fd;         /* given up to refuse a connection when descriptors run out; -1 = none */
    int fd_limit;         /* a connection with a descriptor at or above it is refused */
    struct mb_list conns; /* of mb_conn */
    int n_conns, n_conns_max;
    struct mb_list lingering; /* h2o_errors.c: descriptors of connections that h2o has closed */
    int n_lingering;
    uint64_t accepted, refused, cut;
    struct mb_timer sweep;
    struct mb_timer stop_timer;
    void (*on_stopped)(void *arg);
    void *on_stopped_arg;
};

int mb_server_start(struct mb_http *http, const char *address, int port,
                    struct mb_err *err) MB_MUST_CHECK;
void mb_server_stop(struct mb_http *http, int grace_ms, void (*on_stopped)(void *arg), void *arg);
void mb_server_release(struct mb_http *http);
/* The listener rested for want of descriptors. */
void mb_server_listen_again(struct mb_http *http);

/* listen.c: a socket that listens; *port is filled when it was 0. */
int mb_listen(const char *address, int *port, int backlog, bool share_port, int *fd,
              struct mb_err *err) MB_MUST_CHECK;

/* guard.c: looks at all connections now and then, and cuts those that do harm. */
void mb_guard_start(struct mb_http *http);
/* Ends a connection: h2o meets the end, from the loop, soon. */
void mb_conn_cut(struct mb_conn *conn);
/* A request begins; its client left before the answer. */
void mb_conn_note_request(struct mb_conn *conn, const h2o_req_t *h2o);
void mb_conn_note_abandoned(struct mb_conn *conn);

/* h2o_errors.c: makes what h2o refuses by itself (a body over the cap, a broken chunk) a problem in
 * the house's form, on this path's configuration. */
void mb_h2o_errors_register(struct mb_http *http, h2o_pathconf_t *path);
void mb_h2o_errors_release(struct mb_http *http);

#endif

#include "http/server.h"

#include <errno.h>
#include <fcntl.h>
#include <h2o/http1.h>
#include <h2o/http2.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/log.h"
#include "http/http_int.h"

enum {
    ACCEPT_BATCH = 64, /* connections in one turn of the loop */
    FD_RESERVE = 64,   /* descriptors kept free, at least, for what serves the requests */
    STREAMS_PRIORITY = 16,
    H2_REQUESTS = 100,    /* of one connection of HTTP/2 at once */
    STOP_CUT_US = 500000, /* after the answers of those who were still waiting */
};

/* What a client is told that cannot be served at all; the socket takes it at once or not at all. */
static const char refusal[] =
    "{\"type\":\"urn:moonbase:problem:overloaded\",\"title\":\"the service is at its limit\","
    "\"status\":503,\"detail\":\"too many connections\","
    "\"instance\":\"urn:moonbase:request:none\",\"code\":\"overloaded\"}";

struct handler {
    h2o_handler_t super;
    struct mb_http *http;
};

static struct mb_conn *conn_of(const h2o_req_t *req)
{
    return req->conn->callbacks->get_socket(req->conn)->on_close.data;
}

static int on_req(h2o_handler_t *self, h2o_req_t *req)
{
    struct mb_conn *conn = conn_of(req);
    mb_conn_note_request(conn, req);
    return mb_http_on_request(((struct handler *)(void *)self)->http, conn, req);
}

/* ---------------------------------------------------------------- accepting */

static void on_close(void *arg)
{
    struct mb_conn *conn = arg;
    struct mb_server *server = &conn->http->server;
    mb_list_remove(&conn->node);
    server->n_conns--;
    if (server->on_stopped && server->n_conns == 0)
        mb_timer_arm(&conn->http->loop->timers, &server->stop_timer, conn->http->loop->now_us);
    free(conn);
}

static void refuse_connection(struct mb_server *server, int fd)
{
    char text[512];
    int len = snprintf(text, sizeof(text),
                       "HTTP/1.1 503 Service Unavailable\r\nConnection: close\r\nRetry-After: 1\r\n"
                       "Content-Type: application/problem+json\r\nContent-Length: %zu\r\n\r\n%s",
                       sizeof(refusal) - 1, refusal);
    server->refused++;
    (void)!send(fd, text, (size_t)len, MSG_DONTWAIT | MSG_NOSIGNAL);
    shutdown(fd, SHUT_WR);
    close(fd);
}

static void take(struct mb_http *http, int fd)
{
    struct mb_server *server = &http->server;
    int on = 1;
    if (server->n_conns >= server->n_conns_max || fd >= server->fd_limit) {
        refuse_connection(server, fd);
        return;
    }
    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    struct mb_conn *conn = mb_zalloc(sizeof(*conn));
    conn->http = http;
    conn->since_us = http->loop->now_us;
    conn->sock =
        h2o_evloop_socket_create(http->loop->h2o, fd, H2O_SOCKET_FLAG_IS_ACCEPTED_CONNECTION);
    conn->sock->on_close.cb = on_close;
    conn->sock->on_close.data = conn;
    mb_list_push(&server->conns, &conn->node);
    server->n_conns++;
    server->accepted++;
    h2o_accept(&server->accept, conn->sock);
}

/* Out of descriptors: the spare one is given up for a moment, so that the client is told. Without
 * one the listener rests until the guard's next look. */
static void refuse_without_descriptors(struct mb_server *server, int listener)
{
    if (server->spare_fd >= 0) {
        mb_close(&server->spare_fd);
        int fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0)
            refuse_connection(server, fd);
        server->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    }
    if (server->spare_fd < 0)
        h2o_socket_read_stop(server->listener);
}

static void on_accept(h2o_socket_t *listener, const char *err)
{
    struct mb_http *http = listener->data;
    int listen_fd = h2o_socket_get_fd(listener);
    for (int i = 0; !err && i < ACCEPT_BATCH && http->server.listener; i++) {
        int fd = accept4(listen_fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd >= 0) {
            take(http, fd);
        } else if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM) {
            refuse_without_descriptors(&http->server, listen_fd);
            return;
        } else if (errno != ECONNABORTED && errno != EINTR) {
            return;
        }
    }
}

void mb_server_listen_again(struct mb_http *http)
{
    struct mb_server *server = &http->server;
    if (server->spare_fd < 0)
        server->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    h2o_socket_read_start(server->listener, on_accept);
}

/* ---------------------------------------------------------------- starting */

static void configure_h2o(struct mb_http *http)
{
    struct mb_server *server = &http->server;
    const struct mb_http_config *config = &http->config;
    size_t body_max = 0;
    for (int i = 0; i < http->router->n_ops; i++)
        body_max = MB_MAX(body_max, http->router->ops[i].body_max_bytes);
    if (config->body_max_bytes)
        body_max = MB_MIN(body_max, (size_t)config->body_max_bytes);
    h2o_config_init(&server->global);
    server->global.server_name = h2o_iovec_init(H2O_STRLIT("moonbase"));
    server->global.max_request_entity_size = body_max;
    server->global.http1.req_timeout = (uint64_t)config->idle_timeout_ms;
    server->global.http2.idle_timeout = (uint64_t)config->idle_timeout_ms;
    server->global.http2.max_concurrent_requests_per_connection = H2_REQUESTS;
    server->global.http2.max_streams_for_priority = STREAMS_PRIORITY;
    h2o_hostconf_t *host =
        h2o_config_register_host(&server->global, h2o_iovec_init(H2O_STRLIT("default")), 65535);
    h2o_pathconf_t *path = h2o_config_register_path(host, "/", 0);
    struct handler *handler =
        (struct handler *)(void *)h2o_create_handler(path, sizeof(struct handler));
    handler->super.on_req = on_req;
    handler->http = http;
    mb_h2o_errors_register(http, &host->fallback_path);
    /* A connection's input buffer: h2o reads at least 4 KiB at a time, and keeps 8 otherwise. */
    h2o_socket_buffer_prototype._initial_buf.capacity = 4096;
    h2o_context_init(&server->context, http->loop->h2o, &server->global);
    server->accept = (h2o_accept_ctx_t){.ctx = &server->context, .hosts = server->global.hosts};
}

static void set_limits(struct mb_http *http)
{
    struct mb_server *server = &http->server;
    struct rlimit fds = {.rlim_cur = 1024};
    getrlimit(RLIMIT_NOFILE, &fds);
    int most = (int)MB_MIN(fds.rlim_cur, (rlim_t)1 << 24);
    server->fd_limit = most - MB_MAX((int)FD_RESERVE, most / 16);
    server->n_conns_max = MB_MIN(http->config.connections_max, server->fd_limit);
    if (server->n_conns_max < http->config.connections_max)
        mb_log(MB_LOG_WARN, "connections_lowered", "wanted", "%d", http->config.connections_max,
               "connections", "%d", server->n_conns_max, "descriptors", "%d", most, NULL);
}

int mb_server_start(struct mb_http *http, const char *address, int port, struct mb_err *err)
{
    struct mb_server *server = &http->server;
    int fd = -1;
    mb_list_init(&server->conns);
    mb_list_init(&server->lingering);
    server->spare_fd = -1;
    server->port = port;
    int rc =
        mb_listen(address, &server->port, http->config.backlog, http->config.share_port, &fd, err);
    if (rc < 0)
        return rc;
    set_limits(http);
    configure_h2o(http);
    signal(SIGPIPE, SIG_IGN); /* h2o writes to whoever may have left */
    server->spare_fd = open("/dev/null", O_RDONLY | O_CLOEXEC);
    server->listener = h2o_evloop_socket_create(http->loop->h2o, fd, H2O_SOCKET_FLAG_DONT_READ);
    server->listener->data = http;
    h2o_socket_read_start(server->listener, on_accept);
    mb_guard_start(http);
    return 0;
}

/* ---------------------------------------------------------------- stopping */

static void close_listener(struct mb_server *server)
{
    if (server->listener)
        h2o_socket_close(server->listener);
    server->listener = NULL;
    mb_close(&server->spare_fd);
}

static void cut_all(struct mb_server *server, bool idle_only)
{
    MB_LIST_EACH(node, next, &server->conns)
    {
        struct mb_conn *conn = MB_LIST_ENTRY(node, struct mb_conn, node);
        bool idle = h2o_socket_is_reading(conn->sock) && conn->sock->input->size == 0 &&
                    (conn->is_http1 || conn->used_bytes == 0);
        if (idle || !idle_only)
            mb_conn_cut(conn);
    }
}

static void finish_stop(struct mb_server *server)
{
    void (*on_stopped)(void *arg) = server->on_stopped;
    server->on_stopped = NULL;
    if (on_stopped)
        on_stopped(server->on_stopped_arg);
}

/* First the connections are gone, or the grace is over: then those who still wait are answered, and
 * soon after what is left is cut. */
static void on_stop_due(struct mb_timer *timer)
{
    struct mb_server *server = MB_CONTAINER_OF(timer, struct mb_server, stop_timer);
    struct mb_http *http = MB_CONTAINER_OF(server, struct mb_http, server);
    if (server->n_conns == 0) {
        finish_stop(server);
    } else if (!mb_list_is_empty(&http->requests)) {
        mb_http_refuse_all(http);
        mb_timer_arm(&http->loop->timers, timer, http->loop->now_us + STOP_CUT_US);
    } else {
        cut_all(server, false);
        mb_timer_arm(&http->loop->timers, timer, http->loop->now_us + STOP_CUT_US);
    }
}

void mb_server_stop(struct mb_http *http, int grace_ms, void (*on_stopped)(void *arg), void *arg)
{
    struct mb_server *server = &http->server;
    close_listener(server);
    server->on_stopped = on_stopped;
    server->on_stopped_arg = arg;
    server->stop_timer.on_due = on_stop_due;
    h2o_context_request_shutdown(&server->context);
    cut_all(server, true);
    int64_t wait_us = server->n_conns ? (int64_t)grace_ms * 1000 : 0;
    mb_timer_arm(&http->loop->timers, &server->stop_timer, http->loop->now_us + wait_us);
}

void mb_server_release(struct mb_http *http)
{
    struct mb_server *server = &http->server;
    close_listener(server);
    server->on_stopped = NULL;
    mb_http_refuse_all(http);
    for (int i = 0; i < 1000 && server->n_conns; i++) {
        cut_all(server, false);
        mb_loop_turn(http->loop, 0);
    }
    mb_timer_cancel(&http->loop->timers, &server->sweep);
    mb_timer_cancel(&http->loop->timers, &server->stop_timer);
    mb_h2o_errors_release(http);
    h2o_timeout_unlink(&server->context.http2._graceful_shutdown_timeout); /* of a stop */
    h2o_multithread_queue_t *queue = server->context.queue; /* h2o 2.2 forgets to free it */
    h2o_context_dispose(&server->context);
    free(queue);
    h2o_config_dispose(&server->global);
}

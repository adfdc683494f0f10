/* Looks at all connections four times a second, for what h2o's own timers do not see. */
#include <errno.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "http/http_int.h"

enum {
    SWEEP_US = 250 * 1000,
    OVERHEAD_BYTES = 256,    /* of a request of HTTP/2: frames and compressed headers */
    ABANDONED_MAX = 200,     /* requests left by their client on one connection... */
    ABANDONED_US = 10000000, /* ...in this time */
    FIRST_LOOK_US = 1000000, /* before a connection without a request is looked into */
};

void mb_conn_cut(struct mb_conn *conn)
{
    if (conn->is_cut)
        return;
    conn->is_cut = true;
    conn->http->server.cut++;
    shutdown(h2o_socket_get_fd(conn->sock), SHUT_RDWR);
}

void mb_conn_note_request(struct mb_conn *conn, const h2o_req_t *h2o)
{
    conn->is_http1 = h2o->version < 0x200;
    conn->used_bytes += h2o->entity.len + OVERHEAD_BYTES;
}

void mb_conn_note_abandoned(struct mb_conn *conn)
{
    int64_t now_us = conn->http->loop->now_us;
    if (now_us - conn->abandoned_since_us > ABANDONED_US) {
        conn->abandoned_since_us = now_us;
        conn->abandoned = 0;
    }
    if (++conn->abandoned > ABANDONED_MAX)
        mb_conn_cut(conn);
}

static struct tcp_info tcp_info_of(const struct mb_conn *conn)
{
    struct tcp_info info = {0};
    socklen_t len = sizeof(info);
    (void)getsockopt(h2o_socket_get_fd(conn->sock), IPPROTO_TCP, TCP_INFO, &info, &len);
    return info;
}

/* What has been sent by a connection of HTTP/2 and was not part of a complete request: bodies that
 * are being collected (h2o keeps them out of sight), or a flood of frames. */
static size_t held_by_http2(const struct mb_conn *conn)
{
    uint64_t received = tcp_info_of(conn).tcpi_bytes_received;
    return received > conn->used_bytes ? (size_t)(received - conn->used_bytes) : 0;
}

static void look(struct mb_conn *conn, int64_t now_us)
{
    const h2o_buffer_t *input = conn->sock->input;
    bool is_writing = conn->sock->_cb.write != NULL;
    bool has_input = conn->sock->_cb.read != NULL && input->size > 0;
    uint64_t taken = is_writing ? tcp_info_of(conn).tcpi_bytes_acked : 0;
    if (is_writing != conn->is_writing || has_input != conn->has_input ||
        taken != conn->taken_bytes)
        conn->since_us = now_us;
    conn->is_writing = is_writing;
    conn->has_input = has_input;
    conn->taken_bytes = taken;
    conn->held_bytes = input->bytes ? input->capacity : 0;
    if (!conn->is_http1 && (conn->used_bytes || now_us - conn->since_us > FIRST_LOOK_US))
        conn->held_bytes += held_by_http2(conn);
}

static bool is_harmful(const struct mb_http *http, const struct mb_conn *conn, int64_t now_us)
{
    int64_t still_us = now_us - conn->since_us;
    size_t most = 2 * http->server.global.max_request_entity_size;
    if (conn->is_writing && still_us > (int64_t)http->config.send_timeout_ms * 1000)
        return true;
    if (conn->has_input && !conn->is_writing &&
        still_us > (int64_t)http->config.request_timeout_ms * 1000)
        return true;
    return !conn->is_http1 && conn->held_bytes > most;
}

/* Over the budget: the connections that hold most go first. */
static void cut_largest(struct mb_http *http, size_t held)
{
    size_t budget = (size_t)http->config.input_budget_bytes;
    while (held > budget) {
        struct mb_conn *largest = NULL;
        MB_LIST_EACH(node, next, &http->server.conns)
        {
            struct mb_conn *conn = MB_LIST_ENTRY(node, struct mb_conn, node);
            if (!conn->is_cut && (!largest || conn->held_bytes > largest->held_bytes))
                largest = conn;
        }
        if (!largest || largest->held_bytes == 0)
            return;
        held -= MB_MIN(held, largest->held_bytes);
        mb_conn_cut(largest);
    }
}

static void on_sweep(struct mb_timer *timer)
{
    struct mb_server *server = MB_CONTAINER_OF(timer, struct mb_server, sweep);
    struct mb_http *http = MB_CONTAINER_OF(server, struct mb_http, server);
    int64_t now_us = http->loop->now_us;
    size_t held = 0;
    MB_LIST_EACH(node, next, &server->conns)
    {
        struct mb_conn *conn = MB_LIST_ENTRY(node, struct mb_conn, node);
        look(conn, now_us);
        if (is_harmful(http, conn, now_us))
            mb_conn_cut(conn);
        held += conn->is_cut ? 0 : conn->held_bytes;
    }
    cut_largest(http, held);
    if (server->listener && !server->listener->_cb.read)
        mb_server_listen_again(http);
    mb_timer_arm(&http->loop->timers, timer, now_us + SWEEP_US);
}

void mb_guard_start(struct mb_http *http)
{
    http->server.sweep.on_due = on_sweep;
    mb_timer_arm(&http->loop->timers, &http->server.sweep, http->loop->now_us + SWEEP_US);
}

/* Connections of the plain-text path: opened without waiting, kept when an answer was whole, used
 * again last in first out so that those beyond the need grow old and are closed. */
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/fetch_private.h"

static const int64_t IDLE_US = 60 * 1000000LL;  /* servers close sooner, as a rule */
static const int64_t SWEEP_US = 10 * 1000000LL; /* how often idle ones are looked at */

struct fetch_conn *mb_fetch_conn_take(struct fetch_route *route)
{
    struct mb_list *node = mb_list_shift(&route->idle);
    if (!node)
        return NULL;
    struct fetch_conn *conn = MB_LIST_ENTRY(node, struct fetch_conn, node);
    conn->fetch->direct.n_idle--;
    conn->was_kept = true;
    route->n_busy++;
    return conn;
}

struct fetch_conn *mb_fetch_conn_open(struct mb_fetch *fetch, struct fetch_route *route)
{
    int on = 1;
    int fd = socket(route->addr.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return NULL;
    fetch->stats.connections++;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* only a matter of speed */
    if (connect(fd, &route->addr.any, route->addr_len) < 0 && errno != EINPROGRESS) {
        close(fd);
        return NULL;
    }
    struct fetch_conn *conn = mb_zalloc(sizeof(*conn));
    conn->watch.fd = fd;
    mb_list_init(&conn->node);
    conn->fetch = fetch;
    conn->route = route;
    conn->generation = route->generation;
    route->n_busy++;
    return conn;
}

void mb_fetch_conn_close(struct fetch_conn *conn)
{
    if (mb_list_is_linked(&conn->node))
        conn->fetch->direct.n_idle--;
    else
        conn->route->n_busy--;
    mb_list_remove(&conn->node);
    int fd = conn->watch.fd;
    mb_watch_stop(&conn->watch);
    close(fd);
    free(conn);
}

void mb_fetch_conn_keep(struct fetch_conn *conn)
{
    struct mb_fetch *fetch = conn->fetch;
    if (fetch->direct.n_idle >= fetch->max_idle || conn->generation != conn->route->generation) {
        mb_fetch_conn_close(conn);
        return;
    }
    conn->call = NULL;
    conn->idle_since_us = fetch->loop->now_us;
    mb_watch_set(&conn->watch, true, false);
    mb_list_push_front(&conn->route->idle, &conn->node);
    conn->route->n_busy--;
    fetch->direct.n_idle++;
    if (!mb_timer_is_armed(&fetch->direct.sweep))
        mb_timer_arm(&fetch->loop->timers, &fetch->direct.sweep, conn->idle_since_us + IDLE_US);
}

void mb_fetch_conns_close_idle(struct fetch_route *route)
{
    MB_LIST_EACH(it, next, &route->idle)
    mb_fetch_conn_close(MB_LIST_ENTRY(it, struct fetch_conn, node));
}

static void close_old(struct fetch_route *route, int64_t now_us)
{
    while (!mb_list_is_empty(&route->idle)) {
        struct fetch_conn *oldest = MB_LIST_ENTRY(route->idle.prev, struct fetch_conn, node);
        if (oldest->idle_since_us + IDLE_US > now_us)
            return;
        mb_fetch_conn_close(oldest);
    }
}

void mb_fetch_on_sweep(struct mb_timer *timer)
{
    struct mb_fetch *fetch = MB_CONTAINER_OF(timer, struct mb_fetch, direct.sweep);
    int64_t now_us = fetch->loop->now_us;
    MB_LIST_EACH(it, next, &fetch->direct.routes)
    close_old(MB_LIST_ENTRY(it, struct fetch_route, node), now_us);
    if (fetch->direct.n_idle)
        mb_timer_arm(&fetch->loop->timers, timer, now_us + SWEEP_US);
}

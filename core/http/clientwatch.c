#include "http/clientwatch.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

#include "http/http_int.h"

enum { LOOK_US = 250 * 1000 }; /* a place that is held so long for nobody harms nobody */

/* What the client sent before it closed may still wait to be read: the state tells nevertheless. */
static bool is_gone(const struct mb_conn *conn)
{
    struct tcp_info info = {.tcpi_state = TCP_ESTABLISHED};
    socklen_t len = sizeof(info);
    (void)getsockopt(h2o_socket_get_fd(conn->sock), IPPROTO_TCP, TCP_INFO, &info, &len);
    return info.tcpi_state != TCP_ESTABLISHED;
}

static void on_look(struct mb_timer *timer)
{
    struct mb_client_watch *watch = MB_CONTAINER_OF(timer, struct mb_client_watch, timer);
    struct mb_request *r = watch->r;
    struct mb_loop *loop = r->http->loop;
    struct mb_err err;
    if (!is_gone(r->conn)) {
        mb_timer_arm(&loop->timers, timer, loop->now_us + LOOK_US);
        return;
    }
    r->cancel(r);
    r->cancel = NULL;
    mb_err_set(&err, MB_E_CANCELLED, "the client is gone");
    mb_request_refuse(r, &err);
}

void mb_client_watch_start(struct mb_client_watch *watch, struct mb_request *r)
{
    struct mb_loop *loop = r->http->loop;
    watch->r = r;
    watch->timer.on_due = on_look;
    mb_timer_arm(&loop->timers, &watch->timer, loop->now_us + LOOK_US);
}

void mb_client_watch_stop(struct mb_client_watch *watch)
{
    if (watch->r)
        mb_timer_cancel(&watch->r->http->loop->timers, &watch->timer);
}

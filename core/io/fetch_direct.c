/* One request and its answer on the plain-text path. Everything happens in the turn in which it
 * can: the request is written where the call starts, an answer is read when the socket says so, and
 * what ended is reported after the reading is over, so that a callback may cancel anything. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/clock.h"
#include "io/fetch_private.h"

static void on_ready(struct mb_watch *watch, bool readable, bool writable);

/* Ends. */

static void end(struct mb_fetch_call *call, enum fetch_end how)
{
    call->exchange->end = how;
    mb_list_push(&call->fetch->direct.over, &call->exchange->over);
}

static void drop_conn(struct fetch_exchange *x)
{
    if (x->conn)
        mb_fetch_conn_close(x->conn);
    x->conn = NULL;
}

static void end_with(struct mb_fetch_call *call, enum fetch_end how)
{
    drop_conn(call->exchange);
    end(call, how);
}

static void end_without_connection(struct mb_fetch_call *call, struct fetch_route *route)
{
    mb_fetch_route_forget(route);
    end_with(call, END_NO_CONNECTION);
}

/* Writing. */

static size_t unsent(const struct mb_fetch_call *call)
{
    return call->exchange->head_len + call->body.len - call->exchange->sent;
}

/* The head is made anew when it did not go out at once: that is rare, and keeping it is not free.
 */
static struct mb_str make_head(struct mb_fetch_call *call)
{
    struct mb_buf *head = &call->fetch->direct.head;
    struct fetch_place place;
    bool is_ours = mb_fetch_place_read(call->url, &place);
    mb_assert(is_ours);
    mb_buf_reserve(head, HEAD_BYTES);
    mb_fetch_headers_write(head, call, &place);
    call->exchange->head_len = mb_buf_len(head);
    return mb_buf_str(head);
}

static ssize_t send_rest(struct mb_fetch_call *call)
{
    struct fetch_exchange *x = call->exchange;
    struct mb_str head = MB_STR(""), body = call->body;
    if (x->sent == 0 || x->sent < x->head_len) {
        head = make_head(call);
        head.ptr += x->sent;
        head.len -= x->sent;
    } else {
        body.ptr += x->sent - x->head_len;
        body.len -= x->sent - x->head_len;
    }
    struct iovec parts[2] = {{(void *)(uintptr_t)head.ptr, head.len},
                             {(void *)(uintptr_t)body.ptr, body.len}};
    struct msghdr msg = {.msg_iov = parts, .msg_iovlen = 2};
    ssize_t n = sendmsg(x->conn->watch.fd, &msg, MSG_NOSIGNAL);
    explicit_bzero(call->fetch->direct.head.data, mb_buf_len(&call->fetch->direct.head)); /* keys */
    mb_buf_clear(&call->fetch->direct.head);
    return n;
}

/* Writes what the socket takes; false = there is no connection. A connection that breaks here may
 * still have an answer to be read (RFC 9112 section 9.5), so reading decides. */
static bool send_some(struct mb_fetch_call *call)
{
    struct fetch_exchange *x = call->exchange;
    ssize_t n = send_rest(call);
    if (n >= 0) {
        x->is_connected = true;
        x->sent += (size_t)n;
        call->was_sent = true;
    } else if (errno != EAGAIN && errno != EINTR) {
        if (!x->is_connected)
            return false;
        x->why = errno;
        x->is_send_over = true;
    }
    return true;
}

/* Starting. */

static void watch(struct mb_fetch_call *call)
{
    struct fetch_conn *conn = call->exchange->conn;
    bool to_write = unsent(call) > 0 && !call->exchange->is_send_over;
    if (conn->watch.loop)
        mb_watch_set(&conn->watch, true, to_write);
    else
        mb_watch_start(&conn->watch, call->fetch->loop, conn->watch.fd, true, to_write, on_ready);
}

static void begin_on(struct mb_fetch_call *call, struct fetch_conn *conn)
{
    struct fetch_exchange *x = call->exchange;
    x->conn = conn;
    conn->call = call;
    x->sent = 0;
    x->why = 0;
    x->is_send_over = false;
    x->is_connected = conn->was_kept;
    x->begun_us = mb_clock_mono_us();
    if (!send_some(call)) {
        end_without_connection(call, conn->route);
        return;
    }
    watch(call);
    if (!x->is_connected)
        mb_timer_arm(&call->fetch->loop->timers, &call->timer,
                     MB_MIN(call->deadline_us, mb_fetch_direct_connect_due_us(call)));
}

static void begin_on_new(struct mb_fetch_call *call, struct fetch_route *route)
{
    struct fetch_conn *conn = mb_fetch_conn_open(call->fetch, route);
    if (conn)
        begin_on(call, conn);
    else
        end_without_connection(call, route);
}

/* Is this a call for this path, if there is a route? */
static bool suits(const struct mb_fetch_call *call)
{
    return call->is_exempt && !call->is_tls && !call->is_once && !call->is_for_curl &&
           call->redirects_left == 0 && call->n_redirects == 0;
}

bool mb_fetch_direct_begin(struct mb_fetch_call *call)
{
    struct mb_fetch *fetch = call->fetch;
    struct fetch_place place;
    if (!suits(call) || !mb_fetch_place_read(call->url, &place))
        return false;
    struct fetch_route *route = mb_fetch_route_find(fetch, &place);
    if (!route)
        return false;
    struct fetch_exchange *x = mb_zalloc(sizeof(*x));
    mb_list_init(&x->over);
    x->call = call;
    call->exchange = x;
    mb_http1_init(&x->http1, call->max_header_bytes, strcmp(call->method, "HEAD") == 0);
    fetch->stats.direct++;
    struct fetch_conn *conn = mb_fetch_conn_take(route);
    if (conn)
        begin_on(call, conn);
    else
        begin_on_new(call, route);
    if (x->end)
        mb_turn_queue(fetch->loop, &fetch->direct.turn);
    return true;
}

/* Reading. */

/* Without a byte of the answer, a kept connection was dead before: once more on a new one. */
static void lose(struct mb_fetch_call *call)
{
    struct fetch_exchange *x = call->exchange;
    struct fetch_route *route = x->conn->route;
    if (!x->conn->was_kept || call->has_answer) {
        end_with(call, END_LOST);
        return;
    }
    drop_conn(x);
    begin_on_new(call, route);
}

static void end_whole(struct mb_fetch_call *call, bool is_surplus)
{
    struct fetch_exchange *x = call->exchange;
    if (mb_http1_is_kept(&x->http1) && !is_surplus && unsent(call) == 0) {
        mb_fetch_conn_keep(x->conn);
        x->conn = NULL;
    }
    end_with(call, END_WHOLE);
}

static void decode(struct mb_fetch_call *call, struct mb_str in)
{
    struct fetch_exchange *x = call->exchange;
    struct mb_str body;
    enum mb_http1_what what;
    while ((what = mb_http1_read(&x->http1, &in, &body)) == MB_HTTP1_BODY) {
        uint64_t announced = body.len + mb_http1_left(&x->http1);
        if (!mb_fetch_call_keep(call, body, announced, x->http1.status)) {
            end_with(call, END_TOO_LARGE);
            return;
        }
    }
    if (what == MB_HTTP1_END)
        end_whole(call, in.len > 0);
    else if (what == MB_HTTP1_TOO_LARGE)
        call->header_bytes = call->max_header_bytes + 1;
    if (what == MB_HTTP1_GARBAGE || what == MB_HTTP1_TOO_LARGE)
        end_with(call, what == MB_HTTP1_GARBAGE ? END_GARBAGE : END_TOO_LARGE);
}

static void receive(struct mb_fetch_call *call)
{
    struct fetch_exchange *x = call->exchange;
    char *scratch = call->fetch->direct.scratch;
    ssize_t n = recv(x->conn->watch.fd, scratch, SCRATCH_BYTES, 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        if (n < 0)
            x->why = errno;
        if (n == 0 && mb_http1_ends_with_close(&x->http1))
            end_with(call, END_WHOLE);
        else
            lose(call);
        return;
    }
    decode(call, MB_STR_OF(scratch, (size_t)n));
    if (!x->end)
        mb_fetch_call_heard(call);
}

/* Reporting. */

static int error_of(struct mb_fetch_call *call, struct mb_err *err)
{
    const struct fetch_exchange *x = call->exchange;
    if (x->end == END_GARBAGE)
        return mb_err_set(err, MB_E_UPSTREAM_GARBAGE, "the answer is no HTTP: %s", x->http1.why);
    if (x->end == END_TOO_LARGE)
        return mb_fetch_err_too_large(call, err);
    return mb_fetch_err_lost(call, x->why ? strerror(x->why) : "the server closed it", err);
}

static void report(struct mb_fetch_call *call)
{
    struct mb_err err;
    mb_err_clear(&err);
    if (call->exchange->end == END_NO_CONNECTION)
        mb_fetch_call_by_curl(call);
    else if (call->exchange->end == END_WHOLE)
        mb_fetch_call_finish(call, NULL);
    else if (error_of(call, &err) < 0)
        mb_fetch_call_finish(call, &err);
}

static void settle(struct mb_fetch *fetch)
{
    mb_fetch_deliver(fetch);
    struct mb_list *node;
    while ((node = mb_list_shift(&fetch->direct.over)))
        report(MB_LIST_ENTRY(node, struct fetch_exchange, over)->call);
}

static void on_turn_end(struct mb_turn *turn)
{
    settle(MB_CONTAINER_OF(turn, struct mb_fetch, direct.turn));
}

static void on_ready(struct mb_watch *ready, bool readable, bool writable)
{
    struct fetch_conn *conn = MB_CONTAINER_OF(ready, struct fetch_conn, watch);
    struct mb_fetch *fetch = conn->fetch;
    struct mb_fetch_call *call = conn->call;
    if (!call) { /* closed by the other side, or it talks without being asked */
        mb_fetch_conn_close(conn);
        return;
    }
    if (writable && unsent(call) > 0 && !call->exchange->is_send_over) {
        if (send_some(call))
            watch(call);
        else
            end_without_connection(call, conn->route);
    }
    if (readable && !call->exchange->end)
        receive(call);
    settle(fetch);
}

/* The rest of a call's life. */

int64_t mb_fetch_direct_connect_due_us(const struct mb_fetch_call *call)
{
    const struct fetch_exchange *x = call->exchange;
    bool is_waiting = x && x->conn && !x->is_connected;
    return is_waiting ? x->begun_us + call->connect_ms * 1000 : INT64_MAX;
}

void mb_fetch_direct_give_up(struct mb_fetch_call *call)
{
    mb_fetch_route_forget(call->exchange->conn->route);
}

void mb_fetch_direct_detach(struct mb_fetch_call *call)
{
    mb_list_remove(&call->exchange->over);
    drop_conn(call->exchange);
}

void mb_fetch_direct_release(struct mb_fetch_call *call)
{
    if (!call->exchange)
        return;
    mb_http1_release(&call->exchange->http1);
    free(call->exchange);
    call->exchange = NULL;
}

void mb_fetch_direct_init(struct mb_fetch *fetch)
{
    struct fetch_direct *direct = &fetch->direct;
    mb_list_init(&direct->routes);
    mb_list_init(&direct->over);
    mb_turn_init(&direct->turn, on_turn_end);
    direct->sweep.on_due = mb_fetch_on_sweep;
    direct->scratch = mb_alloc(SCRATCH_BYTES);
}

void mb_fetch_direct_free(struct mb_fetch *fetch)
{
    mb_fetch_routes_free(fetch);
    mb_turn_cancel(&fetch->direct.turn);
    mb_timer_cancel(&fetch->loop->timers, &fetch->direct.sweep);
    mb_buf_release(&fetch->direct.head);
    free(fetch->direct.scratch);
}

/* What h2o refuses by itself, before a handler is asked, it answers in plain text. Here that
 * becomes a problem like all others; and a client that is still sending its too large body is heard
 * out for a moment, since closing at once would reset the connection before it has read the answer.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "base/id.h"
#include "http/http_int.h"
#include "http/problem.h"

enum {
    LINGER_US = 2 * 1000 * 1000,
    LINGER_BYTES = 64 * 1024 * 1024,
    LINGER_MAX = 64, /* connections at once */
};

struct filter {
    h2o_filter_t super;
    struct mb_http *http;
};

struct problem {
    h2o_ostream_t super;
    h2o_iovec_t body;
};

/* A second descriptor of a connection that h2o is about to close. */
struct lingering {
    struct mb_list node; /* in server->lingering */
    struct mb_http *http;
    int fd;
    struct mb_watch watch;
    struct mb_timer timer;
    size_t left_bytes;
};

static void linger_end(struct lingering *linger)
{
    mb_watch_stop(&linger->watch);
    mb_timer_cancel(&linger->http->loop->timers, &linger->timer);
    mb_list_remove(&linger->node);
    linger->http->server.n_lingering--;
    mb_close(&linger->fd);
    free(linger);
}

static void on_linger_due(struct mb_timer *timer)
{
    linger_end(MB_CONTAINER_OF(timer, struct lingering, timer));
}

static void on_linger_ready(struct mb_watch *watch, bool readable, bool writable)
{
    struct lingering *linger = MB_CONTAINER_OF(watch, struct lingering, watch);
    char trash[16384];
    (void)readable, (void)writable;
    ssize_t n = recv(linger->fd, trash, sizeof(trash), MSG_DONTWAIT);
    if (n <= 0 || (size_t)n > linger->left_bytes)
        linger_end(linger);
    else
        linger->left_bytes -= (size_t)n;
}

static void linger_start(struct mb_http *http, const h2o_req_t *req)
{
    struct mb_server *server = &http->server;
    if (req->version >= 0x200 || server->n_lingering >= LINGER_MAX)
        return;
    int fd = h2o_socket_get_fd(req->conn->callbacks->get_socket(req->conn));
    int second = fcntl(fd, F_DUPFD_CLOEXEC, 0);
    if (second < 0)
        return;
    struct lingering *linger = mb_zalloc(sizeof(*linger));
    *linger = (struct lingering){.http = http, .fd = second, .left_bytes = LINGER_BYTES};
    linger->timer.on_due = on_linger_due;
    mb_list_init(&linger->node);
    mb_list_push(&server->lingering, &linger->node);
    server->n_lingering++;
    mb_watch_start(&linger->watch, http->loop, second, true, false, on_linger_ready);
    mb_timer_arm(&http->loop->timers, &linger->timer, http->loop->now_us + LINGER_US);
}

void mb_h2o_errors_release(struct mb_http *http)
{
    struct mb_list *list = &http->server.lingering;
    while (list->next && !mb_list_is_empty(list))
        linger_end(MB_LIST_ENTRY(list->next, struct lingering, node));
}

/* ---------------------------------------------------------------- the answer */

static void do_send(h2o_ostream_t *self, h2o_req_t *req, h2o_iovec_t *bufs, size_t n,
                    h2o_send_state_t state)
{
    struct problem *problem = (struct problem *)(void *)self;
    (void)bufs, (void)n;
    bool is_head = h2o_memis(req->input.method.base, req->input.method.len, H2O_STRLIT("HEAD"));
    h2o_ostream_send_next(self, req, &problem->body, is_head ? 0 : 1, state);
}

static h2o_iovec_t problem_text(struct mb_http *http, h2o_req_t *req, const char *request_id)
{
    static const char *const details[] = {"the request cannot be understood",
                                          "the body is too large"};
    struct mb_err err;
    struct mb_buf *out = &http->scratch;
    bool large = req->res.status == 413;
    (void)mb_err_set(&err, mb_problem_code(req->res.status), "%s",
                     req->res.status == 404 ? "there is nothing at this path" : details[large]);
    mb_buf_clear(out);
    mb_problem_write(out, &err, req->res.status, mb_str_c(request_id));
    return h2o_strdup(&req->pool, mb_buf_head(out), mb_buf_len(out));
}

static void on_setup(h2o_filter_t *self, h2o_req_t *req, h2o_ostream_t **slot)
{
    struct mb_http *http = ((struct filter *)(void *)self)->http;
    char *id = h2o_mem_alloc_pool(&req->pool, MB_ID_TEXT);
    mb_id_format(mb_id_new(), "req", id);
    struct problem *problem =
        (struct problem *)(void *)h2o_add_ostream(req, sizeof(struct problem), slot);
    problem->super.do_send = do_send;
    problem->body = problem_text(http, req, id);
    req->res.content_length = problem->body.len;
    req->res.headers.size = 0;
    h2o_add_header_by_str(&req->pool, &req->res.headers, H2O_STRLIT("content-type"), 0, NULL,
                          H2O_STRLIT("application/problem+json"));
    h2o_add_header_by_str(&req->pool, &req->res.headers, H2O_STRLIT("x-request-id"), 0, NULL, id,
                          strlen(id));
    mb_metrics_request(http->metrics, NULL, req->res.status, 0);
    if (req->res.status == 413 && !req->http1_is_persistent)
        linger_start(http, req);
    h2o_setup_next_ostream(req, &problem->super.next);
}

void mb_h2o_errors_register(struct mb_http *http, h2o_pathconf_t *path)
{
    struct filter *filter = (struct filter *)(void *)h2o_create_filter(path, sizeof(*filter));
    filter->super.on_setup_ostream = on_setup;
    filter->http = http;
}

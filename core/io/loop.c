#include "io/loop.h"

#include <h2o.h>
#include <sys/epoll.h>

#include "base/clock.h"

enum { EVENTS_PER_TURN = 256 };

static void deliver(struct mb_loop *loop, struct epoll_event *ready, int n)
{
    loop->ready = ready;
    loop->n_ready = n;
    for (int i = 0; i < n; i++) {
        struct mb_watch *watch = ready[i].data.ptr;
        if (!watch) /* stopped by an earlier callback of this batch */
            continue;
        bool failed = ready[i].events & (EPOLLERR | EPOLLHUP);
        bool readable = failed || (ready[i].events & EPOLLIN);
        bool writable = failed || (ready[i].events & EPOLLOUT);
        watch->on_ready(watch, readable, writable);
    }
    loop->ready = NULL;
    loop->n_ready = 0;
}

static void on_epoll(h2o_socket_t *sock, const char *err)
{
    mb_assert(!err);
    struct mb_loop *loop = sock->data;
    struct epoll_event ready[EVENTS_PER_TURN];
    loop->now_us = mb_clock_mono_us();
    loop->wall_us = mb_clock_wall_us();
    int n = epoll_wait(loop->epoll_fd, ready, EVENTS_PER_TURN, 0);
    if (n > 0)
        deliver(loop, ready, n);
}

void mb_loop_init(struct mb_loop *loop)
{
    *loop = (struct mb_loop){.h2o = h2o_evloop_create()};
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    mb_assert(loop->epoll_fd >= 0);
    h2o_socket_t *sock =
        h2o_evloop_socket_create(loop->h2o, loop->epoll_fd, H2O_SOCKET_FLAG_DONT_READ);
    sock->data = loop;
    loop->epoll_sock = sock;
    h2o_socket_read_start(sock, on_epoll);
    mb_timers_init(&loop->timers);
    mb_list_init(&loop->turn_end);
    loop->now_us = mb_clock_mono_us();
    loop->wall_us = mb_clock_wall_us();
}

void mb_loop_release(struct mb_loop *loop)
{
    mb_timers_release(&loop->timers);
    h2o_socket_close(loop->epoll_sock); /* closes epoll_fd */
    h2o_evloop_run(loop->h2o, 0);       /* h2o frees a closed socket in its next turn */
    h2o_evloop_destroy(loop->h2o);
    loop->h2o = NULL;
}

static void run_turn_end(struct mb_loop *loop)
{
    struct mb_list *node;
    while ((node = mb_list_shift(&loop->turn_end))) {
        struct mb_turn *turn = MB_LIST_ENTRY(node, struct mb_turn, node);
        turn->on_turn_end(turn);
    }
}

/* How long the next wait may be: rounded up, so that a timer is not polled for in its last
 * millisecond. */
static int wait_ms(struct mb_loop *loop, int max_wait_ms)
{
    /* What was written outside of h2o's own turn (an answer from a timer, from the end of a turn)
     * has its completion pending, which h2o's wait does not see. */
    if (loop->h2o->_pending_as_client || loop->h2o->_pending_as_server)
        return 0;
    int64_t left = mb_timers_next_us(&loop->timers, mb_clock_mono_us());
    int64_t ms = left < 0 ? 3600 * 1000 : (left + 999) / 1000;
    return max_wait_ms >= 0 && max_wait_ms < ms ? max_wait_ms : (int)MB_MIN(ms, 3600 * 1000);
}

static void read_clocks(struct mb_loop *loop)
{
    loop->now_us = mb_clock_mono_us();
    loop->wall_us = mb_clock_wall_us();
}

void mb_loop_turn(struct mb_loop *loop, int max_wait_ms)
{
    run_turn_end(loop); /* what was queued from outside a turn */
    h2o_evloop_run(loop->h2o, wait_ms(loop, max_wait_ms));
    read_clocks(loop);
    mb_timers_fire(&loop->timers, loop->now_us);
    run_turn_end(loop);
    loop->turns++;
}

void mb_loop_run(struct mb_loop *loop)
{
    while (!loop->stop)
        mb_loop_turn(loop, -1);
}

void mb_turn_init(struct mb_turn *turn, void (*on_turn_end)(struct mb_turn *turn))
{
    mb_list_init(&turn->node);
    turn->on_turn_end = on_turn_end;
}

void mb_turn_queue(struct mb_loop *loop, struct mb_turn *turn)
{
    if (!mb_list_is_linked(&turn->node))
        mb_list_push(&loop->turn_end, &turn->node);
}

void mb_turn_cancel(struct mb_turn *turn)
{
    mb_list_remove(&turn->node);
}

void mb_watch_start(struct mb_watch *watch, struct mb_loop *loop, int fd, bool read, bool write,
                    void (*on_ready)(struct mb_watch *watch, bool readable, bool writable))
{
    *watch = (struct mb_watch){.loop = loop, .fd = fd, .on_ready = on_ready};
    watch->events = (read ? EPOLLIN : 0u) | (write ? EPOLLOUT : 0u);
    struct epoll_event ev = {.events = watch->events, .data.ptr = watch};
    int rc = epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, fd, &ev);
    mb_assert(rc == 0);
}

void mb_watch_set(struct mb_watch *watch, bool read, bool write)
{
    uint32_t events = (read ? EPOLLIN : 0u) | (write ? EPOLLOUT : 0u);
    if (events == watch->events)
        return;
    watch->events = events;
    struct epoll_event ev = {.events = events, .data.ptr = watch};
    int rc = epoll_ctl(watch->loop->epoll_fd, EPOLL_CTL_MOD, watch->fd, &ev);
    mb_assert(rc == 0);
}

void mb_watch_stop(struct mb_watch *watch)
{
    struct mb_loop *loop = watch->loop;
    if (!loop)
        return;
    /* Fails only when the descriptor was closed first, and then it is out already. */
    (void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, watch->fd, NULL);
    for (int i = 0; i < loop->n_ready; i++)
        if (loop->ready[i].data.ptr == watch)
            loop->ready[i].data.ptr = NULL;
    watch->loop = NULL;
}

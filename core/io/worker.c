#include "io/worker.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "io/worker_private.h"

enum {
    READ_BYTES = 64 * 1024,           /* per read */
    WATCH_US = 100 * 1000,            /* between pings of a busy worker */
    STUCK_CPU_US = (250 + 10) * 1000, /* DESIGN section 2: 250 ms past a 10 ms slice */
    STUCK_WALL_US = 10 * 1000 * 1000, /* for one that does not even get to burn CPU */
    IDLE_BUFFER_BYTES = 16 * 1024,    /* larger buffers are given back when they are empty */
};

static void on_ready(struct mb_watch *watch, bool readable, bool writable);
static void on_flush(struct mb_turn *turn);
static void on_watchdog(struct mb_timer *timer);
static void on_bury(struct mb_turn *turn);
static void on_pause_over(struct mb_timer *timer);

static int64_t cpu_us(const struct mb_worker *w)
{
    clockid_t clock;
    struct timespec ts;
    if (w->pid <= 0 || clock_getcpuclockid(w->pid, &clock) != 0 || clock_gettime(clock, &ts) != 0)
        return 0;
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

struct mb_worker *mb_worker_new(struct mb_zygote *zygote, enum mb_worker_role role,
                                size_t memory_bytes, const struct mb_worker_events *events,
                                void *owner)
{
    struct mb_worker *w = mb_zalloc(sizeof(*w));
    w->zygote = zygote;
    w->events = events;
    w->owner = owner;
    w->fd = w->pidfd = -1;
    w->pid = -1;
    w->fork_no = ++zygote->last_fork;
    w->forked_us = zygote->loop->now_us;
    w->watchdog.on_due = on_watchdog;
    w->pause.on_due = on_pause_over;
    mb_list_init(&w->node);
    mb_turn_init(&w->flush, on_flush);
    mb_turn_init(&w->bury, on_bury);

    struct mb_err err;
    int pair[2];
    char json[128];
    snprintf(json, sizeof(json), "{\"role\":\"%s\",\"memory_bytes\":%zu}",
             role == MB_WORKER_AGENT ? "agent" : "toolbox", memory_bytes);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0) {
        mb_err_set(&err, MB_E_OVERLOADED, "cannot make a socket pair: %s", strerror(errno));
        mb_worker_bury(w, &err);
        return w;
    }
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    int rc = mb_zygote_fork(zygote, w->fork_no, json, pair[1], &err);
    close(pair[1]);
    w->fd = pair[0];
    if (rc < 0) {
        mb_worker_bury(w, &err);
        return w;
    }
    mb_list_push(&zygote->forking, &w->node);
    mb_watch_start(&w->watch, zygote->loop, w->fd, true, false, on_ready);
    return w;
}

static void end_process(struct mb_worker *w)
{
    mb_list_remove(&w->node);
    mb_watch_stop(&w->watch);
    mb_turn_cancel(&w->flush);
    mb_timer_cancel(&w->zygote->loop->timers, &w->watchdog);
    mb_timer_cancel(&w->zygote->loop->timers, &w->pause);
    if (w->pidfd >= 0) /* by pidfd: a pid may belong to somebody else by now */
        syscall(SYS_pidfd_send_signal, w->pidfd, SIGKILL, NULL, 0);
    mb_close(&w->pidfd);
    mb_close(&w->fd);
    mb_buf_release(&w->in);
    mb_buf_release(&w->out);
}

void mb_worker_free(struct mb_worker *w)
{
    if (!w)
        return;
    end_process(w);
    mb_turn_cancel(&w->bury);
    if (w->freed)
        *w->freed = true;
    free(w);
}

void mb_worker_bury(struct mb_worker *w, const struct mb_err *why)
{
    if (w->state == MB_WORKER_GONE)
        return;
    w->state = MB_WORKER_GONE;
    w->why = *why;
    mb_list_remove(&w->node);
    mb_watch_stop(&w->watch);
    mb_timer_cancel(&w->zygote->loop->timers, &w->watchdog);
    mb_timer_cancel(&w->zygote->loop->timers, &w->pause);
    mb_turn_queue(w->zygote->loop, &w->bury);
}

static void on_bury(struct mb_turn *turn)
{
    struct mb_worker *w = MB_CONTAINER_OF(turn, struct mb_worker, bury);
    end_process(w);
    struct mb_err why = w->why;
    w->events->on_gone(w, &why);
}

void mb_worker_kill(struct mb_worker *w, const char *why)
{
    struct mb_err err;
    mb_err_set(&err, MB_E_SANDBOX_LOST, "%s", why);
    if (w->pidfd >= 0)
        syscall(SYS_pidfd_send_signal, w->pidfd, SIGKILL, NULL, 0);
    mb_worker_bury(w, &err);
}

void mb_worker_forked(struct mb_worker *w, int32_t pid, int pidfd)
{
    mb_list_remove(&w->node);
    if (pid <= 0) {
        struct mb_err err;
        mb_err_set(&err, MB_E_OVERLOADED, "cannot fork a sandbox: %s", strerror(-pid));
        mb_worker_bury(w, &err);
        return;
    }
    w->pid = pid;
    w->pidfd = pidfd;
}

/* It has something to compute. An armed watchdog sees that by itself. */
static void set_busy(struct mb_worker *w)
{
    struct mb_loop *loop = w->zygote->loop;
    w->busy = w->given_since_ping = true;
    if (!mb_timer_is_armed(&w->watchdog))
        mb_timer_arm(&loop->timers, &w->watchdog, loop->now_us + WATCH_US);
}

bool mb_worker_send(struct mb_worker *w, enum mb_msg_type type, uint32_t run, uint32_t step,
                    const void *fixed, size_t fixed_len, const struct mb_str *parts, size_t n_parts)
{
    if (w->state == MB_WORKER_GONE)
        return false;
    mb_frame_put(&w->out, type, run, step, fixed, fixed_len, parts, n_parts);
    mb_turn_queue(w->zygote->loop, &w->flush);
    if (type == MB_MSG_START || type == MB_MSG_ANSWER)
        set_busy(w);
    return true;
}

static void bury_lost(struct mb_worker *w, const char *why)
{
    struct mb_err err;
    mb_err_set(&err, MB_E_SANDBOX_LOST, "%s", why);
    mb_worker_bury(w, &err);
}

static void on_flush(struct mb_turn *turn)
{
    struct mb_worker *w = MB_CONTAINER_OF(turn, struct mb_worker, flush);
    while (mb_buf_len(&w->out)) {
        ssize_t n = send(w->fd, mb_buf_head(&w->out), mb_buf_len(&w->out), MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            break;
        if (n < 0) {
            bury_lost(w, "the sandbox ended");
            return;
        }
        mb_buf_consume(&w->out, (size_t)n);
    }
    bool more = mb_buf_len(&w->out) > 0;
    if (!more && w->out.cap > IDLE_BUFFER_BYTES)
        mb_buf_release(&w->out);
    mb_watch_set(&w->watch, !mb_timer_is_armed(&w->pause), more);
}

void mb_worker_pause(struct mb_worker *w, int64_t ms)
{
    struct mb_loop *loop = w->zygote->loop;
    if (w->state != MB_WORKER_LIVE)
        return;
    mb_timer_arm(&loop->timers, &w->pause, loop->now_us + ms * 1000);
    mb_watch_set(&w->watch, false, mb_buf_len(&w->out) > 0);
}

static void on_pause_over(struct mb_timer *timer)
{
    struct mb_worker *w = MB_CONTAINER_OF(timer, struct mb_worker, pause);
    mb_watch_set(&w->watch, true, mb_buf_len(&w->out) > 0);
}

/* Is this frame allowed now, as far as msg.def can tell? */
static const char *refuse_phase(const struct mb_worker *w, const struct mb_msg_head *head)
{
    bool boot = mb_msg_rule(head->type)->phase == MB_MSG_PHASE_BOOT;
    if (head->type == MB_MSG_FORKED)
        return "FORKED from a worker";
    if (boot != (w->state == MB_WORKER_STARTING))
        return boot ? "READY twice" : "a frame before READY";
    return NULL;
}

static void deliver(struct mb_worker *w, const struct mb_frame *frame)
{
    if (frame->head.type == MB_MSG_READY) {
        w->state = MB_WORKER_LIVE;
        w->live_us = w->zygote->loop->now_us;
    } else if (frame->head.type == MB_MSG_PONG) {
        if (frame->head.step != w->ping_no)
            return;
        w->pinged_us = 0;
        if (frame->head.run == 0 && !w->given_since_ping)
            w->busy = false;
        return;
    }
    w->events->on_frame(w, frame);
}

/* Delivers all whole frames. False when the worker was freed or is gone. */
static bool deliver_all(struct mb_worker *w)
{
    bool freed = false;
    w->freed = &freed;
    for (;;) {
        struct mb_frame frame;
        const char *why = NULL;
        int rc = mb_frame_peek(&w->in, MB_MSG_FROM_WORKER, &frame, &why);
        if (rc == 0)
            break;
        if (rc > 0)
            why = refuse_phase(w, &frame.head);
        if (why) {
            mb_worker_kill(w, why);
            break;
        }
        deliver(w, &frame);
        if (freed)
            return false;
        if (w->state == MB_WORKER_GONE)
            break;
        mb_frame_done(&w->in, &frame);
    }
    w->freed = NULL;
    return w->state != MB_WORKER_GONE;
}

/* One read a turn, so that a flood from one worker does not starve the rest: the loop comes again.
 */
static void on_readable(struct mb_worker *w)
{
    char *at = mb_buf_reserve(&w->in, READ_BYTES);
    ssize_t n = recv(w->fd, at, READ_BYTES, 0);
    if (n < 0 && (errno == EINTR || errno == EAGAIN))
        return;
    if (n <= 0) {
        bury_lost(w, "the sandbox ended");
        return;
    }
    mb_buf_commit(&w->in, (size_t)n);
    if (deliver_all(w) && mb_buf_len(&w->in) == 0 && w->in.cap > IDLE_BUFFER_BYTES)
        mb_buf_release(&w->in);
}

static void on_ready(struct mb_watch *watch, bool readable, bool writable)
{
    struct mb_worker *w = MB_CONTAINER_OF(watch, struct mb_worker, watch);
    if (writable)
        mb_turn_queue(w->zygote->loop, &w->flush);
    if (readable)
        on_readable(w);
}

static void ping(struct mb_worker *w)
{
    w->pinged_us = w->zygote->loop->now_us;
    w->pinged_cpu_us = cpu_us(w);
    w->given_since_ping = false;
    mb_worker_send(w, MB_MSG_PING, 0, ++w->ping_no, NULL, 0, NULL, 0);
}

static bool is_stuck(const struct mb_worker *w)
{
    if (!w->pinged_us)
        return false;
    return cpu_us(w) - w->pinged_cpu_us > STUCK_CPU_US ||
           w->zygote->loop->now_us - w->pinged_us > STUCK_WALL_US;
}

static void on_watchdog(struct mb_timer *timer)
{
    struct mb_worker *w = MB_CONTAINER_OF(timer, struct mb_worker, watchdog);
    if (is_stuck(w)) {
        struct mb_err err;
        mb_err_set(&err, MB_E_CPU_LIMIT, "a library function ran for more than %d ms",
                   STUCK_CPU_US / 1000);
        syscall(SYS_pidfd_send_signal, w->pidfd, SIGKILL, NULL, 0);
        mb_worker_bury(w, &err);
        return;
    }
    if (!w->busy && !w->pinged_us)
        return;
    if (!w->pinged_us && w->state == MB_WORKER_LIVE)
        ping(w);
    mb_timer_arm(&w->zygote->loop->timers, timer, w->zygote->loop->now_us + WATCH_US);
}

/* The zygote's process and socket: started by exec with an empty environment, asked to fork by
 * frames with a descriptor, answered with a pid and a pidfd. Workers themselves: worker.c. */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "io/worker_private.h"

enum { READY_TIMEOUT_MS = 5000, ZYGOTE_FD = 3 };

static void MB_NORETURN exec_zygote(const char *binary, int fd, pid_t core)
{
    static char *const no_env[] = {NULL};
    char *const argv[] = {(char[]){"moonbase-sandbox"}, NULL};
    if (fd == ZYGOTE_FD)
        fcntl(fd, F_SETFD, 0);
    else
        dup2(fd, ZYGOTE_FD);
    close_range(ZYGOTE_FD + 1, ~0U, 0);
    setpgid(0, 0); /* Ctrl-C is for the core, which ends its sandboxes itself */
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != core)
        _exit(0);
    sigset_t none;
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    execve(binary, argv, no_env);
    _exit(127);
}

static int spawn(struct mb_zygote *z, struct mb_err *err)
{
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return mb_err_set(err, MB_E_IO, "cannot make a socket pair: %s", strerror(errno));
    pid_t core = getpid();
    pid_t pid = fork();
    if (pid < 0) {
        int cause = errno;
        close(pair[0]);
        close(pair[1]);
        return mb_err_set(err, MB_E_IO, "cannot fork the zygote: %s", strerror(cause));
    }
    if (pid == 0)
        exec_zygote(z->binary, pair[1], core);
    close(pair[1]);
    fcntl(pair[0], F_SETFL, O_NONBLOCK);
    z->fd = pair[0];
    z->pid = pid;
    z->ready = false;
    return 0;
}

static void lose(struct mb_zygote *z)
{
    mb_watch_stop(&z->watch);
    mb_close(&z->fd);
    mb_buf_clear(&z->in);
    if (z->pid > 0) {
        kill(z->pid, SIGKILL);
        waitpid(z->pid, NULL, 0);
        z->pid = -1;
    }
    struct mb_err why;
    mb_err_set(&why, MB_E_SANDBOX_LOST, "the process that forks sandboxes went away");
    MB_LIST_EACH(it, tmp, &z->forking)
    {
        struct mb_worker *w = MB_LIST_ENTRY(it, struct mb_worker, node);
        mb_worker_bury(w, &why);
    }
}

/* One frame, and the descriptor that came with it (-1 = none), which is ours to close. */
static void on_zygote_frame(struct mb_zygote *z, const struct mb_frame *frame, int fd)
{
    if (frame->head.type == MB_MSG_READY)
        z->ready = true;
    if (frame->head.type != MB_MSG_FORKED || frame->payload.len != sizeof(int32_t)) {
        mb_close(&fd);
        return;
    }
    int32_t pid;
    memcpy(&pid, frame->payload.ptr, sizeof(pid));
    MB_LIST_EACH(it, tmp, &z->forking)
    {
        struct mb_worker *w = MB_LIST_ENTRY(it, struct mb_worker, node);
        if (w->fork_no != frame->head.run)
            continue;
        mb_worker_forked(w, pid, fd);
        return;
    }
    mb_close(&fd); /* its worker was freed meanwhile; the child ends by itself at end of file */
}

/* Reads once. A descriptor arrives with the first byte of its frame, and the zygote sends each
 * FORKED by itself, so at most one is taken per read. */
static bool read_zygote(struct mb_zygote *z)
{
    char control[CMSG_SPACE(sizeof(int))];
    struct iovec iov = {mb_buf_reserve(&z->in, 4096), sizeof(struct mb_msg_head) + sizeof(int32_t)};
    if (!z->ready)
        iov.iov_len = sizeof(struct mb_msg_head);
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = control,
                         .msg_controllen = sizeof(control)};
    ssize_t n = recvmsg(z->fd, &msg, MSG_CMSG_CLOEXEC);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR;
    if (n == 0)
        return false;
    mb_buf_commit(&z->in, (size_t)n);
    int fd = -1;
    struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
        memcpy(&fd, CMSG_DATA(c), sizeof(fd));
    struct mb_frame frame;
    const char *why;
    int rc = mb_frame_peek(&z->in, MB_MSG_FROM_WORKER, &frame, &why);
    if (rc <= 0) {
        mb_close(&fd);
        return false; /* frames are far smaller than a socket's buffer: they come whole */
    }
    on_zygote_frame(z, &frame, fd);
    mb_frame_done(&z->in, &frame);
    return true;
}

static void on_ready(struct mb_watch *watch, bool readable, bool writable)
{
    (void)readable, (void)writable;
    struct mb_zygote *z = MB_CONTAINER_OF(watch, struct mb_zygote, watch);
    if (!read_zygote(z))
        lose(z);
}

static int wait_ready(struct mb_zygote *z, struct mb_err *err)
{
    int64_t until = mb_clock_mono_us() + READY_TIMEOUT_MS * 1000LL;
    while (!z->ready) {
        struct pollfd p = {.fd = z->fd, .events = POLLIN};
        int64_t left = (until - mb_clock_mono_us()) / 1000;
        if (left <= 0 || poll(&p, 1, (int)left) == 0)
            return mb_err_set(err, MB_E_IO, "\"%s\" did not get ready in %d ms", z->binary,
                              READY_TIMEOUT_MS);
        if (!read_zygote(z))
            return mb_err_set(err, MB_E_IO,
                              "\"%s\" ended before it was ready (is it there and executable?)",
                              z->binary);
    }
    return 0;
}

struct mb_zygote *mb_zygote_new(struct mb_loop *loop, const char *binary, struct mb_err *err)
{
    struct mb_zygote *z = mb_zalloc(sizeof(*z));
    z->loop = loop;
    z->binary = mb_strdup(binary);
    z->fd = -1;
    z->pid = -1;
    mb_list_init(&z->forking);
    if (spawn(z, err) < 0)
        goto fail;
    if (wait_ready(z, err) < 0)
        goto fail;
    mb_watch_start(&z->watch, loop, z->fd, true, false, on_ready);
    return z;
fail:
    mb_zygote_free(z);
    return NULL;
}

void mb_zygote_free(struct mb_zygote *z)
{
    if (!z)
        return;
    lose(z);
    mb_buf_release(&z->in);
    free(z->binary);
    free(z);
}

int mb_zygote_fork(struct mb_zygote *z, uint32_t fork_no, const char *json, int child_fd,
                   struct mb_err *err)
{
    if (z->fd < 0) {
        int rc = spawn(z, err);
        if (rc < 0)
            return rc;
        mb_watch_start(&z->watch, z->loop, z->fd, true, false, on_ready);
    }
    struct mb_buf frame = {0};
    struct mb_str payload = mb_str_c(json);
    mb_frame_put(&frame, MB_MSG_FORK, fork_no, 0, NULL, 0, &payload, 1);
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {{0}};
    struct iovec iov = {mb_buf_head(&frame), mb_buf_len(&frame)};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = control.bytes,
                         .msg_controllen = sizeof(control.bytes)};
    struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    memcpy(CMSG_DATA(c), &child_fd, sizeof(int));
    ssize_t n = sendmsg(z->fd, &msg, MSG_NOSIGNAL);
    bool whole = n == (ssize_t)mb_buf_len(&frame);
    int cause = errno;
    mb_buf_release(&frame);
    if (whole)
        return 0;
    if (n >= 0 || cause == EPIPE || cause == ECONNRESET) /* the stream is torn */
        lose(z);
    return mb_err_set(err, MB_E_OVERLOADED, "cannot ask for a sandbox: %s",
                      n >= 0 ? "short write" : strerror(cause));
}

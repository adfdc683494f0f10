#include "app/supervise.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/log.h"

enum {
    FIRST_DELAY_US = 100 * 1000,     /* before a worker that ended early is started again */
    LONGEST_DELAY_US = 10 * 1000000, /* the delay doubles up to this */
    STEADY_US = 30 * 1000000,        /* a worker that ran so long has earned a fresh delay */
};

struct worker {
    pid_t pid;    /* 0 = not running */
    int ready_fd; /* -1 = it has become ready, or is not running */
    bool was_ready;
    int64_t started_us;
    int64_t delay_us;
    int64_t start_at_us; /* when it is to be started again */
};

struct supervisor {
    const struct mb_supervised *what;
    struct worker *workers;
    int signal_fd;
    sigset_t old_mask;
    bool stopping, announced;
    int64_t kill_at_us; /* while stopping */
    int rc;
    struct mb_err *err;
};

static void worker_start(struct supervisor *s, int index)
{
    struct worker *w = &s->workers[index];
    int ready[2];
    pid_t self = getpid();
    w->started_us = mb_clock_mono_us();
    w->start_at_us = w->started_us + w->delay_us;
    if (pipe2(ready, O_CLOEXEC) != 0)
        return; /* out of descriptors: tried again after the delay */
    pid_t pid = fork();
    if (pid == 0) {
        /* Ends with its supervisor, whatever ends that. */
        prctl(PR_SET_PDEATHSIG, SIGTERM);
        if (getppid() != self)
            _exit(1);
        sigprocmask(SIG_SETMASK, &s->old_mask, NULL);
        setpgid(0, 0); /* Ctrl-C is the supervisor's to pass on, once */
        fcntl(ready[1], F_SETFD, 0);
        s->what->become(s->what->arg, index, ready[1]);
        _exit(127);
    }
    close(ready[1]);
    if (pid < 0) {
        close(ready[0]);
        return;
    }
    w->pid = pid;
    w->ready_fd = ready[0];
}

static void stop_all(struct supervisor *s, int sig)
{
    for (int i = 0; i < s->what->n_workers; i++)
        if (s->workers[i].pid)
            kill(s->workers[i].pid, sig);
}

static void begin_stop(struct supervisor *s)
{
    if (s->stopping)
        return;
    s->stopping = true;
    s->kill_at_us = mb_clock_mono_us() + s->what->stop_grace_ms * 1000;
    stop_all(s, SIGTERM);
}

static void log_end(int index, int status, int64_t restart_us)
{
    char restart[32] = "never";
    if (restart_us >= 0)
        snprintf(restart, sizeof(restart), "%lld", (long long)(restart_us / 1000));
    mb_log(MB_LOG_ERROR, "worker_ended", "worker", "%d", index, "signal", "%d",
           WIFSIGNALED(status) ? WTERMSIG(status) : 0, "status", "%d",
           WIFEXITED(status) ? WEXITSTATUS(status) : 0, "restart_in_ms", "%s", restart, NULL);
}

static void worker_ended(struct supervisor *s, int index, int status)
{
    struct worker *w = &s->workers[index];
    int64_t now = mb_clock_mono_us();
    bool was_ready = w->was_ready;
    mb_close(&w->ready_fd);
    w->pid = 0;
    if (s->stopping) {
        if (status != 0)
            log_end(index, status, -1);
        return;
    }
    if (!was_ready) {
        /* What keeps a core from starting at all is for a person to see to. */
        s->rc = mb_err_set(s->err, MB_E_UNAVAILABLE, "worker %d ended before it was ready", index);
        begin_stop(s);
        return;
    }
    bool was_steady = now - w->started_us > STEADY_US;
    w->start_at_us = now + (was_steady ? 0 : w->delay_us);
    w->delay_us = was_steady ? FIRST_DELAY_US : MB_MIN(w->delay_us * 2, (int64_t)LONGEST_DELAY_US);
    log_end(index, status, w->start_at_us - now);
}

static void reap(struct supervisor *s)
{
    int status;
    pid_t pid;
    while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
        for (int i = 0; i < s->what->n_workers; i++)
            if (s->workers[i].pid == pid)
                worker_ended(s, i, status);
}

static void read_signals(struct supervisor *s)
{
    struct signalfd_siginfo info;
    while (read(s->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
        if (info.ssi_signo == SIGCHLD)
            reap(s);
        else
            begin_stop(s);
    }
}

static void worker_is_ready(struct supervisor *s, int index)
{
    struct worker *w = &s->workers[index];
    char byte;
    w->was_ready = w->was_ready || read(w->ready_fd, &byte, 1) == 1;
    mb_close(&w->ready_fd);
    for (int i = 0; i < s->what->n_workers; i++)
        if (!s->workers[i].was_ready)
            return;
    if (!s->announced)
        s->what->on_ready(s->what->arg);
    s->announced = true;
}

/* Starts what is due; returns how long the next wait may be, in ms, -1 = until something happens.
 */
static int run_due(struct supervisor *s)
{
    int64_t now = mb_clock_mono_us(), next = INT64_MAX;
    for (int i = 0; i < s->what->n_workers && !s->stopping; i++) {
        struct worker *w = &s->workers[i];
        if (!w->pid && w->start_at_us <= now)
            worker_start(s, i);
        if (!w->pid)
            next = MB_MIN(next, w->start_at_us);
    }
    if (s->stopping && now >= s->kill_at_us) {
        stop_all(s, SIGKILL);
        s->kill_at_us = now + LONGEST_DELAY_US;
    }
    if (s->stopping)
        next = s->kill_at_us;
    return next == INT64_MAX ? -1 : (int)(MB_MAX(next - now, 0) / 1000 + 1);
}

static bool is_running(const struct supervisor *s)
{
    for (int i = 0; i < s->what->n_workers; i++)
        if (s->workers[i].pid)
            return true;
    return !s->stopping;
}

static void wait_and_handle(struct supervisor *s, struct pollfd *fds)
{
    int n = s->what->n_workers;
    int wait_ms = run_due(s);
    for (int i = 0; i < n; i++)
        fds[i] = (struct pollfd){.fd = s->workers[i].ready_fd, .events = POLLIN};
    fds[n] = (struct pollfd){.fd = s->signal_fd, .events = POLLIN};
    if (poll(fds, (nfds_t)n + 1, wait_ms) <= 0)
        return;
    for (int i = 0; i < n; i++)
        if (fds[i].revents && s->workers[i].ready_fd >= 0)
            worker_is_ready(s, i);
    if (fds[n].revents)
        read_signals(s);
}

int mb_supervise(const struct mb_supervised *what, struct mb_err *err)
{
    struct supervisor s = {.what = what, .err = err};
    sigset_t mask;
    sigemptyset(&mask);
    sigaddset(&mask, SIGCHLD);
    sigaddset(&mask, SIGTERM);
    sigaddset(&mask, SIGINT);
    sigprocmask(SIG_BLOCK, &mask, &s.old_mask);
    s.signal_fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
    mb_assert(s.signal_fd >= 0);
    s.workers = mb_zalloc(sizeof(*s.workers) * (size_t)what->n_workers);
    struct pollfd *fds = mb_zalloc(sizeof(*fds) * ((size_t)what->n_workers + 1));
    for (int i = 0; i < what->n_workers; i++)
        s.workers[i] = (struct worker){.ready_fd = -1, .delay_us = FIRST_DELAY_US};
    while (is_running(&s))
        wait_and_handle(&s, fds);
    close(s.signal_fd);
    sigprocmask(SIG_SETMASK, &s.old_mask, NULL);
    free(fds);
    free(s.workers);
    return s.rc;
}

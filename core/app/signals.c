#include "app/signals.h"

#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

static void make_mask(sigset_t *mask)
{
    sigemptyset(mask);
    sigaddset(mask, SIGTERM);
    sigaddset(mask, SIGINT);
}

static void on_ready(struct mb_watch *watch, bool readable, bool writable)
{
    struct mb_signals *signals = MB_CONTAINER_OF(watch, struct mb_signals, watch);
    struct signalfd_siginfo info;
    (void)readable;
    (void)writable;
    if (read(signals->fd, &info, sizeof(info)) == (ssize_t)sizeof(info))
        signals->on_signal(signals->arg, (int)info.ssi_signo);
}

void mb_signals_start(struct mb_signals *signals, struct mb_loop *loop,
                      void (*on_signal)(void *arg, int sig), void *arg)
{
    sigset_t mask;
    make_mask(&mask);
    sigprocmask(SIG_BLOCK, &mask, NULL);
    signals->fd = signalfd(-1, &mask, SFD_CLOEXEC | SFD_NONBLOCK);
    mb_assert(signals->fd >= 0);
    signals->on_signal = on_signal;
    signals->arg = arg;
    mb_watch_start(&signals->watch, loop, signals->fd, true, false, on_ready);
}

void mb_signals_stop(struct mb_signals *signals)
{
    sigset_t mask;
    make_mask(&mask);
    mb_watch_stop(&signals->watch);
    mb_close(&signals->fd);
    sigprocmask(SIG_UNBLOCK, &mask, NULL);
}

#include "app/progress.h"

#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "app/cli.h"
#include "base/clock.h"

enum { TICK_US = 100 * 1000 };

static void draw(struct mb_progress *p)
{
    fprintf(stderr, "\r\033[K%s%5.1f s%s  %s", mb_style(stderr, MB_STYLE_DIM),
            (double)(mb_clock_mono_us() - p->began_us) / 1e6, mb_style(stderr, MB_STYLE_PLAIN),
            p->text);
    fflush(stderr);
}

static void on_tick(struct mb_timer *timer)
{
    struct mb_progress *p = MB_CONTAINER_OF(timer, struct mb_progress, tick);
    draw(p);
    mb_timer_arm(&p->loop->timers, timer, p->loop->now_us + TICK_US);
}

void mb_progress_start(struct mb_progress *p, struct mb_loop *loop)
{
    *p = (struct mb_progress){.began_us = mb_clock_mono_us(), .tick.on_due = on_tick};
    if (!isatty(STDERR_FILENO))
        return;
    p->loop = loop;
    mb_timer_arm(&loop->timers, &p->tick, p->began_us + TICK_US);
}

void mb_progress_say(struct mb_progress *p, const char *fmt, ...)
{
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(p->text, sizeof(p->text), fmt, ap);
    va_end(ap);
}

void mb_progress_clear(struct mb_progress *p)
{
    if (p->loop)
        fputs("\r\033[K", stderr);
}

void mb_progress_stop(struct mb_progress *p)
{
    if (!p->loop)
        return;
    mb_timer_cancel(&p->loop->timers, &p->tick);
    fputs("\r\033[K", stderr);
    p->loop = NULL;
}

#include "base/clock.h"

#include <time.h>

static struct {
    bool on;
    int64_t mono_us, wall_us;
} fake;

static int64_t read_us(clockid_t id)
{
    struct timespec ts;
    clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t mb_clock_mono_us(void)
{
    return MB_UNLIKELY(fake.on) ? fake.mono_us : read_us(CLOCK_MONOTONIC);
}

int64_t mb_clock_wall_us(void)
{
    return MB_UNLIKELY(fake.on) ? fake.wall_us : read_us(CLOCK_REALTIME);
}

void mb_clock_fake(int64_t mono_us, int64_t wall_us)
{
    fake.on = true;
    fake.mono_us = mono_us;
    fake.wall_us = wall_us;
}

void mb_clock_advance(int64_t us)
{
    fake.mono_us += us;
    fake.wall_us += us;
}

void mb_clock_real(void)
{
    fake.on = false;
}

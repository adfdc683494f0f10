#include "sandbox/priority.h"

#include <sys/resource.h>

enum { HIGHEST = 20, LOWEST_NICE = 19 }; /* RLIMIT_NICE counts 20 - nice */

static int resting_nice = LOWEST_NICE;
static bool can_rise;

bool mb_priority_allow(void)
{
    struct rlimit limit = {HIGHEST, HIGHEST};
    return setrlimit(RLIMIT_NICE, &limit) == 0;
}

bool mb_priority_set(int nice_value, bool *adaptive)
{
    struct rlimit limit, own = {(rlim_t)(HIGHEST - nice_value), (rlim_t)(HIGHEST - nice_value)};
    resting_nice = nice_value;
    can_rise = getrlimit(RLIMIT_NICE, &limit) == 0 && limit.rlim_max >= own.rlim_max &&
               setrlimit(RLIMIT_NICE, &own) == 0;
    *adaptive = can_rise;
    return setpriority(PRIO_PROCESS, 0, nice_value) == 0;
}

void mb_priority_burn(void)
{
    if (can_rise)
        setpriority(PRIO_PROCESS, 0, LOWEST_NICE);
}

void mb_priority_rest(void)
{
    if (can_rise)
        setpriority(PRIO_PROCESS, 0, resting_nice);
}

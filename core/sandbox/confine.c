#include "sandbox/confine.h"

#include <errno.h>
#include <grp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "sandbox/isolate.h"
#include "sandbox/priority.h"

/* User ids that no host gives out, one for each of the children that can be alive at a time; where
 * ids end at 65,535 (a container's), that of nobody. */
enum { FIRST_UID = 0x70000000, N_UIDS = 1 << 16, NOBODY = 65534 };

static bool close_others(int socket)
{
    if (socket != MB_SANDBOX_FD && dup2(socket, MB_SANDBOX_FD) < 0)
        return false;
    return close_range(0, MB_SANDBOX_FD - 1, 0) == 0 && close_range(MB_SANDBOX_FD + 1, ~0U, 0) == 0;
}

static bool become(uid_t id)
{
    return setresgid(id, id, id) == 0 && setresuid(id, id, id) == 0;
}

static bool drop_user(uint32_t number)
{
    if (setgroups(0, NULL) != 0)
        return false;
    return become(FIRST_UID + number % N_UIDS) || become(NOBODY);
}

static bool limit_to(int resource, rlim_t value)
{
    struct rlimit limit = {value, value};
    return setrlimit((__rlimit_resource_t)resource, &limit) == 0;
}

static bool limit_resources(size_t address_bytes)
{
    return limit_to(RLIMIT_NOFILE, 0) && limit_to(RLIMIT_NPROC, 0) && limit_to(RLIMIT_CORE, 0) &&
           limit_to(RLIMIT_FSIZE, 0) && limit_to(RLIMIT_MEMLOCK, 0) &&
           limit_to(RLIMIT_MSGQUEUE, 0) &&
           (address_bytes == 0 || limit_to(RLIMIT_AS, address_bytes));
}

/* Dies with the zygote. In a process namespace its parent counts as 0, and the namespace's first
 * process sees to it as well. */
static bool die_with(pid_t zygote, bool own_pids)
{
    return prctl(PR_SET_PDEATHSIG, SIGKILL) == 0 && (own_pids || getppid() == zygote);
}

bool mb_confine(const struct mb_confine_plan *plan, struct mb_got *got, const char **why)
{
#define NEED(step, what)                                                                           \
    if (!(step)) {                                                                                 \
        *why = (what);                                                                             \
        return false;                                                                              \
    }
    NEED(close_others(plan->socket), "closing descriptors");
    got->uid_drop = drop_user(plan->number); /* where we are root, or may become others */
    NEED(got->no_capabilities = mb_isolate_keep_caps(0), "dropping capabilities");
    NEED(die_with(plan->zygote, plan->own_pids), "the zygote is gone");
    NEED(got->not_dumpable = prctl(PR_SET_DUMPABLE, 0) == 0, "PR_SET_DUMPABLE");
    got->low_priority = mb_priority_set(plan->nice, &got->adaptive_priority);
    NEED(got->resource_limits = limit_resources(plan->address_bytes), "resource limits");
    NEED(!plan->last || (got->preemption_timer = plan->last(plan->arg)), "the preemption timer");
    NEED(got->no_new_privs = prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0, "PR_SET_NO_NEW_PRIVS");
    NEED(got->syscall_filter = mb_filter_install(plan->filter), "the system call filter");
#undef NEED
    return true;
}

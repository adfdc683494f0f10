#include "sandbox/filter.h"

#include <linux/futex.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { CONDITIONS = 2 };

/* One line of the list: a call, and what its arguments must be (all of them). */
struct rule {
    int call;
    unsigned n;
    struct scmp_arg_cmp when[CONDITIONS];
};

#define ALWAYS                                                                                     \
    0,                                                                                             \
    {                                                                                              \
        {                                                                                          \
            0                                                                                      \
        }                                                                                          \
    }
#define IF(a)                                                                                      \
    1,                                                                                             \
    {                                                                                              \
        a                                                                                          \
    }
#define IF_BOTH(a, b)                                                                              \
    2,                                                                                             \
    {                                                                                              \
        a, b                                                                                       \
    }
#define ARG(n, value)                                                                              \
    {                                                                                              \
        .arg = (n), .op = SCMP_CMP_EQ, .datum_a = (value)                                          \
    }
#define ARG_HAS(n, mask, value)                                                                    \
    {                                                                                              \
        .arg = (n), .op = SCMP_CMP_MASKED_EQ, .datum_a = (mask), .datum_b = (value)                \
    }
#define NOT_EXECUTABLE ARG_HAS(2, PROT_EXEC, 0)
#define ANONYMOUS      ARG_HAS(3, MAP_ANONYMOUS, MAP_ANONYMOUS)

static int add(scmp_filter_ctx ctx, const struct rule *rules, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        int rc =
            seccomp_rule_add_array(ctx, SCMP_ACT_ALLOW, rules[i].call, rules[i].n, rules[i].when);
        if (rc < 0)
            return rc;
    }
    return 0;
}

static int add_rules(scmp_filter_ctx ctx, bool jit, int fd)
{
    const struct rule always[] = {
        /* its socket */
        {SCMP_SYS(recvfrom), IF_BOTH(ARG(0, (scmp_datum_t)fd), ARG(4, 0))},
        {SCMP_SYS(sendto), IF_BOTH(ARG(0, (scmp_datum_t)fd), ARG(4, 0))},
        {SCMP_SYS(select), IF(ARG(0, (scmp_datum_t)fd + 1))},
        {SCMP_SYS(pselect6), IF(ARG(0, (scmp_datum_t)fd + 1))},
        /* its CPU time, the timer's signal, and the return from it */
        {SCMP_SYS(clock_gettime), ALWAYS},
        {SCMP_SYS(rt_sigreturn), ALWAYS},
        {SCMP_SYS(restart_syscall), ALWAYS},
        /* memory, never executable */
        {SCMP_SYS(brk), ALWAYS},
        {SCMP_SYS(mmap), IF_BOTH(NOT_EXECUTABLE, ANONYMOUS)},
        {SCMP_SYS(mprotect), IF(NOT_EXECUTABLE)},
        {SCMP_SYS(munmap), ALWAYS},
        {SCMP_SYS(mremap), ALWAYS},
        {SCMP_SYS(madvise), IF(ARG(2, MADV_DONTNEED))},
        /* its own priority, which a resource limit keeps below the core's */
        {SCMP_SYS(setpriority), IF_BOTH(ARG(0, PRIO_PROCESS), ARG(1, 0))},
        /* pthread_once of the unwinder, at the first Lua error: wakes nobody, there is one thread
         */
        {SCMP_SYS(futex), IF(ARG(1, FUTEX_WAKE_PRIVATE))},
        /* its end */
        {SCMP_SYS(exit), ALWAYS},
        {SCMP_SYS(exit_group), ALWAYS},
    };
    /* What the JIT compiler writes. */
    const struct rule with_jit[] = {
        {SCMP_SYS(mmap), IF(ANONYMOUS)},
        {SCMP_SYS(mprotect), ALWAYS},
    };
    int rc = add(ctx, always, MB_LEN(always));
    return rc < 0 || !jit ? rc : add(ctx, with_jit, MB_LEN(with_jit));
}

/* The library writes the program to a descriptor; we want it in memory. */
static bool export_program(scmp_filter_ctx ctx, struct sock_fprog *program)
{
    struct stat st;
    bool ok = false;
    int fd = memfd_create("filter", MFD_CLOEXEC);
    if (fd >= 0 && seccomp_export_bpf(ctx, fd) == 0 && fstat(fd, &st) == 0) {
        size_t size = (size_t)st.st_size;
        program->filter = mb_alloc(size);
        program->len = (unsigned short)(size / sizeof(struct sock_filter));
        ok = pread(fd, program->filter, size, 0) == (ssize_t)size;
    }
    mb_close(&fd);
    return ok;
}

bool mb_filter_compile(struct mb_filter *filter, bool jit, int socket_fd, const char **why)
{
    memset(filter, 0, sizeof(*filter));
    scmp_filter_ctx ctx = seccomp_init(SCMP_ACT_KILL_PROCESS);
    if (!ctx) {
        *why = "seccomp_init";
        return false;
    }
    *why = add_rules(ctx, jit, socket_fd) < 0       ? "a rule of the filter"
           : !export_program(ctx, &filter->program) ? "seccomp_export_bpf"
                                                    : NULL;
    seccomp_release(ctx);
    return *why == NULL;
}

void mb_filter_release(struct mb_filter *filter)
{
    free(filter->program.filter);
    filter->program.filter = NULL;
}

bool mb_filter_install(const struct mb_filter *filter)
{
    return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter->program) == 0;
}

/* Every class of system call that a sandbox has no business with kills it: a child confines itself
 * as a sandbox does, and then tries. */
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "sandbox/confine.h"

enum role { AGENT, TOOLBOX };

struct attempt {
    const char *name;
    enum role role;
    bool allowed;
    long number;
    long args[6];
};

/* Pointers in arguments are NULL or garbage on purpose: the filter must not let the kernel look. */
static const struct attempt attempts[] = {
    /* files */
    {"open", AGENT, false, SYS_open, {0, O_RDONLY}},
    {"openat", AGENT, false, SYS_openat, {AT_FDCWD, 0, O_RDONLY}},
    {"openat2", AGENT, false, SYS_openat2, {AT_FDCWD}},
    {"creat", AGENT, false, SYS_creat, {0}},
    {"read", AGENT, false, SYS_read, {3}},
    {"write_to_stderr", AGENT, false, SYS_write, {2}},
    {"unlink", AGENT, false, SYS_unlink, {0}},
    {"rename", AGENT, false, SYS_rename, {0}},
    {"stat", AGENT, false, SYS_stat, {0}},
    {"statx", AGENT, false, SYS_statx, {0}},
    {"readlink", AGENT, false, SYS_readlink, {0}},
    {"getdents64", AGENT, false, SYS_getdents64, {3}},
    {"chdir", AGENT, false, SYS_chdir, {0}},
    {"chmod", AGENT, false, SYS_chmod, {0}},
    {"mknod", AGENT, false, SYS_mknod, {0}},
    {"memfd_create", AGENT, false, SYS_memfd_create, {0}},
    {"dup", AGENT, false, SYS_dup, {3}},
    {"dup2", AGENT, false, SYS_dup2, {3, 4}},
    {"fcntl", AGENT, false, SYS_fcntl, {3, F_DUPFD, 0}},
    {"ioctl", AGENT, false, SYS_ioctl, {3}},
    {"pipe", AGENT, false, SYS_pipe, {0}},
    {"name_to_handle_at", AGENT, false, SYS_name_to_handle_at, {0}},
    {"open_by_handle_at", AGENT, false, SYS_open_by_handle_at, {0}},
    /* network */
    {"socket", AGENT, false, SYS_socket, {AF_INET, SOCK_STREAM, 0}},
    {"socket_unix", AGENT, false, SYS_socket, {AF_UNIX, SOCK_STREAM, 0}},
    {"socketpair", AGENT, false, SYS_socketpair, {AF_UNIX, SOCK_STREAM, 0}},
    {"connect", AGENT, false, SYS_connect, {3}},
    {"bind", AGENT, false, SYS_bind, {3}},
    {"accept", AGENT, false, SYS_accept, {3}},
    {"sendmsg", AGENT, false, SYS_sendmsg, {3}},
    {"recvmsg", AGENT, false, SYS_recvmsg, {3}},
    {"sendto_elsewhere", AGENT, false, SYS_sendto, {3, 0, 0, 0, 1, 16}},
    {"sendto_another_descriptor", AGENT, false, SYS_sendto, {4}},
    {"recvfrom_another_descriptor", AGENT, false, SYS_recvfrom, {0}},
    {"setsockopt", AGENT, false, SYS_setsockopt, {3}},
    {"getsockname", AGENT, false, SYS_getsockname, {3}},
    /* processes */
    {"fork", AGENT, false, SYS_fork, {0}},
    {"vfork", AGENT, false, SYS_vfork, {0}},
    {"clone", AGENT, false, SYS_clone, {SIGCHLD}},
    {"clone_thread", AGENT, false, SYS_clone, {CLONE_VM | CLONE_THREAD | CLONE_SIGHAND}},
    {"clone3", AGENT, false, SYS_clone3, {0}},
    {"execve", AGENT, false, SYS_execve, {0}},
    {"execveat", AGENT, false, SYS_execveat, {0}},
    {"kill", AGENT, false, SYS_kill, {1, SIGKILL}},
    {"tgkill", AGENT, false, SYS_tgkill, {1, 1, SIGKILL}},
    {"ptrace", AGENT, false, SYS_ptrace, {PTRACE_TRACEME}},
    {"process_vm_readv", AGENT, false, SYS_process_vm_readv, {1}},
    {"process_vm_writev", AGENT, false, SYS_process_vm_writev, {1}},
    {"pidfd_open", AGENT, false, SYS_pidfd_open, {1}},
    {"pidfd_getfd", AGENT, false, SYS_pidfd_getfd, {3}},
    {"wait4", AGENT, false, SYS_wait4, {-1}},
    {"getpid", AGENT, false, SYS_getpid, {0}},
    {"getuid", AGENT, false, SYS_getuid, {0}},
    {"uname", AGENT, false, SYS_uname, {0}},
    {"sysinfo", AGENT, false, SYS_sysinfo, {0}},
    {"setuid", AGENT, false, SYS_setuid, {0}},
    {"setresuid", AGENT, false, SYS_setresuid, {0}},
    {"capset", AGENT, false, SYS_capset, {0}},
    {"prctl", AGENT, false, SYS_prctl, {0}},
    {"arch_prctl", AGENT, false, SYS_arch_prctl, {0}},
    {"setrlimit", AGENT, false, SYS_setrlimit, {0}},
    {"prlimit64", AGENT, false, SYS_prlimit64, {0}},
    {"setpriority_of_others", AGENT, false, SYS_setpriority, {PRIO_PROCESS, 1, 0}},
    {"setpriority_of_a_user", AGENT, false, SYS_setpriority, {PRIO_USER, 0, 0}},
    {"sched_setscheduler", AGENT, false, SYS_sched_setscheduler, {0}},
    {"sched_setaffinity", AGENT, false, SYS_sched_setaffinity, {0}},
    /* namespaces and the system */
    {"unshare", AGENT, false, SYS_unshare, {CLONE_NEWUSER}},
    {"setns", AGENT, false, SYS_setns, {3}},
    {"mount", AGENT, false, SYS_mount, {0}},
    {"umount2", AGENT, false, SYS_umount2, {0}},
    {"pivot_root", AGENT, false, SYS_pivot_root, {0}},
    {"chroot", AGENT, false, SYS_chroot, {0}},
    {"fsopen", AGENT, false, SYS_fsopen, {0}},
    {"reboot", AGENT, false, SYS_reboot, {0}},
    {"init_module", AGENT, false, SYS_init_module, {0}},
    {"kexec_load", AGENT, false, SYS_kexec_load, {0}},
    {"swapon", AGENT, false, SYS_swapon, {0}},
    {"settimeofday", AGENT, false, SYS_settimeofday, {0}},
    {"syslog", AGENT, false, SYS_syslog, {0}},
    {"keyctl", AGENT, false, SYS_keyctl, {0}},
    {"add_key", AGENT, false, SYS_add_key, {0}},
    /* the kernel's large surfaces */
    {"bpf", AGENT, false, SYS_bpf, {0}},
    {"perf_event_open", AGENT, false, SYS_perf_event_open, {0}},
    {"io_uring_setup", AGENT, false, SYS_io_uring_setup, {8}},
    {"io_uring_enter", AGENT, false, SYS_io_uring_enter, {3}},
    {"userfaultfd", AGENT, false, SYS_userfaultfd, {0}},
    {"seccomp", AGENT, false, SYS_seccomp, {0}},
    {"landlock_create_ruleset", AGENT, false, SYS_landlock_create_ruleset, {0}},
    {"personality", AGENT, false, SYS_personality, {0}},
    {"modify_ldt", AGENT, false, SYS_modify_ldt, {0}},
    {"timer_create", AGENT, false, SYS_timer_create, {0}},
    {"timerfd_create", AGENT, false, SYS_timerfd_create, {0}},
    {"epoll_create1", AGENT, false, SYS_epoll_create1, {0}},
    {"eventfd2", AGENT, false, SYS_eventfd2, {0}},
    {"inotify_init1", AGENT, false, SYS_inotify_init1, {0}},
    {"shmget", AGENT, false, SYS_shmget, {0}},
    {"msgget", AGENT, false, SYS_msgget, {0}},
    {"semget", AGENT, false, SYS_semget, {0}},
    {"mq_open", AGENT, false, SYS_mq_open, {0}},
    {"rt_sigaction", AGENT, false, SYS_rt_sigaction, {SIGVTALRM}},
    {"rt_sigprocmask", AGENT, false, SYS_rt_sigprocmask, {0}},
    {"nanosleep", AGENT, false, SYS_nanosleep, {0}},
    {"getrandom", AGENT, false, SYS_getrandom, {0}},
    /* memory */
    {"mmap_executable",
     AGENT,
     false,
     SYS_mmap,
     {0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0}},
    {"mmap_of_a_descriptor", AGENT, false, SYS_mmap, {0, 4096, PROT_READ, MAP_SHARED, 3, 0}},
    {"mprotect_executable", AGENT, false, SYS_mprotect, {0, 4096, PROT_READ | PROT_EXEC}},
    {"pkey_mprotect", AGENT, false, SYS_pkey_mprotect, {0, 4096, PROT_READ | PROT_EXEC, -1}},
    {"mlockall", AGENT, false, SYS_mlockall, {1}},
    {"remap_file_pages", AGENT, false, SYS_remap_file_pages, {0}},
    {"process_madvise", AGENT, false, SYS_process_madvise, {3}},
    {"memory_that_sandboxes_share", AGENT, false, SYS_madvise, {0, 4096, MADV_MERGEABLE}},
    {"a_number_that_is_no_call", AGENT, false, 9999, {0}},

    {"toolbox_open", TOOLBOX, false, SYS_openat, {AT_FDCWD}},
    {"toolbox_socket", TOOLBOX, false, SYS_socket, {AF_INET, SOCK_STREAM, 0}},
    {"toolbox_execve", TOOLBOX, false, SYS_execve, {0}},
    {"toolbox_clone", TOOLBOX, false, SYS_clone, {SIGCHLD}},
    {"toolbox_mmap_of_a_descriptor",
     TOOLBOX,
     false,
     SYS_mmap,
     {0, 4096, PROT_READ, MAP_SHARED, 3, 0}},

    /* what it lives on; the results may be errors */
    {"may_mmap",
     AGENT,
     true,
     SYS_mmap,
     {0, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0}},
    {"may_mprotect", AGENT, true, SYS_mprotect, {0, 0, PROT_READ}},
    {"may_brk", AGENT, true, SYS_brk, {0}},
    {"may_send", AGENT, true, SYS_sendto, {3, 0, 0, MSG_DONTWAIT, 0, 0}},
    {"may_receive", AGENT, true, SYS_recvfrom, {3, 0, 0, MSG_DONTWAIT, 0, 0}},
    {"may_read_its_cpu_time", AGENT, true, SYS_clock_gettime, {CLOCK_THREAD_CPUTIME_ID}},
    {"may_lower_its_priority", AGENT, true, SYS_setpriority, {PRIO_PROCESS, 0, 19}},
    {"toolbox_may_mmap_executable",
     TOOLBOX,
     true,
     SYS_mmap,
     {0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0}},
    {"toolbox_may_mprotect_executable", TOOLBOX, true, SYS_mprotect, {0, 0, PROT_READ | PROT_EXEC}},
};

enum { CONFINE_FAILED = 90 };

static void MB_NORETURN try(const struct attempt *a, const struct mb_filter *filter, int socket)
{
    struct mb_got got = {0};
    const char *why;
    const struct mb_confine_plan plan = {
        .filter = filter, .socket = socket, .zygote = getppid(), .nice = MB_SANDBOX_NICE};
    if (!mb_confine(&plan, &got, &why))
        _exit(CONFINE_FAILED);
    syscall(a->number, a->args[0], a->args[1], a->args[2], a->args[3], a->args[4], a->args[5]);
    syscall(SYS_exit_group, 0);
    abort();
}

static void attempt(void **state)
{
    const struct attempt *a = *state;
    struct mb_filter filter;
    const char *why;
    int pair[2], status;
    assert_true(mb_filter_compile(&filter, a->role == TOOLBOX, MB_SANDBOX_FD, &why));
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    pid_t pid = fork();
    if (pid == 0)
        try(a, &filter, pair[0]);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    close(pair[0]);
    close(pair[1]);
    mb_filter_release(&filter);
    if (a->allowed) {
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 0);
    } else {
        if (WIFEXITED(status))
            fail_msg("it went on and ended with %d", WEXITSTATUS(status));
        assert_int_equal(WTERMSIG(status), SIGSYS);
    }
}

int main(void)
{
    struct CMUnitTest tests[MB_LEN(attempts)];
    for (size_t i = 0; i < MB_LEN(attempts); i++) {
        const struct attempt *a = &attempts[i];
        tests[i] = (struct CMUnitTest){.name = a->name, .test_func = attempt};
        memcpy(&tests[i].initial_state, &a, sizeof(a));
    }
    return _cmocka_run_group_tests("system calls", tests, MB_LEN(attempts), NULL, NULL);
}

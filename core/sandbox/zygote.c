#include "sandbox/zygote.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "ipc/frame.h"
#include "sandbox/isolate.h"
#include "sandbox/priority.h"
#include "sandbox/warm.h"
#include "sandbox/worker.h"

extern const struct mb_embed mb_lua_files[];

enum {
    FORK_BYTES = 4096,               /* cap of a FORK's payload (msg.def) */
    BUFFER_BYTES = 64 * 1024 * 1024, /* address space for frames, beside Lua's memory */
    CODE_BYTES = 128 * 1024 * 1024,  /* and for what the JIT compiler may map */
    DEFAULT_MEMORY_BYTES = 64 * 1024 * 1024,
    LARGE_BYTES = 120 * 1024, /* as large as malloc takes from its heap */
    SMALL_BYTES = 16,
    STACK_BYTES = 8 * MB_VM_STACK_BYTES,
};

struct zygote {
    struct mb_got got;
    struct mb_filter filters[2]; /* by enum mb_vm_role */
    struct mb_vm *vms[2];
    size_t own_address_bytes;
    uint32_t n_forked;
};

/* What a FORK asks for. */
struct order {
    enum mb_vm_role role;
    size_t memory_bytes;
    int nice;
};

/* The core writes this JSON itself, flat and without escapes, so that looking for the names is
 * reading it. Nothing is allocated here: what the zygote writes to, its children pay for. */
static long long number_of(const char *json, const char *key, long long fallback)
{
    const char *at = strstr(json, key);
    at = at ? strchr(at + strlen(key), ':') : NULL;
    return at ? strtoll(at + 1, NULL, 10) : fallback;
}

static bool read_order(const char *json, struct order *order)
{
    bool agent = strstr(json, "\"agent\"") != NULL, toolbox = strstr(json, "\"toolbox\"") != NULL;
    long long memory = number_of(json, "\"memory_bytes\"", DEFAULT_MEMORY_BYTES);
    long long nice_value = number_of(json, "\"nice\"", MB_SANDBOX_NICE);
    if (agent == toolbox || memory <= 0 || nice_value < 0 || nice_value > 19)
        return false;
    order->role = agent ? MB_VM_AGENT : MB_VM_TOOLBOX;
    order->memory_bytes = (size_t)memory;
    order->nice = (int)nice_value;
    return true;
}

static size_t address_space_now(void)
{
    unsigned long pages = 0;
    FILE *f = fopen("/proc/self/statm", "re");
    if (f) {
        if (fscanf(f, "%lu", &pages) != 1)
            pages = 0;
        fclose(f);
    }
    return pages * (size_t)sysconf(_SC_PAGESIZE);
}

/* Lua's calls into C may nest; the kernel lets the stack grow to its limit as of then. */
static void need_stack(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_STACK, &limit) != 0 || limit.rlim_cur >= STACK_BYTES)
        return;
    limit.rlim_cur = MB_MIN(limit.rlim_max, (rlim_t)STACK_BYTES);
    setrlimit(RLIMIT_STACK, &limit);
}

/* Leaves no free chunk below the end of the heap as it is now: all are joined, and then taken, for
 * good. What a child allocates then lies behind, on pages of its own, and the pages that it shares
 * with us stay shared: a hole filled here and there would have most of them copied. */
static void fill_holes(void)
{
    malloc_trim(0);
    void *volatile p = malloc(LARGE_BYTES); /* behind all of them: there is no hole that large */
    uintptr_t end = (uintptr_t)p;
    for (size_t size = LARGE_BYTES; size >= SMALL_BYTES; size -= MB_MAX(size / 8, SMALL_BYTES)) {
        do
            p = malloc(size);
        while (p && (uintptr_t)p < end);
        free(p);
    }
}

/* Everything that needs the file system, privileges or time, before the first fork. */
static bool prepare(struct zygote *z, const char **why)
{
    struct sigaction reap = {.sa_handler = SIG_IGN, .sa_flags = SA_NOCLDWAIT};
    sigaction(SIGCHLD, &reap, NULL); /* nobody waits for children: they leave no zombies */
    signal(SIGPIPE, SIG_IGN);
    prctl(PR_SET_NAME, "moonbase-zygote");
    need_stack();
    z->got.adaptive_priority = mb_priority_allow();
    z->vms[MB_VM_AGENT] = mb_vm_new(MB_VM_AGENT, mb_lua_files);
    z->vms[MB_VM_TOOLBOX] = mb_vm_new(MB_VM_TOOLBOX, mb_lua_files);
    *why = "the platform's Lua";
    if (!z->vms[MB_VM_AGENT] || !z->vms[MB_VM_TOOLBOX] || !mb_warm_up(z->vms[MB_VM_AGENT]) ||
        !mb_warm_up(z->vms[MB_VM_TOOLBOX]))
        return false;
    if (!mb_filter_compile(&z->filters[MB_VM_AGENT], false, MB_SANDBOX_FD, why) ||
        !mb_filter_compile(&z->filters[MB_VM_TOOLBOX], true, MB_SANDBOX_FD, why))
        return false;
    z->own_address_bytes = address_space_now();
    fill_holes();
    mb_isolate(&z->got);
    return true;
}

static void plan_for(const struct zygote *z, const struct order *order, int socket, pid_t zygote,
                     struct mb_confine_plan *plan)
{
    /* Twice the heap: an allocator has holes. */
    size_t room = 2 * order->memory_bytes + BUFFER_BYTES;
    if (order->role == MB_VM_TOOLBOX)
        room += CODE_BYTES;
    *plan = (struct mb_confine_plan){
        .filter = &z->filters[order->role],
        .socket = socket,
        .zygote = zygote,
        .own_pids = z->got.pid_namespace,
        .number = z->n_forked,
        .address_bytes = z->own_address_bytes ? z->own_address_bytes + room : 0,
        .nice = order->nice,
    };
}

static pid_t fork_worker(struct zygote *z, const struct order *order, int socket)
{
    pid_t self = getpid();
    pid_t pid = fork();
    if (pid != 0) {
        z->n_forked++;
        return pid < 0 ? -errno : pid;
    }
    struct mb_confine_plan plan;
    plan_for(z, order, socket, self, &plan);
    mb_worker_main(z->vms[order->role], order->memory_bytes, &plan);
}

/* -- the socket ------------------------------------------------------------------------------- */

union control {
    char bytes[CMSG_SPACE(sizeof(int))];
    struct cmsghdr align;
};

/* Reads one whole FORK frame and the descriptor that came with it (-1: none). Returns 1, 0 at the
 * end of the socket, -1 when it makes no sense. */
static int read_fork(struct mb_msg_head *head, char *json, int *socket)
{
    union control control;
    struct iovec iov = {head, sizeof(*head)};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = control.bytes,
                         .msg_controllen = sizeof(control.bytes)};
    ssize_t n = recvmsg(MB_SANDBOX_FD, &msg, MSG_WAITALL | MSG_CMSG_CLOEXEC);
    *socket = -1;
    if (n == 0)
        return 0;
    if (n != sizeof(*head) || mb_msg_refuse(head, MB_MSG_FROM_CORE) || head->type != MB_MSG_FORK)
        return -1;
    struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
    if (c && c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS)
        memcpy(socket, CMSG_DATA(c), sizeof(*socket));
    if (head->len && recv(MB_SANDBOX_FD, json, head->len, MSG_WAITALL) != (ssize_t)head->len)
        return -1;
    json[head->len] = '\0';
    return 1;
}

static bool send_frame(enum mb_msg_type type, uint32_t run, const int32_t *payload, int fd)
{
    struct {
        struct mb_msg_head head;
        int32_t payload;
    } frame = {.head = {.type = (uint16_t)type, .run = run}};
    union control control = {{0}};
    struct iovec iov = {&frame, sizeof(frame.head)};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    if (payload) {
        frame.payload = *payload;
        frame.head.len = sizeof(frame.payload);
        iov.iov_len += sizeof(frame.payload);
    }
    if (fd >= 0) {
        msg.msg_control = control.bytes;
        msg.msg_controllen = sizeof(control.bytes);
        struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(fd));
        memcpy(CMSG_DATA(c), &fd, sizeof(fd));
    }
    return sendmsg(MB_SANDBOX_FD, &msg, MSG_NOSIGNAL) == (ssize_t)iov.iov_len;
}

static bool serve_fork(struct zygote *z, const struct mb_msg_head *head, const char *json,
                       int socket)
{
    struct order order;
    int32_t pid = -EINVAL;
    int pidfd = -1;
    if (socket >= 0 && read_order(json, &order))
        pid = fork_worker(z, &order, socket);
    if (pid > 0) {
        pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
        if (pidfd < 0) {
            int cause = errno;
            kill(pid, SIGKILL);
            pid = -cause;
        }
    }
    mb_close(&socket);
    bool sent = send_frame(MB_MSG_FORKED, head->run, &pid, pidfd);
    mb_close(&pidfd);
    return sent;
}

int mb_zygote_main(void)
{
    static struct zygote z;
    static char json[FORK_BYTES + 1];
    const char *why;
    if (!prepare(&z, &why)) {
        fprintf(stderr, "moonbase-sandbox: cannot start: %s\n", why);
        return 1;
    }
    if (!send_frame(MB_MSG_READY, 0, NULL, -1))
        return 1;
    for (;;) {
        struct mb_msg_head head = {0};
        int socket, rc = read_fork(&head, json, &socket);
        if (rc <= 0)
            return rc == 0 ? 0 : 1;
        if (!serve_fork(&z, &head, json, socket))
            return 1;
    }
}

/* -- probe ------------------------------------------------------------------------------------ */

static void print_got(const struct mb_got *got)
{
    const char *separator = "{";
#define ROW(name)                                                                                  \
    printf("%s\"%s\":%s", separator, #name, got->name ? "true" : "false");                         \
    separator = ",";
    MB_GOT_ROWS(ROW)
#undef ROW
    printf("}\n");
    fflush(stdout);
}

/* A child confines itself as a sandbox would and leaves what it got in shared memory. */
static void probe_child(struct zygote *z, struct mb_got *shared)
{
    const struct order order = {MB_VM_AGENT, DEFAULT_MEMORY_BYTES, MB_SANDBOX_NICE};
    struct mb_confine_plan plan;
    const char *why;
    int pair[2];
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0)
        _exit(1);
    plan_for(z, &order, pair[0], getppid(), &plan);
    plan.last = mb_worker_start_timer;
    plan.arg = z->vms[MB_VM_AGENT];
    _exit(mb_confine(&plan, shared, &why) ? 0 : 1);
}

int mb_zygote_probe(void)
{
    static struct zygote z;
    const char *why;
    struct mb_got *shared =
        mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (shared == MAP_FAILED || !prepare(&z, &why)) {
        fprintf(stderr, "moonbase-sandbox: cannot probe\n");
        return 1;
    }
    signal(SIGCHLD, SIG_DFL);
    *shared = z.got;
    int status = 1;
    pid_t pid = fork();
    if (pid == 0)
        probe_child(&z, shared);
    if (pid > 0)
        waitpid(pid, &status, 0);
    print_got(shared);
    return status == 0 ? 0 : 1;
}

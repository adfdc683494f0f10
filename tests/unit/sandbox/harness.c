#include "harness.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

int64_t harness_now_us(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return ts.tv_sec * 1000000LL + ts.tv_nsec / 1000;
}

const char *harness_binary(void)
{
    static char path[PATH_MAX];
    const char *build = getenv("MB_BUILD");
    if (build) {
        snprintf(path, sizeof(path), "%s/moonbase-sandbox", build);
        return path;
    }
    ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 64);
    assert_true(n > 0);
    path[n] = '\0';
    char *tests = strstr(path, "/tests/unit/");
    strcpy(tests ? tests : strrchr(path, '/'), "/moonbase-sandbox");
    return path;
}

static void MB_NORETURN exec_sandbox(int fd)
{
    static char *const no_env[] = {NULL};
    char *const argv[] = {(char[]){"moonbase-sandbox"}, NULL};
    if (fd == 3)
        fcntl(fd, F_SETFD, 0);
    else
        dup2(fd, 3);
    close_range(4, ~0U, 0);
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    execve(harness_binary(), argv, no_env);
    _exit(127);
}

static bool wait_readable(int fd, int timeout_ms)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    int rc;
    do
        rc = poll(&p, 1, timeout_ms);
    while (rc < 0 && errno == EINTR);
    return rc > 0;
}

/* Reads one frame from the zygote; each comes whole, with at most one descriptor. */
static struct received receive_from_zygote(const struct zygote *z)
{
    struct received r = {.fd = -1};
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control;
    struct iovec iov = {&r.head, sizeof(r.head)};
    struct msghdr msg = {.msg_iov = &iov,
                         .msg_iovlen = 1,
                         .msg_control = control.bytes,
                         .msg_controllen = sizeof(control.bytes)};
    assert_true(wait_readable(z->fd, HARNESS_DEADLINE_MS));
    ssize_t n = recvmsg(z->fd, &msg, MSG_WAITALL | MSG_CMSG_CLOEXEC);
    if (n == 0)
        return r;
    assert_int_equal(n, sizeof(r.head));
    struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
    if (c)
        memcpy(&r.fd, CMSG_DATA(c), sizeof(r.fd));
    r.payload = mb_zalloc(r.head.len + 1);
    if (r.head.len)
        assert_int_equal(recv(z->fd, r.payload, r.head.len, MSG_WAITALL), r.head.len);
    return r;
}

struct zygote harness_zygote(void)
{
    int pair[2];
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    struct zygote z = {.fd = pair[0], .pid = fork()};
    assert_true(z.pid >= 0);
    if (z.pid == 0)
        exec_sandbox(pair[1]);
    close(pair[1]);
    struct received r = receive_from_zygote(&z);
    assert_int_equal(r.head.type, MB_MSG_READY);
    harness_drop(&r);
    return z;
}

void harness_end(struct zygote *z)
{
    mb_close(&z->fd);
    if (z->pid > 0)
        assert_int_equal(waitpid(z->pid, NULL, 0), z->pid);
    z->pid = -1;
}

int32_t harness_fork(const struct zygote *z, const char *json, int fd, int *pidfd)
{
    struct mb_buf frame = {0};
    struct mb_str part = mb_str_c(json);
    mb_frame_put(&frame, MB_MSG_FORK, 77, 0, NULL, 0, &part, 1);
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } control = {{0}};
    struct iovec iov = {mb_buf_head(&frame), mb_buf_len(&frame)};
    struct msghdr msg = {.msg_iov = &iov, .msg_iovlen = 1};
    if (fd >= 0) {
        msg.msg_control = control.bytes;
        msg.msg_controllen = sizeof(control.bytes);
        struct cmsghdr *c = CMSG_FIRSTHDR(&msg);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(fd));
        memcpy(CMSG_DATA(c), &fd, sizeof(fd));
    }
    assert_int_equal(sendmsg(z->fd, &msg, MSG_NOSIGNAL), mb_buf_len(&frame));
    mb_buf_release(&frame);
    struct received r = receive_from_zygote(z);
    assert_int_equal(r.head.type, MB_MSG_FORKED);
    assert_int_equal(r.head.run, 77);
    int32_t pid;
    memcpy(&pid, r.payload, sizeof(pid));
    assert_int_equal(pid > 0, r.fd >= 0);
    *pidfd = r.fd;
    harness_drop(&r);
    return pid;
}

struct worker harness_worker(const struct zygote *z, const char *role, size_t memory_bytes)
{
    char json[128];
    int pair[2];
    struct worker w = {0};
    snprintf(json, sizeof(json), "{\"role\":\"%s\",\"memory_bytes\":%zu}", role, memory_bytes);
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
    w.pid = harness_fork(z, json, pair[1], &w.pidfd);
    w.fd = pair[0];
    close(pair[1]);
    assert_true(w.pid > 0);
    struct received r = harness_receive(&w);
    assert_int_equal(r.head.type, MB_MSG_READY);
    harness_drop(&r);
    return w;
}

void harness_worker_end(struct worker *w)
{
    mb_close(&w->fd);
    assert_true(harness_is_gone(w, HARNESS_DEADLINE_MS));
    mb_close(&w->pidfd);
    mb_buf_release(&w->in);
}

bool harness_is_gone(const struct worker *w, int timeout_ms)
{
    return wait_readable(w->pidfd, timeout_ms);
}

void harness_send(struct worker *w, enum mb_msg_type type, uint32_t run, uint32_t step,
                  const void *fixed, size_t fixed_len, const char *text)
{
    struct mb_buf frame = {0};
    struct mb_str part = mb_str_c(text);
    mb_frame_put(&frame, type, run, step, fixed, fixed_len, &part, 1);
    while (mb_buf_len(&frame)) {
        ssize_t n = send(w->fd, mb_buf_head(&frame), mb_buf_len(&frame), MSG_NOSIGNAL);
        assert_true(n > 0);
        mb_buf_consume(&frame, (size_t)n);
    }
    mb_buf_release(&frame);
}

struct received harness_receive(struct worker *w)
{
    struct received r = {.fd = -1};
    struct mb_frame frame;
    const char *why = NULL;
    int rc;
    while ((rc = mb_frame_peek(&w->in, MB_MSG_FROM_WORKER, &frame, &why)) == 0) {
        assert_true(wait_readable(w->fd, HARNESS_DEADLINE_MS));
        char *to = mb_buf_reserve(&w->in, 65536);
        ssize_t n = recv(w->fd, to, 65536, 0);
        if (n <= 0)
            return r;
        mb_buf_commit(&w->in, (size_t)n);
    }
    if (rc < 0)
        fail_msg("the worker broke the protocol: %s", why);
    r.head = frame.head;
    r.payload = mb_strndup(frame.payload.ptr, frame.payload.len);
    mb_frame_done(&w->in, &frame);
    return r;
}

void harness_drop(struct received *r)
{
    free(r->payload);
    r->payload = NULL;
}

void harness_package(struct worker *w, uint32_t slot, const char *main_lua)
{
    struct mb_buf json = {0};
    mb_buf_add_c(&json, "{\"name\":\"test\",\"files\":{\"main.lua\":");
    mb_buf_add_json_str(&json, mb_str_c(main_lua));
    mb_buf_add_c(&json, "}}");
    harness_send(w, MB_MSG_PACKAGE, slot, 0, NULL, 0, mb_buf_cstr(&json));
    mb_buf_release(&json);
}

void harness_start(struct worker *w, uint32_t run, uint32_t package, const char *input)
{
    struct mb_msg_start start = {.clock_us = 1700000000000000, .cpu_left_us = 2000000};
    struct mb_buf json = {0};
    mb_buf_addf(&json, "{\"input\":%s,\"run_id\":\"run_%u\"}", input, run);
    harness_send(w, MB_MSG_START, run, package, &start, sizeof(start), mb_buf_cstr(&json));
    mb_buf_release(&json);
}

void harness_answer(struct worker *w, const struct received *call, const char *json)
{
    struct mb_msg_answer head = {.clock_us = 1700000001000000, .ok = 1};
    harness_send(w, MB_MSG_ANSWER, call->head.run, call->head.step, &head, sizeof(head), json);
}

char *harness_end_of_run(struct worker *w, uint32_t run, bool *ok)
{
    for (;;) {
        struct received r = harness_receive(w);
        if (r.head.type == 0)
            fail_msg("the worker has gone");
        if (r.head.run == run && (r.head.type == MB_MSG_RESULT || r.head.type == MB_MSG_FAIL)) {
            char *json = mb_strndup(r.payload + sizeof(struct mb_msg_end),
                                    r.head.len - sizeof(struct mb_msg_end));
            *ok = r.head.type == MB_MSG_RESULT;
            harness_drop(&r);
            return json;
        }
        if (r.head.type == MB_MSG_CALL)
            harness_answer(w, &r, "{\"ok\":true}");
        harness_drop(&r);
    }
}

long long harness_proc(pid_t pid, const char *file, const char *name)
{
    char path[64], line[256];
    long long value = -1;
    snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, file);
    FILE *f = fopen(path, "re");
    assert_non_null(f);
    size_t n = strlen(name);
    while (value < 0 && fgets(line, sizeof(line), f))
        if (strncmp(line, name, n) == 0 && line[n] == ':')
            value = strtoll(line + n + 1, NULL, strncmp(name, "Cap", 3) == 0 ? 16 : 10);
    fclose(f);
    return value;
}

long long harness_private_kb(pid_t pid)
{
    return harness_proc(pid, "smaps_rollup", "Private_Clean") +
           harness_proc(pid, "smaps_rollup", "Private_Dirty");
}

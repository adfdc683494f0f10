/* Plays the core towards the real moonbase-sandbox: starts it, has it fork, exchanges frames. Every
 * wait has a deadline; what takes longer fails the test. */
#ifndef TEST_SANDBOX_HARNESS_H
#define TEST_SANDBOX_HARNESS_H

#include "ipc/frame.h"

enum { HARNESS_DEADLINE_MS = 20000 };

struct zygote {
    pid_t pid;
    int fd;
};

struct worker {
    pid_t pid;
    int pidfd, fd;
    struct mb_buf in;
};

/* A frame that was received, with a copy of its payload (NUL-terminated). */
struct received {
    struct mb_msg_head head;
    char *payload;
    int fd; /* that came with it; -1 = none */
};

/* build/moonbase-sandbox: below $MB_BUILD, or beside the test's own build folder. */
const char *harness_binary(void);

struct zygote harness_zygote(void);
void harness_end(struct zygote *z); /* closes its socket and waits for its end */
/* Sends FORK with `json` and this descriptor (-1: none) and returns what came back: a pid or an
 * errno, and the pidfd. */
int32_t harness_fork(const struct zygote *z, const char *json, int fd, int *pidfd);

/* A worker that has said READY. */
struct worker harness_worker(const struct zygote *z, const char *role, size_t memory_bytes);
void harness_worker_end(struct worker *w);
/* Waits for the end of the process. False when it did not come in time. */
bool harness_is_gone(const struct worker *w, int timeout_ms);

void harness_send(struct worker *w, enum mb_msg_type type, uint32_t run, uint32_t step,
                  const void *fixed, size_t fixed_len, const char *text);
/* The next frame. Fails the test at the deadline; type 0 when the worker closed the socket. */
struct received harness_receive(struct worker *w);
void harness_drop(struct received *r);

/* Shorthands: a package of main.lua alone; START with 2 s of CPU; an answer to a frame. */
void harness_package(struct worker *w, uint32_t slot, const char *main_lua);
void harness_start(struct worker *w, uint32_t run, uint32_t package, const char *input);
void harness_answer(struct worker *w, const struct received *call, const char *json);
/* Receives until RESULT or FAIL of the run, and returns its JSON (to be freed); *ok tells which. */
char *harness_end_of_run(struct worker *w, uint32_t run, bool *ok);

int64_t harness_now_us(void);
/* A number from a "Name:   123" line of a file in /proc/PID. -1 = no such line. */
long long harness_proc(pid_t pid, const char *file, const char *name);
/* Private memory of the process, in KB. */
long long harness_private_kb(pid_t pid);

#endif

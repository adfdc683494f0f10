/* The core's side of the sandbox processes: the zygote that forks them, and one worker per child.
 *
 * A worker's frames are judged here by msg.def (type, direction, size, phase); whoever owns the
 * worker judges what they mean. Frames that are sent go out in one write at the end of the turn.
 * A worker that breaks the protocol is killed; its owner hears of it by on_gone, once, and then
 * frees it. From a START or ANSWER on, until it says that it is idle, a worker is pinged, and
 * killed (reason CPU_LIMIT) when it has burnt 250 ms of CPU past its slice, or 10 s have gone by,
 * without an answer. CPU time and not wall time, so that a host that is short of CPU kills nobody.
 */
#ifndef MB_IO_WORKER_H
#define MB_IO_WORKER_H

#include "base/buf.h"
#include "base/err.h"
#include "io/loop.h"
#include "ipc/frame.h"

enum mb_worker_role { MB_WORKER_AGENT, MB_WORKER_TOOLBOX };

struct mb_zygote; /* one per core and role set */

/* Starts `binary` (moonbase-sandbox) with an empty environment and waits, at most 5 s, until it is
 * ready. Blocking: for start-up. Should the zygote die later, its workers die with it, and the next
 * mb_worker_new starts another. */
struct mb_zygote *mb_zygote_new(struct mb_loop *loop, const char *binary,
                                struct mb_err *err) MB_MUST_CHECK;
void mb_zygote_free(struct mb_zygote *zygote); /* all workers are to be freed before */

enum mb_worker_state {
    MB_WORKER_STARTING, /* forked or waiting to be; frames may be sent already, they are kept */
    MB_WORKER_LIVE,
    MB_WORKER_GONE,
};

struct mb_worker;

struct mb_worker_events {
    /* A frame that passed msg.def. The payload is borrowed for the call. May free the worker. */
    void (*on_frame)(struct mb_worker *worker, const struct mb_frame *frame);
    /* The process is gone: exited, killed, broke the protocol (`why` says which). Called once,
     * never from inside a call of the owner's. The worker is to be freed (now or later). */
    void (*on_gone)(struct mb_worker *worker, const struct mb_err *why);
};

struct mb_worker {
    struct mb_zygote *zygote;
    enum mb_worker_state state;
    const struct mb_worker_events *events;
    void *owner;
    int64_t forked_us, live_us; /* monotonic: for the measure of a cold start */
    /* private to worker.c */
    int fd, pidfd;
    pid_t pid;
    uint32_t fork_no;
    struct mb_watch watch;
    struct mb_buf in, out;
    struct mb_turn flush;
    struct mb_timer watchdog;
    struct mb_timer pause; /* armed: the worker is not read until then */
    struct mb_list node;   /* in the zygote's list of workers whose fork is not answered */
    bool busy;             /* it may have something to compute */
    bool given_since_ping; /* START or ANSWER */
    uint32_t ping_no;
    int64_t pinged_us;     /* 0 = no ping is out */
    int64_t pinged_cpu_us; /* CPU time of the process at that moment */
    struct mb_err why;
    struct mb_turn bury;
    bool *freed; /* set while frames are delivered: tells the reader that the worker is gone */
};

/* Asks the zygote for a worker. Never fails at once; a fork that fails is told by on_gone. */
struct mb_worker *mb_worker_new(struct mb_zygote *zygote, enum mb_worker_role role,
                                size_t memory_bytes, const struct mb_worker_events *events,
                                void *owner);
/* Kills the process if it lives, closes, frees. on_gone is not called any more. */
void mb_worker_free(struct mb_worker *worker);
/* Kills the process; on_gone follows with this reason. */
void mb_worker_kill(struct mb_worker *worker, const char *why);
/* Does not read the worker for so long: it waits in its next write when the socket is full. What
 * was read already is still delivered. Keep it well under 10 s. */
void mb_worker_pause(struct mb_worker *worker, int64_t ms);
/* Sends a frame at the end of the turn. Payloads over the cap of msg.def are a bug. False when the
 * worker is gone. */
bool mb_worker_send(struct mb_worker *worker, enum mb_msg_type type, uint32_t run, uint32_t step,
                    const void *fixed, size_t fixed_len, const struct mb_str *parts,
                    size_t n_parts);

#endif

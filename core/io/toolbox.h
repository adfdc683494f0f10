/* The toolbox pool: a few workers in the toolbox role that run the platform's own Lua, one job per
 * call: I/O tools, package inspection, the local model. The pool starts workers, shares jobs out,
 * restarts what dies, and bounds the queue; what a job may ask for is its owner's matter. */
#ifndef MB_IO_TOOLBOX_H
#define MB_IO_TOOLBOX_H

#include "base/buf.h"
#include "base/err.h"
#include "io/worker.h"

struct mb_toolbox;
struct mb_bench; /* one worker of the pool and its jobs */
struct mb_job;

struct mb_toolbox *mb_toolbox_new(struct mb_loop *loop, struct mb_zygote *zygote, int n_workers,
                                  size_t memory_bytes);
void mb_toolbox_free(struct mb_toolbox *box);

/* Makes the Lua files of an I/O tool known under its name: `package_json` is
 * {"name": s, "files": {path: text}}. Replaces an earlier one; later jobs use the new files. */
void mb_toolbox_define(struct mb_toolbox *box, const char *tool, struct mb_str package_json);

struct mb_job_events {
    /* The job asks for something ("http", "kv.get", ...); args is JSON text, borrowed for the call.
     * Answer with mb_job_answer, now or later. NULL = the job may ask for nothing. */
    void (*on_call)(struct mb_job *job, uint32_t call, struct mb_str name, struct mb_str args);
    /* Exactly once, never from inside mb_job_start: the job's result as JSON text, borrowed for the
     * call, or an error (the tool's own code in err->wire). The job is freed after it returns. */
    void (*on_done)(struct mb_job *job, struct mb_str result, const struct mb_err *err);
};

struct mb_job {
    const struct mb_job_events *events;
    void *owner;
    uint64_t cpu_us; /* that the job has used, as of its last frame */
    /* private to toolbox.c */
    struct mb_toolbox *box;
    struct mb_bench *bench;
    struct mb_timer deadline;
    uint32_t slot;
    uint32_t last_call;
    bool is_over; /* ended; its outcome is told at the end of the turn */
    struct mb_list over_node;
    struct mb_buf result;
    struct mb_err err;
};

/* Starts a job: of the tool `tool`, or of a built-in ("inspect", "local"...) when builtin is true;
 * `input` is JSON text (copied). Refuses with OVERLOADED when the queue is full. cpu_ms bounds its
 * CPU time, timeout_ms its wall time. */
int mb_job_start(struct mb_toolbox *box, const char *tool, bool builtin, struct mb_str input,
                 int cpu_ms, int timeout_ms, const struct mb_job_events *events, void *owner,
                 struct mb_job **job, struct mb_err *err) MB_MUST_CHECK;
void mb_job_cancel(struct mb_job *job); /* on_done does not run; the job is gone */
/* Answers a call of the job: `json` is the result when err is NULL. */
void mb_job_answer(struct mb_job *job, uint32_t call, struct mb_str json, const struct mb_err *err);

#endif

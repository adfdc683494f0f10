#include "io/toolbox.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err_json.h"
#include "base/id.h"

enum {
    JOBS_PER_WORKER = 512, /* slots; beyond all of them new jobs are refused */
    MAX_TOOLS = 256,
    MAX_CALLS_PER_JOB = 1000,
};

struct tool {
    char *name;
    char *json;
    size_t json_len;
    uint32_t version;
};

struct mb_bench {
    struct mb_toolbox *box;
    struct mb_worker *worker;             /* NULL = to be started by the next job */
    struct mb_job *jobs[JOBS_PER_WORKER]; /* by slot - 1 */
    bool stopping[JOBS_PER_WORKER];       /* STOP is out, STOPPED has not come */
    int n_jobs;
    uint32_t loaded[MAX_TOOLS]; /* version of each tool that the worker has; 0 = none */
};

struct mb_toolbox {
    struct mb_loop *loop;
    struct mb_zygote *zygote;
    size_t memory_bytes;
    struct tool tools[MAX_TOOLS];
    int n_tools;
    struct mb_list over; /* of mb_job.over_node */
    struct mb_turn tell;
    int n_benches;
    struct mb_bench benches[];
};

static void on_frame(struct mb_worker *worker, const struct mb_frame *frame);
static void on_gone(struct mb_worker *worker, const struct mb_err *why);
static const struct mb_worker_events worker_events = {on_frame, on_gone};

/* ---------------------------------------------------------------- the end of jobs */

static void detach(struct mb_job *job)
{
    struct mb_bench *bench = job->bench;
    if (!bench)
        return;
    bench->jobs[job->slot - 1] = NULL;
    bench->n_jobs--;
    job->bench = NULL;
}

static void free_job(struct mb_job *job)
{
    detach(job);
    mb_timer_cancel(&job->box->loop->timers, &job->deadline);
    mb_list_remove(&job->over_node);
    mb_buf_release(&job->result);
    free(job);
}

static void tell_over(struct mb_turn *turn)
{
    struct mb_toolbox *box = MB_CONTAINER_OF(turn, struct mb_toolbox, tell);
    struct mb_list *node;
    while ((node = mb_list_shift(&box->over))) {
        struct mb_job *job = MB_LIST_ENTRY(node, struct mb_job, over_node);
        const struct mb_err *err = job->err.code ? &job->err : NULL;
        job->events->on_done(job, mb_buf_str(&job->result), err);
        free_job(job);
    }
}

static void job_over(struct mb_job *job)
{
    if (job->is_over)
        return;
    job->is_over = true;
    mb_timer_cancel(&job->box->loop->timers, &job->deadline);
    mb_list_push(&job->box->over, &job->over_node);
    mb_turn_queue(job->box->loop, &job->box->tell);
}

/* Ends the job in its worker; the slot is free again when STOPPED comes. */
static void stop_in_worker(struct mb_job *job)
{
    struct mb_bench *bench = job->bench;
    if (!bench)
        return;
    if (bench->worker && mb_worker_send(bench->worker, MB_MSG_STOP, job->slot, 0, NULL, 0, NULL, 0))
        bench->stopping[job->slot - 1] = true;
    detach(job);
}

static void on_deadline(struct mb_timer *timer)
{
    struct mb_job *job = MB_CONTAINER_OF(timer, struct mb_job, deadline);
    mb_err_set(&job->err, MB_E_TIMEOUT, "the tool did not answer in time");
    stop_in_worker(job);
    job_over(job);
}

void mb_job_cancel(struct mb_job *job)
{
    stop_in_worker(job);
    free_job(job);
}

/* ---------------------------------------------------------------- frames */

static void on_call(struct mb_job *job, const struct mb_frame *frame)
{
    struct mb_msg_call call;
    struct mb_str rest;
    if (!mb_frame_split(frame->payload, &call, sizeof(call), &rest) || call.tool_len < 1 ||
        call.tool_len > 64 || call.tool_len > rest.len || frame->head.step != job->last_call + 1 ||
        job->last_call >= MAX_CALLS_PER_JOB) {
        mb_worker_kill(job->bench->worker, "malformed CALL");
        return;
    }
    job->last_call++;
    job->cpu_us = call.cpu_us;
    struct mb_str name = MB_STR_OF(rest.ptr, call.tool_len);
    struct mb_str args = MB_STR_OF(rest.ptr + call.tool_len, rest.len - call.tool_len);
    if (job->events->on_call) {
        job->events->on_call(job, frame->head.step, name, args);
        return;
    }
    struct mb_err err;
    mb_err_set(&err, MB_E_TOOL_DENIED, "this job may not ask for \"%.*s\"", MB_STR_ARG(name));
    mb_job_answer(job, frame->head.step, MB_STR(""), &err);
}

static void on_end(struct mb_job *job, const struct mb_frame *frame)
{
    struct mb_msg_end end;
    struct mb_str json;
    if (!mb_frame_split(frame->payload, &end, sizeof(end), &json)) {
        mb_worker_kill(job->bench->worker, "malformed end of a job");
        return;
    }
    job->cpu_us = end.cpu_us;
    if (frame->head.type == MB_MSG_RESULT)
        mb_buf_add_str(&job->result, json);
    else
        mb_err_read_json(&job->err, json);
    detach(job);
    job_over(job);
}

static void on_frame(struct mb_worker *worker, const struct mb_frame *frame)
{
    struct mb_bench *bench = worker->owner;
    if (frame->head.type == MB_MSG_READY)
        return;
    uint32_t slot = frame->head.run;
    if (slot < 1 || slot > JOBS_PER_WORKER) {
        mb_worker_kill(worker, "a frame for a slot that is not there");
        return;
    }
    if (frame->head.type == MB_MSG_STOPPED) {
        bench->stopping[slot - 1] = false;
        return;
    }
    struct mb_job *job = bench->jobs[slot - 1];
    if (!job) {
        if (!bench->stopping[slot - 1]) /* else it crossed our STOP */
            mb_worker_kill(worker, "a frame for a job that is not there");
        return;
    }
    if (frame->head.type == MB_MSG_CALL)
        on_call(job, frame);
    else if (frame->head.type == MB_MSG_RESULT || frame->head.type == MB_MSG_FAIL)
        on_end(job, frame);
    /* EMIT and LOG of the platform's own tools go nowhere. */
}

static void on_gone(struct mb_worker *worker, const struct mb_err *why)
{
    struct mb_bench *bench = worker->owner;
    bench->worker = NULL;
    memset(bench->stopping, 0, sizeof(bench->stopping));
    memset(bench->loaded, 0, sizeof(bench->loaded));
    for (size_t i = 0; i < JOBS_PER_WORKER; i++) {
        struct mb_job *job = bench->jobs[i];
        if (!job)
            continue;
        mb_err_set(&job->err, MB_E_SANDBOX_LOST, "the tool's process is gone: %s", why->message);
        detach(job);
        job_over(job);
    }
    mb_worker_free(worker);
}

/* ---------------------------------------------------------------- the pool */

struct mb_toolbox *mb_toolbox_new(struct mb_loop *loop, struct mb_zygote *zygote, int n_workers,
                                  size_t memory_bytes)
{
    struct mb_toolbox *box = mb_zalloc(sizeof(*box) + (size_t)n_workers * sizeof(struct mb_bench));
    box->loop = loop;
    box->zygote = zygote;
    box->memory_bytes = memory_bytes;
    box->n_benches = n_workers;
    for (int i = 0; i < n_workers; i++)
        box->benches[i].box = box;
    mb_list_init(&box->over);
    mb_turn_init(&box->tell, tell_over);
    return box;
}

void mb_toolbox_free(struct mb_toolbox *box)
{
    if (!box)
        return;
    for (int i = 0; i < box->n_benches; i++) {
        for (size_t k = 0; k < JOBS_PER_WORKER; k++)
            if (box->benches[i].jobs[k])
                free_job(box->benches[i].jobs[k]);
        mb_worker_free(box->benches[i].worker);
    }
    struct mb_list *node;
    while ((node = mb_list_shift(&box->over)))
        free_job(MB_LIST_ENTRY(node, struct mb_job, over_node));
    for (int i = 0; i < box->n_tools; i++) {
        free(box->tools[i].name);
        free(box->tools[i].json);
    }
    mb_turn_cancel(&box->tell);
    free(box);
}

static int find_tool(const struct mb_toolbox *box, const char *name)
{
    for (int i = 0; i < box->n_tools; i++)
        if (strcmp(box->tools[i].name, name) == 0)
            return i;
    return -1;
}

void mb_toolbox_define(struct mb_toolbox *box, const char *tool, struct mb_str package_json)
{
    int i = find_tool(box, tool);
    if (i < 0) {
        mb_assert(box->n_tools < MAX_TOOLS);
        i = box->n_tools++;
        box->tools[i].name = mb_strdup(tool);
    }
    free(box->tools[i].json);
    box->tools[i].json = mb_strndup(package_json.ptr, package_json.len);
    box->tools[i].json_len = package_json.len;
    box->tools[i].version++;
}

/* The worker with the fewest jobs, and a free slot in it (0 = all are full). */
static struct mb_bench *pick(struct mb_toolbox *box, uint32_t *slot)
{
    struct mb_bench *best = NULL;
    for (int i = 0; i < box->n_benches; i++)
        if (!best || box->benches[i].n_jobs < best->n_jobs)
            best = &box->benches[i];
    *slot = 0;
    for (uint32_t i = 0; best && i < JOBS_PER_WORKER && !*slot; i++)
        if (!best->jobs[i] && !best->stopping[i])
            *slot = i + 1;
    return best;
}

static void send_tool(struct mb_bench *bench, int i)
{
    struct tool *tool = &bench->box->tools[i];
    if (bench->loaded[i] == tool->version)
        return;
    struct mb_str json = MB_STR_OF(tool->json, tool->json_len);
    mb_worker_send(bench->worker, MB_MSG_PACKAGE, (uint32_t)i + 1, 0, NULL, 0, &json, 1);
    bench->loaded[i] = tool->version;
}

static void send_start(struct mb_job *job, uint32_t package_slot, const char *builtin,
                       struct mb_str input, int cpu_ms)
{
    struct mb_msg_start head = {.clock_us = mb_clock_wall_us(),
                                .cpu_left_us = (uint64_t)cpu_ms * 1000};
    mb_random(head.seed, sizeof(head.seed));
    char open[160];
    if (builtin)
        snprintf(open, sizeof(open), "{\"input\":{\"job\":\"%s\",\"input\":", builtin);
    else
        snprintf(open, sizeof(open), "{\"input\":");
    struct mb_str parts[] = {mb_str_c(open), input, mb_str_c(builtin ? "}}" : "}")};
    mb_worker_send(job->bench->worker, MB_MSG_START, job->slot, package_slot, &head, sizeof(head),
                   parts, MB_LEN(parts));
}

int mb_job_start(struct mb_toolbox *box, const char *tool, bool builtin, struct mb_str input,
                 int cpu_ms, int timeout_ms, const struct mb_job_events *events, void *owner,
                 struct mb_job **out, struct mb_err *err)
{
    int i = builtin ? -1 : find_tool(box, tool);
    if (!builtin && i < 0)
        return mb_err_set(err, MB_E_NOT_FOUND, "there is no tool \"%s\"", tool);
    if (input.len > mb_msg_rule(MB_MSG_START)->cap - 1024)
        return mb_err_set(err, MB_E_TOO_LARGE, "the input of \"%s\" is too large", tool);
    uint32_t slot;
    struct mb_bench *bench = pick(box, &slot);
    if (!slot)
        return mb_err_set(err, MB_E_OVERLOADED, "all tool workers are full");
    if (!bench->worker)
        bench->worker =
            mb_worker_new(box->zygote, MB_WORKER_TOOLBOX, box->memory_bytes, &worker_events, bench);
    struct mb_job *job = mb_zalloc(sizeof(*job));
    *job =
        (struct mb_job){.events = events, .owner = owner, .box = box, .bench = bench, .slot = slot};
    job->deadline.on_due = on_deadline;
    mb_list_init(&job->over_node);
    bench->jobs[slot - 1] = job;
    bench->n_jobs++;
    if (!builtin)
        send_tool(bench, i);
    send_start(job, builtin ? 0 : (uint32_t)i + 1, builtin ? tool : NULL, input, cpu_ms);
    mb_timer_arm(&box->loop->timers, &job->deadline, mb_clock_mono_us() + timeout_ms * 1000LL);
    *out = job;
    return 0;
}

void mb_job_answer(struct mb_job *job, uint32_t call, struct mb_str json, const struct mb_err *err)
{
    if (job->is_over || !job->bench || !job->bench->worker)
        return;
    struct mb_err too_large;
    if (!err && json.len > mb_msg_rule(MB_MSG_ANSWER)->cap - sizeof(struct mb_msg_answer)) {
        mb_err_set(&too_large, MB_E_TOO_LARGE, "the answer has %zu bytes", json.len);
        err = &too_large;
    }
    struct mb_msg_answer head = {.clock_us = mb_clock_wall_us(), .ok = !err};
    struct mb_buf text = {0};
    if (err)
        mb_err_add_json(&text, err);
    struct mb_str part = err ? mb_buf_str(&text) : json;
    mb_worker_send(job->bench->worker, MB_MSG_ANSWER, job->slot, call, &head, sizeof(head), &part,
                   1);
    mb_buf_release(&text);
}

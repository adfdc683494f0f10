/* I/O tools: a job in the toolbox, and what it may ask for. The tool's manifest says what it asks;
 * the deployment's grant says which hosts and secrets. */
#include <stdlib.h>

#include "base/json.h"
#include "gate/ops.h"
#include "io/toolbox.h"

enum { TOOL_CPU_MS = 5 * 1000 };

struct mb_gate_io {
    struct mb_gate_call *call;
    struct mb_job *job;
    struct mb_list asks; /* requests under way */
    int64_t bytes;
};

static bool asks_for(const struct mb_tool *tool, const char *what)
{
    size_t i;
    json_t *entry;
    json_array_foreach(json_object_get(tool->manifest, "asks"), i, entry)
    {
        if (mb_str_is(mb_str_c(json_string_value(entry)), what))
            return true;
    }
    return false;
}

static void on_call(struct mb_job *job, uint32_t no, struct mb_str name, struct mb_str payload)
{
    struct mb_gate_io *io = job->owner;
    struct mb_err err;
    json_t *value = mb_json_parse(payload, &err);
    json_t *args = mb_json_get(value, "args");
    int rc;
    if (!mb_str_is(name, "http") || !asks_for(io->call->tool, "http"))
        rc = mb_err_set(&err, MB_E_TOOL_DENIED, "\"%s\" may not ask for \"%.*s\"",
                        io->call->tool->name, MB_STR_ARG(name));
    else if (!json_is_object(args))
        rc = mb_err_set(&err, MB_E_INVALID_ARGUMENTS, "http: the arguments must be an object");
    else
        rc = mb_gate_http_start(io->call, job, no, args, &io->asks, &io->bytes, &err);
    if (rc < 0)
        mb_job_answer(job, no, MB_STR(""), &err);
    json_decref(value);
}

static void on_done(struct mb_job *job, struct mb_str result, const struct mb_err *err)
{
    struct mb_gate_io *io = job->owner;
    struct mb_gate_call *call = io->call;
    struct mb_usage usage = {.cpu_us = (int64_t)job->cpu_us, .bytes = io->bytes};
    mb_gate_http_cancel_all(&io->asks);
    free(io);
    mb_gate_done(call, result, &usage, err);
}

static const struct mb_job_events events = {on_call, on_done};

static void cancel(struct mb_gate_call *call)
{
    struct mb_gate_io *io = call->op;
    mb_gate_http_cancel_all(&io->asks);
    mb_job_cancel(io->job);
    free(io);
}

int mb_gate_start_io(struct mb_gate_call *call, struct mb_err *err)
{
    struct mb_gate_io *io = mb_zalloc(sizeof(*io));
    io->call = call;
    mb_list_init(&io->asks);
    struct mb_buf input = {0};
    mb_json_dump(&input, call->args);
    int rc = mb_job_start(call->gate->toolbox, call->tool->name, false, mb_buf_str(&input),
                          TOOL_CPU_MS, call->tool->timeout_ms, &events, io, &io->job, err);
    mb_buf_release(&input);
    if (rc < 0) {
        free(io);
        return rc;
    }
    call->op = io;
    call->cancel_op = cancel;
    return 0;
}

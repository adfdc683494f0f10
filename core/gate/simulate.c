/* The simulator: where a call goes, and how its end is told. */
#include "gate/simulate.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "gate/ops.h"
#include "gate/simulate_private.h"
#include "io/loop.h"
#include "io/toolbox.h"

/* ---------------------------------------------------------------- answers of our own */

static void free_op(struct mb_simulate_op *op)
{
    mb_timer_cancel(&op->call->gate->loop->timers, &op->timer);
    json_decref(op->value);
    json_decref(op->decision);
    free(op);
}

static void cancel_later(struct mb_gate_call *call)
{
    free_op(call->op);
}

static void on_due(struct mb_timer *timer)
{
    struct mb_simulate_op *op = MB_CONTAINER_OF(timer, struct mb_simulate_op, timer);
    struct mb_gate_call *call = op->call;
    struct mb_usage usage = {0};
    struct mb_err err = op->err;
    struct mb_buf text = {0};
    if (!err.code)
        mb_json_dump(&text, op->value);
    free_op(op);
    mb_gate_done(call, mb_buf_str(&text), &usage, err.code ? &err : NULL);
    mb_buf_release(&text);
}

void mb_simulate_later(struct mb_gate_call *call, json_t *value, const struct mb_err *err)
{
    struct mb_simulate_op *op = mb_zalloc(sizeof(*op));
    op->call = call;
    op->value = value;
    if (err)
        op->err = *err;
    op->timer.on_due = on_due;
    mb_timer_arm(&call->gate->loop->timers, &op->timer, mb_clock_mono_us());
    call->op = op;
    call->cancel_op = cancel_later;
}

void mb_simulate_set_source(struct mb_gate_call *call, const char *source, int64_t passed_us)
{
    struct mb_simulate_note *note = call->note;
    note->source = source;
    note->passed_us = passed_us;
}

void mb_simulate_read_error(const json_t *error, struct mb_err *err)
{
    struct mb_str code = mb_json_str(error, "code"), message = mb_json_str(error, "message");
    char wire[sizeof(err->wire)];
    snprintf(wire, sizeof(wire), "%.*s", (int)MB_MIN(code.len, sizeof(wire) - 1), code.ptr);
    int known = mb_err_from_wire(wire);
    mb_err_set(err, known ? (enum mb_err_code)known : MB_E_UPSTREAM_ERROR, "%.*s",
               (int)MB_MIN(message.len, (size_t)380), message.len ? message.ptr : "");
    if (!message.len)
        snprintf(err->message, sizeof(err->message), "%s",
                 known ? mb_err_text(known) : "a simulated error");
    if (!known)
        memcpy(err->wire, wire, sizeof(wire));
}

/* ---------------------------------------------------------------- the gate's face */

static int start_model(struct mb_simulator *sim, struct mb_gate_call *call, struct mb_err *err)
{
    struct mb_simulate_note *note = call->note;
    struct mb_str asked = mb_llm_name_of(sim->gate.llm, mb_json_str(call->args, "model"));
    snprintf(note->model, sizeof(note->model), "%.*s", (int)MB_MIN(asked.len, (size_t)127),
             asked.ptr);
    note->source = "model";
    note->worst_micros = mb_gate_worst_micros(call->gate, call->tool, call->args);
    if (sim->model) {
        json_t *args = json_copy(call->args);
        json_object_set_new(args, "model", json_string(sim->model));
        json_decref(call->args);
        call->args = args;
    }
    return mb_gate_start_llm(call, err);
}

static int start(struct mb_gate_stand_in *stand_in, struct mb_gate_call *call, struct mb_err *err)
{
    struct mb_simulator *sim = MB_CONTAINER_OF(stand_in, struct mb_simulator, stand_in);
    call->note = mb_zalloc(sizeof(struct mb_simulate_note));
    int rc = mb_simulate_permit(sim, call, err);
    if (rc == 0 && mb_simulate_given(sim, call))
        return 0;
    if (rc == 0) {
        switch (call->tool->kind) {
        case MB_TOOL_LLM:
            rc = start_model(sim, call, err);
            break;
        case MB_TOOL_DATA:
            mb_simulate_set_source(call, "memory", 0);
            rc = mb_gate_start_data(call, err);
            break;
        case MB_TOOL_WAIT:
            rc = mb_simulate_wait(sim, call, err);
            break;
        case MB_TOOL_CHILD:
        case MB_TOOL_IO:
            rc = mb_simulate_make(sim, call, NULL, err);
            break;
        }
    }
    if (rc < 0) {
        free(call->note);
        call->note = NULL;
    }
    return rc;
}

static void on_end(struct mb_gate_stand_in *stand_in, struct mb_gate_call *call,
                   struct mb_usage *usage, const struct mb_err *err)
{
    struct mb_simulator *sim = MB_CONTAINER_OF(stand_in, struct mb_simulator, stand_in);
    const struct mb_simulate_note *note = call->note;
    (void)err;
    usage->source = note->source;
    usage->passed_us = note->passed_us;
    mb_simulate_count(sim, call, usage);
}

/* ---------------------------------------------------------------- the object */

struct mb_simulator *mb_simulator_new(const struct mb_simulator_config *config, struct mb_err *err)
{
    if (config->model && mb_llm_check_model(config->gate->llm, mb_str_c(config->model), err) < 0)
        return NULL;
    struct mb_simulator *sim = mb_zalloc(sizeof(*sim));
    sim->gate = *config->gate;
    sim->gate.data = mb_data_mem_new(sim->gate.loop);
    sim->gate.stand_in = &sim->stand_in;
    sim->stand_in = (struct mb_gate_stand_in){start, on_end};
    sim->manifest = json_deep_copy(config->manifest);
    sim->model = config->model ? mb_strdup(config->model) : NULL;
    sim->seed = config->seed;
    sim->answers = json_deep_copy(config->answers);
    sim->decisions = json_deep_copy(config->decisions);
    sim->taken = json_object();
    sim->occurrences = json_object();
    sim->models = json_object();
    sim->used = json_object();
    sim->denied = json_object();
    return sim;
}

void mb_simulator_free(struct mb_simulator *sim)
{
    if (!sim)
        return;
    sim->gate.data->free(sim->gate.data);
    json_decref(sim->manifest);
    json_decref(sim->answers);
    json_decref(sim->decisions);
    json_decref(sim->taken);
    json_decref(sim->occurrences);
    json_decref(sim->models);
    json_decref(sim->used);
    json_decref(sim->denied);
    free(sim->model);
    free(sim);
}

struct mb_gate *mb_simulator_gate(struct mb_simulator *sim)
{
    return &sim->gate;
}

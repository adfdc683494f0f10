/* Answers that are made: out of the tool's examples, or from its result schema, by lua/sim in the
 * toolbox. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "gate/ops.h"
#include "gate/simulate_private.h"
#include "io/toolbox.h"

enum { MAKE_CPU_MS = 5 * 1000, MAKE_TIMEOUT_MS = 30 * 1000 };

static void end(struct mb_simulate_op *op, json_t *value, const struct mb_err *err)
{
    struct mb_gate_call *call = op->call;
    struct mb_usage usage = {0};
    struct mb_buf text = {0};
    if (!err && op->decision) {
        json_object_set_new(op->decision, "data", value ? value : json_null());
        value = json_incref(op->decision);
    }
    if (!err)
        mb_json_dump(&text, value);
    json_decref(value);
    json_decref(op->decision);
    free(op);
    mb_gate_done(call, mb_buf_str(&text), &usage, err);
    mb_buf_release(&text);
}

/* {"result" | "error", "source"} */
static void on_done(struct mb_job *job, struct mb_str result, const struct mb_err *failure)
{
    struct mb_simulate_op *op = job->owner;
    struct mb_err err = {0};
    json_t *made = NULL;
    if (failure)
        err = *failure;
    else
        made = mb_json_parse(result, &err);
    const json_t *error = json_object_get(made, "error");
    if (error)
        mb_simulate_read_error(error, &err);
    bool is_example = mb_str_is(mb_json_str(made, "source"), "example");
    if (!op->decision)
        mb_simulate_set_source(op->call, is_example ? "example" : "generator", 0);
    json_t *value = json_incref(json_object_get(made, "result"));
    json_decref(made);
    end(op, err.code ? NULL : value ? value : json_null(), err.code ? &err : NULL);
    if (err.code)
        json_decref(value);
}

static const struct mb_job_events events = {.on_done = on_done};

static void cancel(struct mb_gate_call *call)
{
    struct mb_simulate_op *op = call->op;
    mb_job_cancel(op->job);
    json_decref(op->decision);
    free(op);
}

/* How often these very arguments were asked for before. */
static json_int_t occurrence(struct mb_simulator *sim, const struct mb_gate_call *call)
{
    struct mb_buf key = {0};
    mb_buf_add_c(&key, call->tool->name);
    mb_json_canonical(&key, call->args);
    json_int_t n = mb_json_int(sim->occurrences, mb_buf_cstr(&key), 0);
    json_object_set_new(sim->occurrences, mb_buf_cstr(&key), json_integer(n + 1));
    mb_buf_release(&key);
    return n;
}

static json_t *job_input(struct mb_simulator *sim, const struct mb_gate_call *call, bool is_form)
{
    json_t *input = json_pack("{s:O, s:I, s:I}", "args", call->args, "seed", (json_int_t)sim->seed,
                              "n", occurrence(sim, call));
    if (is_form)
        json_object_set_new(input, "manifest",
                            json_pack("{s:s, s:O, s:b}", "name", call->tool->name, "result",
                                      json_object_get(call->args, "form"), "is_form", 1));
    else
        json_object_set(input, "manifest", call->tool->manifest);
    return input;
}

int mb_simulate_make(struct mb_simulator *sim, struct mb_gate_call *call, json_t *decision,
                     struct mb_err *err)
{
    struct mb_simulate_op *op = mb_zalloc(sizeof(*op));
    op->call = call;
    op->decision = decision;
    json_t *input = job_input(sim, call, decision != NULL);
    struct mb_buf text = {0};
    mb_json_dump(&text, input);
    json_decref(input);
    int rc = mb_job_start(call->gate->toolbox, "simulate_answer", true, mb_buf_str(&text),
                          MAKE_CPU_MS, MAKE_TIMEOUT_MS, &events, op, &op->job, err);
    mb_buf_release(&text);
    if (rc < 0) {
        json_decref(decision);
        free(op);
        return rc;
    }
    call->op = op;
    call->cancel_op = cancel;
    return 0;
}

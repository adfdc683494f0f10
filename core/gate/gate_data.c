/* Data tools: keys and values, documents, files. */
#include "gate/ops.h"

static void on_done(void *arg, struct mb_str result, const struct mb_err *err)
{
    struct mb_usage usage = {0};
    mb_gate_done(arg, result, &usage, err);
}

static void cancel(struct mb_gate_call *call)
{
    call->gate->data->cancel(call->op);
}

int mb_gate_start_data(struct mb_gate_call *call, struct mb_err *err)
{
    struct mb_data *data = call->gate->data;
    struct mb_data_call *op;
    int rc = data->start(data, call->tool->name, call->grant->customer_id,
                         call->grant->deployment_id, call->args, on_done, call, &op, err);
    if (rc < 0)
        return rc;
    call->op = op;
    call->cancel_op = cancel;
    return 0;
}

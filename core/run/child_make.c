/* What a child run is made of: input, budget, limits. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "run/child_private.h"

static char *input_text(const struct mb_call *call, size_t *len)
{
    struct mb_buf text = {0};
    json_t *input = mb_json_get(call->gate.args, "input");
    mb_json_dump(&text, input ? input : json_null());
    return mb_buf_take(&text, len);
}

int mb_child_check_input(const struct mb_call *call, struct mb_err *err)
{
    size_t len;
    char *text = input_text(call, &len);
    int rc = mb_run_check_input(call->child->deployment, MB_STR_OF(text, len), err);
    free(text);
    if (rc == 0)
        return 0;
    char place[sizeof(err->pointer)];
    snprintf(place, sizeof(place), "/input%.*s", (int)sizeof(place) - 8, err->pointer);
    memcpy(err->pointer, place, sizeof(place));
    return rc;
}

bool mb_child_wants_more(const struct mb_call *call)
{
    int64_t left = mb_funds_left(call->run);
    int64_t most = call->child->deployment->limits.budget_micros;
    int64_t wanted = mb_json_int(call->gate.args, "budget_micros", INT64_MAX);
    return left >= 0 && left < (most >= 0 ? MB_MIN(wanted, most) : wanted);
}

int mb_child_set_budget(struct mb_call *call, struct mb_err *err)
{
    int64_t left = mb_funds_left(call->run);
    int64_t most = call->child->deployment->limits.budget_micros;
    int64_t budget = mb_json_int(call->gate.args, "budget_micros", left);
    if (most >= 0 && (budget < 0 || budget > most))
        budget = most;
    if (left >= 0 && budget > left)
        return mb_err_at(err, MB_E_BUDGET, "/budget_micros",
                         "the child run may spend %" PRId64 " micro-dollars; %" PRId64
                         " of the run's budget are left",
                         budget, left);
    call->child->budget_micros = budget;
    return 0;
}

/* ---------------------------------------------------------------- the new run */

static char *limits_text(const struct mb_call *call)
{
    const struct mb_child *child = call->child;
    const struct mb_deployment *d = child->deployment;
    struct mb_buf text = {0};
    mb_buf_addf(&text, "{\"cpu_ms\":%" PRId64 ",\"wall_ms\":%" PRId64 ",\"steps\":%" PRId64,
                d->limits.cpu_ms, d->limits.wall_ms, d->limits.steps);
    if (child->budget_micros >= 0)
        mb_buf_addf(&text, ",\"budget_micros\":%" PRId64, child->budget_micros);
    int64_t timeout_us = mb_wait_us(call->gate.args, "timeout_s");
    if (timeout_us > 0)
        mb_buf_addf(&text, ",\"deadline_us\":%" PRId64, call->started_us + timeout_us);
    if (!mb_json_bool(call->gate.args, "wait", true))
        mb_buf_add_c(&text, ",\"detached\":true");
    mb_buf_add_char(&text, '}');
    return mb_buf_take(&text, NULL);
}

struct mb_unborn *mb_unborn_new(const struct mb_call *call)
{
    struct mb_unborn *unborn = mb_zalloc(sizeof(*unborn));
    unborn->id = call->child->id;
    unborn->deployment = mb_deployment_ref(call->child->deployment);
    unborn->input = input_text(call, &unborn->input_len);
    unborn->limits = limits_text(call);
    unborn->created_us = call->started_us;
    mb_random(unborn->seed, sizeof(unborn->seed));
    return unborn;
}

void mb_unborn_free(struct mb_unborn *unborn)
{
    if (!unborn)
        return;
    mb_deployment_unref(unborn->deployment);
    free(unborn->input);
    free(unborn->limits);
    free(unborn);
}

void mb_child_forget_unborn(struct mb_run *run)
{
    MB_LIST_EACH(it, tmp, &run->journal.rows)
    {
        struct mb_row *row = MB_LIST_ENTRY(it, struct mb_row, node);
        mb_unborn_free(row->unborn);
        row->unborn = NULL;
    }
}

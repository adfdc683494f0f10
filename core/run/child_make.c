/* What a child run is made of: input, budget, limits; and what children mean for the parent's
 * money. */
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

/* ---------------------------------------------------------------- money */

/* A record may be what somebody gave a step of a fork as its result: any number may stand there. */
static int64_t amount(const json_t *object, const char *name)
{
    static const int64_t most = 1000000 * INT64_C(1000000); /* a million dollars */
    int64_t micros = mb_json_int(object, name, 0);
    return MB_MIN(MB_MAX(micros, (int64_t)0), most);
}

/* The amount itself is the map's value, plus one since that is never NULL. */
void mb_child_keep_detached(struct mb_run *run, struct mb_id id, int64_t held_micros)
{
    uintptr_t value = (uintptr_t)held_micros + 1;
    mb_map_set(&run->detached, id.bytes, sizeof(id.bytes), (void *)value);
}

void mb_child_take_detached(struct mb_run *run, struct mb_id id)
{
    uintptr_t value = (uintptr_t)mb_map_remove(&run->detached, id.bytes, sizeof(id.bytes));
    if (value)
        run->held_micros -= (int64_t)value - 1;
}

/* {"run_id", "usage"?, "budget_micros"?}: the result, or the details of the error. */
void mb_child_on_recorded(struct mb_call *call, const struct mb_recorded *record)
{
    struct mb_run *run = call->run;
    bool is_run = strcmp(call->tool_name, "agent.run") == 0;
    if (!is_run && strcmp(call->tool_name, "agent.wait") != 0)
        return;
    run->n_children += is_run;
    json_t *value = mb_json_parse(MB_STR_OF(record->text, record->len), NULL);
    json_t *told = record->is_error ? json_object_get(value, "details") : value;
    json_t *usage = mb_json_get(told, "usage");
    struct mb_id id;
    if (usage)
        run->children_micros += amount(usage, "cost_micros");
    if (mb_id_parse(&id, "run", mb_json_str(told, "run_id"))) {
        int64_t held = run->limits.budget_micros >= 0 ? amount(told, "budget_micros") : 0;
        if (!is_run)
            mb_child_take_detached(run, id);
        else if (!usage) {
            mb_child_keep_detached(run, id, held);
            run->held_micros += held;
        }
    }
    json_decref(value);
}

void mb_child_forget(struct mb_run *run)
{
    mb_map_release(&run->detached);
    run->n_children = 0;
    run->children_micros = run->held_micros = 0;
}

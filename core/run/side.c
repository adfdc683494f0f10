/* The side engine: an engine of its own whose store is memory, and the queue before it. */
#include "run/side.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/err_json.h"
#include "base/json.h"
#include "run/private.h"
#include "run/store_mem.h"

struct mb_side_run {
    struct mb_list node;
    struct mb_side *side;
    struct mb_deployment *deployment; /* a reference */
    struct mb_side_job job;           /* its texts are not kept */
    char *input;                      /* until it is begun */
    size_t input_len;
    uint8_t seed[16];
    struct mb_id id; /* nil until it is begun */
    struct mb_follow follow;
    struct mb_timer deadline;
    int n_calls;
    json_t *calls, *notes; /* NULL unless the job keeps them */
    mb_side_done *on_done;
    void *arg;
};

static void pump(struct mb_side *side);

/* ---------------------------------------------------------------- the end of a job */

static void free_run(struct mb_side_run *r)
{
    struct mb_side *side = r->side;
    mb_timer_cancel(&side->loop->timers, &r->deadline);
    if (mb_list_is_linked(&r->node)) {
        mb_list_remove(&r->node);
        if (mb_id_is_nil(r->id))
            side->stats.queued--;
        else
            side->stats.under_way--;
    }
    mb_store_mem_forget(side->store, r->id);
    mb_deployment_unref(r->deployment);
    json_decref(r->calls);
    json_decref(r->notes);
    free(r->input);
    free(r);
}

/* Takes it out of the engine, without a word to anybody. */
static void drop(struct mb_side_run *r)
{
    struct mb_engine *e = r->side->engine;
    mb_engine_unfollow(&r->follow);
    struct mb_run *run = mb_map_get(&e->runs, r->id.bytes, sizeof(r->id.bytes));
    if (run)
        mb_run_drop(run);
}

void mb_side_cancel(struct mb_side_run *r)
{
    if (!r)
        return;
    struct mb_side *side = r->side;
    drop(r);
    free_run(r);
    pump(side);
}

static void finish(struct mb_side_run *r, const struct mb_side_result *result,
                   const struct mb_err *err)
{
    struct mb_side *side = r->side;
    mb_side_done *on_done = r->on_done;
    void *arg = r->arg;
    mb_list_remove(&r->node);
    side->stats.under_way -= !mb_id_is_nil(r->id);
    side->stats.queued -= mb_id_is_nil(r->id);
    side->stats.done++;
    pump(side);
    on_done(arg, result, err);
    free_run(r);
}

static void on_deadline(struct mb_timer *timer)
{
    struct mb_side_run *r = MB_CONTAINER_OF(timer, struct mb_side_run, deadline);
    struct mb_err err;
    mb_err_set(&err, MB_E_TIMEOUT, "it did not end within %" PRId64 " ms",
               r->side->config.deadline_us / 1000);
    drop(r);
    r->side->stats.timed_out++;
    finish(r, NULL, &err);
}

/* ---------------------------------------------------------------- what the engine tells */

static struct mb_side_run *of(struct mb_follow *follow)
{
    return MB_CONTAINER_OF(follow, struct mb_side_run, follow);
}

static void on_end(struct mb_follow *follow, struct mb_str run_json)
{
    struct mb_side_run *r = of(follow);
    json_t *run = mb_json_parse(run_json, NULL);
    const json_t *usage = mb_json_get(run, "usage");
    struct mb_side_result result = {
        .status = mb_json_str(run, "status"),
        .wait_reason = mb_json_str(run, "wait_reason"),
        .error = mb_json_get(run, "error"),
        .cpu_us = mb_json_int(usage, "cpu_us", 0),
        .steps = (int)mb_json_int(usage, "steps", 0),
        .calls = r->calls,
        .notes = r->notes,
    };
    if (mb_str_is(result.status, "succeeded"))
        result.output = json_object_get(run, "output");
    finish(r, &result, NULL);
    json_decref(run);
}

/* The engine drops runs only when it is at fault, or fenced; neither is the run's doing. */
static void on_lost(struct mb_follow *follow, struct mb_id run_id)
{
    (void)run_id;
    struct mb_err err;
    mb_err_set(&err, MB_E_UNAVAILABLE, "the run was lost");
    finish(of(follow), NULL, &err);
}

static void on_event(struct mb_follow *follow, const struct mb_run_event *event)
{
    struct mb_side_run *r = of(follow);
    bool is_step = event->kind == MB_EVENT_STEP;
    if (!is_step && event->kind != MB_EVENT_EMIT && event->kind != MB_EVENT_LOG)
        return;
    if (event->seq == 0) /* told to onlookers only, no part of the record */
        return;
    json_t *json = mb_json_parse(event->json, NULL);
    if (!json)
        return;
    if (is_step)
        json_array_append_new(r->calls, json);
    else
        json_array_append_new(r->notes, json_pack("{s:s, s:i, s:o}", "event",
                                                  event->kind == MB_EVENT_EMIT ? "emit" : "log",
                                                  "seq", event->seq, "data", json));
}

/* ---------------------------------------------------------------- what the run asks */

void mb_side_on_begin(struct mb_side_run *r)
{
    const struct mb_side_policy *policy = r->job.policy;
    r->n_calls = 0;
    if (policy && policy->on_begin)
        policy->on_begin(policy->arg);
}

/* Written down like any other call, and so told to whoever follows; or not even that. */
static void answer(struct mb_side_run *r, struct mb_call *call, struct mb_side_answer *a)
{
    struct mb_run *run = call->run;
    struct mb_str text = MB_STR_OF(a->text, a->len);
    struct mb_err err;
    if (!r->job.keeps) {
        run->steps++;
        mb_sandbox_answer(run, call->no, a->clock_us ? a->clock_us : mb_clock_wall_us(), text,
                          !a->is_error);
        mb_call_free(call);
    } else if (a->is_error) {
        mb_err_read_json(&err, text);
        mb_call_done(call, MB_STR(""), &a->usage, &err);
    } else {
        mb_call_done(call, text, &a->usage, NULL);
    }
    free(a->text);
}

static enum mb_side_verdict ask(struct mb_side_run *r, struct mb_call *call,
                                struct mb_side_answer *a)
{
    const struct mb_side_policy *policy = r->job.policy;
    struct mb_str tool = mb_str_c(call->tool_name);
    const struct mb_side_call asked = {
        .tool = tool,
        .args = call->gate.args,
        .args_text = MB_STR_OF(call->args_text, call->args_len),
        .key = call->key,
        .number = r->n_calls,
        .is_branch = call->branch != 0,
        .turn_us = call->later_us,
        .known = mb_tools_get(&call->run->gate->tools, tool),
    };
    return policy->on_call(policy->arg, &asked, a);
}

bool mb_side_on_call(struct mb_side_run *r, struct mb_call *call)
{
    struct mb_side_answer a = {0};
    r->n_calls++;
    if (!r->job.policy)
        return false;
    enum mb_side_verdict verdict = ask(r, call, &a);
    if (verdict == MB_SIDE_EXECUTE) {
        mb_assert(r->job.policy->may_execute);
        return false;
    }
    mb_sandbox_clear_suspect(call->run);
    if (verdict == MB_SIDE_ANSWER) {
        answer(r, call, &a);
        return true;
    }
    mb_assert(!r->job.keeps);
    mb_later_add(call, a.clock_us, NULL);
    return true;
}

void mb_side_on_turn(struct mb_side_run *r, struct mb_call *call)
{
    struct mb_side_answer a = {0};
    enum mb_side_verdict verdict = ask(r, call, &a);
    mb_assert(verdict == MB_SIDE_ANSWER);
    answer(r, call, &a);
}

bool mb_side_on_note(struct mb_side_run *r, bool is_emit, const uint8_t key[MB_KEY_BYTES])
{
    const struct mb_side_policy *policy = r->job.policy;
    if (policy && policy->on_note)
        policy->on_note(policy->arg, is_emit, key);
    return !r->job.keeps;
}

/* ---------------------------------------------------------------- jobs */

static void limit(int64_t *to, int64_t wanted)
{
    if (wanted > 0)
        *to = wanted;
}

/* The run exists from here on, as in accept.c, but nobody is charged for it and nothing of it is
 * kept. */
static void begin(struct mb_side_run *r)
{
    struct mb_side *side = r->side;
    r->id = mb_id_new();
    struct mb_run *run = mb_run_new(side->engine, r->deployment, r->id);
    run->side = r;
    if (r->job.gate)
        run->gate = r->job.gate;
    run->created_us = run->clock_us = r->job.clock_us ? r->job.clock_us : mb_clock_wall_us();
    memcpy(run->seed, r->seed, sizeof(run->seed));
    run->input = r->input;
    run->input_len = r->input_len;
    r->input = NULL;
    limit(&run->limits.cpu_ms, r->job.limits.cpu_ms);
    limit(&run->limits.wall_ms, r->job.limits.wall_ms);
    limit(&run->limits.steps, r->job.limits.steps);
    limit(&run->limits.budget_micros, r->job.limits.budget_micros);
    r->follow.run = run;
    r->follow.run_id = r->id;
    mb_list_push(&run->followers, &r->follow.node);
    side->stats.started++;
    mb_journal_touch(run, false);
    mb_call_begin_run(run);
}

static int64_t count_of(const struct mb_list *list, struct mb_id customer_id)
{
    int64_t n = 0;
    for (struct mb_list *it = list->next; it != list; it = it->next)
        n += mb_id_eq(MB_LIST_ENTRY(it, struct mb_side_run, node)->deployment->customer_id,
                      customer_id);
    return n;
}

/* Begins what may be begun, the oldest first; a customer at its limit does not hold up others. */
static void pump(struct mb_side *side)
{
    MB_LIST_EACH(it, tmp, &side->queued)
    {
        struct mb_side_run *r = MB_LIST_ENTRY(it, struct mb_side_run, node);
        if (side->stats.under_way >= (size_t)side->config.runs)
            return;
        if (count_of(&side->under_way, r->deployment->customer_id) >= side->config.customer_runs)
            continue;
        mb_list_remove(&r->node);
        mb_list_push(&side->under_way, &r->node);
        side->stats.queued--;
        side->stats.under_way++;
        begin(r);
    }
}

static int check_room(struct mb_side *side, struct mb_id customer_id, struct mb_err *err)
{
    if (side->draining)
        return mb_err_set(err, MB_E_UNAVAILABLE, "this host is being stopped");
    int64_t queued = (int64_t)side->stats.queued, own = count_of(&side->queued, customer_id);
    if (queued < side->config.queue && own < side->config.customer_queue)
        return 0;
    side->stats.refused++;
    return mb_err_set(err, MB_E_OVERLOADED, "%" PRId64 " replays and simulations wait already",
                      queued < side->config.queue ? own : queued);
}

int mb_side_start(struct mb_side *side, const struct mb_side_job *job, mb_side_done *on_done,
                  void *arg, struct mb_side_run **run, struct mb_err *err)
{
    mb_assert(job->policy || job->gate);
    int rc = check_room(side, job->deployment->customer_id, err);
    if (rc < 0)
        return rc;
    struct mb_side_run *r = mb_zalloc(sizeof(*r));
    r->side = side;
    r->job = *job;
    r->deployment = mb_deployment_ref(job->deployment);
    r->input = mb_strndup(job->input.ptr, job->input.len);
    r->input_len = job->input.len;
    if (job->seed)
        memcpy(r->seed, job->seed, sizeof(r->seed));
    else
        mb_random(r->seed, sizeof(r->seed));
    r->on_done = on_done;
    r->arg = arg;
    r->follow = (struct mb_follow){.on_done = on_end, .on_parked = on_end, .on_lost = on_lost};
    mb_list_init(&r->follow.node);
    if (job->keeps) {
        r->calls = json_array();
        r->notes = json_array();
        r->follow.on_event = on_event;
    }
    mb_list_init(&r->node);
    mb_list_push(&side->queued, &r->node);
    side->stats.queued++;
    r->deadline.on_due = on_deadline;
    mb_timer_arm(&side->loop->timers, &r->deadline, side->loop->now_us + side->config.deadline_us);
    *run = r;
    pump(side);
    return 0;
}

int mb_side_check_input(const struct mb_deployment *deployment, struct mb_str input,
                        struct mb_err *err)
{
    return mb_run_check_input(deployment, input, err);
}

/* ---------------------------------------------------------------- memory */

int mb_side_hold(struct mb_side *side, struct mb_side_hold *hold, struct mb_id customer_id,
                 int64_t bytes, struct mb_err *err)
{
    int64_t most = side->config.bytes, all = bytes, own = bytes;
    if (bytes > most / 4)
        return mb_err_set(err, MB_E_TOO_LARGE,
                          "the record of the run has %" PRId64 " bytes; replays take %" PRId64,
                          bytes, most / 4);
    for (struct mb_list *it = side->holds.next; it != &side->holds; it = it->next) {
        const struct mb_side_hold *other = MB_LIST_ENTRY(it, struct mb_side_hold, node);
        all += other->bytes;
        own += mb_id_eq(other->customer_id, customer_id) ? other->bytes : 0;
    }
    if (all > most || own > most / 2) {
        side->stats.refused++;
        return mb_err_set(err, MB_E_OVERLOADED, "replays hold %" PRId64 " bytes already",
                          (all > most ? all : own) - bytes);
    }
    *hold = (struct mb_side_hold){.customer_id = customer_id, .bytes = bytes};
    mb_list_init(&hold->node);
    mb_list_push(&side->holds, &hold->node);
    return 0;
}

void mb_side_let_go(struct mb_side_hold *hold)
{
    if (hold->node.next)
        mb_list_remove(&hold->node);
    *hold = (struct mb_side_hold){0};
}

/* ---------------------------------------------------------------- the engine itself */

struct mb_side *mb_side_new(struct mb_loop *loop, struct mb_gate *gate, struct mb_zygote *zygote,
                            struct mb_catalog *catalog, const struct mb_engine_config *engine,
                            const struct mb_side_config *config)
{
    struct mb_side *side = mb_zalloc(sizeof(*side));
    struct mb_engine_config settings = *engine;
    settings.max_runs = config->runs;
    settings.max_sandboxes = MB_MIN(config->runs, engine->max_sandboxes);
    settings.linger_us = 0;
    side->loop = loop;
    side->catalog = catalog;
    side->config = *config;
    mb_list_init(&side->queued);
    mb_list_init(&side->under_way);
    mb_list_init(&side->holds);
    side->store = mb_store_mem_new();
    side->engine = mb_engine_new(loop, gate, side->store, catalog, zygote, &settings);
    mb_store_mem_bind(side->store, side->engine, NULL, NULL);
    return side;
}

static void drop_all(struct mb_list *list)
{
    while (!mb_list_is_empty(list)) {
        struct mb_side_run *r = MB_LIST_ENTRY(list->next, struct mb_side_run, node);
        drop(r);
        free_run(r);
    }
}

void mb_side_free(struct mb_side *side)
{
    if (!side)
        return;
    drop_all(&side->queued);
    drop_all(&side->under_way);
    mb_engine_free(side->engine);
    side->store->free(side->store);
    free(side);
}

void mb_side_drain(struct mb_side *side)
{
    side->draining = true;
}

struct mb_catalog *mb_side_catalog(const struct mb_side *side)
{
    return side->catalog;
}

struct mb_loop *mb_side_loop(const struct mb_side *side)
{
    return side->loop;
}

void mb_side_count_canary(struct mb_side *side, int by)
{
    side->stats.canaries += (size_t)by;
}

/* A simulation is what the gate's stand-in answers, with no policy before it. */
void mb_side_get_stats(const struct mb_side *side, struct mb_side_stats *stats)
{
    *stats = side->stats;
    for (struct mb_list *it = side->under_way.next; it != &side->under_way; it = it->next)
        stats->simulations += !MB_LIST_ENTRY(it, struct mb_side_run, node)->job.policy;
}

/* What child runs mean for their parent's budget.
 *
 * What a child may spend is held out of it while the child is open. Of a child that is waited for,
 * the parent hears the end, and the rest returns. Of others it hears nothing: when the budget does
 * not suffice, they are looked at, and what those that are over did not need is free again. A
 * parent that is parked all the same looks again when it wakes, which the end of any child brings
 * about. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "run/child_private.h"

enum { AGAIN_US = 500 * 1000 }; /* until a store that did not answer is asked again */

/* Under way; the store calls back at most once at a time. */
struct mb_look_back {
    struct mb_run *run; /* NULL: nobody wants to know, and this goes when the store has answered */
    struct mb_loop *loop;
    struct mb_timer timer;
    bool is_asking;
    size_t n, at;
    struct mb_id ids[]; /* of children that were not known to be over */
};

/* ---------------------------------------------------------------- what is held */

static struct mb_detached *find(const struct mb_run *run, struct mb_id id)
{
    return mb_map_get(&run->detached, id.bytes, sizeof(id.bytes));
}

void mb_child_keep_detached(struct mb_run *run, struct mb_id id, int64_t held_micros)
{
    struct mb_detached *d = find(run, id);
    if (d) { /* a forged record may name one twice */
        run->held_micros -= d->held_micros;
        d->held_micros = held_micros;
        d->is_over = false;
        return;
    }
    d = mb_alloc(sizeof(*d));
    *d = (struct mb_detached){.id = id, .held_micros = held_micros};
    mb_map_set(&run->detached, d->id.bytes, sizeof(d->id.bytes), d);
}

bool mb_child_take_detached(struct mb_run *run, struct mb_id id)
{
    struct mb_detached *d = mb_map_remove(&run->detached, id.bytes, sizeof(id.bytes));
    if (!d)
        return false;
    run->held_micros -= d->held_micros;
    free(d);
    return true;
}

/* A record may be what somebody gave a step of a fork as its result: any number may stand there. */
static int64_t amount(const json_t *object, const char *name)
{
    static const int64_t most = 1000000 * INT64_C(1000000); /* a million dollars */
    int64_t micros = mb_json_int(object, name, 0);
    return MB_MIN(MB_MAX(micros, (int64_t)0), most);
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
    bool is_child = mb_id_parse(&id, "run", mb_json_str(told, "run_id"));
    if (is_child && is_run && !usage) {
        int64_t held = run->limits.budget_micros >= 0 ? amount(told, "budget_micros") : 0;
        mb_child_keep_detached(run, id, held);
        run->held_micros += held;
    }
    if (usage && (is_run || (is_child && mb_child_take_detached(run, id))))
        run->children_micros += amount(usage, "cost_micros");
    json_decref(value);
}

static bool free_each(void *value, void *arg)
{
    (void)arg;
    free(value);
    return true;
}

void mb_child_forget(struct mb_run *run)
{
    struct mb_look_back *look = run->look_back;
    run->look_back = NULL;
    if (look) {
        look->run = NULL;
        mb_timer_cancel(&look->loop->timers, &look->timer);
        if (!look->is_asking)
            free(look);
    }
    mb_map_each(&run->detached, free_each, NULL);
    mb_map_release(&run->detached);
    run->n_children = 0;
    run->children_micros = run->held_micros = 0;
}

/* ---------------------------------------------------------------- looking back */

/* Calls that waited for this go on, unless one of them parks the run. */
static void finish(struct mb_look_back *look)
{
    struct mb_run *run = look->run;
    run->look_back = NULL;
    free(look);
    MB_LIST_EACH(it, tmp, &run->calls)
    {
        struct mb_call *call = MB_LIST_ENTRY(it, struct mb_call, node);
        if (run->phase != MB_PHASE_LIVE)
            return;
        if (!call->looks_back)
            continue;
        call->looks_back = false;
        if (call->child)
            mb_child_on_looked_back(call);
        else
            mb_call_go(call);
    }
}

static void ask(struct mb_look_back *look);

static void on_again(struct mb_timer *timer)
{
    ask(MB_CONTAINER_OF(timer, struct mb_look_back, timer));
}

/* One that this run does not have was another's, of which this one is a fork: it costs nothing. */
static void on_read(void *arg, const struct mb_child_state *state, const struct mb_err *err)
{
    struct mb_look_back *look = arg;
    look->is_asking = false;
    if (!look->run) {
        free(look);
        return;
    }
    if (err) {
        mb_timer_arm(&look->loop->timers, &look->timer, look->loop->now_us + AGAIN_US);
        return;
    }
    struct mb_detached *d = find(look->run, look->ids[look->at]);
    if (d && (state->is_over || !state->is_known)) {
        look->run->held_micros += state->cost_micros - d->held_micros;
        d->held_micros = state->cost_micros;
        d->is_over = true;
    }
    look->at++;
    ask(look);
}

static void ask(struct mb_look_back *look)
{
    if (look->at == look->n) {
        finish(look);
        return;
    }
    struct mb_run *run = look->run;
    struct mb_store *store = run->engine->store;
    look->is_asking = store->read_child(store, run->tenant->id, run->id, look->ids[look->at],
                                        on_read, look, NULL) == 0;
    if (!look->is_asking)
        mb_timer_arm(&look->loop->timers, &look->timer, look->loop->now_us + AGAIN_US);
}

static bool add_open(void *value, void *arg)
{
    const struct mb_detached *d = value;
    struct mb_look_back *look = arg;
    if (!d->is_over && d->held_micros > 0)
        look->ids[look->n++] = d->id;
    return true;
}

bool mb_child_look_back(struct mb_call *call)
{
    struct mb_run *run = call->run;
    if (call->has_looked_back || run->detached.count == 0)
        return false;
    call->has_looked_back = true;
    if (!run->look_back) {
        struct mb_look_back *look =
            mb_zalloc(sizeof(*look) + run->detached.count * sizeof(look->ids[0]));
        mb_map_each(&run->detached, add_open, look);
        if (look->n == 0) {
            free(look);
            return false;
        }
        look->run = run;
        look->loop = run->engine->loop;
        look->timer.on_due = on_again;
        run->look_back = look;
        ask(look);
    }
    call->looks_back = true;
    return true;
}

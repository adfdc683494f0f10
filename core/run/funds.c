/* Money on this core: a slice of the customer's balance, promises out of it, and what is spent. The
 * slice falls in the database by what is journaled, here by what is spent: the two agree as soon as
 * the journal is written. */
#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "run/private.h"

static int64_t available(const struct mb_tenant *t)
{
    return t->leased_micros - t->reserved_micros;
}

static void promise(struct mb_call *call, int64_t micros)
{
    call->reserved_micros = micros;
    call->run->reserved_micros += micros;
    call->run->tenant->reserved_micros += micros;
}

struct lease {
    struct mb_engine *engine;
    struct mb_id customer_id;
};

static void ask(struct mb_tenant *t);

/* Serves who waits, in order, as far as the money goes. Whoever needs more than there is while no
 * more can be had parks. */
static void serve(struct mb_tenant *t, bool refused)
{
    while (!mb_list_is_empty(&t->want_funds)) {
        struct mb_call *call = MB_LIST_ENTRY(t->want_funds.next, struct mb_call, funds_node);
        bool enough = call->wanted_micros <= available(t);
        if (!enough && !refused) {
            ask(t);
            return;
        }
        mb_list_remove(&call->funds_node);
        if (enough)
            promise(call, call->wanted_micros);
        mb_call_on_funds(call, enough);
    }
}

static void on_leased(void *arg, int64_t granted_micros, const struct mb_err *err)
{
    struct lease *l = arg;
    struct mb_tenant *t =
        mb_map_get(&l->engine->tenants, l->customer_id.bytes, sizeof(l->customer_id.bytes));
    free(l);
    if (!t) /* this core's life has ended meanwhile, and its leases with it */
        return;
    t->leasing = false;
    t->leased_micros += granted_micros;
    if (err && err->code != MB_E_DATABASE && err->code != MB_E_OVERLOADED &&
        err->code != MB_E_TIMEOUT)
        mb_log_err(MB_LOG_WARN, "balance_not_leased", err);
    serve(t, granted_micros == 0 && !err);
}

static void ask(struct mb_tenant *t)
{
    struct mb_engine *e = t->engine;
    if (t->leasing || mb_list_is_empty(&t->want_funds))
        return;
    struct mb_call *first = MB_LIST_ENTRY(t->want_funds.next, struct mb_call, funds_node);
    int64_t least = first->wanted_micros - available(t);
    int64_t want = MB_MAX(least, e->config.lease_micros);
    struct lease *l = mb_alloc(sizeof(*l));
    *l = (struct lease){e, t->id};
    struct mb_err err;
    t->leasing = true;
    if (e->store->lease(e->store, t->id, want, least, on_leased, l, &err) == 0)
        return;
    t->leasing = false; /* the store is at its limit: asked again with the next call */
    free(l);
}

int64_t mb_funds_left(const struct mb_run *run)
{
    if (run->limits.budget_micros < 0)
        return -1;
    int64_t gone =
        run->price_micros + run->reserved_micros + run->children_micros + run->held_micros;
    return MB_MAX(run->limits.budget_micros - gone, (int64_t)0);
}

int mb_funds_reserve(struct mb_call *call, int64_t micros, struct mb_err *err)
{
    struct mb_run *run = call->run;
    if (micros <= 0)
        return 1;
    int64_t left = mb_funds_left(run);
    if (left >= 0 && micros > left)
        return mb_err_set(err, MB_E_BUDGET,
                          "the next step may cost %" PRId64 " micro-dollars; %" PRId64
                          " of the run's budget are left",
                          micros, left);
    struct mb_tenant *t = run->tenant;
    if (mb_list_is_empty(&t->want_funds) && micros <= available(t)) {
        promise(call, micros);
        return 1;
    }
    call->wanted_micros = micros;
    mb_list_push(&t->want_funds, &call->funds_node);
    ask(t);
    return 0;
}

void mb_funds_settle(struct mb_call *call, int64_t spent_micros)
{
    struct mb_tenant *t = call->run->tenant;
    call->run->reserved_micros -= call->reserved_micros;
    t->reserved_micros -= call->reserved_micros;
    call->reserved_micros = 0;
    t->leased_micros -= spent_micros;
}

void mb_funds_forget(struct mb_call *call)
{
    mb_list_remove(&call->funds_node);
}

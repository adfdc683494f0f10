/* POST /v1/deployments/{id}/execute: start a run, and wait for it, or not, or stream it.
 *
 * This is the busy one: with a key that is known it is one look-up each for route, key and rate,
 * one call into the engine, and the answer when the engine calls back. */
#include <stdio.h>
#include <string.h>

#include "http/handlers.h"
#include "http/prefer.h"
#include "http/runstream.h"
#include "http/runwatch.h"
#include "http/sql.h"

struct execute {
    struct mb_request *r;
    struct mb_follow follow;
    struct mb_timer timer;
    struct mb_prefer prefer;
    struct elsewhere *elsewhere; /* NULL while the run is here */
};

/* The run is not here any more (or was never): the database tells when it has ended. */
struct elsewhere {
    struct mb_run_watch watch;
    struct execute *execute;
};

static struct execute *of(struct mb_follow *follow)
{
    return MB_CONTAINER_OF(follow, struct execute, follow);
}

/* Nothing is under way any more; the answer follows. */
static void settle(struct execute *x)
{
    mb_timer_cancel(&x->r->http->loop->timers, &x->timer);
    mb_engine_unfollow(&x->follow);
    if (x->elsewhere)
        mb_run_watch_stop(&x->elsewhere->watch);
    x->r->cancel = NULL;
}

static void cancel(struct mb_request *r)
{
    settle(r->state);
}

static void answer(struct execute *x, int status, struct mb_str json)
{
    char applied[32];
    settle(x);
    mb_request_set_location(x->r, "/v1/runs/", x->follow.run_id, "run");
    if (x->prefer.is_given) {
        if (x->prefer.wait_s)
            snprintf(applied, sizeof(applied), "wait=%d", x->prefer.wait_s);
        mb_request_set(x->r, "preference-applied", x->prefer.wait_s ? applied : "respond-async");
    }
    mb_request_answer(x->r, status, json);
}

static void answer_accepted(struct execute *x)
{
    char text[192], run[MB_ID_TEXT], deployment[MB_ID_TEXT];
    int n = snprintf(text, sizeof(text),
                     "{\"id\":\"%s\",\"status\":\"running\",\"wait_reason\":null,"
                     "\"deployment_id\":\"%s\"}",
                     mb_id_format(x->follow.run_id, "run", run),
                     mb_id_format(x->r->ids[0], "dep", deployment));
    answer(x, 202, MB_STR_OF(text, (size_t)n));
}

/* ---------------------------------------------------------------- what the engine tells */

static void refuse(struct execute *x, const struct mb_err *err)
{
    settle(x);
    mb_request_refuse(x->r, err);
}

static void on_refused(struct mb_follow *follow, const struct mb_err *err)
{
    refuse(of(follow), err);
}

/* Who did not want to wait is answered 202 also when the run was faster than its acceptance. */
static void on_done(struct mb_follow *follow, struct mb_str run_json)
{
    struct execute *x = of(follow);
    answer(x, x->prefer.wait_s ? 200 : 202, run_json);
}

static void on_parked(struct mb_follow *follow, struct mb_str run_json)
{
    answer(of(follow), 202, run_json);
}

/* The client does not want to wait (any longer), and the journal holds the run. */
static void on_accepted(struct mb_follow *follow, struct mb_id run_id)
{
    follow->run_id = run_id;
    answer_accepted(of(follow));
}

static struct execute *of_watch(struct mb_run_watch *watch)
{
    return MB_CONTAINER_OF(watch, struct elsewhere, watch)->execute;
}

static void on_watch_done(struct mb_run_watch *watch, struct mb_str run_json)
{
    answer(of_watch(watch), 200, run_json);
}

/* A run that is not there was lost before it was accepted: the client may send it again. */
static void on_watch_failed(struct mb_run_watch *watch, const struct mb_err *err)
{
    struct mb_err lost;
    if (err->code == MB_E_NOT_FOUND) {
        mb_err_set(&lost, MB_E_UNAVAILABLE, "the run could not be accepted");
        err = &lost;
    }
    refuse(of_watch(watch), err);
}

static void on_lost(struct mb_follow *follow, struct mb_id run_id)
{
    static const struct mb_run_watch_events events = {.on_done = on_watch_done,
                                                      .on_failed = on_watch_failed};
    struct execute *x = of(follow);
    follow->run_id = run_id;
    x->elsewhere = mb_request_alloc(x->r, sizeof(struct elsewhere));
    x->elsewhere->execute = x;
    mb_run_watch_start(&x->elsewhere->watch, x->r->http, x->r->caller.customer_id, run_id, 0,
                       &events);
}

/* ---------------------------------------------------------------- time */

/* The time is over: 202 as soon as the journal surely holds the run. */
static void on_due(struct mb_timer *timer)
{
    struct execute *x = MB_CONTAINER_OF(timer, struct execute, timer);
    struct mb_id run_id = x->follow.run_id;
    if (x->elsewhere) {
        answer_accepted(x);
        return;
    }
    x->follow.on_accepted = on_accepted;
    if (mb_id_is_nil(run_id))
        return; /* it is on its way: the engine will call */
    mb_engine_unfollow(&x->follow);
    if (!mb_engine_follow(x->r->http->deps.engine, x->r->caller.customer_id, run_id, &x->follow))
        on_lost(&x->follow, run_id);
}

static void start(struct execute *x, const struct mb_exec_request *request)
{
    struct mb_request *r = x->r;
    struct mb_err err;
    x->follow.on_refused = on_refused;
    x->follow.on_done = on_done;
    x->follow.on_parked = on_parked;
    x->follow.on_lost = on_lost;
    if (x->prefer.wait_s == 0)
        x->follow.on_accepted = on_accepted; /* else the run's end is the first that is told */
    if (mb_engine_execute(r->http->deps.engine, request, &x->follow, &err) < 0) {
        mb_request_refuse(r, &err);
        return;
    }
    mb_request_drop_body(r);
    r->state = x;
    r->cancel = cancel;
    if (x->prefer.wait_s == 0)
        return;
    x->timer.on_due = on_due;
    mb_timer_arm(&r->http->loop->timers, &x->timer,
                 r->http->loop->now_us + (int64_t)x->prefer.wait_s * 1000000);
}

void mb_handle_execute(struct mb_request *r)
{
    struct mb_exec_request request = {
        .customer_id = r->caller.customer_id,
        .deployment_id = r->ids[0],
        .input = MB_STR_OF(r->h2o->entity.base, r->h2o->entity.len),
    };
    if (!mb_idempotency_key(r, &request.idempotency_key))
        return;
    if (mb_request_accepts(r, "text/event-stream", true)) {
        mb_run_stream_execute(r, &request);
        return;
    }
    struct execute *x = mb_request_alloc(r, sizeof(*x));
    x->r = r;
    x->prefer = mb_prefer_parse(mb_request_header(r, "prefer"));
    if (!x->prefer.is_given)
        x->prefer.wait_s = (r->http->config.execute_wait_ms + 999) / 1000;
    start(x, &request);
}

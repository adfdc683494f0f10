#include "http/runwatch.h"

#include <stdio.h>
#include <string.h>

#include "http/http_int.h"
#include "http/problem.h"
#include "http/sql.h"

enum {
    PAGE = 200,               /* events of one reading */
    FAILURES_MAX = 60,        /* readings in a row that the database did not answer */
    AGAIN_US = 20 * 1000,     /* after something came up */
    LOOK_US = 300 * 1000,     /* between the looks; longer than a flush takes */
    RUNNING_US = 500 * 1000,  /* a run that executes elsewhere */
    WAITING_US = 5 * 1000000, /* a run that waits: it is told when that ends, mostly */
    SHARE_US = 2 * 1000,      /* times the number of watches: the least time between readings */
    LOOKS = 2,
};

static const struct {
    const char *name;
    bool is_journaled;
} kinds[] = {
    [MB_EVENT_STEP] = {"step", true},     [MB_EVENT_EMIT] = {"emit", true},
    [MB_EVENT_LOG] = {"log", true},       [MB_EVENT_DELTA] = {"delta", false},
    [MB_EVENT_NOTICE] = {"notice", true}, [MB_EVENT_STATUS] = {"status", false},
};

bool mb_seen_add(struct mb_seen *seen, int seq)
{
    int i = 0;
    if (seq <= seen->low)
        return false;
    while (i < seen->n && seen->above[i] < seq)
        i++;
    if (i < seen->n && seen->above[i] == seq)
        return false;
    if (seen->n == MB_SEEN_MAX) { /* the gap has been open for too long: it is given up */
        if (i == 0) {
            seen->low = seq;
            return true;
        }
        seen->low = seen->above[0];
        memmove(seen->above, seen->above + 1, (size_t)--seen->n * sizeof(int));
        i--;
    }
    memmove(seen->above + i + 1, seen->above + i, (size_t)(seen->n - i) * sizeof(int));
    seen->above[i] = seq;
    seen->n++;
    int closed = 0;
    while (closed < seen->n && seen->above[closed] == seen->low + 1) {
        seen->low++;
        closed++;
    }
    seen->n -= closed;
    memmove(seen->above, seen->above + closed, (size_t)seen->n * sizeof(int));
    return true;
}

static void read_now(struct mb_run_watch *watch);

static void rest(struct mb_run_watch *watch, int64_t us)
{
    struct mb_loop *loop = watch->http->loop;
    watch->state = MB_WATCH_RESTING;
    mb_timer_arm(&loop->timers, &watch->timer, loop->now_us + us);
}

static void tell(struct mb_run_watch *watch, const char *name, int seq, struct mb_str json)
{
    int low = watch->seen.low;
    if (!watch->events->on_event || !mb_seen_add(&watch->seen, seq))
        return;
    int mark = watch->seen.low == low ? -1 : watch->seen.low;
    watch->events->on_event(watch, name, seq, mark, json);
}

static void finish(struct mb_run_watch *watch, struct mb_str run_json)
{
    struct mb_buf done = watch->done; /* the text may lie in it */
    const struct mb_run_watch_events *events = watch->events;
    watch->done = (struct mb_buf){0};
    mb_run_watch_stop(watch);
    events->on_done(watch, run_json);
    mb_buf_release(&done);
}

static void fail(struct mb_run_watch *watch, const struct mb_err *err)
{
    mb_run_watch_stop(watch);
    watch->events->on_failed(watch, err);
}

/* ---------------------------------------------------------------- what the engine tells */

static void on_event(struct mb_follow *follow, const struct mb_run_event *event)
{
    struct mb_run_watch *watch = MB_CONTAINER_OF(follow, struct mb_run_watch, follow);
    if (!kinds[event->kind].is_journaled || event->seq == 0) {
        if (watch->events->on_event)
            watch->events->on_event(watch, kinds[event->kind].name, -1, -1, event->json);
    } else if (watch->state == MB_WATCH_READING) {
        watch->again = true; /* what is being read comes first */
    } else {
        tell(watch, kinds[event->kind].name, event->seq, event->json);
    }
}

static void on_done(struct mb_follow *follow, struct mb_str run_json)
{
    struct mb_run_watch *watch = MB_CONTAINER_OF(follow, struct mb_run_watch, follow);
    watch->is_live = false;
    if (watch->state == MB_WATCH_TRUSTING) {
        finish(watch, run_json);
        return;
    }
    mb_buf_add_str(&watch->done, run_json);
    watch->again = true;
    if (watch->state == MB_WATCH_RESTING)
        read_now(watch);
}

static void lost(struct mb_run_watch *watch)
{
    watch->is_live = false;
    watch->again = true;
    if (watch->state != MB_WATCH_READING)
        read_now(watch);
}

static void on_parked(struct mb_follow *follow, struct mb_str run_json)
{
    (void)run_json;
    lost(MB_CONTAINER_OF(follow, struct mb_run_watch, follow));
}

static void on_lost(struct mb_follow *follow, struct mb_id run_id)
{
    struct mb_run_watch *watch = MB_CONTAINER_OF(follow, struct mb_run_watch, follow);
    watch->run_id = run_id;
    lost(watch);
}

static void set_follow(struct mb_run_watch *watch)
{
    watch->follow.on_event = on_event;
    watch->follow.on_parked = on_parked;
    watch->follow.on_done = on_done;
    watch->follow.on_lost = on_lost;
}

static bool go_live(struct mb_run_watch *watch)
{
    watch->follow = (struct mb_follow){0};
    set_follow(watch);
    watch->is_live = mb_engine_follow(watch->http->deps.engine, watch->customer_id, watch->run_id,
                                      &watch->follow);
    watch->looks = LOOKS;
    return watch->is_live;
}

/* ---------------------------------------------------------------- what the database tells */

static int64_t interval_us(const struct mb_run_watch *watch, const json_t *run)
{
    int64_t us = mb_str_is(mb_json_str(run, "status"), "waiting") ? WAITING_US : RUNNING_US;
    return MB_MAX(us, (int64_t)watch->http->n_watches * SHARE_US);
}

static bool has_ended(const json_t *run)
{
    struct mb_str status = mb_json_str(run, "status");
    return mb_str_is(status, "succeeded") || mb_str_is(status, "failed") ||
           mb_str_is(status, "cancelled");
}

static void tell_all(struct mb_run_watch *watch, const json_t *events)
{
    struct mb_buf text = {0};
    size_t i;
    const json_t *event;
    json_array_foreach(events, i, event)
    {
        int seq = (int)mb_json_int(event, "seq", 0);
        mb_buf_clear(&text);
        mb_json_dump(&text, json_object_get(event, "data"));
        watch->page_after = seq;
        tell(watch, json_string_value(json_object_get(event, "event")), seq, mb_buf_str(&text));
        if (watch->state == MB_WATCH_OFF)
            break;
    }
    mb_buf_release(&text);
}

/* A reading is complete: what next? */
static void go_on(struct mb_run_watch *watch, const json_t *run)
{
    struct mb_buf text = {0};
    if (watch->again) {
        rest(watch, AGAIN_US);
        if (watch->done.end) /* all of it is in the journal by now */
            read_now(watch);
    } else if (watch->done.end) {
        finish(watch, mb_buf_str(&watch->done));
    } else if (has_ended(run) && !watch->is_live) {
        mb_json_dump(&text, run);
        finish(watch, mb_buf_str(&text));
        mb_buf_release(&text);
    } else if (watch->is_live || go_live(watch)) {
        if (watch->looks-- > 0 && watch->events->on_event)
            rest(watch, LOOK_US);
        else
            watch->state = MB_WATCH_TRUSTING;
    } else {
        rest(watch, interval_us(watch, run));
    }
}

static void on_read(void *arg, const struct mb_pg_result *res, const struct mb_err *pg_err)
{
    struct mb_run_watch *watch = arg;
    struct mb_err err;
    int status = res ? 0 : mb_problem_status(pg_err);
    watch->query = NULL;
    json_t *answer = res ? mb_sql_read(res, &status, &err) : NULL;
    if (!answer) {
        if (!res)
            err = *pg_err;
        if (status < 500 || ++watch->failures > FAILURES_MAX)
            fail(watch, &err);
        else
            rest(watch, WAITING_US);
        return;
    }
    const json_t *body = json_object_get(answer, "body");
    watch->failures = 0;
    if (watch->events->on_found)
        watch->events->on_found(watch);
    if (watch->state == MB_WATCH_READING)
        tell_all(watch, json_object_get(body, "events"));
    if (watch->state == MB_WATCH_READING) {
        if (mb_json_bool(body, "more", false))
            read_now(watch);
        else
            go_on(watch, json_object_get(body, "run"));
    }
    json_decref(answer);
}

static void read_now(struct mb_run_watch *watch)
{
    char text[192], id[MB_ID_TEXT];
    struct mb_err err;
    if (watch->state != MB_WATCH_READING) { /* else: the next page */
        watch->page_after = watch->seen.low;
        watch->again = false;
    }
    watch->state = MB_WATCH_READING;
    mb_timer_cancel(&watch->http->loop->timers, &watch->timer);
    snprintf(text, sizeof(text), "{\"params\":{\"run_id\":\"%s\",\"after\":%d,\"limit\":%d}}",
             mb_id_uuid(watch->run_id, id), watch->page_after, watch->events->on_event ? PAGE : 0);
    struct mb_pg_param params[] = {mb_pg_uuid(watch->customer_id), mb_pg_text_c(text)};
    if (mb_pg_query(watch->http->deps.pg, mb_sql_stmt("run_events"), params, on_read, watch,
                    &watch->query, &err) < 0)
        rest(watch, WAITING_US);
}

static void on_due(struct mb_timer *timer)
{
    read_now(MB_CONTAINER_OF(timer, struct mb_run_watch, timer));
}

/* ---------------------------------------------------------------- start and stop */

static void init(struct mb_run_watch *watch, struct mb_http *http, struct mb_id customer_id,
                 const struct mb_run_watch_events *events)
{
    watch->http = http;
    watch->events = events;
    watch->customer_id = customer_id;
    watch->timer.on_due = on_due;
    mb_list_init(&watch->node);
    mb_list_push(&http->watches, &watch->node);
    http->n_watches++;
}

void mb_run_watch_start(struct mb_run_watch *watch, struct mb_http *http, struct mb_id customer_id,
                        struct mb_id run_id, int after, const struct mb_run_watch_events *events)
{
    *watch = (struct mb_run_watch){.seen.low = after};
    init(watch, http, customer_id, events);
    watch->run_id = run_id;
    if (go_live(watch) && !events->on_event)
        watch->state = MB_WATCH_TRUSTING;
    else
        read_now(watch);
}

void mb_run_watch_born(struct mb_run_watch *watch, struct mb_http *http, struct mb_id customer_id,
                       const struct mb_run_watch_events *events)
{
    init(watch, http, customer_id, events);
    set_follow(watch);
    watch->is_live = true;
    watch->state = MB_WATCH_TRUSTING;
}

void mb_run_watch_catch_up(struct mb_run_watch *watch)
{
    mb_engine_unfollow(&watch->follow); /* it may or may not be here: asked anew, that is known */
    (void)go_live(watch);
    if (watch->state == MB_WATCH_TRUSTING)
        read_now(watch);
}

void mb_run_watch_stop(struct mb_run_watch *watch)
{
    if (watch->state == MB_WATCH_OFF)
        return;
    watch->state = MB_WATCH_OFF;
    mb_list_remove(&watch->node);
    watch->http->n_watches--;
    if (watch->is_live)
        mb_engine_unfollow(&watch->follow);
    watch->is_live = false;
    mb_timer_cancel(&watch->http->loop->timers, &watch->timer);
    if (watch->query)
        mb_pg_cancel(watch->query);
    watch->query = NULL;
    mb_buf_release(&watch->done);
}

void mb_run_watch_notify(struct mb_http *http, struct mb_id run_id)
{
    MB_LIST_EACH(node, next, &http->watches)
    {
        struct mb_run_watch *watch = MB_LIST_ENTRY(node, struct mb_run_watch, node);
        if (!mb_id_is_nil(run_id) && !mb_id_eq(run_id, watch->run_id))
            continue;
        if (watch->state == MB_WATCH_READING)
            watch->again = true;
        else if (watch->state == MB_WATCH_RESTING && !watch->is_live)
            read_now(watch);
    }
}

#include "http/runstream.h"

#include "http/http_int.h"
#include "http/runwatch.h"
#include "http/stream.h"

struct run_stream {
    struct mb_run_watch watch;
    struct mb_request *r;
    struct mb_stream *stream; /* NULL until it has begun */
    bool is_repeat; /* the request has an Idempotency-Key: the run may be an earlier one */
};

static struct run_stream *of(struct mb_run_watch *watch)
{
    return MB_CONTAINER_OF(watch, struct run_stream, watch);
}

static struct run_stream *of_follow(struct mb_follow *follow)
{
    return of(MB_CONTAINER_OF(follow, struct mb_run_watch, follow));
}

static void cancel(struct mb_request *r)
{
    struct run_stream *s = r->state;
    mb_run_watch_stop(&s->watch);
}

static void on_gone(struct mb_stream *stream)
{
    cancel(stream->r);
}

/* False when there is no stream, and then nothing is left to do. */
static bool begin(struct run_stream *s, struct mb_id run_id)
{
    if (s->stream)
        return true;
    if (!s->r->op->streams_only)
        mb_request_set_location(s->r, "/v1/runs/", run_id, "run");
    s->stream = mb_stream_start(s->r, on_gone);
    if (s->stream)
        return true;
    mb_run_watch_stop(&s->watch);
    return false;
}

static void on_event(struct mb_run_watch *watch, const char *name, int seq, int mark,
                     struct mb_str json)
{
    struct run_stream *s = of(watch);
    if (!begin(s, mb_id_is_nil(watch->run_id) ? watch->follow.run_id : watch->run_id))
        return;
    if (seq < 0 && name[0] == 'd') /* delta */
        mb_stream_send_loss(s->stream, name, json);
    else
        mb_stream_send(s->stream, name, mark, json);
}

static void on_done(struct mb_run_watch *watch, struct mb_str run_json)
{
    struct run_stream *s = of(watch);
    if (!begin(s, mb_id_is_nil(watch->run_id) ? watch->follow.run_id : watch->run_id))
        return;
    mb_stream_send(s->stream, "done", -1, run_json);
    mb_stream_end(s->stream);
}

static void on_failed(struct mb_run_watch *watch, const struct mb_err *err)
{
    struct run_stream *s = of(watch);
    s->r->cancel = NULL;
    if (s->stream)
        mb_stream_break(s->stream);
    else
        mb_request_refuse(s->r, err);
}

static void on_found(struct mb_run_watch *watch)
{
    (void)begin(of(watch), watch->run_id);
}

static const struct mb_run_watch_events watch_events = {
    .on_found = on_found, .on_event = on_event, .on_done = on_done, .on_failed = on_failed};

void mb_run_stream_follow(struct mb_request *r, struct mb_id run_id, int after)
{
    struct run_stream *s = mb_request_alloc(r, sizeof(*s));
    s->r = r;
    r->state = s;
    r->cancel = cancel;
    mb_run_watch_start(&s->watch, r->http, r->caller.customer_id, run_id, after, &watch_events);
}

/* ---------------------------------------------------------------- execute */

static void on_refused(struct mb_follow *follow, const struct mb_err *err)
{
    struct run_stream *s = of_follow(follow);
    s->watch.is_live = false;
    mb_run_watch_stop(&s->watch);
    s->r->cancel = NULL;
    mb_request_refuse(s->r, err);
}

static void on_accepted(struct mb_follow *follow, struct mb_id run_id)
{
    struct run_stream *s = of_follow(follow);
    s->watch.run_id = run_id;
    if (begin(s, run_id) && s->is_repeat)
        mb_run_watch_catch_up(&s->watch);
}

void mb_run_stream_execute(struct mb_request *r, const struct mb_exec_request *request)
{
    struct mb_err err;
    struct run_stream *s = mb_request_alloc(r, sizeof(*s));
    s->r = r;
    s->is_repeat = request->idempotency_key.len > 0;
    s->watch.follow.on_refused = on_refused;
    s->watch.follow.on_accepted = on_accepted;
    mb_run_watch_born(&s->watch, r->http, r->caller.customer_id, &watch_events);
    if (mb_engine_execute(r->http->deps.engine, request, &s->watch.follow, &err) < 0) {
        s->watch.is_live = false;
        mb_run_watch_stop(&s->watch);
        mb_request_refuse(r, &err);
        return;
    }
    mb_request_drop_body(r);
    r->state = s;
    r->cancel = cancel;
}

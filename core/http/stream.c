#include "http/stream.h"

#include <string.h>

#include "http/http_int.h"

enum {
    BACKLOG_BYTES = 1024 * 1024, /* that a client has not taken */
    LOSSY_BYTES = 64 * 1024,     /* from here on what can be left out is */
    HEARTBEAT_US = 15 * 1000 * 1000,
};

static void close_stream(struct mb_stream *stream)
{
    struct mb_http *http = stream->r->http;
    if (!stream->is_open)
        return;
    stream->is_open = false;
    http->n_streams--;
    mb_list_remove(&stream->node);
    mb_timer_cancel(&http->loop->timers, &stream->heartbeat);
}

static void flush(struct mb_stream *stream)
{
    if (stream->is_sending || (mb_buf_len(&stream->out) == 0 && !stream->is_ending))
        return;
    struct mb_buf empty = stream->flying;
    stream->flying = stream->out;
    stream->out = empty;
    mb_buf_clear(&stream->out);
    struct mb_str text = mb_buf_str(&stream->flying);
    h2o_iovec_t vec = h2o_iovec_init(text.ptr, text.len);
    h2o_send_state_t state = stream->is_broken   ? H2O_SEND_STATE_ERROR
                             : stream->is_ending ? H2O_SEND_STATE_FINAL
                                                 : H2O_SEND_STATE_IN_PROGRESS;
    stream->is_sending = true;
    h2o_send(stream->r->h2o, &vec, text.len ? 1 : 0, state);
}

static void on_flush(struct mb_turn *turn)
{
    flush(MB_CONTAINER_OF(turn, struct mb_stream, flush));
}

static void on_proceed(h2o_generator_t *generator, h2o_req_t *req)
{
    struct mb_stream *stream = MB_CONTAINER_OF(generator, struct mb_stream, generator);
    (void)req;
    stream->is_sending = false;
    mb_buf_release(&stream->flying); /* most streams are quiet most of the time */
    flush(stream);
}

static void tell_gone(struct mb_stream *stream)
{
    void (*on_gone)(struct mb_stream *) = stream->on_gone;
    stream->on_gone = NULL;
    if (on_gone)
        on_gone(stream);
}

static void on_stop(h2o_generator_t *generator, h2o_req_t *req)
{
    struct mb_stream *stream = MB_CONTAINER_OF(generator, struct mb_stream, generator);
    (void)req;
    close_stream(stream);
    mb_turn_cancel(&stream->flush);
    tell_gone(stream);
}

static void on_dispose(void *arg)
{
    struct mb_stream *stream = arg;
    mb_turn_cancel(&stream->flush);
    mb_buf_release(&stream->out);
    mb_buf_release(&stream->flying);
}

static void on_heartbeat(struct mb_timer *timer)
{
    struct mb_stream *stream = MB_CONTAINER_OF(timer, struct mb_stream, heartbeat);
    struct mb_loop *loop = stream->r->http->loop;
    if (mb_buf_len(&stream->out) == 0)
        mb_buf_add_c(&stream->out, ":\n\n");
    mb_turn_queue(loop, &stream->flush);
    mb_timer_arm(&loop->timers, timer, loop->now_us + HEARTBEAT_US);
}

struct mb_stream *mb_stream_start(struct mb_request *r, void (*on_gone)(struct mb_stream *stream))
{
    struct mb_http *http = r->http;
    struct mb_err err;
    if (http->n_streams >= http->config.streams_max || http->stopping) {
        (void)mb_err_set(&err, MB_E_OVERLOADED, "too many event streams are open");
        mb_request_refuse(r, &err);
        return NULL;
    }
    struct mb_stream *stream =
        h2o_mem_alloc_shared(&r->h2o->pool, sizeof(struct mb_stream), on_dispose);
    memset(stream, 0, sizeof(*stream));
    stream->r = r;
    stream->generator.proceed = on_proceed;
    stream->generator.stop = on_stop;
    stream->on_gone = on_gone;
    stream->is_open = true;
    mb_turn_init(&stream->flush, on_flush);
    stream->heartbeat.on_due = on_heartbeat;
    mb_list_init(&stream->node);
    mb_list_push(&http->streams, &stream->node);
    http->n_streams++;
    mb_request_set(r, "x-accel-buffering", "no");
    mb_request_begin_answer(r, 200, "text/event-stream");
    h2o_start_response(r->h2o, &stream->generator);
    mb_buf_add_c(&stream->out, ":\n\n"); /* so that the client sees the answer begin */
    mb_turn_queue(http->loop, &stream->flush);
    mb_timer_arm(&http->loop->timers, &stream->heartbeat, http->loop->now_us + HEARTBEAT_US);
    return stream;
}

/* JSON text may hold line breaks between its tokens, which would end the field. */
static void add_on_one_line(struct mb_buf *out, struct mb_str data)
{
    char *at = mb_buf_reserve(out, data.len);
    for (size_t i = 0; i < data.len; i++)
        at[i] = data.ptr[i] == '\n' || data.ptr[i] == '\r' ? ' ' : data.ptr[i];
    mb_buf_commit(out, data.len);
}

void mb_stream_send(struct mb_stream *stream, const char *event, int id, struct mb_str data)
{
    if (!stream->is_open)
        return;
    if (mb_buf_len(&stream->out) + data.len > BACKLOG_BYTES && mb_buf_len(&stream->out) > 0) {
        mb_stream_break(stream);
        return;
    }
    mb_buf_addf(&stream->out, "event: %s\n", event);
    if (id >= 0)
        mb_buf_addf(&stream->out, "id: %d\n", id);
    mb_buf_add_c(&stream->out, "data: ");
    add_on_one_line(&stream->out, data);
    mb_buf_add_c(&stream->out, "\n\n");
    mb_turn_queue(stream->r->http->loop, &stream->flush);
}

void mb_stream_send_loss(struct mb_stream *stream, const char *event, struct mb_str data)
{
    if (mb_buf_len(&stream->out) + data.len <= LOSSY_BYTES)
        mb_stream_send(stream, event, -1, data);
}

void mb_stream_end(struct mb_stream *stream)
{
    if (!stream->is_open)
        return;
    close_stream(stream);
    stream->on_gone = NULL;
    stream->is_ending = true;
    mb_turn_queue(stream->r->http->loop, &stream->flush);
}

void mb_stream_break(struct mb_stream *stream)
{
    if (!stream->is_open)
        return;
    close_stream(stream);
    mb_buf_clear(&stream->out);
    stream->is_ending = stream->is_broken = true;
    mb_turn_queue(stream->r->http->loop, &stream->flush);
    tell_gone(stream);
}

/* An answer of server-sent events (WHATWG HTML, section 9.2). What a slow client does not take is
 * kept up to a bound, and beyond it the stream is broken off: the client resumes by Last-Event-ID.
 */
#ifndef MB_HTTP_STREAM_H
#define MB_HTTP_STREAM_H

#include "http/request.h"

struct mb_stream {
    h2o_generator_t generator;
    struct mb_request *r;
    struct mb_list node;       /* in http->streams while it is open */
    struct mb_buf out, flying; /* what waits, and what h2o is sending */
    bool is_sending, is_ending, is_open, is_broken;
    struct mb_turn flush;
    struct mb_timer heartbeat;
    /* The client left, the server stops, or too much waits. Called once, unless the stream was
     * ended; nothing may be sent afterwards. */
    void (*on_gone)(struct mb_stream *stream);
};

/* Begins the answer. Its memory is the request's. NULL when there are too many streams, and then
 * the request is answered. */
struct mb_stream *mb_stream_start(struct mb_request *r, void (*on_gone)(struct mb_stream *stream));
/* Sends an event at the end of this turn. id < 0: none. data is JSON text. */
void mb_stream_send(struct mb_stream *stream, const char *event, int id, struct mb_str data);
/* The same for what may be left out when the client is slow. */
void mb_stream_send_loss(struct mb_stream *stream, const char *event, struct mb_str data);
/* Ends the answer after what was sent. */
void mb_stream_end(struct mb_stream *stream);
/* Breaks off: the server stops. */
void mb_stream_break(struct mb_stream *stream);

#endif

/* Frames from a hostile peer: whatever the bytes, in whatever pieces they come, the decoder yields
 * the same frames, none over its cap, and stops for good at the first that breaks the rules. */
#include "ipc/frame.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct seen {
    size_t frames, bytes;
    const char *why;
};

static void look_inside(const struct mb_frame *frame)
{
    struct mb_msg_call call;
    struct mb_msg_end end;
    struct mb_str rest;
    const struct mb_msg_rule *rule = mb_msg_rule(frame->head.type);
    mb_assert(rule && frame->payload.len == frame->head.len && frame->head.len <= rule->cap);
    if (frame->head.type == MB_MSG_CALL &&
        mb_frame_split(frame->payload, &call, sizeof(call), &rest))
        mb_assert(rest.len + sizeof(call) == frame->payload.len);
    if (frame->head.type == MB_MSG_RESULT &&
        mb_frame_split(frame->payload, &end, sizeof(end), &rest))
        mb_assert(rest.len + sizeof(end) == frame->payload.len);
}

static struct seen decode(const uint8_t *data, size_t size, size_t piece, enum mb_msg_from from)
{
    struct seen seen = {0};
    struct mb_buf in = {0};
    for (size_t at = 0; at < size && !seen.why; at += piece) {
        struct mb_frame frame;
        int rc;
        mb_buf_add(&in, data + at, MB_MIN(piece, size - at));
        while ((rc = mb_frame_peek(&in, from, &frame, &seen.why)) == 1) {
            look_inside(&frame);
            seen.frames++;
            seen.bytes += sizeof(frame.head) + frame.head.len;
            mb_frame_done(&in, &frame);
        }
        mb_assert((rc < 0) == (seen.why != NULL));
    }
    mb_buf_release(&in);
    return seen;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    enum mb_msg_from from = data[0] & 1 ? MB_MSG_FROM_WORKER : MB_MSG_FROM_CORE;
    size_t piece = 1 + data[0] / 2;
    data++, size--;
    struct seen whole = decode(data, size, size + 1, from), parts = decode(data, size, piece, from);
    mb_assert(whole.frames == parts.frames && whole.bytes == parts.bytes && whole.why == parts.why);
    return 0;
}

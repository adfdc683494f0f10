/* Putting frames into a buffer and taking them out of one. No I/O: both sides bring their own. */
#ifndef MB_IPC_FRAME_H
#define MB_IPC_FRAME_H

#include "base/buf.h"
#include "ipc/msg.h"

/* Appends one frame whose payload is `head_len` bytes at `fixed` (may be NULL and 0), then the
 * parts. The payload must be under the type's cap (a bug otherwise: check before). */
void mb_frame_put(struct mb_buf *out, enum mb_msg_type type, uint32_t run, uint32_t step,
                  const void *fixed, size_t fixed_len, const struct mb_str *parts, size_t n_parts);

/* One decoded frame: borrows from the buffer until it is consumed. */
struct mb_frame {
    struct mb_msg_head head;
    struct mb_str payload;
};

/* Looks at the first frame in `in`, sent by `from`. Returns 1 and fills `frame` when it is whole
 * (then consume with mb_frame_done), 0 when more bytes are needed, -1 with *why (static text) when
 * the sender broke the rules: the connection is to be ended. A header is judged before its payload
 * has come, so nothing over its cap is ever buffered. */
int mb_frame_peek(const struct mb_buf *in, enum mb_msg_from from, struct mb_frame *frame,
                  const char **why) MB_MUST_CHECK;
void mb_frame_done(struct mb_buf *in, const struct mb_frame *frame);

/* Splits the fixed head off a payload into `fixed` and leaves the rest in *rest. False when the
 * payload is too short. */
bool mb_frame_split(struct mb_str payload, void *fixed, size_t fixed_len,
                    struct mb_str *rest) MB_MUST_CHECK;

#endif

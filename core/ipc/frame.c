#include "ipc/frame.h"

#include <string.h>

_Static_assert(sizeof(struct mb_msg_head) == 16, "the header is 16 bytes on the wire");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "frames are little-endian");

void mb_frame_put(struct mb_buf *out, enum mb_msg_type type, uint32_t run, uint32_t step,
                  const void *fixed, size_t fixed_len, const struct mb_str *parts, size_t n_parts)
{
    size_t len = fixed_len;
    for (size_t i = 0; i < n_parts; i++)
        len += parts[i].len;
    mb_assert(len <= mb_msg_rule((uint16_t)type)->cap);
    struct mb_msg_head head = {
        .len = (uint32_t)len, .type = (uint16_t)type, .run = run, .step = step};
    mb_buf_reserve(out, sizeof(head) + len);
    mb_buf_add(out, &head, sizeof(head));
    mb_buf_add(out, fixed, fixed_len);
    for (size_t i = 0; i < n_parts; i++)
        mb_buf_add_str(out, parts[i]);
}

int mb_frame_peek(const struct mb_buf *in, enum mb_msg_from from, struct mb_frame *frame,
                  const char **why)
{
    size_t have = mb_buf_len(in);
    if (have < sizeof(frame->head))
        return 0;
    struct mb_msg_head head;
    memcpy(&head, mb_buf_head(in), sizeof(head));
    const char *refusal = mb_msg_refuse(&head, from);
    if (refusal) {
        *why = refusal;
        return -1;
    }
    if (have - sizeof(head) < head.len)
        return 0;
    frame->head = head;
    frame->payload = MB_STR_OF(mb_buf_head(in) + sizeof(head), head.len);
    return 1;
}

void mb_frame_done(struct mb_buf *in, const struct mb_frame *frame)
{
    mb_buf_consume(in, sizeof(frame->head) + frame->head.len);
}

bool mb_frame_split(struct mb_str payload, void *fixed, size_t fixed_len, struct mb_str *rest)
{
    if (payload.len < fixed_len)
        return false;
    memcpy(fixed, payload.ptr, fixed_len);
    *rest = MB_STR_OF(payload.ptr + fixed_len, payload.len - fixed_len);
    return true;
}

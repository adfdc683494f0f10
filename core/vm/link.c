#include "vm/link.h"

#include <errno.h>
#include <string.h>
#include <sys/select.h>
#include <sys/socket.h>

#include "vm/run.h"

enum { CHUNK_BYTES = 16 * 1024 };

bool mb_link_fill(struct mb_link *link)
{
    while (link->fd >= 0 && mb_buf_len(&link->in) < MB_LINK_IN_BYTES) {
        char *to = mb_buf_reserve(&link->in, CHUNK_BYTES);
        ssize_t n = recv(link->fd, to, CHUNK_BYTES, MSG_DONTWAIT);
        if (n == 0)
            return false;
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK;
        mb_buf_commit(&link->in, (size_t)n);
        if (n < CHUNK_BYTES)
            return true;
    }
    return true;
}

bool mb_link_flush(struct mb_link *link)
{
    while (link->fd >= 0 && mb_buf_len(&link->out)) {
        ssize_t n = send(link->fd, mb_buf_head(&link->out), mb_buf_len(&link->out),
                         MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return errno == EAGAIN || errno == EWOULDBLOCK;
        mb_buf_consume(&link->out, (size_t)n);
    }
    return true;
}

/* select and not poll: poll refuses more descriptors than RLIMIT_NOFILE, which is 0 here. */
bool mb_link_wait(const struct mb_link *link, int timeout_ms)
{
    fd_set readable, writable;
    FD_ZERO(&readable);
    FD_ZERO(&writable);
    FD_SET(link->fd, &readable);
    if (mb_buf_len(&link->out))
        FD_SET(link->fd, &writable);
    struct timeval t = {timeout_ms / 1000, timeout_ms % 1000 * 1000};
    return select(link->fd + 1, &readable, &writable, NULL, timeout_ms < 0 ? NULL : &t) != 0;
}

static void trim(struct mb_buf *b)
{
    if (mb_buf_len(b) == 0)
        mb_buf_release(b);
}

void mb_link_trim(struct mb_link *link)
{
    trim(&link->in);
    trim(&link->out);
}

/* The header at `offset` into `in`; false when the frame has not come as a whole. */
static bool head_at(const struct mb_link *link, size_t offset, struct mb_msg_head *head)
{
    size_t have = mb_buf_len(&link->in);
    if (have - offset < sizeof(*head))
        return false;
    memcpy(head, mb_buf_head(&link->in) + offset, sizeof(*head));
    return head->len <= have - offset - sizeof(*head);
}

bool mb_link_has_frame(const struct mb_link *link)
{
    struct mb_msg_head head;
    if (mb_buf_len(&link->in) < sizeof(head))
        return false;
    return head_at(link, 0, &head) || mb_msg_refuse(&head, MB_MSG_FROM_CORE);
}

void mb_link_breathe(struct mb_vm *vm)
{
    struct mb_link *link = &vm->link;
    struct mb_msg_head head;
    if (!mb_link_fill(link) && vm->run)
        vm->run->doom = MB_DOOM_STOPPED; /* nobody is left to tell */
    while (head_at(link, link->judged, &head)) {
        if (mb_msg_refuse(&head, MB_MSG_FROM_CORE))
            return; /* the scheduler will see it */
        if (head.type == MB_MSG_PING) {
            mb_frame_put(&link->out, MB_MSG_PONG, mb_run_count_computing(vm), head.step, NULL, 0,
                         NULL, 0);
            head.type = 0;
            memcpy(mb_buf_head(&link->in) + link->judged, &head, sizeof(head));
        } else if (head.type == MB_MSG_STOP && head.step == 0 && vm->run &&
                   vm->run->slot == head.run) {
            vm->run->doom = MB_DOOM_STOPPED;
        }
        link->judged += sizeof(head) + head.len;
    }
    if (!mb_link_flush(link) && vm->run)
        vm->run->doom = MB_DOOM_STOPPED;
}

static void consume(struct mb_link *link, size_t n)
{
    mb_buf_consume(&link->in, n);
    link->judged -= MB_MIN(link->judged, n);
}

bool mb_link_skip_answered(struct mb_link *link)
{
    struct mb_msg_head head;
    if (link->judged == 0 || !head_at(link, 0, &head) || head.type != 0)
        return false;
    consume(link, sizeof(head));
    return true;
}

void mb_link_done(struct mb_link *link, const struct mb_frame *frame)
{
    consume(link, sizeof(frame->head) + frame->head.len);
}

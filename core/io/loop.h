/* The event loop: h2o's, with our timers, our descriptors, and work that is put off to the end of
 * a turn so that it goes out in one batch (frames, journal rows). One per process, one thread. */
#ifndef MB_IO_LOOP_H
#define MB_IO_LOOP_H

#include "base/list.h"
#include "base/timer.h"

struct st_h2o_evloop_t;
struct epoll_event;

struct mb_loop {
    struct st_h2o_evloop_t *h2o;
    struct mb_timers timers;
    struct mb_list turn_end; /* of mb_turn: to be called when this turn's events are done */
    int64_t now_us;          /* monotonic, as of this turn's start */
    int64_t wall_us;         /* Unix time, as of this turn's start */
    uint64_t turns;
    bool stop;
    int epoll_fd;              /* of our own descriptors; joins h2o's loop as one of its sockets */
    void *epoll_sock;          /* h2o_socket_t */
    struct epoll_event *ready; /* the batch being delivered; stopped watches are struck out */
    int n_ready;
};

/* Work for the end of a turn. Queue it as often as you like: it is called once. */
struct mb_turn {
    struct mb_list node;
    void (*on_turn_end)(struct mb_turn *turn);
};

/* A descriptor that the loop watches. The descriptor stays the caller's: stop the watch, then close
 * it. The callback may stop and free its own watch, and any other. */
struct mb_watch {
    struct mb_loop *loop; /* NULL = not started */
    int fd;
    uint32_t events; /* EPOLLIN, EPOLLOUT */
    void (*on_ready)(struct mb_watch *watch, bool readable, bool writable);
};

void mb_loop_init(struct mb_loop *loop);
void mb_loop_release(struct mb_loop *loop);
/* Runs until loop->stop. Each turn: wait, events, timers, turn-end work (until none is queued). */
void mb_loop_run(struct mb_loop *loop);
/* One turn, waiting at most max_wait_ms (-1 = until something happens). */
void mb_loop_turn(struct mb_loop *loop, int max_wait_ms);

void mb_turn_init(struct mb_turn *turn, void (*on_turn_end)(struct mb_turn *turn));
void mb_turn_queue(struct mb_loop *loop, struct mb_turn *turn); /* harmless when queued */
void mb_turn_cancel(struct mb_turn *turn);

/* Watches fd (non-blocking), level-triggered. An error or hang-up is reported as both readable and
 * writable: the owner meets it when it reads or writes. */
void mb_watch_start(struct mb_watch *watch, struct mb_loop *loop, int fd, bool read, bool write,
                    void (*on_ready)(struct mb_watch *watch, bool readable, bool writable));
void mb_watch_set(struct mb_watch *watch, bool read, bool write); /* cheap when nothing changes */
void mb_watch_stop(struct mb_watch *watch);                       /* harmless when not started */

#endif

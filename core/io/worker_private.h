/* What zygote.c and worker.c share. */
#ifndef MB_IO_WORKER_PRIVATE_H
#define MB_IO_WORKER_PRIVATE_H

#include "io/worker.h"

struct mb_zygote {
    struct mb_loop *loop;
    char *binary;
    int fd;
    pid_t pid;
    bool ready;
    struct mb_watch watch;
    struct mb_buf in;
    struct mb_list forking; /* of mb_worker.node: asked for, not answered */
    uint32_t last_fork;
};

/* Sends FORK with the child's end of a socket pair (borrowed). Starts the zygote if it is gone. */
int mb_zygote_fork(struct mb_zygote *zygote, uint32_t fork_no, const char *json, int child_fd,
                   struct mb_err *err) MB_MUST_CHECK;
/* The answer to FORK: takes pidfd. pid < 0 is an errno. */
void mb_worker_forked(struct mb_worker *worker, int32_t pid, int pidfd);
/* The worker is gone; on_gone follows at the end of the turn. The first reason stays. */
void mb_worker_bury(struct mb_worker *worker, const struct mb_err *why);

#endif

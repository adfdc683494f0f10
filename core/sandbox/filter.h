/* The system calls that a sandbox may make. Everything else kills it. */
#ifndef MB_SANDBOX_FILTER_H
#define MB_SANDBOX_FILTER_H

#include <linux/filter.h>

#include "base/base.h"

/* A compiled filter. Compiled once, in the zygote; installed by every child. */
struct mb_filter {
    struct sock_fprog program;
};

/* `jit`: memory may be made executable (the toolbox). `socket_fd`: the one descriptor. False, with
 * *why (static text), when the library refuses. */
bool mb_filter_compile(struct mb_filter *filter, bool jit, int socket_fd,
                       const char **why) MB_MUST_CHECK;
void mb_filter_release(struct mb_filter *filter);
/* From here on the calling thread may make no other system calls. Needs no_new_privs. False with
 * errno. */
bool mb_filter_install(const struct mb_filter *filter) MB_MUST_CHECK;

#endif

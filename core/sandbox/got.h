/* Which protections this host gives, as found while they were put up. One row here is one line of
 * `moonbase-sandbox --probe`. */
#ifndef MB_SANDBOX_GOT_H
#define MB_SANDBOX_GOT_H

#include <stdbool.h>

/* name in the JSON; what it means */
#define MB_GOT_ROWS(ROW)                                                                           \
    ROW(user_namespace)    /* own users: only tried where the process is not root */               \
    ROW(network_namespace) /* no interfaces */                                                     \
    ROW(ipc_namespace)                                                                             \
    ROW(uts_namespace)                                                                             \
    ROW(mount_namespace)                                                                           \
    ROW(pid_namespace)                                                                             \
    ROW(empty_root) /* the root directory is empty and read-only */                                \
    ROW(cgroup_v2)  /* a group of its own, with a low CPU weight */                                \
    ROW(uid_drop)   /* each sandbox under an unused user id of its own */                          \
    ROW(no_capabilities)                                                                           \
    ROW(no_new_privs)                                                                              \
    ROW(not_dumpable)                                                                              \
    ROW(resource_limits)                                                                           \
    ROW(low_priority)                                                                              \
    ROW(adaptive_priority) /* lower still while it burns */                                        \
    ROW(preemption_timer)                                                                          \
    ROW(syscall_filter)

struct mb_got {
#define ROW(name) bool name;
    MB_GOT_ROWS(ROW)
#undef ROW
};

#endif

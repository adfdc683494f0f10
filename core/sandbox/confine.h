/* What a child of the zygote does to itself before it sees a customer's code. Top-down in
 * confine.c; each step is also a row of got.h. */
#ifndef MB_SANDBOX_CONFINE_H
#define MB_SANDBOX_CONFINE_H

#include "sandbox/filter.h"
#include "sandbox/got.h"

enum {
    MB_SANDBOX_FD = 3,    /* the one descriptor of a sandbox, and of the zygote */
    MB_SANDBOX_NICE = 10, /* see priority.h */
};

struct mb_confine_plan {
    const struct mb_filter *filter;
    int socket;           /* becomes MB_SANDBOX_FD; every other descriptor is closed */
    pid_t zygote;         /* its end must be ours */
    bool own_pids;        /* we are in a process namespace of the zygote's */
    uint32_t number;      /* of this child: picks its user id */
    size_t address_bytes; /* limit of the address space; 0 = none */
    int nice;
    /* Called when only the filter is left to do: sets up what the filter would not allow. */
    bool (*last)(void *arg);
    void *arg;
};

/* Does it all. False when a step that no host may refuse failed; *why says which (static text). */
bool mb_confine(const struct mb_confine_plan *plan, struct mb_got *got,
                const char **why) MB_MUST_CHECK;

#endif

/* What the zygote does to itself once, so that every sandbox inherits it and pays nothing: its own
 * namespaces, an empty root, a control group, no capabilities but those it forks with. */
#ifndef MB_SANDBOX_ISOLATE_H
#define MB_SANDBOX_ISOLATE_H

#include <sys/types.h>

#include "sandbox/got.h"

/* Takes what the host permits and notes it. Afterwards there is no file system to read from. */
void mb_isolate(struct mb_got *got);

/* Drops all capabilities but the `keep` ones (bit mask by number). */
bool mb_isolate_keep_caps(unsigned long long keep);

/* Puts the process into the group `name` below `root` (a cgroup2 mount), with a CPU weight below
 * the default. False when there is no such hierarchy, or it may not be written. */
bool mb_isolate_join_cgroup(const char *root, const char *name);

#endif

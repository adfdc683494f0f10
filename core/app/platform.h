/* What everything that executes agents stands on: the loop, the workers, the way out, the models,
 * the tools, the gate. `serve`, `run`, `check` and `replay` differ in what they put on top. */
#ifndef MB_APP_PLATFORM_H
#define MB_APP_PLATFORM_H

#include "base/config.h"
#include "base/secret.h"
#include "gate/gate.h"
#include "io/egress.h"
#include "io/fetch.h"
#include "io/loop.h"
#include "io/toolbox.h"
#include "io/worker.h"
#include "llm/llm.h"

struct mb_platform {
    const struct mb_config *config; /* borrowed */
    char *home;                     /* the folder of tools/ and agents/ */
    struct mb_loop loop;
    struct mb_egress *egress;
    struct mb_fetch *fetch;
    struct mb_keyring *keyring; /* NULL = there is no master key */
    struct mb_zygote *zygote;
    struct mb_toolbox *toolbox;
    struct mb_llm *llm;
    struct mb_gate gate; /* `data` is for the caller to set */
};

/* Starts it all; blocks until the first worker process is ready. On an error what was started is
 * released again. */
int mb_platform_init(struct mb_platform *platform, const struct mb_config *config,
                     struct mb_err *err) MB_MUST_CHECK;
void mb_platform_release(struct mb_platform *platform);

#endif

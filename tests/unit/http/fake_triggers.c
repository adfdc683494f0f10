/* Firings that nobody makes: what the handlers of webhooks link against here. */
#include "run/trigger.h"

int mb_triggers_fire(struct mb_triggers *triggers, struct mb_firing *firing, const json_t *template,
                     const json_t *body, const json_t *headers, struct mb_err *err)
{
    (void)triggers, (void)firing, (void)template, (void)body, (void)headers;
    return mb_err_set(err, MB_E_UNAVAILABLE, "there are no triggers here");
}

void mb_firing_cancel(struct mb_firing *firing)
{
    (void)firing;
}

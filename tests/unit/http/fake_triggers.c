/* Firings that nobody makes: what the handlers of webhooks link against here. What they count as
 * refused is counted for all of a program's tests. */
#include "run/trigger.h"

static uint64_t refused;

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

void mb_triggers_count_refused(struct mb_triggers *triggers)
{
    (void)triggers;
    refused++;
}

void mb_triggers_get_stats(const struct mb_triggers *triggers, struct mb_trigger_stats *stats)
{
    (void)triggers;
    *stats = (struct mb_trigger_stats){.fired = {[MB_FIRING_CRON] = 7, [MB_FIRING_WEBHOOK] = 5},
                                       .failed = {[MB_FIRING_MANUAL] = 1},
                                       .late = 2,
                                       .refused = refused};
}

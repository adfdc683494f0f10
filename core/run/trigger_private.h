/* What the files of triggers share: trigger.c (ticks), trigger_fire.c (firings). */
#ifndef MB_RUN_TRIGGER_PRIVATE_H
#define MB_RUN_TRIGGER_PRIVATE_H

#include "base/list.h"
#include "base/map.h"
#include "base/timer.h"
#include "io/pg.h"
#include "run/trigger.h"

struct mb_triggers {
    struct mb_loop *loop;
    struct mb_pg *pg;
    struct mb_catalog *catalog;
    struct mb_map zones;  /* of mb_tz by name: those of schedules that were seen */
    struct mb_list fires; /* of mb_fire: under way */
    struct mb_list ticks; /* of struct tick: under way */
    struct mb_timer wake, care;
    struct mb_pg_query *look, *prune; /* NULL = not under way */
    bool look_again, draining;
    bool is_starting; /* ticks are being made */
    bool has_moved;   /* a tick of those under way was this core's */
    struct mb_trigger_stats stats;
};

/* trigger_fire.c: lets go of firings that nobody hears of any more. */
void mb_fires_drop(struct mb_triggers *triggers);

#endif

/* Triggers: schedules and webhooks that start runs (sql/migrations/0005_triggers.sql).
 *
 * Every core sleeps until the next tick that the database knows and then tries to start its run.
 * Row lock, time and key of the firing decide in one transaction which core does; the run is
 * queued, for whichever core claims it. Nothing here is lost when a core dies. */
#ifndef MB_RUN_TRIGGER_H
#define MB_RUN_TRIGGER_H

#include <jansson.h>

#include "base/err.h"
#include "base/id.h"

struct mb_loop;
struct mb_pg;
struct mb_catalog;
struct mb_triggers;

enum {
    MB_TRIGGER_KEY = 256,            /* room for a firing's key and its NUL */
    MB_TRIGGER_INPUT_BYTES = 1 << 20 /* of a run's input */
};

/* Borrows all. Looks for ticks until it is drained. */
struct mb_triggers *mb_triggers_new(struct mb_loop *loop, struct mb_pg *pg,
                                    struct mb_catalog *catalog);
/* Starts no more ticks; firings of others go on. */
void mb_triggers_drain(struct mb_triggers *triggers);
void mb_triggers_free(struct mb_triggers *triggers); /* takes NULL; calls nobody back */

/* ---- what a run gets ------------------------------------------------------------------------- */

/* What happened, as a template refers to it. All borrowed. */
struct mb_trigger_event {
    struct mb_id trigger_id;
    const char *key;
    int64_t scheduled_us;  /* of a tick, Unix time; 0 = it is none */
    const json_t *body;    /* of a delivery; NULL = it is none */
    const json_t *headers; /* an object; NULL = none */
};

/* The input of the run, a new reference. The template is an object. "{{trigger.key}}",
 * "{{body.issue.title}}", "{{headers.x-event}}" in its texts stand for what happened: a text that
 * is nothing else becomes the value itself (null when there is none), within other text its text. A
 * template without such places gets the members `trigger` ({id, key, scheduled_at}) and, of a
 * delivery, `body` and `headers`. Workflows give a text ("{{body}}"), which is filled, or a list of
 * one value, which is the input as it is. */
json_t *mb_trigger_input(const json_t *template, const struct mb_trigger_event *event);
/* INVALID_REQUEST with a place below "/input" when the template refers to what there is not. */
int mb_trigger_check_template(const json_t *template, bool has_body,
                              struct mb_err *err) MB_MUST_CHECK;

/* ---- firing ---------------------------------------------------------------------------------- */

enum mb_fired {
    MB_FIRED,      /* the run is made */
    MB_FIRED_SAME, /* the key has fired before: this is its run */
    MB_FIRED_BUSY, /* of a tick: another core has it, or it was changed */
    MB_FIRED_GONE, /* no such trigger, or it is disabled */
};

enum mb_firing_kind { MB_FIRING_CRON, MB_FIRING_WEBHOOK, MB_FIRING_MANUAL, MB_FIRING_KINDS };

/* The caller's memory until on_fired or the cancel. */
struct mb_firing {
    enum mb_firing_kind kind; /* for the measurements */
    struct mb_id customer_id, trigger_id, deployment_id;
    char key[MB_TRIGGER_KEY];
    int64_t scheduled_us;         /* of a tick; 0 = it is none */
    int64_t expected_us, next_us; /* of a tick: where its schedule stood, what follows */
    /* err is NULL, or: NOT_FOUND (no deployment), INVALID_INPUT (the package's schema refuses it),
     * TOO_LARGE, or what the database had. Twice is the same as once. */
    void (*on_fired)(struct mb_firing *firing, enum mb_fired outcome, struct mb_id run_id,
                     const struct mb_err *err);
    struct mb_fire *fire; /* private */
};

/* Makes the run of a firing. The JSON is borrowed for the call; body and headers may be NULL. */
int mb_triggers_fire(struct mb_triggers *triggers, struct mb_firing *firing, const json_t *template,
                     const json_t *body, const json_t *headers, struct mb_err *err) MB_MUST_CHECK;
/* on_fired will not run; the run may be made all the same. Harmless when nothing is under way. */
void mb_firing_cancel(struct mb_firing *firing);

/* ---- measurements ---------------------------------------------------------------------------- */

/* Of this core, since it began. */
struct mb_trigger_stats {
    uint64_t fired[MB_FIRING_KINDS];  /* runs that were made */
    uint64_t failed[MB_FIRING_KINDS]; /* no run was made, and no more is tried */
    uint64_t late;    /* ticks that were fired more than a minute after their time */
    uint64_t skipped; /* ticks that were missed and, as their trigger says, not made up for */
    uint64_t put_off; /* times that a tick could not be fired and is tried again */
    uint64_t refused; /* deliveries that were not let through to be fired */
};
void mb_triggers_get_stats(const struct mb_triggers *triggers, struct mb_trigger_stats *stats);
/* A delivery was refused before it came to be a firing. */
void mb_triggers_count_refused(struct mb_triggers *triggers);

#endif

/* Which recorded answer a call of a replay gets; see rerun.h for the rule. */
#ifndef MB_RUN_MATCH_H
#define MB_RUN_MATCH_H

#include "run/record.h"
#include "run/side.h"

struct mb_match;

struct mb_match_counts {
    int same, changed, fresh, gone;        /* calls; fresh: new ones */
    int notes_same, notes_new, notes_gone; /* progress events and log lines */
    int64_t price_micros;                  /* of the records that were asked for */
};

struct mb_match *mb_match_new(const struct mb_record *record); /* borrowed */
void mb_match_free(struct mb_match *match);                    /* takes NULL */
const struct mb_side_policy *mb_match_policy(const struct mb_match *match);

void mb_match_count(const struct mb_match *match, struct mb_match_counts *counts);
/* What there is to say of the calls, a hundred of each kind at most:
 *   changed  [{"seq", "tool", "changes": [...]}]   of the arguments
 *   new      [{"tool", "args"}]
 *   gone     [{"seq", "tool", "args"}] */
json_t *mb_match_changed(const struct mb_match *match);
json_t *mb_match_new_calls(const struct mb_match *match);
json_t *mb_match_gone(const struct mb_match *match);

#endif

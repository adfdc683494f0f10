#include "run/replay.h"

#include <stdlib.h>
#include <string.h>

struct mb_replay *mb_replay_new(void)
{
    return mb_zalloc(sizeof(struct mb_replay));
}

void mb_recorded_free(struct mb_recorded *record)
{
    if (!record)
        return;
    free(record->text);
    free(record);
}

static bool free_each(void *value, void *arg)
{
    (void)arg;
    mb_recorded_free(value);
    return true;
}

void mb_replay_free(struct mb_replay *replay)
{
    if (!replay)
        return;
    mb_map_each(&replay->by_key, free_each, NULL);
    mb_map_release(&replay->by_key);
    mb_map_release(&replay->notices);
    free(replay);
}

void mb_replay_add(struct mb_replay *replay, const struct mb_recorded *row)
{
    replay->last_seq = MB_MAX(replay->last_seq, row->seq);
    if (row->is_call && row->is_done)
        replay->bytes += row->len;
    if (row->is_notice) {
        mb_map_set(&replay->notices, row->key, sizeof(row->key), replay);
        free(row->text);
        return;
    }
    struct mb_recorded *known = mb_map_get(&replay->by_key, row->key, sizeof(row->key));
    if (!known) {
        known = mb_alloc(sizeof(*known));
        *known = *row;
        mb_map_set(&replay->by_key, known->key, sizeof(known->key), known);
        replay->unused += row->is_done;
        return;
    }
    if (known->is_done || !row->is_done) { /* the intent of a step that is done */
        known->intent_seq = MB_MAX(known->intent_seq, row->intent_seq);
        free(row->text);
        return;
    }
    int intent_seq = known->intent_seq;
    free(known->text);
    *known = *row;
    known->intent_seq = intent_seq;
    replay->unused++;
}

struct mb_recorded *mb_replay_take(struct mb_replay *replay, const uint8_t key[MB_KEY_BYTES])
{
    struct mb_recorded *record = mb_map_remove(&replay->by_key, key, MB_KEY_BYTES);
    if (record && record->is_done)
        replay->unused--;
    return record;
}

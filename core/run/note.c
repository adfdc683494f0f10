/* Notes: what a run tells while it runs, progress events and log lines. They are rows of the
 * journal that cost their author next to nothing, so they are bounded twice: in number and bytes by
 * run, and in rate by customer. One who tells more is not read for a while: its sandbox waits in
 * its write. */
#include <inttypes.h>

#include "base/json.h"
#include "run/private.h"

enum {
    NOTE_BYTES = 1024, /* a note counts at least as this much */
    /* of a customer on this core: 1,000 small notes a second, after a burst of what two runs may
     * tell in all by default */
    RATE_BYTES_PER_MS = NOTE_BYTES,
    BURST_BYTES = 2000 * NOTE_BYTES,
    PAUSE_MS = 50, /* longest: what cancels and answers may be late by */
};

/* A bucket that leaks: `debt` drains at the rate, and beyond the burst the worker is not read. */
static void hold_back(struct mb_tenant *tenant, size_t bytes)
{
    int64_t now_us = tenant->engine->loop->now_us;
    int64_t drained = (now_us - tenant->note_debt_us) * RATE_BYTES_PER_MS / 1000;
    tenant->note_debt = MB_MAX((int64_t)0, tenant->note_debt - drained);
    tenant->note_debt_us = now_us;
    tenant->note_debt += (int64_t)MB_MAX(bytes, (size_t)NOTE_BYTES);
    int64_t over_ms = (tenant->note_debt - BURST_BYTES) / RATE_BYTES_PER_MS;
    if (over_ms > 0 && tenant->worker)
        mb_worker_pause(tenant->worker, MB_MIN(over_ms, (int64_t)PAUSE_MS));
}

static void fail_on_notes(struct mb_run *run)
{
    struct mb_err err;
    mb_err_set(&err, MB_E_STEP_LIMIT,
               "the run told more than %" PRId64 " progress events and log lines, or %" PRId64
               " bytes of them",
               run->engine->config.notes_max, run->engine->config.note_bytes_max);
    mb_run_fail(run, &err, NULL);
}

static bool make_note(const struct mb_frame *frame, struct mb_buf *json)
{
    static const char *const levels[] = {"debug", "info", "warn", "error"};
    if (frame->head.type == MB_MSG_EMIT) {
        mb_buf_add_str(json, frame->payload);
        return mb_json_is_valid(frame->payload);
    }
    if (frame->head.step >= MB_LEN(levels))
        return false;
    mb_buf_addf(json, "{\"level\":\"%s\",\"text\":", levels[frame->head.step]);
    mb_buf_add_json_str(json, frame->payload);
    mb_buf_add_char(json, '}');
    return true;
}

/* For those who follow the run at this moment; what is replayed was told to them before. */
static void tell_live(struct mb_run *run, size_t len, struct mb_str json)
{
    struct mb_run_event event = {.kind = MB_EVENT_EMIT, .json = json};
    if (run->replay || !mb_run_is_watched(run))
        return;
    hold_back(run->tenant, len);
    mb_run_publish(run, &event);
}

void mb_note_on_frame(struct mb_run *run, const struct mb_frame *frame)
{
    struct mb_buf json = {0};
    if (!make_note(frame, &json)) {
        mb_buf_release(&json);
        mb_worker_kill(run->tenant->worker, "malformed EMIT or LOG");
        return;
    }
    if (frame->head.type == MB_MSG_EMIT && frame->head.step) {
        tell_live(run, frame->payload.len, mb_buf_str(&json));
        mb_buf_release(&json);
        return;
    }
    bool is_emit = frame->head.type == MB_MSG_EMIT;
    const char *tool = is_emit ? "emit" : "log";
    uint8_t key[MB_KEY_BYTES];
    mb_call_make_key(run, 0, mb_str_c(tool), mb_buf_str(&json), key);
    struct mb_recorded *record = mb_call_recall(run, key);
    run->note_bytes += frame->payload.len;
    if (record) { /* told before */
        mb_recorded_free(record);
        mb_buf_release(&json);
    } else if (++run->n_notes > run->engine->config.notes_max ||
               (int64_t)run->note_bytes > run->engine->config.note_bytes_max) {
        mb_buf_release(&json);
        fail_on_notes(run);
    } else if (run->side && mb_side_on_note(run->side, is_emit, key)) {
        mb_buf_release(&json);
    } else {
        struct mb_row *row =
            mb_row_new(run, is_emit ? MB_ROW_EMIT : MB_ROW_LOG, MB_ROW_DONE, key, tool);
        row->result = mb_buf_take(&json, NULL);
        hold_back(run->tenant, frame->payload.len);
        mb_journal_add(run, row, false);
    }
}

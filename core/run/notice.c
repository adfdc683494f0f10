/* What the platform tells about a question that nobody has answered yet: reminders, and that others
 * may decide now as well. Each is a row of the journal under a key of its own, written together
 * with the question's own record of it, so that it is told once, whatever happens to the core. */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "run/private.h"

static const char reminder[] = "approval.reminder", escalated[] = "approval.escalated";

/* The n-th notice of this name about the call. */
static void make_key(const struct mb_call *call, const char *name, int n, uint8_t key[MB_KEY_BYTES])
{
    uint8_t hash[MB_SHA256_BYTES], count[2] = {(uint8_t)(n >> 8), (uint8_t)n};
    struct mb_str parts[] = {MB_STR("notice"), mb_str_c(name),
                             MB_STR_OF((const char *)call->key, sizeof(call->key))};
    mb_sha256_parts(parts, MB_LEN(parts), hash);
    memcpy(key, hash, MB_KEY_HASH_BYTES);
    memcpy(key + MB_KEY_HASH_BYTES, count, sizeof(count));
}

static bool is_told(const struct mb_call *call, const char *name, int n)
{
    uint8_t key[MB_KEY_BYTES];
    make_key(call, name, n, key);
    return mb_map_get(&call->run->notices, key, sizeof(key)) != NULL;
}

static void tell(struct mb_call *call, const char *name, int n)
{
    struct mb_run *run = call->run;
    json_t *args = call->gate.args, *title = mb_json_get(args, "title");
    bool is_reminder = name == reminder;
    uint8_t key[MB_KEY_BYTES];
    make_key(call, name, n, key);
    struct mb_row *row = mb_row_new(run, MB_ROW_NOTICE, MB_ROW_DONE, key, name);
    json_t *told = json_pack("{s:s, s:{s:i, s:O}}", "name", name, "data", "seq", call->intent_seq,
                             "title", title);
    json_t *data = json_object_get(told, "data");
    if (is_reminder)
        json_object_set_new(data, "number", json_integer(n));
    json_t *to = mb_json_get(args, is_reminder ? "roles" : "escalate_to");
    if (to)
        json_object_set(data, "roles", to);
    struct mb_buf text = {0};
    mb_json_dump(&text, told);
    json_decref(told);
    row->result = mb_buf_take(&text, NULL);
    row->question =
        json_pack("{s:i, s:O, s:I}", "seq", call->intent_seq, "title", title,
                  is_reminder ? "reminded_us" : "escalated_us", (json_int_t)row->started_us);
    if (is_reminder)
        json_object_set_new(row->question, "reminders", json_integer(n));
    mb_map_set(&run->notices, key, sizeof(key), run);
    mb_journal_add(run, row, true);
}

/* Of several reminders that were missed while nothing ran, the last is told. */
static int64_t remind(struct mb_call *call, int64_t now)
{
    int64_t every = mb_wait_us(call->gate.args, "reminder_s");
    int most = (int)mb_json_int(call->gate.args, "reminders", 1), n = 0;
    if (every <= 0)
        return 0;
    while (n < most && call->started_us + every * (n + 1) <= now)
        n++;
    if (n > 0 && !is_told(call, reminder, n))
        tell(call, reminder, n);
    return n < most ? call->started_us + every * (n + 1) : 0;
}

static int64_t escalate(struct mb_call *call, int64_t now)
{
    int64_t after = mb_wait_us(call->gate.args, "escalate_s");
    if (after <= 0)
        return 0;
    if (call->started_us + after > now)
        return call->started_us + after;
    if (!is_told(call, escalated, 1))
        tell(call, escalated, 1);
    return 0;
}

int64_t mb_notice_tell(struct mb_call *call)
{
    if (strcmp(call->gate.tool->name, "sleep") == 0)
        return 0;
    int64_t now = call->intent_seq ? mb_clock_wall_us() : call->started_us;
    int64_t first = remind(call, now), second = escalate(call, now);
    if (!first || !second)
        return first + second;
    return MB_MIN(first, second);
}

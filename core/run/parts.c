/* The parts of a run that executes: when its rows are made, and when they are replayed. */
#include "run/parts.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "run/private.h"

/* Most conversations are short, and what they repeat costs less than keeping account of it. */
enum { LEAST_BYTES = 2048 };

static bool is_worth_it(const struct mb_call *call)
{
    const struct mb_run *run = call->run;
    return run->engine->store->keeps_parts && (run->parts || call->args_len >= LEAST_BYTES);
}

/* Is it a tool whose calls hold a conversation? */
static bool rules_of(const struct mb_call *call, struct mb_parts_rules *rules)
{
    const struct mb_tool *tool = call->gate.tool;
    if (!tool)
        tool = mb_tools_get(&call->run->gate->tools, mb_str_c(call->tool_name));
    rules->list = mb_json_str(tool ? tool->manifest : NULL, "conversation");
    rules->repeats = mb_json_get(tool ? tool->manifest : NULL, "repeats");
    return rules->list.len > 0;
}

/* The store's row of this call is `seq`. */
static char *note(const struct mb_call *call, const struct mb_parts_rules *rules, int seq,
                  struct mb_str answer, bool is_error)
{
    struct mb_run *run = call->run;
    if (!run->parts)
        run->parts = mb_parts_new();
    char *kept = mb_parts_write(run->parts, rules, seq, MB_STR_OF(call->args_text, call->args_len));
    if (!is_error)
        mb_parts_note_answer(run->parts, seq, answer);
    return kept;
}

/* A model is told results in the canonical form: so that it is the text that is kept, too. */
static void make_canonical(struct mb_row *row)
{
    if (!row->result || (*row->result != '{' && *row->result != '['))
        return;
    json_t *value = mb_json_parse(mb_str_c(row->result), NULL);
    if (!value)
        return;
    struct mb_buf text = {0};
    mb_json_canonical(&text, value);
    json_decref(value);
    free(row->result);
    row->result = mb_buf_take(&text, NULL);
}

void mb_parts_on_row(struct mb_call *call, struct mb_row *row)
{
    struct mb_run *run = call->run;
    struct mb_parts_rules rules;
    if (!is_worth_it(call))
        return;
    if (!rules_of(call, &rules)) {
        if (!run->parts)
            return;
        make_canonical(row);
        mb_parts_note_result(run->parts, row->seq, mb_str_c(row->error ? row->error : row->result));
        return;
    }
    char *kept = note(call, &rules, row->seq, mb_str_c(row->result), row->error);
    /* An intent has its place in the journal already, perhaps before what is referred to. */
    if (call->intent_seq)
        free(kept);
    else
        row->stored_args = kept;
}

void mb_parts_on_recorded(struct mb_call *call, const struct mb_recorded *record)
{
    struct mb_run *run = call->run;
    struct mb_parts_rules rules;
    struct mb_str answer = MB_STR_OF(record->text, record->len);
    if (!is_worth_it(call))
        return;
    if (rules_of(call, &rules))
        free(note(call, &rules, record->seq, answer, record->is_error));
    else if (run->parts)
        mb_parts_note_result(run->parts, record->seq, answer);
}

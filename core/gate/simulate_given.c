/* Answers that whoever simulates has given: which one is a call's, and what it says. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "gate/simulate_private.h"

/* Does `value` hold all that `wanted` names? Objects by their members, all else as a whole. */
static bool covers(const json_t *value, const json_t *wanted)
{
    if (!json_is_object(wanted))
        return value && mb_json_eq(value, wanted);
    const char *name;
    json_t *part;
    json_object_foreach((json_t *)(uintptr_t)wanted, name, part)
    {
        if (!covers(json_object_get(value, name), part))
            return false;
    }
    return true;
}

/* {"result"} or {"error"}, with "args" or without, and nothing else. */
static bool is_wrapped(const json_t *answer)
{
    size_t known = 0;
    static const char *const names[] = {"args", "result", "error"};
    for (size_t i = 0; i < MB_LEN(names); i++)
        known += json_object_get(answer, names[i]) != NULL;
    return known && known == json_object_size(answer) &&
           (json_object_get(answer, "result") || json_object_get(answer, "error"));
}

static const json_t *take(struct mb_simulator *sim, const struct mb_gate_call *call)
{
    json_t *list = json_object_get(sim->answers, call->tool->name), *answer;
    size_t i;
    json_array_foreach(list, i, answer)
    {
        char key[96];
        snprintf(key, sizeof(key), "%s %zu", call->tool->name, i);
        const json_t *args = is_wrapped(answer) ? json_object_get(answer, "args") : NULL;
        if (json_object_get(sim->taken, key) || (args && !covers(call->args, args)))
            continue;
        json_object_set_new(sim->taken, key, json_true());
        return answer;
    }
    return NULL;
}

/* A model's result may be given as what matters of it: a value, a text, vectors. */
static json_t *complete(const struct mb_gate_call *call, json_t *result)
{
    if (call->tool->kind != MB_TOOL_LLM)
        return json_incref(result);
    const char *main = strcmp(call->tool->name, "llm.json") == 0    ? "value"
                       : strcmp(call->tool->name, "llm.embed") == 0 ? "vectors"
                                                                    : "text";
    bool is_whole = json_object_get(result, main) || json_object_get(result, "tool_calls");
    json_t *whole = is_whole ? json_copy(result) : json_pack("{s:O}", main, result);
    struct mb_str model = mb_json_str(call->args, "model");
    json_t *defaults =
        json_pack("{s:s%, s:{s:i, s:i, s:i, s:i}}", "model", model.len ? model.ptr : "script",
                  model.len ? model.len : (size_t)6, "usage", "input_tokens", 0, "output_tokens", 0,
                  "cached_tokens", 0, "reasoning_tokens", 0);
    if (strcmp(main, "text") == 0) {
        bool has_calls = json_array_size(json_object_get(whole, "tool_calls")) > 0;
        json_object_update_new(defaults,
                               json_pack("{s:s, s:[], s:s}", "text", "", "tool_calls",
                                         "finish_reason", has_calls ? "tool_calls" : "stop"));
    }
    json_object_update_missing(whole, defaults);
    json_decref(defaults);
    return whole;
}

bool mb_simulate_given(struct mb_simulator *sim, struct mb_gate_call *call)
{
    const json_t *answer = take(sim, call);
    if (!answer)
        return false;
    mb_simulate_set_source(call, "answers", 0);
    if (!is_wrapped(answer)) {
        mb_simulate_later(call, complete(call, (json_t *)(uintptr_t)answer), NULL);
        return true;
    }
    const json_t *error = json_object_get(answer, "error");
    struct mb_err err;
    if (error)
        mb_simulate_read_error(error, &err);
    mb_simulate_later(call, error ? NULL : complete(call, json_object_get(answer, "result")),
                      error ? &err : NULL);
    return true;
}

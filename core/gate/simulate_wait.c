/* Waits in a simulation: the clock jumps, and a rule decides in a person's place. */
#include <string.h>
#include <strings.h>

#include "base/json.h"
#include "gate/simulate_private.h"

static int64_t seconds_us(const json_t *args, const char *key)
{
    const json_t *value = json_object_get(args, key);
    return json_is_number(value) ? (int64_t)(json_number_value(value) * 1e6) : 0;
}

/* Without regard to ASCII case. */
static bool contains(struct mb_str text, struct mb_str part)
{
    for (size_t i = 0; i + part.len <= text.len; i++)
        if (strncasecmp(text.ptr + i, part.ptr, part.len) == 0)
            return true;
    return false;
}

/* The first rule for this question; NULL when there is none. */
static const json_t *rule_for(const struct mb_simulator *sim, const struct mb_gate_call *call)
{
    size_t i;
    const json_t *rule;
    json_array_foreach(sim->decisions, i, rule)
    {
        struct mb_str tool = mb_json_str(rule, "tool"), title = mb_json_str(rule, "title");
        if ((!tool.len || mb_str_is(tool, call->tool->name)) &&
            contains(mb_json_str(call->args, "title"), title))
            return rule;
    }
    return NULL;
}

/* As the engine answers when nobody decides. */
static void at_deadline(struct mb_gate_call *call)
{
    struct mb_str then = mb_json_str(call->args, "on_deadline");
    struct mb_err err;
    mb_simulate_set_source(call, "rule", seconds_us(call->args, "deadline_s"));
    json_t *given = json_object_get(call->args, "default");
    if (given && (!then.len || mb_str_is(then, "default"))) {
        mb_simulate_later(
            call, json_pack("{s:b, s:s, s:O}", "approved", 1, "by", "deadline", "data", given),
            NULL);
        return;
    }
    if (mb_str_is(then, "fail")) {
        mb_err_set(&err, MB_E_TIMEOUT, "nobody decided before the deadline");
        mb_simulate_later(call, NULL, &err);
        return;
    }
    mb_simulate_later(call,
                      json_pack("{s:b, s:s, s:n, s:n}", "approved", mb_str_is(then, "approve"),
                                "by", "deadline", "comment", "data"),
                      NULL);
}

static int decide(struct mb_simulator *sim, struct mb_gate_call *call, struct mb_err *err)
{
    const json_t *rule = rule_for(sim, call);
    struct mb_str how = mb_json_str(rule, "decide"), by = mb_json_str(rule, "by");
    if (mb_str_is(how, "deadline")) {
        at_deadline(call);
        return 0;
    }
    bool is_approved = !mb_str_is(how, "reject");
    json_t *data = json_object_get(rule, "data"), *comment = mb_json_get(rule, "comment");
    json_t *decision = json_pack("{s:b, s:s%, s:O?, s:O?}", "approved", is_approved, "by",
                                 by.len ? by.ptr : "simulator", by.len ? by.len : (size_t)9,
                                 "comment", comment, "data", data);
    mb_simulate_set_source(call, "rule", 0);
    if (is_approved && !data && json_is_object(json_object_get(call->args, "form")))
        return mb_simulate_make(sim, call, decision, err);
    mb_simulate_later(call, decision, NULL);
    return 0;
}

int mb_simulate_wait(struct mb_simulator *sim, struct mb_gate_call *call, struct mb_err *err)
{
    if (strcmp(call->tool->name, "sleep") != 0)
        return decide(sim, call, err);
    mb_simulate_set_source(call, "clock", seconds_us(call->args, "seconds"));
    mb_simulate_later(call, json_pack("{s:b}", "slept", 1), NULL);
    return 0;
}

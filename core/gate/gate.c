#include "gate/gate.h"

#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "gate/ops.h"
#include "llm/llm.h"

static bool list_has(const json_t *list, struct mb_str name)
{
    size_t i;
    json_t *entry;
    json_array_foreach(list, i, entry)
    {
        if (mb_str_eq(MB_STR_OF(json_string_value(entry), json_string_length(entry)), name))
            return true;
    }
    return false;
}

bool mb_grant_has_tool(const struct mb_grant *grant, struct mb_str name)
{
    return list_has(grant->tools, name);
}

static int check_model(const struct mb_gate *gate, const struct mb_grant *grant, const json_t *args,
                       struct mb_err *err)
{
    struct mb_str model = mb_json_str(args, "model");
    int rc = mb_llm_check_model(gate->llm, model, err);
    if (rc < 0)
        return rc;
    if (!model.len || list_has(grant->models, MB_STR("*")) || list_has(grant->models, model))
        return 0;
    return mb_err_at(err, MB_E_TOOL_DENIED, "/model",
                     "the package does not name the model \"%.*s\"", MB_STR_ARG(model));
}

int mb_grant_find_agent(const struct mb_grant *grant, struct mb_str target, struct mb_id *id,
                        struct mb_err *err)
{
    const char *name;
    json_t *bound;
    bool any = json_object_get(grant->agents, "*") != NULL;
    bool is_id = mb_id_parse(id, "dep", target);
    json_object_foreach(grant->agents, name, bound)
    {
        struct mb_str own = mb_str_c(json_is_string(bound) ? json_string_value(bound) : "");
        if (is_id ? mb_str_eq(own, target) : mb_str_is(target, name)) {
            if (!mb_id_parse(id, "dep", own))
                *id = mb_id_nil();
            return 0;
        }
    }
    if (!is_id)
        *id = mb_id_nil();
    if (any)
        return 0;
    return mb_err_at(err, MB_E_TOOL_DENIED, "/target",
                     "the package and its deployment do not both name the agent \"%.*s\"",
                     MB_STR_ARG(target));
}

int mb_gate_check(const struct mb_gate *gate, const struct mb_grant *grant, struct mb_str tool_name,
                  const json_t *args, const struct mb_tool **tool, struct mb_err *err)
{
    const struct mb_tool *found = mb_tools_get(&gate->tools, tool_name);
    if (!found || !list_has(grant->tools, tool_name))
        return mb_err_set(err, MB_E_TOOL_DENIED, "%s \"%.*s\"",
                          found ? "the deployment does not allow the tool" : "there is no tool",
                          MB_STR_ARG(tool_name));
    int rc = mb_schema_check(found->args, args, err);
    if (rc < 0) {
        mb_err_prefix(err, "%s", found->name);
        return rc;
    }
    if (found->kind == MB_TOOL_LLM) {
        rc = check_model(gate, grant, args, err);
        if (rc == 0)
            rc = mb_gate_check_named_tools(gate, grant, args, err);
        if (rc < 0)
            return rc;
    }
    if (found->kind == MB_TOOL_CHILD && json_object_get(args, "target")) {
        struct mb_id id;
        rc = mb_grant_find_agent(grant, mb_json_str(args, "target"), &id, err);
        if (rc < 0)
            return rc;
    }
    *tool = found;
    return 0;
}

enum mb_llm_kind mb_gate_llm_kind(const struct mb_tool *tool)
{
    if (strcmp(tool->name, "llm.json") == 0)
        return MB_LLM_JSON;
    return strcmp(tool->name, "llm.embed") == 0 ? MB_LLM_EMBED : MB_LLM_CHAT;
}

int64_t mb_gate_worst_micros(const struct mb_gate *gate, const struct mb_tool *tool,
                             const json_t *args)
{
    if (tool->kind != MB_TOOL_LLM)
        return tool->price_micros;
    return tool->price_micros + mb_llm_worst_micros(gate->llm, mb_gate_llm_kind(tool), args,
                                                    mb_gate_named_tools_bytes(gate, args));
}

int mb_gate_start(struct mb_gate_call *call, struct mb_err *err)
{
    struct mb_gate_stand_in *stand_in = call->gate->stand_in;
    if (stand_in)
        return stand_in->start(stand_in, call, err);
    switch (call->tool->kind) {
    case MB_TOOL_LLM:
        return mb_gate_start_llm(call, err);
    case MB_TOOL_DATA:
        return mb_gate_start_data(call, err);
    case MB_TOOL_IO:
        return mb_gate_start_io(call, err);
    case MB_TOOL_WAIT:
    case MB_TOOL_CHILD:
        break;
    }
    mb_assert(!"waiting is the run engine's");
    return -MB_E_INTERNAL;
}

void mb_gate_cancel(struct mb_gate_call *call)
{
    free(call->note);
    call->note = NULL;
    if (!call->op)
        return;
    void (*cancel)(struct mb_gate_call *) = call->cancel_op;
    cancel(call);
    call->op = NULL;
}

void mb_gate_done(struct mb_gate_call *call, struct mb_str result, struct mb_usage *usage,
                  const struct mb_err *err)
{
    call->op = NULL;
    usage->bytes += (int64_t)result.len;
    if (!err)
        usage->price_micros += call->tool->price_micros;
    struct mb_gate_stand_in *stand_in = call->gate->stand_in;
    if (stand_in)
        stand_in->on_end(stand_in, call, usage, err);
    free(call->note);
    call->note = NULL;
    call->on_done(call, result, usage, err);
}

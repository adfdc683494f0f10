/* Tools that llm.chat is given by name: what the model is told of them, and names that providers
 * refuse ("http.request" has a dot), there and back. So neither the frames nor the journal carry
 * descriptions and schemas, and a model is never told of a tool that the deployment does not have.
 */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "gate/ops.h"

/* Anthropic and OpenAI refuse these at the top of a tool's schema. What they say is checked when
 * the tool is called, and the model is told then. */
static const char *const refused_at_top[] = {"anyOf", "oneOf", "allOf", "not",     "enum",   "if",
                                             "then",  "else",  "$id",   "$schema", "$anchor"};

static void make_wire_name(const char *name, char out[65])
{
    size_t n = strlen(name);
    mb_assert(n < 65);
    for (size_t i = 0; i <= n; i++)
        out[i] = name[i] == '.' ? '_' : name[i];
}

json_t *mb_tool_describe(const json_t *manifest)
{
    char wire[65];
    make_wire_name(json_string_value(json_object_get(manifest, "name")), wire);
    json_t *definition = json_pack("{s:s}", "name", wire);
    json_t *parameters = json_copy(json_object_get(manifest, "args"));
    json_t *summary = json_object_get(manifest, "summary");
    for (size_t i = 0; i < MB_LEN(refused_at_top); i++)
        json_object_del(parameters, refused_at_top[i]);
    if (summary)
        json_object_set(definition, "description", summary);
    json_object_set_new(definition, "parameters", parameters);
    return definition;
}

static struct mb_str str_of(const json_t *text)
{
    return MB_STR_OF(json_string_value(text), json_string_length(text));
}

/* What the provider will be told as the name of this entry of "tools". */
static const char *entry_name(const json_t *entry, char wire[65])
{
    if (!json_is_string(entry))
        return json_string_value(json_object_get(entry, "name"));
    make_wire_name(json_string_value(entry), wire);
    return wire;
}

static int check_twice(const json_t *tools, size_t i, const char *place, struct mb_err *err)
{
    char wire[65], other[65];
    const char *name = entry_name(json_array_get(tools, i), wire);
    for (size_t k = 0; k < i; k++)
        if (strcmp(entry_name(json_array_get(tools, k), other), name) == 0)
            return mb_err_at(err, MB_E_INVALID_ARGUMENTS, place,
                             "two of the tools are called \"%s\" for the model", name);
    return 0;
}

int mb_gate_check_named_tools(const struct mb_gate *gate, const struct mb_grant *grant,
                              const json_t *args, struct mb_err *err)
{
    const json_t *tools = mb_json_get(args, "tools");
    size_t i;
    json_t *entry;
    json_array_foreach(tools, i, entry)
    {
        char place[32];
        snprintf(place, sizeof(place), "/tools/%zu", i);
        if (json_is_string(entry) && (!mb_tools_get(&gate->tools, str_of(entry)) ||
                                      !mb_grant_has_tool(grant, str_of(entry))))
            return mb_err_at(err, MB_E_TOOL_DENIED, place,
                             "the deployment has no tool \"%s\" that a model could be told of",
                             json_string_value(entry));
        int rc = check_twice(tools, i, place, err);
        if (rc < 0)
            return rc;
    }
    return 0;
}

int64_t mb_gate_named_tools_bytes(const struct mb_gate *gate, const json_t *args)
{
    int64_t sum = 0;
    size_t i;
    json_t *entry;
    json_array_foreach(mb_json_get(args, "tools"), i, entry)
    {
        const struct mb_tool *tool =
            json_is_string(entry) ? mb_tools_get(&gate->tools, str_of(entry)) : NULL;
        sum += tool ? tool->definition_bytes : 0;
    }
    return sum;
}

/* The tools' definitions. Fills `names` with {name that the provider is told: own name} where they
 * differ. */
static json_t *expand_tools(const struct mb_gate *gate, const json_t *tools, json_t *names)
{
    json_t *expanded = json_array();
    size_t i;
    json_t *entry;
    json_array_foreach(tools, i, entry)
    {
        const struct mb_tool *tool =
            json_is_string(entry) ? mb_tools_get(&gate->tools, str_of(entry)) : NULL;
        json_array_append(expanded, tool ? tool->definition : entry);
        if (tool && strchr(tool->name, '.'))
            json_object_set_new(names, json_string_value(json_object_get(tool->definition, "name")),
                                json_string(tool->name));
    }
    return expanded;
}

/* A new reference: `named`, or a copy of it whose "name" has no dots. */
static json_t *renamed(json_t *named)
{
    char wire[65];
    const char *name = json_string_value(mb_json_get(named, "name"));
    if (!name || !strchr(name, '.') || strlen(name) >= sizeof(wire))
        return json_incref(named);
    make_wire_name(name, wire);
    json_t *copy = json_copy(named);
    json_object_set_new(copy, "name", json_string(wire));
    return copy;
}

static json_t *rename_calls(json_t *message)
{
    json_t *calls = json_array();
    size_t i;
    json_t *call;
    bool differs = false;
    json_array_foreach(mb_json_get(message, "tool_calls"), i, call)
    {
        json_array_append_new(calls, renamed(call));
        differs = differs || json_array_get(calls, i) != call;
    }
    json_t *copy = differs ? json_copy(message) : json_incref(message);
    if (differs)
        json_object_set(copy, "tool_calls", calls);
    json_decref(calls);
    return copy;
}

json_t *mb_gate_expand_named_tools(const struct mb_gate *gate, json_t *args, json_t **names)
{
    json_t *tools = mb_json_get(args, "tools"), *messages = mb_json_get(args, "messages");
    json_t *choice = mb_json_get(args, "tool_choice");
    *names = json_object();
    if (!tools)
        return json_incref(args);
    json_t *expanded = json_copy(args);
    json_object_set_new(expanded, "tools", expand_tools(gate, tools, *names));
    if (json_is_object(choice))
        json_object_set_new(expanded, "tool_choice", renamed(choice));
    if (!messages)
        return expanded;
    json_t *list = json_array();
    size_t i;
    json_t *message;
    json_array_foreach(messages, i, message)
    {
        json_array_append_new(list, rename_calls(message));
    }
    json_object_set_new(expanded, "messages", list);
    return expanded;
}

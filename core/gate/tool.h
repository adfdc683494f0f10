/* The tools that an agent can be allowed: what each takes, does and costs, from its manifest.
 *
 * A manifest is data (tools/manifest.schema.json): the core tools' are embedded, each I/O tool
 * brings its own in its folder. A tool that reads may be called again at will; one that writes has
 * its intent journaled before it starts. */
#ifndef MB_GATE_TOOL_H
#define MB_GATE_TOOL_H

#include <jansson.h>

#include "base/err.h"
#include "base/map.h"
#include "base/schema.h"

enum mb_tool_kind {
    MB_TOOL_LLM,   /* a model call: core/llm */
    MB_TOOL_DATA,  /* the customer's stored data: kv, memory, files */
    MB_TOOL_WAIT,  /* sleep, approve, ask: the run engine's */
    MB_TOOL_CHILD, /* agent.run, agent.wait: the run engine's, too */
    MB_TOOL_IO,    /* Lua in the toolbox */
};

struct mb_tool {
    char name[65];
    enum mb_tool_kind kind;
    json_t *manifest;
    struct mb_schema *args;
    int64_t price_micros; /* of one call, on top of what a model costs */
    int timeout_ms;
    json_t *definition;       /* what models are told: {"name", "description", "parameters"} */
    int64_t definition_bytes; /* of its text */
    json_t *package;          /* of an I/O tool: {"name", "files"} for the toolbox; else NULL */
};

struct mb_tools {
    struct mb_map by_name;
};

void mb_tools_init(struct mb_tools *tools);
void mb_tools_release(struct mb_tools *tools);
/* Adds one from its manifest (borrowed). `package` is taken: the Lua files of an I/O tool, or NULL.
 */
int mb_tools_add(struct mb_tools *tools, const json_t *manifest, json_t *package,
                 struct mb_err *err) MB_MUST_CHECK;
/* Adds the tools that are built into the core. */
int mb_tools_add_core(struct mb_tools *tools, struct mb_err *err) MB_MUST_CHECK;
/* Adds every folder of `dir` that holds a manifest.json. */
int mb_tools_add_dir(struct mb_tools *tools, const char *dir, struct mb_err *err) MB_MUST_CHECK;

/* What a model is told of a tool (new reference): its name without dots, its summary, its
 * arguments. */
json_t *mb_tool_describe(const json_t *manifest);

const struct mb_tool *mb_tools_get(const struct mb_tools *tools, struct mb_str name);

/* Does a call with these arguments write? May it be done twice with the same idempotency key? */
bool mb_tool_is_write(const struct mb_tool *tool, const json_t *args);
bool mb_tool_is_idempotent(const struct mb_tool *tool, const json_t *args);

#endif

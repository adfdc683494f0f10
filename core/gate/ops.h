/* The kinds of tools, one file each: gate_llm.c, gate_data.c, gate_io.c. */
#ifndef MB_GATE_OPS_H
#define MB_GATE_OPS_H

#include "base/list.h"
#include "gate/gate.h"
#include "llm/llm.h"

int mb_gate_start_llm(struct mb_gate_call *call, struct mb_err *err) MB_MUST_CHECK;
int mb_gate_start_data(struct mb_gate_call *call, struct mb_err *err) MB_MUST_CHECK;
int mb_gate_start_io(struct mb_gate_call *call, struct mb_err *err) MB_MUST_CHECK;

enum mb_llm_kind mb_gate_llm_kind(const struct mb_tool *tool);

/* Tools that llm.chat is given by name (tool_names.c). Are they the deployment's, and does the
 * provider get each name once? TOOL_DENIED, INVALID_ARGUMENTS. */
int mb_gate_check_named_tools(const struct mb_gate *gate, const struct mb_grant *grant,
                              const json_t *args, struct mb_err *err) MB_MUST_CHECK;
/* How many bytes their definitions add to what a model reads. */
int64_t mb_gate_named_tools_bytes(const struct mb_gate *gate, const json_t *args);
/* The arguments (new reference) with definitions instead of names, and no dots in names. *names:
 * new reference, {name that the provider is told: own name} where they differ. */
json_t *mb_gate_expand_named_tools(const struct mb_gate *gate, json_t *args, json_t **names);

bool mb_grant_has_tool(const struct mb_grant *grant, struct mb_str name);

/* Ends a call: adds the tool's own price and the result's bytes to what was used, and tells. */
void mb_gate_done(struct mb_gate_call *call, struct mb_str result, struct mb_usage *usage,
                  const struct mb_err *err);

/* Is the URL's host one that the package names (and so the customer has agreed to)? */
int mb_gate_check_host(const struct mb_grant *grant, const char *url,
                       struct mb_err *err) MB_MUST_CHECK;

/* Opens a secret of the deployment's grant. NOT_FOUND when it has none of that name. */
int mb_gate_open_secret(const struct mb_gate *gate, const struct mb_grant *grant, const char *name,
                        struct mb_secret *out, struct mb_err *err) MB_MUST_CHECK;

/* What an I/O tool may ask for: one request of host.http (gate_http.c). Answers the job. */
struct mb_gate_io;
struct mb_gate_http;
struct mb_job;
int mb_gate_http_start(struct mb_gate_call *call, struct mb_job *job, uint32_t no, json_t *args,
                       struct mb_list *list, int64_t *bytes, struct mb_err *err) MB_MUST_CHECK;
void mb_gate_http_cancel_all(struct mb_list *list);

#endif

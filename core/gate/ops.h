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

/* Ends a call: adds the tool's own price and the result's bytes to what was used, and tells. */
void mb_gate_done(struct mb_gate_call *call, struct mb_str result, struct mb_usage *usage,
                  const struct mb_err *err);

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

/* The parts of Anthropic's wire format that anthropic.c, its reader and the fuzz target share. */
#ifndef MB_LLM_ANTHROPIC_H
#define MB_LLM_ANTHROPIC_H

#include "llm/wire.h"

int mb_llm_anthropic_read(const struct mb_llm_ask *ask, const json_t *root,
                          struct mb_llm_answer *answer, struct mb_err *err);
int mb_llm_anthropic_read_event(const struct mb_llm_ask *ask, const char *name, struct mb_str data,
                                struct mb_llm_answer *answer, struct mb_err *err);
void mb_llm_anthropic_read_error(int status, const json_t *root, struct mb_err *err);

/* The schema in the subset that output_config.format takes: closed objects, no bounds, no $ref. A
 * new reference; NULL when the subset cannot express it (the answer then comes by a forced tool).
 */
json_t *mb_llm_anthropic_schema(const json_t *schema);

#endif

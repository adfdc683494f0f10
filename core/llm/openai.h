/* The reading half of OpenAI's wire format, for openai.c and its fuzz target. */
#ifndef MB_LLM_OPENAI_H
#define MB_LLM_OPENAI_H

#include "llm/wire.h"

int mb_llm_openai_read(const struct mb_llm_ask *ask, const json_t *root,
                       struct mb_llm_answer *answer, struct mb_err *err);
int mb_llm_openai_read_event(const struct mb_llm_ask *ask, const char *name, struct mb_str data,
                             struct mb_llm_answer *answer, struct mb_err *err);
void mb_llm_openai_read_error(int status, const json_t *root, struct mb_err *err);

#endif

/* What models.c and its neighbours share. */
#ifndef MB_LLM_MODELS_PRIVATE_H
#define MB_LLM_MODELS_PRIVATE_H

#include "base/embed.h"
#include "llm/models.h"

/* A file that is built in, by its name below core/llm; it must be there. */
const struct mb_embed *mb_llm_file(const char *name);

#endif

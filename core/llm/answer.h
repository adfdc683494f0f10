/* What a model answered, whoever it was; filled by the readers of each wire format. */
#ifndef MB_LLM_ANSWER_H
#define MB_LLM_ANSWER_H

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"
#include "llm/price.h"

enum { MB_LLM_MAX_TOOL_CALLS = 128, MB_LLM_ID_BYTES = 127 };

struct mb_llm_tool_call {
    char *id, *name;
    struct mb_buf arguments; /* JSON text as the model wrote it */
};

/* Zero-initialised is empty and valid. */
struct mb_llm_answer {
    struct mb_buf text;
    struct mb_llm_tool_call *calls;
    size_t n_calls;
    const char *finish; /* "stop", "length" or "tool_calls"; NULL = not told yet */
    bool is_refused;
    struct mb_buf refusal; /* the model's words, if any */
    char *model;           /* as the provider calls what answered; NULL = not told */
    char *id;
    struct mb_llm_usage usage;
    json_t *value;       /* of a JSON answer that came as a value */
    json_t *vectors;     /* of an embedding */
    int64_t cost_micros; /* of all tries */
    int open_call;       /* of a stream: the call that is being written + 1; 0 = none */
};

void mb_llm_answer_release(struct mb_llm_answer *answer); /* empty and valid again */
/* The call with this index, made when it is the next; NULL beyond MB_LLM_MAX_TOOL_CALLS. */
struct mb_llm_tool_call *mb_llm_answer_call(struct mb_llm_answer *answer, size_t index);
/* Replaces a text that a provider gives; cut to MB_LLM_ID_BYTES, and kept when `from` is empty. */
void mb_llm_set_id(char **to, struct mb_str from);

/* Gives its tool calls the names that `names` ({told: own}; NULL = none) has for them. */
void mb_llm_answer_rename(struct mb_llm_answer *answer, const json_t *names);
/* Result texts, see llm/llm.h. `model` is used when the provider told none. */
void mb_llm_answer_chat(const struct mb_llm_answer *answer, struct mb_str model,
                        struct mb_buf *out);
void mb_llm_answer_json(const struct mb_llm_answer *answer, const json_t *value,
                        struct mb_str model, const struct mb_llm_usage *usage, struct mb_buf *out);
void mb_llm_answer_embed(const struct mb_llm_answer *answer, struct mb_str model,
                         struct mb_buf *out);

#endif

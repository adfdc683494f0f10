/* The model "script": answers from a file, for tests and demonstrations. Deterministic: the same
 * question gets the same answer, in any order, unless an entry counts its uses.
 *
 * The file is a JSON array of entries, or one entry a line. For a call, the first entry that fits
 * answers; without one the call fails with MODEL_INVALID_REQUEST. An entry fits when all that it
 * names fits:
 *   "kind"    "chat", "json" or "embed"
 *   "model"   the model's name as the call gives it
 *   "match"   a text that the last user message contains, without regard to ASCII case
 *   "regex"   an ECMA-262 pattern that the last user message matches
 *   "system"  a text that the system messages contain, without regard to ASCII case
 *   "turn"    how many assistant messages the conversation holds
 *   "times"   this entry answers so many calls of this process, and no more
 * and answers with one of:
 *   "reply"   text (chat), or the value as JSON text (json)
 *   "value"   the value (json)
 *   "tool_calls" [{"name", "arguments", "id"?}]
 *   "vectors" [[number...]...] (embed; without an entry's vectors they are made from the texts)
 *   "error"   {"code", "message"?, "retry_ms"?}: a code of base/err.def, as "model_overloaded";
 *             retried as if a provider had said it
 * after "delay_ms", counting "usage" {"input_tokens", "output_tokens", "cached_tokens",
 * "reasoning_tokens"} (0 for what is not named; without it, a quarter of the characters). */
#ifndef MB_LLM_SCRIPT_H
#define MB_LLM_SCRIPT_H

#include "base/err.h"

struct mb_llm_script;

/* NULL with err (CONFIG) saying which entry is wrong. */
struct mb_llm_script *mb_llm_script_new(struct mb_str text, struct mb_err *err) MB_MUST_CHECK;
void mb_llm_script_free(struct mb_llm_script *script); /* takes NULL */

#endif

/* The local model as core/llm wants it: a job of the toolbox. */
#ifndef MB_GATE_LOCAL_H
#define MB_GATE_LOCAL_H

#include "llm/llm.h"

struct mb_toolbox;
struct mb_llm_local mb_gate_local(struct mb_toolbox *toolbox); /* borrows the toolbox */

#endif

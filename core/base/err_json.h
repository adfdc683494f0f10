/* Errors as JSON: the form in which they cross to and from sandboxes, and are journaled. */
#ifndef MB_ERR_JSON_H
#define MB_ERR_JSON_H

#include "base/buf.h"
#include "base/err.h"

/* Appends {"code", "message", "retryable"}, and "pointer" and "retry_ms" when they are set. */
void mb_err_add_json(struct mb_buf *out, const struct mb_err *err);

/* Reads {"code", "message", "retryable"?, "file"?, "line"?} as a worker sends it; hostile text is
 * fine. A code that is not in err.def stays in err->wire, under AGENT_ERROR; one that is not a
 * short identifier becomes agent_error. */
void mb_err_read_json(struct mb_err *err, struct mb_str json);

#endif

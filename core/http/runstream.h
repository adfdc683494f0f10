/* A run's events as an answer: from its beginning (execute) or from any position on (events). */
#ifndef MB_HTTP_RUNSTREAM_H
#define MB_HTTP_RUNSTREAM_H

#include "http/request.h"
#include "run/engine.h"

/* Executes and streams. The stream begins when the run is accepted; until then it may be refused.
 */
void mb_run_stream_execute(struct mb_request *r, const struct mb_exec_request *request);
/* Streams what comes after position `after` (0 = everything). The stream begins when the run was
 * found. */
void mb_run_stream_follow(struct mb_request *r, struct mb_id run_id, int after);

#endif

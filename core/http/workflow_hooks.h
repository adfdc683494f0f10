/* The secrets of webhooks that a workflow draws: the customer's, sealed once more for the trigger.
 */
#ifndef MB_HTTP_WORKFLOW_HOOKS_H
#define MB_HTTP_WORKFLOW_HOOKS_H

#include "http/request.h"

/* Takes what api.workflow_publish gave: seals the secrets in its "hooks" for their triggers, stores
 * them, and then answers with it. */
void mb_workflow_hooks_give(struct mb_request *r, int status, const json_t *answer);

#endif

/* What a deployment is held to, whoever makes or changes it. */
#ifndef MB_HTTP_DEPLOYMENT_H
#define MB_HTTP_DEPLOYMENT_H

#include <jansson.h>

#include "base/err.h"

/* Does the configuration fit the manifest's schema? INVALID_INPUT ("invalid_config") at
 * "/config/...". */
int mb_deployment_check_config(const json_t *manifest, const json_t *config,
                               struct mb_err *err) MB_MUST_CHECK;

#endif

/* Whose a thing is: for commands that are given only its id. */
#ifndef MB_APP_FIND_H
#define MB_APP_FIND_H

#include "base/config.h"
#include "base/err.h"
#include "base/id.h"

/* The customer of a run, or of a deployment. The database is config->database_url
 * (mb_database_find). NOT_FOUND when there is none. */
int mb_find_run(const struct mb_config *config, struct mb_id run_id, struct mb_id *customer_id,
                struct mb_err *err) MB_MUST_CHECK;
int mb_find_deployment(const struct mb_config *config, struct mb_id deployment_id,
                       struct mb_id *customer_id, struct mb_err *err) MB_MUST_CHECK;

#endif

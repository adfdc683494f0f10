/* Logging: one JSON object a line on stderr. Only the edges log (app, http, the engine's loop);
 * libraries return errors. Secrets and customers' data are never logged. */
#ifndef MB_LOG_H
#define MB_LOG_H

#include "base/err.h"

enum mb_log_level { MB_LOG_DEBUG, MB_LOG_INFO, MB_LOG_WARN, MB_LOG_ERROR };

void mb_log_set_level(enum mb_log_level least);
/* `event` is a short stable name ("run_failed"); then pairs of key and format, as
 *   mb_log(MB_LOG_WARN, "redis_lost", "url", "%s", url, "in_ms", "%d", ms, NULL);
 * every value is printed through its own format and put as a JSON string. */
void mb_log(enum mb_log_level level, const char *event, ...) __attribute__((sentinel));
/* The same with an error's code, message and place as fields. */
void mb_log_err(enum mb_log_level level, const char *event, const struct mb_err *err);

#endif

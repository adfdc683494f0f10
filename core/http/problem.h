/* Problem details (RFC 9457): an error as a customer sees it. */
#ifndef MB_HTTP_PROBLEM_H
#define MB_HTTP_PROBLEM_H

#include "base/buf.h"
#include "base/err.h"

/* Appends the problem as JSON. `status` is the answer's. What went wrong inside the service is not
 * told: the text of such an error is the code's own. */
void mb_problem_write(struct mb_buf *out, const struct mb_err *err, int status,
                      struct mb_str request_id);

/* The HTTP status of an error, and the code that stands for a status that SQL or another layer
 * chose. */
int mb_problem_status(const struct mb_err *err);
enum mb_err_code mb_problem_code(int status);

/* The reason phrase of HTTP/1.1. */
const char *mb_problem_reason(int status);

/* Is this an error of the service, whose text stays in the log? */
bool mb_problem_is_internal(const struct mb_err *err);

#endif

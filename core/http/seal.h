/* Sealing a customer's secret for the database. */
#ifndef MB_HTTP_SEAL_H
#define MB_HTTP_SEAL_H

#include "http/request.h"

/* Appends the sealed form of `value`, as a JSON string. It opens only as this customer's secret of
 * this name. UNAVAILABLE when the host has no master key. */
int mb_seal_json(struct mb_request *r, struct mb_str name, struct mb_str value, struct mb_buf *out,
                 struct mb_err *err) MB_MUST_CHECK;

#endif

/* The parameters of a request, as its operation describes them: decoded, typed and checked. All
 * that comes in here was chosen by a stranger. */
#ifndef MB_HTTP_PARAMS_H
#define MB_HTTP_PARAMS_H

#include "base/id.h"
#include "http/router.h"

/* Reads the path's values and the query (without '?'; empty = none) into a new object by parameter
 * name: integers, booleans, strings, lists of strings, ids as UUIDs; defaults are filled in. ids
 * gets the path's ids in the order of the path (nil where the value is no id). INVALID_REQUEST with
 * the place "?name": not UTF-8, control characters, a value that does not fit, an unknown
 * parameter, one given twice or missing. *out is set on success only. */
int mb_params_read(const struct mb_match *match, struct mb_str query, json_t **out,
                   struct mb_id ids[MB_ROUTE_VALUES], struct mb_err *err) MB_MUST_CHECK;

/* The same when the operation has nothing but ids in its path: nothing is built. */
int mb_params_read_ids(const struct mb_match *match, struct mb_str query,
                       struct mb_id ids[MB_ROUTE_VALUES], struct mb_err *err) MB_MUST_CHECK;

#endif

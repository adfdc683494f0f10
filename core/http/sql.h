/* Operations that are SQL functions: api.<name>(customer uuid, request json) returns json.
 *
 * The request is {"params": {...}, "body": ..., "caller": {"key_id"}}; what comes back is
 * {"status", "body"?, "headers"?} or {"status", "error": {"code", "message", "pointer"?}}. A
 * function whose name ends in _get, _list, _search or _events only reads, and so may be sent again.
 */
#ifndef MB_HTTP_SQL_H
#define MB_HTTP_SQL_H

#include "http/request.h"
#include "io/pg.h"

/* Serves an x-sql operation. */
void mb_sql_serve(struct mb_request *r);

/* Calls api.<function> for a handler, with `request` as its request (borrowed for the call), and
 * calls back with a successful answer's status and the whole answer (borrowed). Anything else is
 * the request's answer already, and nobody is called. One call at a time; r->cancel is its own.
 * With an Idempotency-Key, where the operation has that, the function runs inside api.once; what
 * counts as the same request are the path and the body as they came. */
typedef void mb_sql_done(struct mb_request *r, int status, const json_t *answer);
void mb_sql_call(struct mb_request *r, const char *function, struct mb_str request,
                 mb_sql_done *on_done);

/* Answers with what a function gave. */
void mb_sql_answer(struct mb_request *r, int status, const json_t *answer);

/* The statement "select api.<function>($1, $2)"; lives as long as the process. */
const struct mb_pg_stmt *mb_sql_stmt(const char *function);

/* Reads what a function gave: its status, and the answer (a new reference), or NULL with err. */
json_t *mb_sql_read(const struct mb_pg_result *res, int *status, struct mb_err *err);

/* The header Idempotency-Key, quoted or bare; empty when there is none. False when it is there and
 * cannot be used, and then the request is answered. */
bool mb_idempotency_key(struct mb_request *r, struct mb_str *key);

#endif

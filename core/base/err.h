/* Operational errors: a negative code from err.def, and a struct that says what failed.
 *
 * Functions that can fail return int: 0, or -MB_E_..., and fill `struct mb_err *` when it is not
 * NULL. Libraries do not log; whoever is at the edge does, once. */
#ifndef MB_ERR_H
#define MB_ERR_H

#include "base/base.h"

enum mb_err_code {
    MB_OK = 0,
#define MB_ERR(name, wire, status, retryable, text) MB_E_##name,
#include "base/err.def"
#undef MB_ERR
    MB_E_COUNT
};

struct mb_err {
    int code;          /* MB_E_..., positive; 0 = none */
    char wire[48];     /* a tool's own wire code; empty = the code's own from err.def */
    int retryable;     /* -1 = as the code says, else 0 or 1 */
    int64_t retry_ms;  /* how long to wait before the next try; 0 = not known */
    char pointer[192]; /* JSON Pointer (RFC 6901) or file:line of the offending part, or "" */
    char message[400]; /* lower case, what failed first, subject in quotes, then the cause */
};

/* Fills `err` (may be NULL) and returns -code, so that `return mb_err_set(...)` reads well. */
int mb_err_set(struct mb_err *err, enum mb_err_code code, const char *fmt, ...) MB_PRINTF(3, 4);
/* The same with the place of the offending part. */
int mb_err_at(struct mb_err *err, enum mb_err_code code, const char *pointer, const char *fmt, ...)
    MB_PRINTF(4, 5);
/* Puts "context: " before the message of an error that is set. */
void mb_err_prefix(struct mb_err *err, const char *fmt, ...) MB_PRINTF(2, 3);
void mb_err_clear(struct mb_err *err);

const char *mb_err_wire(const struct mb_err *err); /* the stable code that customers see */
bool mb_err_retryable(const struct mb_err *err);
int mb_err_status(int code);            /* HTTP status; code may be negative */
const char *mb_err_name(int code);      /* wire code; code may be negative */
const char *mb_err_text(int code);      /* default text */
int mb_err_from_wire(const char *wire); /* MB_E_..., or 0 when it is not one of ours */

#endif

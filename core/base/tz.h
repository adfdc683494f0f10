/* Time zones by their IANA names ("Europe/Berlin"), from the system's tzdata: how far local time is
 * from UTC at any moment, without the process's own TZ being touched.
 *
 * The files are TZif (RFC 8536); what comes after their last entry follows the rule in their footer
 * (POSIX.1, environment variable TZ). "UTC" needs no file. */
#ifndef MB_TZ_H
#define MB_TZ_H

#include "base/err.h"

enum { MB_TZ_NAME = 64 }; /* longest name */

struct mb_tz;

/* A time in which local time does not jump: [from, until), Unix seconds; INT64_MIN and INT64_MAX
 * where nothing is known to come before or after. */
struct mb_tz_span {
    int64_t from, until;
    int32_t offset_s;        /* local time is UTC plus this */
    int32_t offset_before_s; /* in the span before */
};

/* NULL with INVALID_REQUEST when the name is none that this system has. */
struct mb_tz *mb_tz_load(struct mb_str name, struct mb_err *err) MB_MUST_CHECK;
/* The same from a file's bytes. */
struct mb_tz *mb_tz_read(struct mb_str file, struct mb_err *err) MB_MUST_CHECK;
void mb_tz_free(struct mb_tz *tz); /* takes NULL */

/* The span that this moment lies in. */
struct mb_tz_span mb_tz_at(const struct mb_tz *tz, int64_t unix_s);

#endif

#include "base/rfc3339.h"

#include <stdio.h>
#include <time.h>

char *mb_rfc3339(int64_t unix_us, char out[MB_RFC3339_TEXT])
{
    int64_t last_us = 253402300799999999; /* the end of the year 9999 */
    unix_us = MB_MAX(MB_MIN(unix_us, last_us), 0);
    time_t seconds = unix_us / 1000000;
    struct tm tm;
    gmtime_r(&seconds, &tm);
    size_t n = strftime(out, MB_RFC3339_TEXT, "%Y-%m-%dT%H:%M:%S", &tm);
    snprintf(out + n, MB_RFC3339_TEXT - n, ".%06dZ", (int)(unix_us % 1000000));
    return out;
}

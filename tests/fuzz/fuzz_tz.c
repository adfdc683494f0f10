/* Files of time zones: whatever is read has spans that hold the time they were asked for and follow
 * each other. */
#include "base/tz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const int64_t times[] = {-100000000000, -1, 0, 1700000000, 4000000000, 100000000000};
    struct mb_err err;
    struct mb_tz *tz = mb_tz_read(MB_STR_OF((const char *)data, size), &err);
    if (!tz)
        return 0;
    for (size_t i = 0; i < MB_LEN(times); i++) {
        struct mb_tz_span span = mb_tz_at(tz, times[i]);
        mb_assert(span.from <= times[i] && times[i] < span.until);
        if (span.until != INT64_MAX)
            mb_assert(mb_tz_at(tz, span.until).from == span.until);
    }
    mb_tz_free(tz);
    return 0;
}

/* Schedules: whatever is accepted comes, on a minute, in order, and is found from any moment
 * before. The input: one byte that chooses a zone, two that choose a time, a schedule. */
#include <string.h>

#include "base/cron.h"
#include "base/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { TIMES = 4 };

static const struct mb_tz *zone(uint8_t choice)
{
    static const char *const names[] = {"UTC",
                                        "Europe/Berlin",
                                        "America/New_York",
                                        "Australia/Lord_Howe",
                                        "Africa/Casablanca",
                                        "Pacific/Apia"};
    static struct mb_tz *loaded[MB_LEN(names)];
    struct mb_err err;
    size_t i = choice % MB_LEN(names);
    if (!loaded[i])
        loaded[i] = mb_tz_load(mb_str_c(names[i]), &err);
    mb_assert(loaded[i]);
    return loaded[i];
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mb_cron cron;
    struct mb_err err = {0};
    if (size < 3)
        return 0;
    const struct mb_tz *tz = zone(data[0]);
    int64_t at = 1000000000 + (int64_t)(data[1] << 8 | data[2]) * 40000;
    if (mb_cron_parse(&cron, MB_STR_OF((const char *)data + 3, size - 3), &err) < 0) {
        mb_assert(err.code == MB_E_INVALID_REQUEST && err.message[0]);
        return 0;
    }
    for (int i = 0; i < TIMES; i++) {
        int64_t next = mb_cron_next(&cron, tz, at);
        if (next < 0)
            return 0; /* a day and a weekday that are years apart */
        mb_assert(next > at && next % 60 == 0);
        mb_assert(mb_cron_next(&cron, tz, next - 1) == next);
        mb_assert(mb_cron_next(&cron, tz, at + (next - at) / 2) == next);
        mb_assert(mb_cron_last(&cron, tz, at, next) == next);
        mb_assert(mb_cron_last(&cron, tz, at, next - 1) == -1);
        at = next;
    }
    return 0;
}

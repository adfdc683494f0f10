/* Time. Durations and deadlines use the monotonic clock, stored times the wall clock (Unix, UTC),
 * both in microseconds. Tests set a fake clock and advance it themselves. */
#ifndef MB_CLOCK_H
#define MB_CLOCK_H

#include "base/base.h"

int64_t mb_clock_mono_us(void);
int64_t mb_clock_wall_us(void);

/* From now on both clocks stand at these values until moved again; for tests. */
void mb_clock_fake(int64_t mono_us, int64_t wall_us);
void mb_clock_advance(int64_t us);
void mb_clock_real(void);

#endif

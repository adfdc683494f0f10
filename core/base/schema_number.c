/* JSON numbers compared and divided exactly. A double is taken for the shortest decimal that reads
 * back as it: that is what its author wrote, so 0.3 is a multiple of 0.1. */
#include <math.h>
#include <stdlib.h>

#include "base/schema_impl.h"

bool mb_number_is_whole(const json_t *number)
{
    return json_is_integer(number) ||
           (json_is_real(number) && json_real_value(number) == rint(json_real_value(number)));
}

/* 64 bits of precision at least, so that neither kind is rounded. */
static long double exact(const json_t *number)
{
    if (json_is_integer(number))
        return (long double)json_integer_value(number);
    return (long double)json_real_value(number);
}

int mb_number_order(const json_t *a, const json_t *b)
{
    if (json_is_integer(a) && json_is_integer(b))
        return (json_integer_value(a) > json_integer_value(b)) -
               (json_integer_value(a) < json_integer_value(b));
    long double x = exact(a), y = exact(b);
    return (x > y) - (x < y);
}

static struct mb_decimal without_zeros(struct mb_decimal d)
{
    if (!d.digits)
        return (struct mb_decimal){0, 0};
    for (; d.digits % 10 == 0; d.digits /= 10)
        d.exponent++;
    return d;
}

/* Reads what mb_json_real_text writes: at most 19 digits. */
struct mb_decimal mb_decimal_of(const json_t *number)
{
    struct mb_decimal d = {0, 0};
    char text[MB_JSON_NUMBER_TEXT];
    if (json_is_integer(number)) {
        int64_t value = json_integer_value(number);
        d.digits = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
        return without_zeros(d);
    }
    mb_json_real_text(json_real_value(number), text);
    bool fraction = false;
    const char *p = text;
    for (; *p && *p != 'e'; p++) {
        if (*p == '.')
            fraction = true;
        if (*p < '0' || *p > '9')
            continue;
        d.digits = d.digits * 10 + (uint64_t)(*p - '0');
        d.exponent -= fraction;
    }
    if (*p == 'e')
        d.exponent += (int)strtol(p + 1, NULL, 10);
    return without_zeros(d);
}

bool mb_decimal_is_multiple(struct mb_decimal value, struct mb_decimal unit)
{
    int shift = value.exponent - unit.exponent;
    if (!value.digits)
        return true;
    unsigned __int128 divisor = unit.digits, rest = value.digits;
    if (shift < -19) /* 64 bits hold no multiple of 10^20 */
        return false;
    for (; shift < 0; shift++)
        divisor *= 10;
    rest %= divisor;
    for (; shift > 0 && rest; shift--)
        rest = rest * 10 % divisor;
    return rest == 0;
}

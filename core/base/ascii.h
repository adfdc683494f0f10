/* Classes of ASCII characters, whatever the locale; a byte beyond ASCII is in none. */
#ifndef MB_ASCII_H
#define MB_ASCII_H

#include <stdbool.h>

static inline bool mb_is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static inline bool mb_is_letter(char c)
{
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
}

/* What a hex digit of either case stands for; -1 = it is none. */
static inline int mb_hex_value(char c)
{
    if (mb_is_digit(c))
        return c - '0';
    return (c | 0x20) >= 'a' && (c | 0x20) <= 'f' ? (c | 0x20) - 'a' + 10 : -1;
}

static inline bool mb_is_hex(char c)
{
    return mb_hex_value(c) >= 0;
}

#endif

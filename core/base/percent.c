#include "base/percent.h"

#include "base/ascii.h"

int mb_percent_take(struct mb_str *text, bool plus_is_space)
{
    size_t n = 1;
    int byte = (unsigned char)text->ptr[0];
    if (byte == '%') {
        int high = text->len > 2 ? mb_hex_value(text->ptr[1]) : -1;
        int low = high >= 0 ? mb_hex_value(text->ptr[2]) : -1;
        if (low < 0)
            return -1;
        byte = high << 4 | low;
        n = 3;
    } else if (byte == '+' && plus_is_space) {
        byte = ' ';
    }
    text->ptr += n;
    text->len -= n;
    return byte;
}

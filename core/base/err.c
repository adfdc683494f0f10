#include "base/err.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct {
    const char *wire;
    int status;
    bool retryable;
    const char *text;
} table[MB_E_COUNT] = {
    [MB_OK] = {"ok", 200, false, "ok"},
#define MB_ERR(name, wire, status, retryable, text) [MB_E_##name] = {wire, status, retryable, text},
#include "base/err.def"
#undef MB_ERR
};

static int known(int code)
{
    code = abs(code);
    return code < MB_E_COUNT ? code : MB_E_INTERNAL;
}

MB_PRINTF(4, 0)
static void fill(struct mb_err *err, int code, const char *pointer, const char *fmt, va_list ap)
{
    /* The arguments may point into *err itself, so the text is made before anything is cleared. */
    char message[sizeof(err->message)];
    char place[sizeof(err->pointer)];
    vsnprintf(message, sizeof(message), fmt, ap);
    snprintf(place, sizeof(place), "%s", pointer);
    mb_err_clear(err);
    err->code = code;
    memcpy(err->message, message, sizeof(message));
    memcpy(err->pointer, place, sizeof(place));
}

int mb_err_set(struct mb_err *err, enum mb_err_code code, const char *fmt, ...)
{
    if (err) {
        va_list ap;
        va_start(ap, fmt);
        fill(err, (int)code, "", fmt, ap);
        va_end(ap);
    }
    return -(int)code;
}

int mb_err_at(struct mb_err *err, enum mb_err_code code, const char *pointer, const char *fmt, ...)
{
    if (err) {
        va_list ap;
        va_start(ap, fmt);
        fill(err, (int)code, pointer, fmt, ap);
        va_end(ap);
    }
    return -(int)code;
}

void mb_err_prefix(struct mb_err *err, const char *fmt, ...)
{
    if (!err)
        return;
    char text[sizeof(err->message)];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof(text) - 3, fmt, ap);
    va_end(ap);
    size_t at = n < 0 ? 0 : MB_MIN((size_t)n, sizeof(text) - 4);
    text[at++] = ':';
    text[at++] = ' ';
    size_t room = sizeof(text) - 1 - at;
    size_t len = MB_MIN(strlen(err->message), room);
    memcpy(text + at, err->message, len);
    text[at + len] = '\0';
    memcpy(err->message, text, sizeof(text));
}

void mb_err_clear(struct mb_err *err)
{
    memset(err, 0, sizeof(*err));
    err->retryable = -1;
}

const char *mb_err_wire(const struct mb_err *err)
{
    return err->wire[0] ? err->wire : mb_err_name(err->code);
}

bool mb_err_retryable(const struct mb_err *err)
{
    return err->retryable >= 0 ? err->retryable != 0 : table[known(err->code)].retryable;
}

int mb_err_status(int code)
{
    return table[known(code)].status;
}

const char *mb_err_name(int code)
{
    return table[known(code)].wire;
}

const char *mb_err_text(int code)
{
    return table[known(code)].text;
}

int mb_err_from_wire(const char *wire)
{
    for (int i = 1; i < MB_E_COUNT; i++)
        if (strcmp(table[i].wire, wire) == 0)
            return i;
    return 0;
}

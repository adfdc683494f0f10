#include "base/base.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void mb_assert_failed(const char *expr, const char *file, int line, const char *func)
{
    fprintf(stderr, "moonbase: bug: %s:%d: %s: assertion failed: %s\n", file, line, func, expr);
    abort();
}

static void *checked(void *ptr)
{
    if (MB_UNLIKELY(ptr == NULL)) {
        fputs("moonbase: out of memory\n", stderr);
        abort();
    }
    return ptr;
}

void *mb_alloc(size_t size)
{
    return checked(malloc(size ? size : 1));
}

void *mb_zalloc(size_t size)
{
    return checked(calloc(1, size ? size : 1));
}

void *mb_realloc(void *ptr, size_t size)
{
    return checked(realloc(ptr, size ? size : 1));
}

char *mb_strdup(const char *s)
{
    return checked(strdup(s));
}

char *mb_strndup(const char *s, size_t len)
{
    char *copy = mb_alloc(len + 1);
    if (len)
        memcpy(copy, s, len);
    copy[len] = '\0';
    return copy;
}

struct mb_str mb_str_c(const char *s)
{
    return s ? MB_STR_OF(s, strlen(s)) : MB_STR_OF("", 0);
}

bool mb_str_eq(struct mb_str a, struct mb_str b)
{
    return a.len == b.len && (a.len == 0 || memcmp(a.ptr, b.ptr, a.len) == 0);
}

bool mb_str_is(struct mb_str a, const char *b)
{
    return mb_str_eq(a, mb_str_c(b));
}

void mb_close(int *fd)
{
    if (*fd >= 0)
        close(*fd);
    *fd = -1;
}

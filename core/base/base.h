/* What every file of Moonbase may use: attributes, assertions, small macros.
 * Nothing here allocates, and nothing here knows about any module. */
#ifndef MB_BASE_H
#define MB_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define MB_MUST_CHECK     __attribute__((warn_unused_result))
#define MB_PRINTF(fmt, a) __attribute__((format(printf, fmt, a)))
#define MB_NORETURN       __attribute__((noreturn))
#define MB_LIKELY(x)      __builtin_expect(!!(x), 1)
#define MB_UNLIKELY(x)    __builtin_expect(!!(x), 0)

#define MB_LEN(array) (sizeof(array) / sizeof((array)[0]))
#define MB_MIN(a, b)  ((a) < (b) ? (a) : (b))
#define MB_MAX(a, b)  ((a) > (b) ? (a) : (b))

/* The struct that holds `member` at address `ptr`. */
#define MB_CONTAINER_OF(ptr, type, member) ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

/* A bug: prints the expression and its place, then aborts. Kept in release builds. */
#define mb_assert(expr)                                                                            \
    (MB_LIKELY(expr) ? (void)0 : mb_assert_failed(#expr, __FILE__, __LINE__, __func__))
void mb_assert_failed(const char *expr, const char *file, int line, const char *func) MB_NORETURN;

/* Allocation that cannot fail: the host is out of memory only if its limits are set wrong, and
 * then a restart from the journal is the recovery. Sizes that an outsider chooses are capped
 * before they get here. */
void *mb_alloc(size_t size) __attribute__((malloc, returns_nonnull));
void *mb_zalloc(size_t size) __attribute__((malloc, returns_nonnull));
void *mb_realloc(void *ptr, size_t size) __attribute__((returns_nonnull));
char *mb_strdup(const char *s) __attribute__((malloc, returns_nonnull));
char *mb_strndup(const char *s, size_t len) __attribute__((malloc, returns_nonnull));

/* A borrowed run of bytes; not terminated. `ptr` may be NULL when `len` is 0. */
struct mb_str {
    const char *ptr;
    size_t len;
};
#define MB_STR(literal)       ((struct mb_str){(literal), sizeof(literal) - 1})
#define MB_STR_ARG(s)         (int)(s).len, (s).ptr
#define MB_STR_OF(ptr_, len_) ((struct mb_str){(ptr_), (len_)})
struct mb_str mb_str_c(const char *s); /* of a C string; NULL gives an empty one */
bool mb_str_eq(struct mb_str a, struct mb_str b);
bool mb_str_is(struct mb_str a, const char *b);

/* An owned pair of file descriptors and the like are closed by mb_close, which takes -1. */
void mb_close(int *fd);

#endif

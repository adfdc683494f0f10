#include "http/prefer.h"

#include <string.h>
#include <strings.h>

static struct mb_str trim(struct mb_str s)
{
    while (s.len && (s.ptr[0] == ' ' || s.ptr[0] == '\t'))
        s.ptr++, s.len--;
    while (s.len && (s.ptr[s.len - 1] == ' ' || s.ptr[s.len - 1] == '\t'))
        s.len--;
    return s;
}

static bool is_word(struct mb_str s, const char *word)
{
    return s.len == strlen(word) && strncasecmp(s.ptr, word, s.len) == 0;
}

/* Digits, perhaps quoted; -1 when it is no number. */
static int seconds(struct mb_str value)
{
    int n = 0;
    if (value.len >= 2 && value.ptr[0] == '"' && value.ptr[value.len - 1] == '"')
        value = MB_STR_OF(value.ptr + 1, value.len - 2);
    if (value.len == 0)
        return -1;
    for (size_t i = 0; i < value.len; i++) {
        if (value.ptr[i] < '0' || value.ptr[i] > '9')
            return -1;
        n = MB_MIN(n * 10 + value.ptr[i] - '0', MB_PREFER_WAIT_MAX_S);
    }
    return n;
}

static void take(struct mb_prefer *prefer, bool *has_wait, struct mb_str one)
{
    const char *semicolon = one.len ? memchr(one.ptr, ';', one.len) : NULL;
    if (semicolon)
        one.len = (size_t)(semicolon - one.ptr);
    const char *eq = one.len ? memchr(one.ptr, '=', one.len) : NULL;
    size_t name_len = eq ? (size_t)(eq - one.ptr) : one.len;
    struct mb_str name = trim(MB_STR_OF(one.ptr, name_len));
    if (!eq && is_word(name, "respond-async")) {
        prefer->is_given = true;
        return;
    }
    if (!eq || *has_wait || !is_word(name, "wait"))
        return;
    int s = seconds(trim(MB_STR_OF(eq + 1, one.len - name_len - 1)));
    if (s < 0)
        return;
    *has_wait = prefer->is_given = true;
    prefer->wait_s = s;
}

struct mb_prefer mb_prefer_parse(struct mb_str header)
{
    struct mb_prefer prefer = {0};
    bool has_wait = false;
    while (header.len) {
        const char *comma = memchr(header.ptr, ',', header.len);
        size_t n = comma ? (size_t)(comma - header.ptr) : header.len;
        take(&prefer, &has_wait, MB_STR_OF(header.ptr, n));
        n += comma != NULL;
        header = MB_STR_OF(header.ptr + n, header.len - n);
    }
    return prefer;
}

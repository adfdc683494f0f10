/* The formats "uri" and "uri-reference": RFC 3986, section 3 and appendix A. */
#include <arpa/inet.h>
#include <string.h>

#include "base/ascii.h"
#include "base/schema_impl.h"

/* Only unreserved characters, sub-delims, %XX and those in `more`? */
static bool has_only(struct mb_str s, const char *more)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        if (c == '%') {
            if (s.len - i < 3 || !mb_is_hex(s.ptr[i + 1]) || !mb_is_hex(s.ptr[i + 2]))
                return false;
            i += 2;
        } else if (!mb_is_letter(c) && !mb_is_digit(c) &&
                   !(c && (strchr("-._~!$&'()*+,;=", c) || strchr(more, c)))) {
            return false;
        }
    }
    return true;
}

/* Cuts *s before the first of `c`; *rest is what follows it. False when there is none. */
static bool cut(struct mb_str *s, char c, struct mb_str *rest)
{
    const char *found = s->len ? memchr(s->ptr, c, s->len) : NULL;
    if (!found)
        return false;
    size_t n = (size_t)(found - s->ptr);
    *rest = MB_STR_OF(found + 1, s->len - n - 1);
    s->len = n;
    return true;
}

static bool is_port(struct mb_str s)
{
    for (size_t i = 0; i < s.len; i++)
        if (!mb_is_digit(s.ptr[i]))
            return false;
    return true;
}

/* What stands in brackets: an IPv6 address, or "v1.anything". */
static bool is_ip_literal(struct mb_str s)
{
    char copy[INET6_ADDRSTRLEN + 1];
    unsigned char address[16];
    if (s.len > 3 && (s.ptr[0] | 0x20) == 'v' && mb_is_hex(s.ptr[1])) {
        struct mb_str rest = {0};
        return cut(&s, '.', &rest) && rest.len && has_only(rest, ":") &&
               !memchr(rest.ptr, '%', rest.len);
    }
    if (!s.len || s.len >= sizeof(copy))
        return false;
    memcpy(copy, s.ptr, s.len);
    copy[s.len] = '\0';
    return inet_pton(AF_INET6, copy, address) == 1;
}

static bool is_authority(struct mb_str s)
{
    struct mb_str rest, port = {0};
    struct mb_str user = s;
    if (cut(&user, '@', &rest)) {
        if (!has_only(user, ":"))
            return false;
        s = rest;
    }
    if (s.len && s.ptr[0] == '[') {
        struct mb_str host = MB_STR_OF(s.ptr + 1, s.len - 1);
        if (!cut(&host, ']', &rest) || !is_ip_literal(host))
            return false;
        return !rest.len || (rest.ptr[0] == ':' && is_port(MB_STR_OF(rest.ptr + 1, rest.len - 1)));
    }
    cut(&s, ':', &port);
    return has_only(s, "") && is_port(port);
}

/* hier-part or relative-part: with an authority after "//", or a path. */
static bool is_hierarchy(struct mb_str s)
{
    if (s.len < 2 || memcmp(s.ptr, "//", 2) != 0)
        return has_only(s, ":@/");
    struct mb_str authority = MB_STR_OF(s.ptr + 2, s.len - 2), path = {0};
    cut(&authority, '/', &path);
    return is_authority(authority) && has_only(path, ":@/");
}

static bool is_scheme(struct mb_str s)
{
    if (!s.len || !mb_is_letter(s.ptr[0]))
        return false;
    for (size_t i = 1; i < s.len; i++)
        if (!mb_is_letter(s.ptr[i]) && !mb_is_digit(s.ptr[i]) && !strchr("+-.", s.ptr[i]))
            return false;
    return true;
}

bool mb_schema_is_uri(struct mb_str s, bool may_be_relative)
{
    struct mb_str fragment = {0}, query = {0}, rest;
    cut(&s, '#', &fragment);
    cut(&s, '?', &query);
    if (!has_only(fragment, ":@/?") || !has_only(query, ":@/?"))
        return false;
    struct mb_str scheme = s;
    if (cut(&scheme, ':', &rest) && is_scheme(scheme))
        return is_hierarchy(rest);
    if (!may_be_relative)
        return false;
    /* The first segment of a relative path has no colon: it would be a scheme. */
    const char *colon = s.len ? memchr(s.ptr, ':', s.len) : NULL;
    const char *slash = s.len ? memchr(s.ptr, '/', s.len) : NULL;
    return (!colon || (slash && slash < colon)) && is_hierarchy(s);
}

#include "base/hostmatch.h"

#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "base/ascii.h"

enum { NAME_CHARS = 253, LABEL_CHARS = 63 }; /* RFC 1035, 2.3.4 */

enum kind { BAD, NAME, UNDER, EVERY, IP4, IP6 };

struct pattern {
    enum kind kind;
    struct mb_str name; /* NAME; UNDER: without "*." */
    uint8_t ip[16];
    uint16_t port; /* 0 = any */
};

static bool is_label_char(char c)
{
    return mb_is_letter(c) || mb_is_digit(c) || c == '-' || c == '_';
}

static struct mb_str last_label(struct mb_str name)
{
    const char *dot = memrchr(name.ptr, '.', name.len);
    if (!dot)
        return name;
    return MB_STR_OF(dot + 1, name.len - (size_t)(dot + 1 - name.ptr));
}

/* "1", "0x7f" and the like at the end make resolvers read the whole as an address (WHATWG URL,
 * "ends in a number"), so such a text is never a name. */
static bool is_number(struct mb_str label)
{
    bool hex = label.len >= 2 && label.ptr[0] == '0' && (label.ptr[1] | 0x20) == 'x';
    for (size_t i = hex ? 2 : 0; i < label.len; i++)
        if (!mb_is_digit(label.ptr[i]) && !(hex && strchr("abcdef", label.ptr[i] | 0x20)))
            return false;
    return true;
}

static bool is_name(struct mb_str name)
{
    size_t label = 0;
    if (!name.len || name.len > NAME_CHARS)
        return false;
    for (size_t i = 0; i < name.len; i++) {
        if (name.ptr[i] == '.') {
            if (label == 0)
                return false;
            label = 0;
        } else if (!is_label_char(name.ptr[i]) || ++label > LABEL_CHARS) {
            return false;
        }
    }
    return label > 0 && !is_number(last_label(name));
}

static enum kind parse_ip(struct mb_str text, uint8_t ip[16])
{
    char copy[INET6_ADDRSTRLEN];
    bool brackets = text.len > 2 && text.ptr[0] == '[' && text.ptr[text.len - 1] == ']';
    if (brackets)
        text = MB_STR_OF(text.ptr + 1, text.len - 2);
    if (!text.len || text.len >= sizeof(copy) || memchr(text.ptr, '\0', text.len))
        return BAD;
    memcpy(copy, text.ptr, text.len);
    copy[text.len] = '\0';
    if (inet_pton(AF_INET6, copy, ip) == 1)
        return IP6;
    return !brackets && inet_pton(AF_INET, copy, ip) == 1 ? IP4 : BAD;
}

static bool parse_port(struct mb_str text, uint16_t *port)
{
    uint32_t value = 0;
    if (!text.len || text.len > 5 || text.ptr[0] == '0')
        return false;
    for (size_t i = 0; i < text.len; i++) {
        if (!mb_is_digit(text.ptr[i]))
            return false;
        value = value * 10 + (uint32_t)(text.ptr[i] - '0');
    }
    *port = (uint16_t)value;
    return value <= UINT16_MAX;
}

/* Takes ":port" off the end. A bare IPv6 address has colons of its own, and no port. */
static bool split_port(struct mb_str *text, uint16_t *port)
{
    const char *colon = text->len ? memrchr(text->ptr, ':', text->len) : NULL;
    *port = 0;
    if (!colon)
        return true;
    size_t before = (size_t)(colon - text->ptr);
    bool bare_ip6 = memchr(text->ptr, ':', before) && text->ptr[0] != '[';
    bool inside = text->ptr[0] == '[' && text->ptr[text->len - 1] == ']';
    if (bare_ip6 || inside)
        return true;
    struct mb_str digits = MB_STR_OF(colon + 1, text->len - before - 1);
    text->len = before;
    return parse_port(digits, port);
}

static struct pattern parse_entry(struct mb_str entry)
{
    struct pattern p = {BAD, entry, {0}, 0};
    if (!split_port(&p.name, &p.port))
        return p;
    p.kind = parse_ip(p.name, p.ip);
    if (p.kind != BAD)
        return p;
    if (mb_str_is(p.name, "*")) {
        p.kind = EVERY;
    } else if (p.name.len > 2 && memcmp(p.name.ptr, "*.", 2) == 0) {
        p.name = MB_STR_OF(p.name.ptr + 2, p.name.len - 2);
        p.kind = is_name(p.name) ? UNDER : BAD;
    } else {
        p.kind = is_name(p.name) ? NAME : BAD;
    }
    return p;
}

static bool same_name(struct mb_str a, struct mb_str b)
{
    return a.len == b.len && strncasecmp(a.ptr, b.ptr, a.len) == 0;
}

static bool is_under(struct mb_str name, struct mb_str parent)
{
    if (name.len < parent.len + 2)
        return false;
    size_t at = name.len - parent.len;
    return name.ptr[at - 1] == '.' && same_name(MB_STR_OF(name.ptr + at, parent.len), parent);
}

bool mb_hostmatch(struct mb_str entry, struct mb_str host, uint16_t port)
{
    struct pattern p = parse_entry(entry);
    uint8_t ip[16];
    if (p.kind == BAD || (p.port && p.port != port))
        return false;
    enum kind kind = parse_ip(host, ip);
    if (kind != BAD)
        return kind == p.kind && memcmp(ip, p.ip, kind == IP4 ? 4 : 16) == 0;
    if (!is_name(host))
        return false;
    return p.kind == EVERY || (p.kind == NAME && same_name(host, p.name)) ||
           (p.kind == UNDER && is_under(host, p.name));
}

int mb_hostmatch_check(struct mb_str entry, struct mb_err *err)
{
    if (parse_entry(entry).kind != BAD)
        return 0;
    return mb_err_set(err, MB_E_INVALID_REQUEST,
                      "\"%.*s\" is not a host: write a name, \"*.\" and a name, \"*\" or an IP "
                      "address, and \":port\" after it if only that port is meant",
                      (int)MB_MIN(entry.len, 100), entry.ptr);
}

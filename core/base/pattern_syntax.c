#include "base/pattern_syntax.h"

#include <string.h>

#include "base/ascii.h"

/* Source: ECMA-262, 22.2.1 (Patterns), with the `u` flag; and pcre2pattern(3) for what PCRE2 reads
 * otherwise. */

struct reader {
    const char *at, *end;
    bool back_references;
    bool in_class;
    bool quantified; /* the last thing was a quantifier: another + would be PCRE2's possessive */
};

static bool next_is(const struct reader *r, const char *what)
{
    size_t n = strlen(what);
    return (size_t)(r->end - r->at) >= n && memcmp(r->at, what, n) == 0;
}

static bool hex_digits(struct reader *r, int n)
{
    for (int i = 0; i < n; i++, r->at++)
        if (r->at == r->end || !mb_is_hex(*r->at))
            return false;
    return true;
}

/* After \u: four digits, or {1 to 6}. */
static const char *unicode_escape(struct reader *r)
{
    static const char wrong[] = "\\u is followed by four hex digits, or by some in braces";
    if (!next_is(r, "{"))
        return hex_digits(r, 4) ? NULL : wrong;
    const char *from = ++r->at;
    while (r->at < r->end && mb_is_hex(*r->at))
        r->at++;
    if (r->at == from || r->at - from > 6 || !next_is(r, "}"))
        return wrong;
    r->at++;
    return NULL;
}

/* After \\p: which names there are is for PCRE2 to say. */
static const char *property(struct reader *r)
{
    const char *close = next_is(r, "{") ? memchr(r->at, '}', (size_t)(r->end - r->at)) : NULL;
    if (!close)
        return "\\p is followed by a property in braces";
    r->at = close + 1;
    return NULL;
}

/* After the backslash. */
static const char *escape(struct reader *r)
{
    if (r->at == r->end)
        return "it ends with a backslash";
    char c = *r->at++;
    if (strchr("dDwWsSbfnrtv", c) && c)
        return NULL;
    if (c == 'B')
        return r->in_class ? "\\B must not be in a class" : NULL;
    if (c == 'p' || c == 'P')
        return property(r);
    if (c == 'x')
        return hex_digits(r, 2) ? NULL : "\\x is followed by two hex digits";
    if (c == 'u')
        return unicode_escape(r);
    if (c == 'c') {
        bool letter = r->at < r->end && (*r->at | 0x20) >= 'a' && (*r->at | 0x20) <= 'z';
        r->at += letter;
        return letter ? NULL : "\\c is followed by a letter";
    }
    if (c == '0')
        return r->at < r->end && mb_is_digit(*r->at) ? "octal escapes are not allowed" : NULL;
    if (mb_is_digit(c) || c == 'k') {
        if (!r->back_references)
            return "back references are not supported";
        return r->in_class ? "a back reference must not be in a class" : NULL;
    }
    return c && strchr("^$\\.*+?()[]{}|/-", c) ? NULL : "an escape that ECMA-262 does not have";
}

/* After "(". */
static const char *group(struct reader *r)
{
    if (next_is(r, "*"))
        return "a quantifier has nothing to repeat";
    if (!next_is(r, "?"))
        return NULL;
    r->at++;
    static const char *const kinds[] = {":", "=", "!", "<=", "<!"};
    for (size_t i = 0; i < MB_LEN(kinds); i++) {
        if (next_is(r, kinds[i])) {
            r->at += strlen(kinds[i]);
            return NULL;
        }
    }
    if (!next_is(r, "<"))
        return "a kind of group that ECMA-262 does not have";
    return NULL; /* a name, which PCRE2 reads in the same way */
}

static const char *in_class(struct reader *r, char c)
{
    if (c == ']')
        r->in_class = false;
    else if (c == '[' && r->at < r->end && strchr(":.=", *r->at) && *r->at)
        return "POSIX classes are not part of ECMA-262";
    return NULL;
}

/* {3} {3,} {3,5}: moves behind it. Any other brace must be escaped. */
static const char *braces(struct reader *r)
{
    static const char wrong[] = "a brace that is not {n}, {n,} or {n,m} needs a backslash";
    const char *p = r->at;
    while (p < r->end && mb_is_digit(*p))
        p++;
    if (p == r->at)
        return wrong;
    if (p < r->end && *p == ',')
        for (p++; p < r->end && mb_is_digit(*p);)
            p++;
    if (p == r->end || *p != '}')
        return wrong;
    r->at = p + 1;
    return NULL;
}

static const char *quantifier(struct reader *r, char c)
{
    if (r->quantified)
        return "a quantifier has nothing to repeat";
    const char *wrong = c == '{' ? braces(r) : NULL;
    if (next_is(r, "?")) /* lazy */
        r->at++;
    r->quantified = true;
    return wrong;
}

static const char *outside(struct reader *r, char c)
{
    if (strchr("*+?{", c) && c)
        return quantifier(r, c);
    r->quantified = false;
    if (c == '(')
        return group(r);
    if (c == '[') {
        r->in_class = true;
        if (next_is(r, "^"))
            r->at++;
        if (r->at < r->end && *r->at == '[')
            return in_class(r, *r->at++);
        return NULL;
    }
    return c == '}' || c == ']' ? "a closing brace or bracket needs a backslash" : NULL;
}

const char *mb_pattern_syntax(struct mb_str source, bool back_references)
{
    struct reader r = {source.ptr, source.ptr + source.len, back_references, false, false};
    while (r.at < r.end) {
        char c = *r.at++;
        const char *wrong;
        if (c == '\\') {
            r.quantified = false;
            wrong = escape(&r);
        } else {
            wrong = r.in_class ? in_class(&r, c) : outside(&r, c);
        }
        if (wrong)
            return wrong;
    }
    return NULL;
}

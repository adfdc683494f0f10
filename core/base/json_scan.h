/* The lexical half of the JSON reader: strings and numbers of RFC 8259. Private to core/base. */
#ifndef MB_JSON_SCAN_H
#define MB_JSON_SCAN_H

#include "base/buf.h"

/* Where the reader is. A function that fails sets `wrong` (static text) and leaves `at` there. */
struct mb_json_scan {
    const char *at, *end;
    const char *wrong;
    struct mb_buf scratch; /* the last string that had escapes, decoded */
    bool keep;             /* false: only judge; nothing is allocated */
};

struct mb_json_number {
    bool is_real;
    int64_t integer;
    double real; /* set when the scan keeps */
};

static inline void mb_json_scan_space(struct mb_json_scan *s)
{
    while (s->at < s->end && (*s->at == ' ' || *s->at == '\n' || *s->at == '\t' || *s->at == '\r'))
        s->at++;
}

static inline bool mb_json_scan_wrong(struct mb_json_scan *s, const char *what)
{
    s->wrong = what;
    return false;
}

/* After the opening quote, to behind the closing one. *out borrows from the text, or from the
 * scratch until the next string. */
bool mb_json_scan_string(struct mb_json_scan *s, struct mb_str *out) MB_MUST_CHECK;
bool mb_json_scan_number(struct mb_json_scan *s, struct mb_json_number *out) MB_MUST_CHECK;

#endif

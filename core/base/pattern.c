#include "base/pattern.h"

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>
#include <stdlib.h>

#include "base/pattern_syntax.h"

enum {
    NEST = 50,           /* groups inside each other */
    HEAP_KIB = 8 * 1024, /* of one match; what PCRE2 remembers to come back to */
    SMALL_TEXT = 4096,   /* bytes; for longer texts the memory of a match is not kept */
    BYTES_PER_UNIT = 16,
    BACKTRACKS = 1000000, /* behind the count of work, which comes first */
};

struct mb_pattern {
    pcre2_code *code;
};

/* Set up once for the process, which has one thread. */
static struct {
    pcre2_compile_context *compile;
    pcre2_match_context *match;
    pcre2_match_data *data;
} pcre;

/* What one match has left, and where it was when it was last counted. */
struct meter {
    int64_t work;
    PCRE2_SIZE at;
};

/* Called before every item of the pattern that is tried (PCRE2_AUTO_CALLOUT). Counting the items
 * and the distance passed between them bounds the time whatever the pattern does; PCRE2's own
 * match limit counts only where it comes back to, and anew from every place it starts. */
static int count(pcre2_callout_block *block, void *arg)
{
    struct meter *meter = arg;
    PCRE2_SIZE to = block->current_position, from = meter->at;
    meter->work -= 1 + (int64_t)((to > from ? to - from : from - to) / BYTES_PER_UNIT);
    meter->at = to;
    return meter->work < 0 ? PCRE2_ERROR_CALLOUT : 0;
}

static void set_up(void)
{
    if (pcre.compile)
        return;
    pcre.compile = pcre2_compile_context_create(NULL);
    pcre.match = pcre2_match_context_create(NULL);
    pcre.data = pcre2_match_data_create(1, NULL);
    mb_assert(pcre.compile && pcre.match && pcre.data);
    pcre2_set_max_pattern_length(pcre.compile, MB_PATTERN_CHARS);
    pcre2_set_parens_nest_limit(pcre.compile, NEST);
    /* . does not match any of the line ends that PCRE2 knows; ECMA-262 has four of them. */
    pcre2_set_newline(pcre.compile, PCRE2_NEWLINE_ANY);
    pcre2_set_compile_extra_options(pcre.compile, PCRE2_EXTRA_ALT_BSUX);
    pcre2_set_heap_limit(pcre.match, HEAP_KIB);
    pcre2_set_match_limit(pcre.match, BACKTRACKS);
}

static pcre2_code *compile(struct mb_str source, bool back_references, struct mb_err *err)
{
    /* As ECMA-262 has it: $ only at the very end, [] matches nothing, \x and \u as in JavaScript,
     * and a group that took no part matches the empty text. */
    enum {
        OPTIONS = PCRE2_UTF | PCRE2_DOLLAR_ENDONLY | PCRE2_ALLOW_EMPTY_CLASS | PCRE2_ALT_BSUX |
                  PCRE2_MATCH_UNSET_BACKREF | PCRE2_NEVER_BACKSLASH_C | PCRE2_AUTO_CALLOUT
    };
    int code;
    PCRE2_SIZE at;
    char why[160];
    set_up();
    if (source.len > MB_PATTERN_CHARS) {
        mb_err_set(err, MB_E_INVALID_REQUEST, "a pattern has at most %d bytes", MB_PATTERN_CHARS);
        return NULL;
    }
    const char *wrong = mb_pattern_syntax(source, back_references);
    if (wrong) {
        mb_err_set(err, MB_E_INVALID_REQUEST, "not a regular expression of ECMA-262: %s", wrong);
        return NULL;
    }
    pcre2_code *compiled = pcre2_compile((PCRE2_SPTR)(source.ptr ? source.ptr : ""), source.len,
                                         OPTIONS, &code, &at, pcre.compile);
    if (!compiled) {
        pcre2_get_error_message(code, (PCRE2_UCHAR *)why, sizeof(why));
        mb_err_set(err, MB_E_INVALID_REQUEST, "not a regular expression: %s (at byte %zu)", why,
                   (size_t)at);
    }
    return compiled;
}

struct mb_pattern *mb_pattern_new(struct mb_str source, struct mb_err *err)
{
    pcre2_code *code = compile(source, false, err);
    if (!code)
        return NULL;
    struct mb_pattern *p = mb_alloc(sizeof(*p));
    p->code = code;
    return p;
}

void mb_pattern_free(struct mb_pattern *p)
{
    if (!p)
        return;
    pcre2_code_free(p->code);
    free(p);
}

size_t mb_pattern_bytes(const struct mb_pattern *p)
{
    size_t bytes = 0;
    pcre2_pattern_info(p->code, PCRE2_INFO_SIZE, &bytes);
    return bytes;
}

bool mb_pattern_is_regex(struct mb_str source)
{
    pcre2_code *code = compile(source, true, NULL);
    pcre2_code_free(code);
    return code != NULL;
}

enum mb_match mb_pattern_match(const struct mb_pattern *p, struct mb_str text, int64_t *work)
{
    /* The check of the UTF-8 reads it all. */
    struct meter meter = {*work - 1 - (int64_t)(text.len / BYTES_PER_UNIT), 0};
    bool small = text.len <= SMALL_TEXT;
    pcre2_match_data *data = small ? pcre.data : pcre2_match_data_create(1, NULL);
    mb_assert(data);
    pcre2_set_callout(pcre.match, count, &meter);
    int rc = meter.work < 0 ? PCRE2_ERROR_CALLOUT
                            : pcre2_match(p->code, (PCRE2_SPTR)(text.ptr ? text.ptr : ""), text.len,
                                          0, 0, data, pcre.match);
    if (!small)
        pcre2_match_data_free(data);
    *work = meter.work;
    if (rc >= 0)
        return MB_MATCH_YES;
    if (rc == PCRE2_ERROR_CALLOUT || rc == PCRE2_ERROR_MATCHLIMIT || rc == PCRE2_ERROR_HEAPLIMIT ||
        rc == PCRE2_ERROR_DEPTHLIMIT || rc == PCRE2_ERROR_NOMEMORY)
        return MB_MATCH_TOO_MUCH;
    return MB_MATCH_NO;
}

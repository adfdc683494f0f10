/* RFC 9112: status line (4), field lines (5), length of the body (6.3), chunks (7.1). */
#include "io/http1.h"

#include <string.h>
#include <strings.h>

#include "base/ascii.h"

enum state {
    STATUS_LINE,
    FIELD_LINES,
    BODY_LENGTH,
    BODY_CLOSE,
    CHUNK_SIZE,
    CHUNK_EXTENSION,
    CHUNK_SIZE_LF,
    CHUNK_DATA,
    CHUNK_DATA_CR,
    CHUNK_DATA_LF,
    TRAILERS,
    ENDED,
    FAILED_GARBAGE,
    FAILED_TOO_LARGE,
};

enum { CHUNK_LINE_BYTES = 4096 }; /* size and extensions; nobody sends more than a few */
enum { FIRST_BYTES = 256 };       /* the usual head of a model server fits */
static const uint64_t MAX_LENGTH = INT64_MAX / 16;
static const char HTTP[] = "HTTP/1.";

void mb_http1_init(struct mb_http1 *h, size_t max_head_bytes, bool is_head)
{
    *h = (struct mb_http1){.max_head_bytes = max_head_bytes, .is_head = is_head};
}

void mb_http1_release(struct mb_http1 *h)
{
    mb_buf_release(&h->fields);
    *h = (struct mb_http1){0};
}

/* Of a head that is not whole no fields are shown. */
static void fail(struct mb_http1 *h, enum state state)
{
    if (h->state <= FIELD_LINES)
        mb_buf_clear(&h->fields);
    h->state = (uint8_t)state;
}

static enum mb_http1_what garbage(struct mb_http1 *h, const char *why)
{
    fail(h, FAILED_GARBAGE);
    h->why = why;
    return MB_HTTP1_GARBAGE;
}

static enum mb_http1_what too_large(struct mb_http1 *h)
{
    fail(h, FAILED_TOO_LARGE);
    return MB_HTTP1_TOO_LARGE;
}

static void skip(struct mb_str *in, size_t n)
{
    in->ptr += n;
    in->len -= n;
}

/* Words. */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

bool mb_http1_is_token(struct mb_str s)
{
    static const bool tchar[256] = {
        ['a' ... 'z'] = true, ['A' ... 'Z'] = true, ['0' ... '9'] = true, ['!'] = true,
        ['#'] = true,         ['$'] = true,         ['%'] = true,         ['&'] = true,
        ['\''] = true,        ['*'] = true,         ['+'] = true,         ['-'] = true,
        ['.'] = true,         ['^'] = true,         ['_'] = true,         ['`'] = true,
        ['|'] = true,         ['~'] = true,
    };
    for (size_t i = 0; i < s.len; i++)
        if (!tchar[(unsigned char)s.ptr[i]])
            return false;
    return s.len > 0;
}

static bool is_word(struct mb_str s, const char *word)
{
    return s.len == strlen(word) && strncasecmp(s.ptr, word, s.len) == 0;
}

static struct mb_str trim(struct mb_str s)
{
    while (s.len && is_blank(s.ptr[0]))
        skip(&s, 1);
    while (s.len && is_blank(s.ptr[s.len - 1]))
        s.len--;
    return s;
}

/* The next element of a list that is separated by commas (RFC 9110 section 5.6.1). */
static bool next_element(struct mb_str *list, struct mb_str *element)
{
    if (!list->ptr)
        return false;
    const char *comma = list->len ? memchr(list->ptr, ',', list->len) : NULL;
    size_t len = comma ? (size_t)(comma - list->ptr) : list->len;
    *element = trim(MB_STR_OF(list->ptr, len));
    if (comma)
        skip(list, len + 1);
    else
        *list = MB_STR_OF(NULL, 0);
    return true;
}

/* What the fields say about the message itself. */

static bool read_length(struct mb_str s, uint64_t *out)
{
    uint64_t n = 0;
    for (size_t i = 0; i < s.len; i++) {
        if (!mb_is_digit(s.ptr[i]) || n > MAX_LENGTH)
            return false;
        n = n * 10 + (uint64_t)(s.ptr[i] - '0');
    }
    *out = n;
    return s.len > 0;
}

/* The same length several times is one length (RFC 9110 section 8.6). */
static enum mb_http1_what on_content_length(struct mb_http1 *h, struct mb_str value)
{
    struct mb_str one;
    while (next_element(&value, &one)) {
        uint64_t n;
        if (!read_length(one, &n))
            return garbage(h, "its length is no number");
        if (h->has_length && n != h->left)
            return garbage(h, "it has two lengths");
        h->left = n;
        h->has_length = true;
    }
    return MB_HTTP1_MORE;
}

static enum mb_http1_what on_transfer_encoding(struct mb_http1 *h, struct mb_str value)
{
    if (h->is_chunked || h->is_http10 || !is_word(value, "chunked"))
        return garbage(h, "its transfer coding was not asked for");
    h->is_chunked = true;
    return MB_HTTP1_MORE;
}

static enum mb_http1_what on_field(struct mb_http1 *h, struct mb_str name, struct mb_str value)
{
    struct mb_str one;
    if (is_word(name, "content-length"))
        return on_content_length(h, value);
    if (is_word(name, "transfer-encoding"))
        return on_transfer_encoding(h, value);
    if (is_word(name, "connection"))
        while (next_element(&value, &one))
            h->closes = h->closes || is_word(one, "close");
    return MB_HTTP1_MORE;
}

/* The head. */

static enum mb_http1_what on_status_line(struct mb_http1 *h, struct mb_str line)
{
    size_t at = sizeof(HTTP) - 1; /* is there: it was looked at as it came */
    const char *p = line.ptr + at;
    if (line.len < at + 5 || (p[0] != '0' && p[0] != '1') || p[1] != ' ' || !mb_is_digit(p[2]) ||
        p[2] == '0' || !mb_is_digit(p[3]) || !mb_is_digit(p[4]) ||
        (line.len > at + 5 && p[5] != ' '))
        return garbage(h, "its status line is not valid");
    int status = (p[2] - '0') * 100 + (p[3] - '0') * 10 + (p[4] - '0');
    if (status == 101)
        return garbage(h, "it changes the protocol");
    h->is_http10 = p[0] == '0';
    h->is_interim = status < 200;
    h->status = h->is_interim ? 0 : status;
    h->fields.end = h->line_at;
    h->state = FIELD_LINES;
    return MB_HTTP1_MORE;
}

/* Puts "name\0value\0" where the line is: it is never longer. */
static enum mb_http1_what on_field_line(struct mb_http1 *h, char *line, size_t len)
{
    char *colon = memchr(line, ':', len);
    if (is_blank(line[0]))
        return garbage(h, "it has a folded header line");
    struct mb_str name = {line, colon ? (size_t)(colon - line) : 0};
    if (!colon || !mb_http1_is_token(name))
        return garbage(h, "it has a header line without a name");
    struct mb_str value = trim(MB_STR_OF(colon + 1, len - name.len - 1));
    if (memchr(value.ptr, '\0', value.len) || memchr(value.ptr, '\r', value.len))
        return garbage(h, "it has a header with a control character");
    memmove(colon + 1, value.ptr, value.len);
    value.ptr = colon + 1;
    *colon = '\0';
    colon[1 + value.len] = '\0';
    h->line_at += name.len + 1 + value.len + 1;
    h->fields.end = h->line_at;
    return on_field(h, name, value);
}

/* An interim answer is forgotten (RFC 9110 section 15.2). */
static void forget_interim(struct mb_http1 *h)
{
    mb_buf_clear(&h->fields);
    h->left = 0;
    h->has_length = h->is_chunked = h->closes = h->is_interim = false;
    h->state = STATUS_LINE;
}

/* RFC 9112 section 6.3. */
static enum mb_http1_what on_head_end(struct mb_http1 *h)
{
    h->fields.end = h->line_at;
    h->line_at = 0;
    if (h->is_chunked && h->has_length)
        return garbage(h, "it has a length beside a transfer coding");
    if (h->is_interim) {
        forget_interim(h);
        return MB_HTTP1_MORE;
    }
    if (h->is_head || h->status == 204 || h->status == 304) {
        h->state = ENDED;
    } else if (h->is_chunked) {
        h->left = 0;
        h->state = CHUNK_SIZE;
    } else if (h->has_length) {
        h->state = h->left ? BODY_LENGTH : ENDED;
    } else {
        h->closes = true;
        h->state = BODY_CLOSE;
    }
    return MB_HTTP1_MORE;
}

/* No need to wait for the line's end to see that this is another protocol. */
static bool is_http(const struct mb_http1 *h)
{
    size_t n = MB_MIN(mb_buf_len(&h->fields), sizeof(HTTP) - 1);
    return h->state != STATUS_LINE || memcmp(h->fields.data, HTTP, n) == 0;
}

/* One line, or what is there of it. A line may end with LF alone (RFC 9112 section 2.2). */
static enum mb_http1_what read_line(struct mb_http1 *h, struct mb_str *in)
{
    const char *lf = memchr(in->ptr, '\n', in->len);
    size_t len = lf ? (size_t)(lf - in->ptr) + 1 : in->len;
    size_t room = h->max_head_bytes - h->head_bytes;
    if (!h->fields.data)
        mb_buf_reserve(&h->fields, MB_MIN(in->len, (size_t)FIRST_BYTES));
    mb_buf_add(&h->fields, in->ptr, MB_MIN(len, room));
    if (!is_http(h))
        return garbage(h, "it does not begin like HTTP");
    if (len > room)
        return too_large(h);
    h->head_bytes += len;
    skip(in, len);
    if (!lf)
        return MB_HTTP1_MORE;
    char *line = h->fields.data + h->line_at;
    size_t n = h->fields.end - h->line_at - 1;
    if (n && line[n - 1] == '\r')
        n--;
    if (h->state == STATUS_LINE)
        return on_status_line(h, MB_STR_OF(line, n));
    return n ? on_field_line(h, line, n) : on_head_end(h);
}

/* Chunks. Their lines end with CR LF, nothing less. */

static int hex_value(char c)
{
    if (mb_is_digit(c))
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static enum mb_http1_what on_chunk_size(struct mb_http1 *h, char c)
{
    int digit = hex_value(c);
    if (digit >= 0) {
        if (h->left > MAX_LENGTH)
            return garbage(h, "a chunk is too long to be true");
        h->left = h->left * 16 + (uint64_t)digit;
        h->has_digit = true;
    } else if (!h->has_digit || (c != '\r' && c != ';' && !is_blank(c))) {
        return garbage(h, "a chunk has no size");
    } else {
        h->state = c == '\r' ? CHUNK_SIZE_LF : CHUNK_EXTENSION;
    }
    return MB_HTTP1_MORE;
}

static enum mb_http1_what on_chunk_line_end(struct mb_http1 *h, char c)
{
    if (c != '\n')
        return garbage(h, "the line of a chunk does not end");
    h->has_digit = false;
    h->line_at = 0;
    h->state = h->left ? CHUNK_DATA : TRAILERS;
    return MB_HTTP1_MORE;
}

/* Trailers are not kept; `left` counts the bytes of a line, without CR. */
static enum mb_http1_what on_trailer(struct mb_http1 *h, char c)
{
    if (h->head_bytes == h->max_head_bytes)
        return too_large(h);
    h->head_bytes++;
    if (c == '\n') {
        h->state = h->left ? TRAILERS : ENDED;
        h->left = 0;
    } else if (c != '\r') {
        h->left++;
    }
    return MB_HTTP1_MORE;
}

static enum mb_http1_what on_framing(struct mb_http1 *h, char c)
{
    if (h->state <= CHUNK_SIZE_LF && ++h->line_at > CHUNK_LINE_BYTES)
        return too_large(h);
    switch ((enum state)h->state) {
    case CHUNK_SIZE:
        return on_chunk_size(h, c);
    case CHUNK_EXTENSION:
        if (c == '\n')
            return garbage(h, "the line of a chunk does not end");
        if (c == '\r')
            h->state = CHUNK_SIZE_LF;
        return MB_HTTP1_MORE;
    case CHUNK_SIZE_LF:
        return on_chunk_line_end(h, c);
    case CHUNK_DATA_CR:
    case CHUNK_DATA_LF:
        if (c != (h->state == CHUNK_DATA_CR ? '\r' : '\n'))
            return garbage(h, "a chunk is longer than its size");
        h->state = h->state == CHUNK_DATA_CR ? CHUNK_DATA_LF : CHUNK_SIZE;
        return MB_HTTP1_MORE;
    case TRAILERS:
        return on_trailer(h, c);
    case STATUS_LINE:
    case FIELD_LINES:
    case BODY_LENGTH:
    case BODY_CLOSE:
    case CHUNK_DATA:
    case ENDED:
    case FAILED_GARBAGE:
    case FAILED_TOO_LARGE:
        break;
    }
    mb_assert(!"a state without framing");
    return MB_HTTP1_GARBAGE;
}

/* The body. */

static enum mb_http1_what take_body(struct mb_http1 *h, struct mb_str *in, struct mb_str *body)
{
    *body = *in;
    if (h->state != BODY_CLOSE) {
        body->len = (size_t)MB_MIN((uint64_t)in->len, h->left);
        h->left -= body->len;
        if (h->left == 0)
            h->state = h->state == BODY_LENGTH ? ENDED : CHUNK_DATA_CR;
    }
    skip(in, body->len);
    return MB_HTTP1_BODY;
}

static enum mb_http1_what step(struct mb_http1 *h, struct mb_str *in, struct mb_str *body)
{
    if (h->state == STATUS_LINE || h->state == FIELD_LINES)
        return read_line(h, in);
    if (h->state == BODY_LENGTH || h->state == BODY_CLOSE || h->state == CHUNK_DATA)
        return take_body(h, in, body);
    char c = in->ptr[0];
    skip(in, 1);
    return on_framing(h, c);
}

enum mb_http1_what mb_http1_read(struct mb_http1 *h, struct mb_str *in, struct mb_str *body)
{
    enum mb_http1_what what = MB_HTTP1_MORE;
    while (what == MB_HTTP1_MORE && h->state < ENDED && in->len)
        what = step(h, in, body);
    if (what != MB_HTTP1_MORE || h->state < ENDED)
        return what;
    if (h->state == ENDED)
        return MB_HTTP1_END;
    return h->state == FAILED_GARBAGE ? MB_HTTP1_GARBAGE : MB_HTTP1_TOO_LARGE;
}

bool mb_http1_ends_with_close(const struct mb_http1 *h)
{
    return h->state == BODY_CLOSE || h->state == ENDED;
}

bool mb_http1_is_kept(const struct mb_http1 *h)
{
    return h->state == ENDED && !h->closes && !h->is_http10;
}

uint64_t mb_http1_left(const struct mb_http1 *h)
{
    return h->state == BODY_LENGTH ? h->left : 0;
}

/* The fields. */

static const char *fields_end(const struct mb_http1 *h)
{
    bool is_whole = h->state > FIELD_LINES;
    return is_whole && h->fields.data ? h->fields.data + h->fields.end : h->fields.data;
}

struct mb_str mb_http1_field(const struct mb_http1 *h, const char *name)
{
    struct mb_str found = MB_STR("");
    for (const char *at = h->fields.data, *end = fields_end(h); at < end;) {
        const char *value = at + strlen(at) + 1;
        size_t len = strlen(value);
        if (strcasecmp(at, name) == 0)
            found = MB_STR_OF(value, len);
        at = value + len + 1;
    }
    return found;
}

void mb_http1_each(const struct mb_http1 *h,
                   void (*each)(const char *name, const char *value, void *arg), void *arg)
{
    for (const char *at = h->fields.data, *end = fields_end(h); at < end;) {
        const char *value = at + strlen(at) + 1;
        each(at, value, arg);
        at = value + strlen(value) + 1;
    }
}

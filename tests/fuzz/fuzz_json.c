/* JSON from anywhere: the reader agrees with the judge that builds nothing, and with jansson's own
 * reader; what is written reads back as the same value; the canonical form is its own. */
#include "base/json.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_written(const json_t *value)
{
    struct mb_buf canonical = {0}, again = {0}, plain = {0};
    struct mb_err err;
    mb_json_canonical(&canonical, value);
    mb_json_dump(&plain, value);
    json_t *one = mb_json_parse(mb_buf_str(&canonical), &err);
    json_t *two = mb_json_parse(mb_buf_str(&plain), &err);
    mb_assert(one && two && mb_json_eq(one, value) && mb_json_eq(two, value));
    mb_json_canonical(&again, one);
    mb_assert(mb_str_eq(mb_buf_str(&canonical), mb_buf_str(&again)));
    mb_buf_clear(&again);
    mb_json_canonical(&again, two);
    mb_assert(mb_str_eq(mb_buf_str(&canonical), mb_buf_str(&again)));
    json_decref(one);
    json_decref(two);
    mb_buf_release(&canonical);
    mb_buf_release(&again);
    mb_buf_release(&plain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct mb_str text = MB_STR_OF((const char *)data, size);
    struct mb_err err = {0};
    json_t *value = mb_json_parse(text, &err);
    json_t *theirs = json_loadb(text.ptr, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
    bool twice = !value && strstr(err.message, "twice");
    bool capped = !value && (strstr(err.message, "too deep") || strstr(err.message, "too long"));
    mb_assert((value != NULL) == (err.code == 0));
    mb_assert(mb_json_is_valid(text) || !value);
    mb_assert(!mb_json_is_valid(text) || value || twice);
    mb_assert(!value || (theirs && json_equal(value, theirs)));
    /* jansson passes over a NUL between tokens. */
    mb_assert(value || !theirs || capped || memchr(data, '\0', size));
    if (value)
        check_written(value);
    json_decref(value);
    json_decref(theirs);
    return 0;
}

/* JSON of a test's own text: it has to be right, or the test fails. */
#ifndef MB_TEST_PARSE_H
#define MB_TEST_PARSE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/json.h"

/* NULL for NULL. */
static inline json_t *parse(const char *text)
{
    struct mb_err err;
    json_t *json = text ? mb_json_parse(mb_str_c(text), &err) : NULL;
    if (text && !json)
        fail_msg("%s: %s in %s", err.pointer, err.message, text);
    return json;
}

#endif

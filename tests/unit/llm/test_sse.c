/* Server-sent events in any cut. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "llm/sse.h"

static char seen[4096];

static int on_event(void *arg, const char *name, struct mb_str data, struct mb_err *err)
{
    size_t at = strlen(seen);
    (void)arg;
    snprintf(seen + at, sizeof(seen) - at, "%s=%.*s|", name, MB_STR_ARG(data));
    if (mb_str_is(data, "stop"))
        return 7;
    return mb_str_is(data, "bad") ? mb_err_set(err, MB_E_UPSTREAM_ERROR, "bad") : 0;
}

/* Feeds the text in pieces of n bytes. */
static int push(const char *text, size_t n)
{
    struct mb_sse sse = {0};
    struct mb_err err;
    size_t len = strlen(text);
    int rc = 0;
    seen[0] = '\0';
    for (size_t i = 0; i < len && rc == 0; i += n)
        rc = mb_sse_push(&sse, MB_STR_OF(text + i, MB_MIN(n, len - i)), on_event, NULL, &err);
    mb_sse_release(&sse);
    return rc;
}

static void reads_the_same_in_every_cut(void **state)
{
    static const struct {
        const char *text, *events;
    } cases[] = {
        {"data: a\n\n", "=a|"},
        {"data:a\r\n\r\ndata: b\r\rdata: c\n\n", "=a|=b|=c|"},
        {"event: x\ndata: 1\ndata:  2\ndata\n\n", "x=1\n 2\n|"},
        {": hello\nid: 4\nretry: 10\ndata: a\n\n", "=a|"},
        {"event: lost\n\ndata: a\n\n", "=a|"},
        {"\xEF\xBB\xBF"
         "data: bom\n\n",
         "=bom|"},
        {"data: unfinished\n", ""},
        {"\n\n\n", ""},
        {"data\n\n", "=|"},
        {"nonsense\ndatax: no\ndata: yes\n\n", "=yes|"},
        {"data: {\"a\":\"b: c\"}\n\n", "={\"a\":\"b: c\"}|"},
    };
    (void)state;
    for (size_t i = 0; i < MB_LEN(cases); i++)
        for (size_t n = 1; n < 40; n++) {
            assert_int_equal(push(cases[i].text, n), 0);
            assert_string_equal(seen, cases[i].events);
        }
}

static void stops_where_it_is_told(void **state)
{
    (void)state;
    assert_int_equal(push("data: a\n\ndata: stop\n\ndata: b\n\n", 100), 7);
    assert_string_equal(seen, "=a|=stop|");
    assert_int_equal(push("data: bad\n\ndata: b\n\n", 3), -MB_E_UPSTREAM_ERROR);
}

static void refuses_events_without_end(void **state)
{
    (void)state;
    struct mb_sse sse = {0};
    struct mb_err err;
    char *line = mb_alloc(65536);
    memset(line, 'x', 65536);
    memcpy(line, "data: ", 6);
    line[65535] = '\n';
    int rc = 0;
    for (int i = 0; i < 100 && rc == 0; i++)
        rc = mb_sse_push(&sse, MB_STR_OF(line, 65536), on_event, NULL, &err);
    assert_int_equal(rc, -MB_E_UPSTREAM_GARBAGE);
    mb_sse_release(&sse);
    rc = 0;
    memset(line, 'y', 65536);
    for (int i = 0; i < 100 && rc == 0; i++)
        rc = mb_sse_push(&sse, MB_STR_OF(line, 65536), on_event, NULL, &err);
    assert_int_equal(rc, -MB_E_UPSTREAM_GARBAGE);
    mb_sse_release(&sse);
    free(line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(reads_the_same_in_every_cut),
        cmocka_unit_test(stops_where_it_is_told),
        cmocka_unit_test(refuses_events_without_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

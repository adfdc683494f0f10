/* The small parts of core/http that need no server. */
#include "cmk.h"

#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "http/key.h"
#include "http/metrics.h"
#include "http/prefer.h"
#include "http/problem.h"
#include "http/runwatch.h"

/* ---------------------------------------------------------------- problem */

static json_t *problem(const struct mb_err *err, int status)
{
    struct mb_buf out = {0};
    struct mb_err why;
    mb_problem_write(&out, err, status, MB_STR("req_1"));
    json_t *json = mb_json_parse(mb_buf_str(&out), &why);
    if (!json)
        fail_msg("%s: %s", why.message, mb_buf_cstr(&out));
    mb_buf_release(&out);
    return json;
}

static void a_problem_names_code_detail_and_place(void **state)
{
    (void)state;
    static const struct {
        const char *place, *member, *shown;
    } cases[] = {
        {"/config/tone", "pointer", "#/config/tone"},
        {"#", "pointer", "#"},
        {"main.lua:12", "pointer", "main.lua:12"},
        {"agent.json#/tools/0", "pointer", "agent.json#/tools/0"},
        {"?limit", "parameter", "limit"},
    };
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        struct mb_err err;
        (void)mb_err_at(&err, MB_E_INVALID_REQUEST, cases[i].place, "no \"good\" \n at all");
        json_t *json = problem(&err, 400);
        json_t *one = json_array_get(json_object_get(json, "errors"), 0);
        assert_string_equal(mb_json_str(json, "code").ptr, "invalid_request");
        assert_string_equal(mb_json_str(json, "detail").ptr, "no \"good\" \n at all");
        assert_string_equal(mb_json_str(json, "instance").ptr, "urn:moonbase:request:req_1");
        assert_string_equal(mb_json_str(one, cases[i].member).ptr, cases[i].shown);
        json_decref(json);
    }
}

static void a_problem_without_a_place_has_no_errors(void **state)
{
    (void)state;
    struct mb_err err;
    (void)mb_err_set(&err, MB_E_NOT_FOUND, "there is no such run");
    json_t *json = problem(&err, 404);
    assert_null(json_object_get(json, "errors"));
    json_decref(json);
}

static void what_went_wrong_inside_is_not_told(void **state)
{
    (void)state;
    static const enum mb_err_code inside[] = {MB_E_INTERNAL, MB_E_DATABASE, MB_E_IO, MB_E_CONFIG};
    for (size_t i = 0; i < MB_LEN(inside); i++) {
        struct mb_err err;
        struct mb_buf out = {0};
        (void)mb_err_at(&err, inside[i], "/secret", "password=hunter2 at /var/lib");
        mb_problem_write(&out, &err, mb_problem_status(&err), MB_STR("r"));
        assert_null(strstr(mb_buf_cstr(&out), "hunter2"));
        assert_null(strstr(mb_buf_cstr(&out), "secret"));
        mb_buf_release(&out);
    }
}

static void a_tools_own_code_and_long_text_stay_well_formed(void **state)
{
    (void)state;
    struct mb_err err;
    char text[2000];
    memset(text, '"', sizeof(text));
    text[sizeof(text) - 1] = '\0';
    (void)mb_err_at(&err, MB_E_AGENT_ERROR, text, "%s", text);
    strcpy(err.wire, "shop_closed");
    json_t *json = problem(&err, 422);
    assert_string_equal(mb_json_str(json, "code").ptr, "shop_closed");
    json_decref(json);
}

static void every_error_has_a_status_that_http_knows(void **state)
{
    (void)state;
    for (int code = 1; code < MB_E_COUNT; code++) {
        struct mb_err err = {.code = code};
        int status = mb_problem_status(&err);
        assert_true(status >= 400 && status < 600);
        if (strcmp(mb_problem_reason(status), "Unknown") == 0)
            fail_msg("status %d of \"%s\" has no reason phrase", status, mb_err_name(code));
    }
}

/* ---------------------------------------------------------------- Prefer */

static void prefer_is_read_as_the_standard_says(void **state)
{
    (void)state;
    static const struct {
        const char *header;
        bool is_given;
        int wait_s;
    } cases[] = {
        {"", false, 0},
        {"wait=10", true, 10},
        {"Wait = 10", true, 10},
        {"wait=\"10\"", true, 10},
        {"respond-async", true, 0},
        {"respond-async, wait=5", true, 5},
        {"wait=5, wait=9", true, 5},
        {"return=minimal; foo, wait=7;bar=1", true, 7},
        {"wait=0", true, 0},
        {"wait=99999999999999999999", true, MB_PREFER_WAIT_MAX_S},
        {"wait=-1", false, 0},
        {"wait=1.5", false, 0},
        {"wait=", false, 0},
        {"wait", false, 0},
        {"=", false, 0},
        {",,;,", false, 0},
        {"respond-async=1", false, 0},
        {"waiting=3", false, 0},
    };
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        struct mb_prefer prefer = mb_prefer_parse(mb_str_c(cases[i].header));
        if (prefer.is_given != cases[i].is_given || prefer.wait_s != cases[i].wait_s)
            fail_msg("\"%s\" was read as %d, %d", cases[i].header, prefer.is_given, prefer.wait_s);
    }
}

/* ---------------------------------------------------------------- keys */

static void keys_are_long_different_and_wellformed(void **state)
{
    (void)state;
    struct mb_key a, b;
    uint8_t sha256[MB_SHA256_BYTES];
    mb_key_new(&a);
    mb_key_new(&b);
    assert_string_not_equal(a.text, b.text);
    assert_memory_equal(a.text, a.prefix, MB_KEY_PREFIX_CHARS);
    assert_true(mb_key_is_wellformed(mb_str_c(a.text)));
    mb_sha256(mb_str_c(a.text), sha256);
    assert_memory_equal(sha256, a.sha256, sizeof(sha256));
}

static void what_is_no_key_is_not_looked_up(void **state)
{
    (void)state;
    static const char *const texts[] = {
        "",
        "mb_",
        "mb_short",
        "MB_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG",
        "xx_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG",
        "mb_0123456789abcdefghijklmnopqrstuvwxyzABCDEF!",
        "mb_0123456789abcdefghijklmnopqrstuvwxyzABCDEFGH",
        "mb_0123456789abcdefghijklmnopqrstuvwxyzABCDE\xC3\xA9",
    };
    for (size_t i = 0; i < MB_LEN(texts); i++)
        assert_false(mb_key_is_wellformed(mb_str_c(texts[i])));
}

/* ---------------------------------------------------------------- positions of events */

static void the_mark_moves_only_over_what_was_seen(void **state)
{
    (void)state;
    struct mb_seen seen = {.low = 0};
    assert_true(mb_seen_add(&seen, 1));
    assert_int_equal(seen.low, 1);
    assert_true(mb_seen_add(&seen, 3));
    assert_int_equal(seen.low, 1);
    assert_true(mb_seen_add(&seen, 5));
    assert_true(mb_seen_add(&seen, 2));
    assert_int_equal(seen.low, 3);
    assert_true(mb_seen_add(&seen, 4));
    assert_int_equal(seen.low, 5);
    assert_int_equal(seen.n, 0);
}

static void nothing_is_seen_twice(void **state)
{
    (void)state;
    struct mb_seen seen = {.low = 10};
    assert_false(mb_seen_add(&seen, 10));
    assert_false(mb_seen_add(&seen, 1));
    assert_true(mb_seen_add(&seen, 13));
    assert_false(mb_seen_add(&seen, 13));
}

static void a_gap_that_never_closes_is_given_up(void **state)
{
    (void)state;
    struct mb_seen seen = {.low = 0};
    for (int seq = 2; seq < 1000; seq++)
        assert_true(mb_seen_add(&seen, seq));
    assert_true(seen.low > 800);
    assert_true(seen.n <= MB_SEEN_MAX);
    assert_false(mb_seen_add(&seen, 1));
}

static void positions_in_any_order_leave_no_gap(void **state)
{
    (void)state;
    struct mb_seen seen = {.low = 0};
    for (int block = 0; block < 20; block++)
        for (int i = 0; i < 32; i++)
            assert_true(mb_seen_add(&seen, block * 32 + (i * 13) % 32 + 1));
    assert_int_equal(seen.low, 640);
    assert_int_equal(seen.n, 0);
}

/* ---------------------------------------------------------------- metrics */

static void metrics_are_written_in_the_text_format(void **state)
{
    (void)state;
    struct mb_op ops[1] = {{.id = "getRun", .index = 0}};
    struct mb_router router = {.ops = ops, .n_ops = 1};
    struct mb_metrics *metrics = mb_metrics_new(&router);
    struct mb_buf out = {0};
    mb_metrics_request(metrics, &ops[0], 200, 700);
    mb_metrics_request(metrics, &ops[0], 200, 60 * 1000000);
    mb_metrics_request(metrics, NULL, 404, 1);
    mb_metrics_requests(metrics, &out);
    const char *text = mb_buf_cstr(&out);
    static const char *const lines[] = {
        "# TYPE moonbase_http_requests_total counter\n",
        "moonbase_http_requests_total{operation=\"getRun\",status=\"200\"} 2\n",
        "moonbase_http_requests_total{operation=\"none\",status=\"404\"} 1\n",
        "_bucket{operation=\"getRun\",le=\"0.0005\"} 0\n",
        "_bucket{operation=\"getRun\",le=\"0.001\"} 1\n",
        "_bucket{operation=\"getRun\",le=\"30\"} 1\n",
        "_bucket{operation=\"getRun\",le=\"+Inf\"} 2\n",
        "_sum{operation=\"getRun\"} 60.000700\n",
        "_count{operation=\"getRun\"} 2\n",
    };
    for (size_t i = 0; i < MB_LEN(lines); i++)
        if (!strstr(text, lines[i]))
            fail_msg("\"%s\" is not in:\n%s", lines[i], text);
    mb_buf_release(&out);
    mb_metrics_free(metrics);
}

static void more_statuses_than_places_are_survived(void **state)
{
    (void)state;
    struct mb_op ops[1] = {{.id = "x", .index = 0}};
    struct mb_router router = {.ops = ops, .n_ops = 1};
    struct mb_metrics *metrics = mb_metrics_new(&router);
    struct mb_buf out = {0};
    for (int status = 100; status < 600; status++)
        mb_metrics_request(metrics, &ops[0], status, 1);
    mb_metrics_requests(metrics, &out);
    assert_non_null(strstr(mb_buf_cstr(&out), "_count{operation=\"x\"} 500\n"));
    mb_buf_release(&out);
    mb_metrics_free(metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_problem_names_code_detail_and_place),
        cmocka_unit_test(a_problem_without_a_place_has_no_errors),
        cmocka_unit_test(what_went_wrong_inside_is_not_told),
        cmocka_unit_test(a_tools_own_code_and_long_text_stay_well_formed),
        cmocka_unit_test(every_error_has_a_status_that_http_knows),
        cmocka_unit_test(prefer_is_read_as_the_standard_says),
        cmocka_unit_test(keys_are_long_different_and_wellformed),
        cmocka_unit_test(what_is_no_key_is_not_looked_up),
        cmocka_unit_test(the_mark_moves_only_over_what_was_seen),
        cmocka_unit_test(nothing_is_seen_twice),
        cmocka_unit_test(a_gap_that_never_closes_is_given_up),
        cmocka_unit_test(positions_in_any_order_leave_no_gap),
        cmocka_unit_test(metrics_are_written_in_the_text_format),
        cmocka_unit_test(more_statuses_than_places_are_survived),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

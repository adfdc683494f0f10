#include "ipc/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static struct mb_buf wire(struct mb_msg_head head, size_t payload)
{
    struct mb_buf b = {0};
    mb_buf_add(&b, &head, sizeof(head));
    memset(mb_buf_reserve(&b, payload + 1), 'p', payload);
    mb_buf_commit(&b, payload);
    return b;
}

static int peek(struct mb_msg_head head, size_t payload, enum mb_msg_from from, const char **why)
{
    struct mb_buf b = wire(head, payload);
    struct mb_frame frame;
    int rc = mb_frame_peek(&b, from, &frame, why);
    mb_buf_release(&b);
    return rc;
}

static void a_frame_comes_out_as_it_was_put_in(void **state)
{
    (void)state;
    struct mb_buf b = {0};
    struct mb_msg_call call = {.cpu_us = 77, .tool_len = 3}, back;
    struct mb_str parts[] = {MB_STR("csv"), MB_STR("{\"a\":1}")}, rest;
    struct mb_frame frame;
    const char *why;
    mb_frame_put(&b, MB_MSG_CALL, 5, 9, &call, sizeof(call), parts, 2);
    mb_frame_put(&b, MB_MSG_PONG, 0, 4, NULL, 0, NULL, 0);

    assert_int_equal(mb_frame_peek(&b, MB_MSG_FROM_WORKER, &frame, &why), 1);
    assert_int_equal(frame.head.type, MB_MSG_CALL);
    assert_int_equal(frame.head.run, 5);
    assert_int_equal(frame.head.step, 9);
    assert_true(mb_frame_split(frame.payload, &back, sizeof(back), &rest));
    assert_int_equal(back.cpu_us, 77);
    assert_true(mb_str_is(rest, "csv{\"a\":1}"));
    mb_frame_done(&b, &frame);

    assert_int_equal(mb_frame_peek(&b, MB_MSG_FROM_WORKER, &frame, &why), 1);
    assert_int_equal(frame.head.type, MB_MSG_PONG);
    assert_int_equal(frame.payload.len, 0);
    mb_frame_done(&b, &frame);
    assert_int_equal(mb_buf_len(&b), 0);
    mb_buf_release(&b);
}

static void waits_for_every_byte_of_a_frame(void **state)
{
    (void)state;
    struct mb_buf whole = {0};
    struct mb_str text = MB_STR("\"hello\"");
    mb_frame_put(&whole, MB_MSG_EMIT, 1, 0, NULL, 0, &text, 1);
    for (size_t n = 0; n <= mb_buf_len(&whole); n++) {
        struct mb_buf some = {0};
        struct mb_frame frame;
        const char *why;
        mb_buf_add(&some, mb_buf_head(&whole), n);
        int rc = mb_frame_peek(&some, MB_MSG_FROM_WORKER, &frame, &why);
        assert_int_equal(rc, n == mb_buf_len(&whole));
        mb_buf_release(&some);
    }
    mb_buf_release(&whole);
}

static void refuses_a_frame_over_its_cap_before_its_payload_has_come(void **state)
{
    (void)state;
    for (uint16_t type = 0; type < 64; type++) {
        const struct mb_msg_rule *rule = mb_msg_rule(type);
        const char *why = NULL;
        if (!rule)
            continue;
        struct mb_msg_head head = {.len = rule->cap, .type = type};
        assert_int_equal(peek(head, 0, rule->from, &why), rule->cap == 0);
        head.len = rule->cap + 1;
        assert_int_equal(peek(head, 0, rule->from, &why), -1);
        assert_string_equal(why, "message over its cap");
        head.len = UINT32_MAX;
        assert_int_equal(peek(head, 0, rule->from, &why), -1);
    }
}

static void refuses_every_type_that_is_not_in_the_table(void **state)
{
    (void)state;
    int known = 0;
    for (uint32_t type = 0; type <= UINT16_MAX; type++) {
        const char *why = NULL;
        if (mb_msg_rule((uint16_t)type)) {
            known++;
            continue;
        }
        struct mb_msg_head head = {.type = (uint16_t)type};
        assert_int_equal(peek(head, 0, MB_MSG_FROM_WORKER, &why), -1);
        assert_string_equal(why, "unknown message");
    }
    assert_true(known >= 16);
}

static void refuses_a_message_in_the_wrong_direction(void **state)
{
    (void)state;
    for (uint16_t type = 0; type < 64; type++) {
        const struct mb_msg_rule *rule = mb_msg_rule(type);
        const char *why = NULL;
        if (!rule)
            continue;
        enum mb_msg_from other =
            rule->from == MB_MSG_FROM_CORE ? MB_MSG_FROM_WORKER : MB_MSG_FROM_CORE;
        assert_int_equal(peek((struct mb_msg_head){.type = type}, 0, other, &why), -1);
        assert_string_equal(why, "message in the wrong direction");
    }
}

static void refuses_a_reserved_field_that_is_set(void **state)
{
    (void)state;
    const char *why = NULL;
    struct mb_msg_head head = {.type = MB_MSG_PONG, .zero = 1};
    assert_int_equal(peek(head, 0, MB_MSG_FROM_WORKER, &why), -1);
    assert_string_equal(why, "reserved field is not 0");
}

static void a_payload_too_short_for_its_head_does_not_split(void **state)
{
    (void)state;
    struct mb_msg_end end;
    struct mb_str rest;
    char bytes[sizeof(end)] = {0};
    assert_false(mb_frame_split(MB_STR_OF(bytes, sizeof(end) - 1), &end, sizeof(end), &rest));
    assert_true(mb_frame_split(MB_STR_OF(bytes, sizeof(end)), &end, sizeof(end), &rest));
    assert_int_equal(rest.len, 0);
}

static void only_a_worker_that_runs_may_call_or_finish(void **state)
{
    (void)state;
    static const uint16_t in_run[] = {MB_MSG_CALL, MB_MSG_EMIT, MB_MSG_LOG, MB_MSG_RESULT,
                                      MB_MSG_FAIL};
    for (size_t i = 0; i < MB_LEN(in_run); i++)
        assert_int_equal(mb_msg_rule(in_run[i])->phase, MB_MSG_PHASE_RUN);
    assert_int_equal(mb_msg_rule(MB_MSG_READY)->phase, MB_MSG_PHASE_BOOT);
    assert_int_equal(mb_msg_rule(MB_MSG_PONG)->phase, MB_MSG_PHASE_LIVE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_frame_comes_out_as_it_was_put_in),
        cmocka_unit_test(waits_for_every_byte_of_a_frame),
        cmocka_unit_test(refuses_a_frame_over_its_cap_before_its_payload_has_come),
        cmocka_unit_test(refuses_every_type_that_is_not_in_the_table),
        cmocka_unit_test(refuses_a_message_in_the_wrong_direction),
        cmocka_unit_test(refuses_a_reserved_field_that_is_set),
        cmocka_unit_test(a_payload_too_short_for_its_head_does_not_split),
        cmocka_unit_test(only_a_worker_that_runs_may_call_or_finish),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

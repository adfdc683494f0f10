#include "driver.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "vm/preempt.h"
#include "vm/run.h"
#include "vm/serve.h"

extern const struct mb_embed mb_lua_files[];

struct driver *driver_new(enum mb_vm_role role, size_t memory_bytes)
{
    struct driver *d = mb_zalloc(sizeof(*d));
    d->vm = mb_vm_new(role, mb_lua_files);
    assert_non_null(d->vm);
    mb_heap_settle(&d->vm->heap);
    mb_heap_set_cap(&d->vm->heap, memory_bytes);
    d->vm->stack_floor = (const char *)__builtin_frame_address(0) - MB_VM_STACK_BYTES;
    d->clock_us = 1700000000000000;
    assert_true(mb_preempt_start(d->vm));
    return d;
}

static void clear(struct outcome *o)
{
    free(o->json);
    free(o->log);
    free(o->events);
    free(o->calls);
    *o = (struct outcome){0};
}

void driver_free(struct driver *d)
{
    mb_preempt_stop();
    for (size_t i = 0; i < DRIVER_RUNS; i++)
        clear(&d->runs[i]);
    mb_buf_release(&d->held);
    mb_vm_free(d->vm);
    free(d);
}

void driver_send(struct driver *d, enum mb_msg_type type, uint32_t run, uint32_t step,
                 const void *fixed, size_t fixed_len, const char *json)
{
    struct mb_str part = mb_str_c(json);
    mb_frame_put(&d->vm->link.in, type, run, step, fixed, fixed_len, &part, 1);
}

void driver_package(struct driver *d, uint32_t slot, ...)
{
    struct mb_buf json = {0};
    const char *path, *separator = "";
    va_list ap;
    va_start(ap, slot);
    mb_buf_add_c(&json, "{\"name\":\"test\",\"files\":{");
    while ((path = va_arg(ap, const char *)) != NULL) {
        const char *text = va_arg(ap, const char *);
        mb_buf_add_c(&json, separator);
        mb_buf_add_json_str(&json, mb_str_c(path));
        mb_buf_add_char(&json, ':');
        mb_buf_add_json_str(&json, mb_str_c(text));
        separator = ",";
    }
    va_end(ap);
    mb_buf_add_c(&json, "}}");
    driver_send(d, MB_MSG_PACKAGE, slot, 0, NULL, 0, mb_buf_cstr(&json));
    mb_buf_release(&json);
}

void driver_start(struct driver *d, uint32_t run, uint32_t package, uint8_t seed, uint64_t cpu_us,
                  const char *json)
{
    struct mb_msg_start start = {.clock_us = d->clock_us, .cpu_left_us = cpu_us};
    memset(start.seed, seed, sizeof(start.seed));
    clear(&d->runs[run]);
    driver_send(d, MB_MSG_START, run, package, &start, sizeof(start), json);
}

enum { KEEP_BYTES = 16 * 1024 }; /* of what a run told */

static void append(char **text, const char *format, ...) MB_PRINTF(2, 3);
static void append(char **text, const char *format, ...)
{
    struct mb_buf b = {0};
    char *more;
    if (*text && strlen(*text) > KEEP_BYTES)
        return;
    va_list ap;
    va_start(ap, format);
    assert_true(vasprintf(&more, format, ap) >= 0);
    va_end(ap);
    mb_buf_add_c(&b, *text ? *text : "");
    mb_buf_add_c(&b, more);
    free(more);
    free(*text);
    *text = mb_buf_take(&b, NULL);
}

static void answer(struct driver *d, const struct mb_frame *frame, bool ok, const char *json)
{
    struct mb_msg_answer head = {.clock_us = d->clock_us, .ok = ok};
    driver_send(d, MB_MSG_ANSWER, frame->head.run, frame->head.step, &head, sizeof(head), json);
}

/* The value of "args" in a call's JSON. */
static char *args_of(const char *json)
{
    static const char head[] = "{\"args\":";
    assert_memory_equal(json, head, sizeof(head) - 1);
    char *args = mb_strdup(json + sizeof(head) - 1);
    char *opts = strstr(args, ",\"opts\":");
    (opts ? opts : args + strlen(args) - 1)[0] = '\0';
    return args;
}

static void answer_call(struct driver *d, const struct mb_frame *frame)
{
    struct mb_msg_call head;
    struct mb_str rest;
    char tool[65];
    assert_true(mb_frame_split(frame->payload, &head, sizeof(head), &rest));
    assert_in_range(head.tool_len, 1, 64);
    memcpy(tool, rest.ptr, head.tool_len);
    tool[head.tool_len] = '\0';
    char *json = mb_strndup(rest.ptr + head.tool_len, rest.len - head.tool_len);
    char *args = args_of(json);
    d->clock_us += 1000;
    if (strcmp(tool, "fail") == 0) {
        answer(d, frame, false, args);
    } else if (strcmp(tool, "sleep") == 0) {
        const char *seconds = strstr(args, "\"seconds\":");
        d->clock_us += seconds ? (int64_t)(atof(seconds + 10) * 1e6) : 0;
        answer(d, frame, true, "{}");
    } else if (strcmp(tool, "big") == 0) {
        struct mb_buf big = {0};
        mb_buf_add_c(&big, "[0");
        for (int i = 0; i < 20000; i++)
            mb_buf_add_c(&big, ",{\"a\":[]}");
        mb_buf_add_c(&big, "]");
        answer(d, frame, true, mb_buf_cstr(&big));
        mb_buf_release(&big);
    } else if (strcmp(tool, "null") == 0) {
        answer(d, frame, true, "null");
    } else if (strcmp(tool, "never") != 0) {
        answer(d, frame, true, args);
    }
    free(args);
    free(json);
}

static void on_call(struct driver *d, const struct mb_frame *frame)
{
    struct outcome *o = &d->runs[frame->head.run];
    struct mb_msg_call head;
    struct mb_str rest;
    assert_true(mb_frame_split(frame->payload, &head, sizeof(head), &rest));
    assert_int_equal(frame->head.step, ++o->n_calls);
    append(&o->calls, "%.*s %.*s\n", (int)head.tool_len, rest.ptr, (int)(rest.len - head.tool_len),
           rest.ptr + head.tool_len);
    if (d->hold) {
        mb_buf_add(&d->held, &frame->head, sizeof(frame->head));
        mb_buf_add_str(&d->held, frame->payload);
    } else {
        answer_call(d, frame);
    }
}

static void on_end(struct driver *d, const struct mb_frame *frame)
{
    struct outcome *o = &d->runs[frame->head.run];
    struct mb_str json;
    assert_false(o->over);
    assert_true(mb_frame_split(frame->payload, &o->end, sizeof(o->end), &json));
    o->over = true;
    o->ok = frame->head.type == MB_MSG_RESULT;
    o->json = mb_strndup(json.ptr, json.len);
}

static void on_frame(struct driver *d, const struct mb_frame *frame)
{
    struct outcome *o = &d->runs[frame->head.run];
    switch (frame->head.type) {
    case MB_MSG_CALL:
        on_call(d, frame);
        break;
    case MB_MSG_EMIT:
        append(&o->events, "%.*s\n", MB_STR_ARG(frame->payload));
        break;
    case MB_MSG_LOG:
        append(&o->log, "%u %.*s\n", frame->head.step, MB_STR_ARG(frame->payload));
        break;
    case MB_MSG_RESULT:
    case MB_MSG_FAIL:
        on_end(d, frame);
        break;
    case MB_MSG_STOPPED:
        o->stopped = true;
        o->stopped_step = frame->head.step;
        break;
    case MB_MSG_PONG:
        d->n_pongs++;
        d->pong_computing = frame->head.run;
        break;
    default:
        fail_msg("a frame of type %u", frame->head.type);
    }
}

static void take_out(struct driver *d)
{
    struct mb_frame frame;
    const char *why;
    int rc;
    while ((rc = mb_frame_peek(&d->vm->link.out, MB_MSG_FROM_WORKER, &frame, &why)) == 1) {
        on_frame(d, &frame);
        mb_frame_done(&d->vm->link.out, &frame);
    }
    assert_int_equal(rc, 0);
    /* As serve.c does when frames have left. */
    while (!mb_list_is_empty(&d->vm->draining))
        mb_task_change(MB_LIST_ENTRY(d->vm->draining.next, struct mb_task, queue), MB_TASK_READY);
}

bool driver_turn(struct driver *d)
{
    do {
        if (!mb_vm_take_frames(d->vm))
            return false;
        mb_vm_turn(d->vm);
        take_out(d);
    } while (!mb_list_is_empty(&d->vm->ready) || mb_buf_len(&d->vm->link.in));
    return true;
}

static void release_last_first(struct driver *d, struct mb_buf *held)
{
    struct mb_frame frame;
    const char *why;
    if (mb_frame_peek(held, MB_MSG_FROM_WORKER, &frame, &why) != 1)
        return;
    mb_frame_done(held, &frame);
    release_last_first(d, held);
    answer_call(d, &frame);
}

void driver_release(struct driver *d)
{
    struct mb_frame frame;
    const char *why;
    struct mb_buf held = d->held;
    d->held = (struct mb_buf){0};
    if (d->reversed) {
        release_last_first(d, &held);
    } else {
        while (mb_frame_peek(&held, MB_MSG_FROM_WORKER, &frame, &why) == 1) {
            answer_call(d, &frame);
            mb_frame_done(&held, &frame);
        }
    }
    mb_buf_release(&held);
}

const struct outcome *driver_run(struct driver *d, const char *main_lua, const char *input)
{
    struct mb_buf json = {0};
    driver_package(d, 1, "main.lua", main_lua, NULL);
    mb_buf_addf(&json, "{\"input\":%s,\"run_id\":\"run_1\",\"config\":{}}", input ? input : "{}");
    driver_start(d, 1, 1, 7, 500000, mb_buf_cstr(&json));
    mb_buf_release(&json);
    assert_true(driver_turn(d));
    while (!d->runs[1].over && mb_buf_len(&d->held)) {
        driver_release(d);
        assert_true(driver_turn(d));
    }
    return &d->runs[1];
}

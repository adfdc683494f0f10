/* What becomes of a try: the result, another question, another try, or the error. */
#include <string.h>

#include "base/id.h"
#include "base/json.h"
#include "llm/llm_private.h"

static void count(struct mb_llm_call *call)
{
    const struct mb_llm_price *price = mb_llm_target_price(&call->target);
    mb_llm_usage_add(&call->usage, &call->answer.usage);
    int64_t cost = price ? mb_llm_price_micros(price, &call->answer.usage) : 0;
    if (__builtin_add_overflow(call->cost_micros, cost, &call->cost_micros))
        call->cost_micros = INT64_MAX;
    call->answer.usage = (struct mb_llm_usage){0}; /* not twice */
}

static void start_again(struct mb_llm_call *call)
{
    struct mb_err err;
    mb_err_clear(&err);
    if (mb_llm_ask_again(call, &err) < 0)
        mb_llm_call_finish(call, &err);
}

void mb_llm_failed(struct mb_llm_call *call, const struct mb_err *failure, int64_t told_ms)
{
    struct mb_err err = *failure;
    uint32_t random;
    mb_random(&random, sizeof(random));
    count(call); /* a stream may have told usage before it broke */
    int64_t wait_ms = -1;
    if (mb_err_retryable(&err) && !call->delivered_bytes)
        wait_ms = mb_llm_retry_ms(&call->llm->retry, call->tries, told_ms,
                                  mb_llm_call_left_ms(call), random);
    if (wait_ms >= 0) {
        mb_llm_call_wait(call, wait_ms, start_again);
        return;
    }
    if (told_ms > 0)
        err.retry_ms = told_ms;
    mb_llm_call_finish(call, &err);
}

void mb_llm_deliver(struct mb_llm_call *call)
{
    struct mb_str text = mb_buf_str(&call->answer.text);
    if (!call->on_delta || text.len <= call->delivered_bytes)
        return;
    size_t from = call->delivered_bytes;
    call->delivered_bytes = text.len;
    call->on_delta(call, MB_STR_OF(text.ptr + from, text.len - from)); /* may cancel the call */
}

/* llm.json: the value in the answer, and what is wrong with it. */

/* Models that are told not to still like to fence their JSON. */
static struct mb_str unfence(struct mb_str s)
{
    while (s.len && strchr(" \t\r\n", s.ptr[0]))
        s = MB_STR_OF(s.ptr + 1, s.len - 1);
    while (s.len && strchr(" \t\r\n", s.ptr[s.len - 1]))
        s.len--;
    if (s.len < 7 || memcmp(s.ptr, "```", 3) != 0 || memcmp(s.ptr + s.len - 3, "```", 3) != 0)
        return s;
    const char *line_end = memchr(s.ptr, '\n', s.len);
    if (!line_end || line_end > s.ptr + s.len - 4)
        return s;
    return MB_STR_OF(line_end + 1, (size_t)(s.ptr + s.len - 3 - line_end - 1));
}

/* A new reference to the value that fits, or NULL with err. */
static json_t *take_value(struct mb_llm_call *call, struct mb_err *err)
{
    json_t *value = json_incref(call->answer.value);
    if (!value)
        value = mb_json_parse(unfence(mb_buf_str(&call->answer.text)), err);
    if (value && call->is_wrapped) {
        json_t *inner = json_incref(json_object_get(value, "value"));
        json_decref(value);
        value = inner;
        if (!value)
            mb_err_at(err, MB_E_INVALID_ARGUMENTS, "", "member \"value\" is missing");
    }
    if (value && mb_schema_check(call->schema, value, err) < 0) {
        json_decref(value);
        return NULL;
    }
    return value;
}

static void complain(struct mb_llm_call *call, const struct mb_err *err)
{
    mb_buf_clear(&call->bad_answer);
    if (call->answer.value)
        mb_json_dump(&call->bad_answer, call->answer.value);
    else
        mb_buf_add_str(&call->bad_answer, mb_buf_str(&call->answer.text));
    mb_buf_clear(&call->complaint);
    mb_buf_add_c(&call->complaint, "That answer does not fit the schema: ");
    if (err->pointer[0] && err->code != MB_E_INVALID_JSON)
        mb_buf_addf(&call->complaint, "at %s%s: ", call->is_wrapped ? "/value" : "", err->pointer);
    mb_buf_addf(&call->complaint, "%s. Answer again, with nothing but JSON that fits.",
                err->message);
}

static void answer_json(struct mb_llm_call *call)
{
    struct mb_err err;
    mb_err_clear(&err);
    json_t *value = take_value(call, &err);
    if (value) {
        mb_buf_clear(&call->body);
        mb_llm_answer_json(&call->answer, value, call->target.upstream, &call->usage, &call->body);
        json_decref(value);
        mb_llm_call_finish(call, NULL);
        return;
    }
    if (call->answers_left-- > 0) {
        complain(call, &err);
        call->tries = 0;
        start_again(call);
        return;
    }
    char pointer[sizeof(err.pointer)] = ""; /* of JSON that does not parse: none */
    if (err.code != MB_E_INVALID_JSON)
        memcpy(pointer, err.pointer, sizeof(pointer));
    mb_err_at(&err, MB_E_MODEL_INVALID_OUTPUT, pointer, "the model's answer does not fit: %s",
              err.message);
    err.retryable = 0; /* it was */
    mb_llm_call_finish(call, &err);
}

static void refuse(struct mb_llm_call *call)
{
    struct mb_str words = mb_buf_str(&call->answer.refusal);
    struct mb_err err;
    mb_err_set(&err, MB_E_MODEL_REFUSED, "the model refused to answer%s%.*s", words.len ? ": " : "",
               (int)MB_MIN(words.len, (size_t)300), words.ptr);
    mb_llm_call_finish(call, &err);
}

void mb_llm_answered(struct mb_llm_call *call)
{
    struct mb_llm_usage usage = call->answer.usage;
    count(call);
    call->answer.usage = usage;
    call->answer.cost_micros = call->cost_micros;
    mb_llm_answer_rename(&call->answer, call->tool_names);
    if (call->answer.is_refused) {
        refuse(call);
        return;
    }
    if (call->kind == MB_LLM_JSON) {
        answer_json(call);
        return;
    }
    mb_buf_clear(&call->body);
    if (call->kind == MB_LLM_EMBED)
        mb_llm_answer_embed(&call->answer, call->target.upstream, &call->body);
    else
        mb_llm_answer_chat(&call->answer, call->target.upstream, &call->body);
    mb_llm_call_finish(call, NULL);
}

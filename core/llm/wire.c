#include "llm/wire.h"

#include <string.h>

#include "base/json.h"

const struct mb_llm_wire mb_llm_wire_local = {.kind = "local"};
const struct mb_llm_wire mb_llm_wire_script = {.kind = "script"};

const struct mb_llm_wire *mb_llm_wire_find(struct mb_str kind)
{
    static const struct mb_llm_wire *const all[] = {&mb_llm_wire_openai, &mb_llm_wire_anthropic,
                                                    &mb_llm_wire_local, &mb_llm_wire_script};
    for (size_t i = 0; i < MB_LEN(all); i++)
        if (mb_str_is(kind, all[i]->kind))
            return all[i];
    return NULL;
}

enum mb_err_code mb_llm_status_code(int status)
{
    switch (status) {
    case 401:
    case 402:
    case 403:
        return MB_E_MODEL_AUTH;
    case 408:
        return MB_E_TIMEOUT;
    case 429:
        return MB_E_MODEL_RATE_LIMITED;
    case 503:
    case 529:
        return MB_E_MODEL_OVERLOADED;
    case 400:
    case 404:
    case 405:
    case 413:
    case 415:
    case 422:
        return MB_E_MODEL_INVALID_REQUEST;
    default: /* 409 and 5xx are worth another try; what else may come is not */
        return MB_E_UPSTREAM_ERROR;
    }
}

void mb_llm_set_error(struct mb_err *err, enum mb_err_code code, int status, struct mb_str words)
{
    if (code == MB_E_MODEL_AUTH || words.len == 0)
        mb_err_set(err, code, "%s (status %d)", mb_err_text((int)code), status);
    else
        mb_err_set(err, code, "the provider answered: %.*s", (int)MB_MIN(words.len, (size_t)300),
                   words.ptr);
    if (code == MB_E_UPSTREAM_ERROR && status < 500 && status != 409)
        err->retryable = 0;
}

static void each_text(void (*each)(void *arg, const json_t *message), void *arg, const char *role,
                      struct mb_str text)
{
    json_t *message = json_object();
    json_object_set_new(message, "role", json_string(role));
    json_object_set_new(message, "content", json_stringn_nocheck(text.ptr, text.len));
    each(arg, message);
    json_decref(message);
}

void mb_llm_each_message(const struct mb_llm_ask *ask,
                         void (*each)(void *arg, const json_t *message), void *arg)
{
    struct mb_str system = mb_json_str(ask->args, "system");
    struct mb_str prompt = mb_json_str(ask->args, "prompt");
    if (system.len)
        each_text(each, arg, "system", system);
    size_t i;
    json_t *message;
    json_array_foreach(mb_json_get(ask->args, "messages"), i, message)
    {
        each(arg, message);
    }
    if (prompt.len)
        each_text(each, arg, "user", prompt);
    if (!ask->complaint.len)
        return;
    each_text(each, arg, "assistant", ask->bad_answer.len ? ask->bad_answer : MB_STR("(nothing)"));
    each_text(each, arg, "user", ask->complaint);
}

bool mb_llm_data_url(struct mb_str url, struct mb_str *type, struct mb_str *base64)
{
    static const char mark[] = ";base64,";
    if (url.len < 5 || memcmp(url.ptr, "data:", 5) != 0)
        return false;
    const char *at = memmem(url.ptr, url.len, mark, sizeof(mark) - 1);
    if (!at)
        return false;
    *type = MB_STR_OF(url.ptr + 5, (size_t)(at - url.ptr) - 5);
    at += sizeof(mark) - 1;
    *base64 = MB_STR_OF(at, url.len - (size_t)(at - url.ptr));
    return true;
}

/* Makes model calls through core/llm, without the rest of the server, and prints each outcome as
 * one line of JSON: llmcall [--models FILE] [--script FILE] [--allow LIST] [--tries N] <
 * calls.jsonl
 *
 * A call: {"kind": "chat"|"json"|"embed", "args": {...}, "stream": bool, "api_key", "base_url",
 * "deadline_ms", "idempotency_key"}. They run one after the other. An outcome: {"result", "error",
 * "deltas", "usage", "cost_micros", "is_unpriced", "tries", "request_id", "worst_micros",
 * "refused"}. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "llm/llm.h"

static struct mb_loop loop;
static json_t *outcome;

static void on_delta(struct mb_llm_call *call, struct mb_str text)
{
    (void)call;
    json_array_append_new(json_object_get(outcome, "deltas"), json_stringn(text.ptr, text.len));
}

static json_t *error_json(const struct mb_err *err)
{
    return json_pack("{s:s, s:s, s:s, s:b, s:I}", "code", mb_err_wire(err), "message", err->message,
                     "pointer", err->pointer, "retryable", mb_err_retryable(err), "retry_ms",
                     (json_int_t)err->retry_ms);
}

static void on_done(struct mb_llm_call *call, struct mb_llm_result *r, const struct mb_err *err)
{
    (void)call;
    if (err)
        json_object_set_new(outcome, "error", error_json(err));
    else
        json_object_set_new(outcome, "result", mb_json_parse(mb_buf_str(&r->json), NULL));
    json_object_set_new(outcome, "usage",
                        json_pack("{s:I, s:I, s:I, s:I, s:I}", "input_tokens",
                                  (json_int_t)r->usage.input_tokens, "output_tokens",
                                  (json_int_t)r->usage.output_tokens, "cached_tokens",
                                  (json_int_t)r->usage.cached_tokens, "cache_write_tokens",
                                  (json_int_t)r->usage.cache_write_tokens, "reasoning_tokens",
                                  (json_int_t)r->usage.reasoning_tokens));
    json_object_set_new(outcome, "cost_micros", json_integer(r->cost_micros));
    json_object_set_new(outcome, "is_unpriced", json_boolean(r->is_unpriced));
    json_object_set_new(outcome, "tries", json_integer(r->tries));
    json_object_set_new(outcome, "provider", json_string(r->provider));
    json_object_set_new(outcome, "request_id", json_string(r->provider_request_id));
    loop.stop = true;
}

static enum mb_llm_kind kind_of(const json_t *line)
{
    struct mb_str kind = mb_json_str(line, "kind");
    return mb_str_is(kind, "json")    ? MB_LLM_JSON
           : mb_str_is(kind, "embed") ? MB_LLM_EMBED
                                      : MB_LLM_CHAT;
}

static void run(struct mb_llm *llm, const json_t *line)
{
    struct mb_secret key = {0};
    struct mb_err err;
    mb_err_clear(&err);
    mb_secret_set(&key, mb_json_str(line, "api_key"));
    struct mb_str base = mb_json_str(line, "base_url"), idem = mb_json_str(line, "idempotency_key");
    struct mb_llm_request req = {
        .kind = kind_of(line),
        .args = mb_json_get(line, "args"),
        .api_key = key.len ? &key : NULL,
        .base_url = base.len ? base.ptr : NULL,
        .idempotency_key = idem.len ? idem.ptr : NULL,
        .deadline_ms = mb_json_int(line, "deadline_ms", 0),
        .on_delta = mb_json_bool(line, "stream", false) ? on_delta : NULL,
        .on_done = on_done,
    };
    struct mb_llm_call *call;
    outcome = json_pack("{s:[]}", "deltas");
    json_object_set_new(outcome, "worst_micros",
                        json_integer(mb_llm_worst_micros(llm, req.kind, req.args, 0)));
    loop.stop = false;
    if (mb_llm_start(llm, &req, &call, &err) == 0) {
        mb_loop_run(&loop);
    } else {
        json_object_set_new(outcome, "error", error_json(&err));
        json_object_set_new(outcome, "refused", json_true());
    }
    mb_secret_release(&key);
    char *text = json_dumps(outcome, JSON_COMPACT);
    puts(text);
    fflush(stdout);
    free(text);
    json_decref(outcome);
}

static int fail(const struct mb_err *err)
{
    fprintf(stderr, "llmcall: %s: %s\n", mb_err_wire(err), err->message);
    return 2;
}

static int run_lines(struct mb_llm *llm, struct mb_err *err)
{
    char *text = NULL;
    size_t cap = 0;
    ssize_t n;
    int rc = 0;
    while (rc == 0 && (n = getline(&text, &cap, stdin)) > 0) {
        json_t *line = mb_json_parse(MB_STR_OF(text, (size_t)n), err);
        if (line)
            run(llm, line);
        else
            rc = fail(err);
        json_decref(line);
    }
    free(text);
    return rc;
}

int main(int argc, char **argv)
{
    struct mb_egress_config egress_config = {0};
    struct mb_llm_config config = {.loop = &loop, .retry = mb_llm_retry_default};
    struct mb_fetch_config fetch_config = {0};
    for (int i = 1; i + 1 < argc; i += 2) {
        if (strcmp(argv[i], "--models") == 0)
            config.models_file = argv[i + 1];
        else if (strcmp(argv[i], "--script") == 0)
            config.script_file = argv[i + 1];
        else if (strcmp(argv[i], "--allow") == 0)
            egress_config.allow = argv[i + 1];
        else if (strcmp(argv[i], "--ca") == 0)
            fetch_config.ca_file = argv[i + 1];
        else if (strcmp(argv[i], "--tries") == 0)
            config.retry.max_tries = atoi(argv[i + 1]);
    }
    config.retry.base_ms = 20; /* tests do not wait */
    struct mb_err err;
    mb_err_clear(&err);
    mb_loop_init(&loop);
    struct mb_egress *egress = mb_egress_new(&egress_config, &err);
    fetch_config.egress = egress;
    config.fetch = egress ? mb_fetch_new(&loop, &fetch_config, &err) : NULL;
    struct mb_llm *llm = config.fetch ? mb_llm_new(&config, &err) : NULL;
    int rc = llm ? run_lines(llm, &err) : fail(&err);
    mb_llm_free(llm);
    mb_fetch_free(config.fetch);
    mb_egress_free(egress);
    mb_loop_release(&loop);
    return rc;
}

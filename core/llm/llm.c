/* The client, and a call's beginning and end. */
#include "llm/llm.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/json.h"
#include "llm/llm_private.h"
#include "llm/models_private.h"
#include "llm/script.h"

enum { DEADLINE_MS = 120 * 1000, JSON_RETRIES = 2, FILE_BYTES = 16 * 1024 * 1024 };

/* The client. */

static int read_file(const char *path, struct mb_buf *out, struct mb_err *err)
{
    FILE *f = fopen(path, "re");
    if (!f)
        return mb_err_set(err, MB_E_CONFIG, "cannot open \"%s\": %s", path, strerror(errno));
    size_t n;
    do {
        n = fread(mb_buf_reserve(out, 65536), 1, 65536, f);
        mb_buf_commit(out, n);
    } while (n && mb_buf_len(out) <= FILE_BYTES);
    bool failed = ferror(f) || mb_buf_len(out) > FILE_BYTES;
    fclose(f);
    return failed ? mb_err_set(err, MB_E_CONFIG, "cannot read \"%s\"", path) : 0;
}

static int load_models(struct mb_llm *llm, const struct mb_llm_config *config, struct mb_err *err)
{
    const struct mb_embed *own = mb_llm_file("models.json");
    struct mb_buf text = {0};
    int rc = 0;
    if (config->models_file && *config->models_file)
        rc = read_file(config->models_file, &text, err);
    else
        mb_buf_add(&text, own->data, own->len);
    if (rc == 0) {
        rc = mb_llm_models_load(&llm->models, mb_buf_str(&text), err);
        if (rc < 0)
            mb_err_prefix(err, "models");
    }
    mb_buf_release(&text);
    if (rc < 0 || !config->default_model || !*config->default_model)
        return rc;
    free(llm->models.default_name);
    llm->models.default_name = mb_strdup(config->default_model);
    return 0;
}

static int load_script(struct mb_llm *llm, const struct mb_llm_config *config, struct mb_err *err)
{
    struct mb_buf text = {0};
    if (!config->script_file || !*config->script_file)
        return 0;
    int rc = read_file(config->script_file, &text, err);
    if (rc == 0) {
        llm->script = mb_llm_script_new(mb_buf_str(&text), err);
        rc = llm->script ? 0 : -MB_E_CONFIG;
    }
    mb_buf_release(&text);
    return rc;
}

struct mb_llm *mb_llm_new(const struct mb_llm_config *config, struct mb_err *err)
{
    struct mb_llm *llm = mb_zalloc(sizeof(*llm));
    llm->loop = config->loop;
    llm->fetch = config->fetch;
    llm->local = config->local;
    llm->retry = config->retry.max_tries ? config->retry : mb_llm_retry_default;
    mb_list_init(&llm->calls);
    struct mb_llm_target target;
    if (load_models(llm, config, err) < 0 || load_script(llm, config, err) < 0 ||
        mb_llm_models_find(&llm->models, MB_STR(""), &target, err) < 0) {
        mb_llm_free(llm);
        return NULL;
    }
    return llm;
}

void mb_llm_free(struct mb_llm *llm)
{
    if (!llm)
        return;
    MB_LIST_EACH(it, next, &llm->calls)
    mb_llm_cancel(MB_LIST_ENTRY(it, struct mb_llm_call, node));
    mb_llm_script_free(llm->script);
    mb_llm_models_release(&llm->models);
    free(llm);
}

int mb_llm_check_model(const struct mb_llm *llm, struct mb_str name, struct mb_err *err)
{
    struct mb_llm_target target;
    return mb_llm_models_find(&llm->models, name, &target, err);
}

const char *mb_llm_provider_of(const struct mb_llm *llm, struct mb_str name)
{
    struct mb_llm_target target;
    return mb_llm_models_find(&llm->models, name, &target, NULL) < 0 ? "" : target.provider->name;
}

/* A call's end. */

static void stop(struct mb_llm_call *call)
{
    mb_timer_cancel(&call->llm->loop->timers, &call->timer);
    if (call->fetch_call)
        mb_fetch_cancel(call->fetch_call);
    call->fetch_call = NULL;
    if (call->is_local_running && call->llm->local.cancel)
        call->llm->local.cancel(call->llm->local.arg, call->local_job);
    call->is_local_running = false;
}

static void free_call(struct mb_llm_call *call)
{
    stop(call);
    mb_list_remove(&call->node);
    mb_llm_answer_release(&call->answer);
    if (call->sse)
        mb_sse_release(call->sse);
    free(call->sse);
    free(call->request_id);
    mb_buf_release(&call->body);
    mb_buf_release(&call->bad_answer);
    mb_buf_release(&call->complaint);
    mb_fetch_headers_free(call->own_headers);
    mb_schema_free(call->schema);
    json_decref(call->schema_json);
    json_decref(call->args);
    json_decref(call->tool_names);
    free(call->model);
    free(call->own_url);
    free(call->idempotency_key);
    free(call->stream_err);
    free(call);
}

void mb_llm_call_finish(struct mb_llm_call *call, const struct mb_err *err)
{
    struct mb_llm_result result = {
        .usage = call->usage,
        .cost_micros = call->cost_micros,
        .is_unpriced = !mb_llm_target_price(&call->target),
        .tries = call->all_tries,
        .provider = call->target.provider->name,
        .model = call->target.name.ptr, /* of the args or the models: it ends in a NUL */
        .provider_request_id = call->request_id ? call->request_id : "",
    };
    stop(call);
    call->is_ending = true;
    if (!err) {
        result.json = call->body; /* the result was put there */
        call->body = (struct mb_buf){0};
    }
    call->on_done(call, &result, err);
    mb_buf_release(&result.json);
    free_call(call);
}

void mb_llm_cancel(struct mb_llm_call *call)
{
    if (!call->is_ending)
        free_call(call);
}

void *mb_llm_owner(const struct mb_llm_call *call)
{
    return call->owner;
}

/* A call's beginning. */

int64_t mb_llm_call_left_ms(const struct mb_llm_call *call)
{
    return (call->deadline_us - mb_clock_mono_us()) / 1000;
}

static void on_due(struct mb_timer *timer)
{
    struct mb_llm_call *call = MB_CONTAINER_OF(timer, struct mb_llm_call, timer);
    call->on_timer(call);
}

void mb_llm_call_wait(struct mb_llm_call *call, int64_t ms, void (*then)(struct mb_llm_call *call))
{
    call->on_timer = then;
    mb_timer_arm(&call->llm->loop->timers, &call->timer, mb_clock_mono_us() + ms * 1000);
}

struct mb_llm_ask mb_llm_call_ask(const struct mb_llm_call *call)
{
    bool is_chat = call->kind == MB_LLM_CHAT;
    return (struct mb_llm_ask){
        .kind = call->kind,
        .args = call->args,
        .target = &call->target,
        .is_stream = is_chat && call->on_delta,
        .schema = is_chat ? mb_json_get(call->args, "schema") : call->schema_json,
        .bad_answer = mb_buf_str(&call->bad_answer),
        .complaint = mb_buf_str(&call->complaint),
    };
}

/* Models are asked for an object; any other value travels as its member "value". */
static int prepare_schema(struct mb_llm_call *call, struct mb_err *err)
{
    json_t *schema = mb_json_get(call->args, "schema");
    call->answers_left = (int)mb_json_int(call->args, "retries", JSON_RETRIES);
    call->schema = mb_schema_new(schema, err);
    if (!call->schema)
        return -MB_E_INVALID_SCHEMA;
    call->is_wrapped = !mb_str_is(mb_json_str(schema, "type"), "object");
    if (!call->is_wrapped) {
        call->schema_json = json_incref(schema);
        return 0;
    }
    json_t *value = json_copy(schema); /* $ref counts from the root, so $defs move up */
    json_t *defs = json_incref(mb_json_get(schema, "$defs"));
    if (json_is_object(value))
        json_object_del(value, "$defs");
    else
        value = (json_decref(value), json_object());
    call->schema_json = json_pack("{s:s, s:{s:o}, s:[s], s:b}", "type", "object", "properties",
                                  "value", value, "required", "value", "additionalProperties", 0);
    if (defs)
        json_object_set_new(call->schema_json, "$defs", defs);
    return 0;
}

static int prepare_url(struct mb_llm_call *call, const char *base, struct mb_err *err)
{
    const struct mb_llm_provider *provider = call->target.provider;
    bool is_embed = call->kind == MB_LLM_EMBED;
    const char *path = is_embed ? provider->wire->embed_path : provider->wire->chat_path;
    if (!path)
        return mb_err_set(err, MB_E_MODEL_INVALID_REQUEST, "provider \"%s\" has no embeddings",
                          provider->name);
    call->is_exempt = !base;
    call->url = is_embed ? provider->embed_url : provider->chat_url;
    if (!base)
        return 0;
    size_t len = strlen(base);
    while (len && base[len - 1] == '/')
        len--;
    struct mb_buf url = {0};
    mb_buf_add(&url, base, len);
    mb_buf_add_c(&url, path);
    call->own_url = mb_buf_take(&url, NULL);
    call->url = call->own_url;
    return 0;
}

static int prepare_key(struct mb_llm_call *call, const struct mb_secret *key, bool has_own_url,
                       struct mb_err *err)
{
    const struct mb_llm_provider *provider = call->target.provider;
    struct mb_str own = key ? mb_secret_str(key) : MB_STR("");
    if (!own.len && !has_own_url) {
        if (!provider->needs_key || provider->key.len)
            return 0;
        return mb_err_set(err, MB_E_MODEL_AUTH, "there is no key for provider \"%s\": set %s",
                          provider->name, provider->key_env[0] ? provider->key_env : "one");
    }
    call->own_headers = mb_llm_provider_headers(provider, own, err);
    return call->own_headers ? 0 : -MB_E_INVALID_REQUEST;
}

static struct mb_llm_call *new_call(struct mb_llm *llm, const struct mb_llm_request *req)
{
    struct mb_llm_call *call = mb_zalloc(sizeof(*call));
    call->llm = llm;
    call->owner = req->owner;
    call->on_delta = req->on_delta;
    call->on_done = req->on_done;
    call->kind = req->kind;
    call->args = json_incref(req->args);
    call->tool_names = json_incref(req->tool_names);
    call->idempotency_key = req->idempotency_key ? mb_strdup(req->idempotency_key) : NULL;
    call->deadline_us =
        mb_clock_mono_us() + (req->deadline_ms > 0 ? req->deadline_ms : DEADLINE_MS) * 1000;
    call->timer.on_due = on_due;
    mb_list_init(&call->node);
    return call;
}

int mb_llm_ask_again(struct mb_llm_call *call, struct mb_err *err)
{
    const struct mb_llm_wire *wire = call->target.provider->wire;
    mb_llm_answer_release(&call->answer);
    call->tries++;
    call->all_tries++;
    if (wire == &mb_llm_wire_script)
        return mb_llm_script_start(call, err);
    if (wire == &mb_llm_wire_local)
        return mb_llm_local_start(call, err);
    return mb_llm_attempt(call, err);
}

/* Thousands of calls may wait for their models, and what they asked is in their bodies. llm.json
 * may have to ask again. */
static void let_go_of_args(struct mb_llm_call *call)
{
    if (call->kind == MB_LLM_JSON || !call->target.provider->wire->build)
        return;
    call->model = mb_strndup(call->target.name.ptr, call->target.name.len);
    call->target.name.ptr = call->model;
    json_decref(call->args);
    call->args = NULL;
}

int mb_llm_start(struct mb_llm *llm, const struct mb_llm_request *req, struct mb_llm_call **out,
                 struct mb_err *err)
{
    mb_assert(req->on_done && req->args);
    struct mb_llm_call *call = new_call(llm, req);
    int rc = mb_llm_models_find(&llm->models, mb_json_str(call->args, "model"), &call->target, err);
    bool is_http = rc == 0 && call->target.provider->wire->build;
    if (rc == 0 && call->kind == MB_LLM_JSON)
        rc = prepare_schema(call, err);
    if (rc == 0 && is_http)
        rc = prepare_url(call, req->base_url, err);
    if (rc == 0 && is_http)
        rc = prepare_key(call, req->api_key, req->base_url, err);
    if (rc == 0)
        rc = mb_llm_ask_again(call, err);
    if (rc < 0) {
        free_call(call);
        return rc;
    }
    let_go_of_args(call);
    mb_list_push(&llm->calls, &call->node);
    *out = call;
    return 0;
}

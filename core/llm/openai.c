/* Questions in OpenAI's chat-completions and embeddings format, as OpenAI, vLLM, Ollama and many
 * others take it. Source: OpenAI's published API description. */
#include <string.h>

#include "base/json.h"
#include "llm/openai.h"

static void add_key(struct mb_buf *b, const char *key)
{
    char last = mb_buf_len(b) ? b->data[b->end - 1] : '{';
    if (last != '{' && last != '[')
        mb_buf_add_char(b, ',');
    mb_buf_add_char(b, '"');
    mb_buf_add_c(b, key);
    mb_buf_add_c(b, "\":");
}

static void add_text(struct mb_buf *b, const char *key, struct mb_str value)
{
    add_key(b, key);
    mb_buf_add_json_str(b, value);
}

static void add_value(struct mb_buf *b, const char *key, const json_t *value)
{
    if (!value)
        return;
    add_key(b, key);
    mb_json_dump(b, value);
}

static void add_comma(struct mb_buf *b, size_t i)
{
    if (i)
        mb_buf_add_char(b, ',');
}

static void add_part(struct mb_buf *b, const json_t *part)
{
    if (mb_str_is(mb_json_str(part, "type"), "image")) {
        mb_buf_add_c(b, "{\"type\":\"image_url\",\"image_url\":{\"url\":");
        mb_buf_add_json_str(b, mb_json_str(part, "url"));
        mb_buf_add_c(b, "}}");
    } else {
        mb_buf_add_c(b, "{\"type\":\"text\",\"text\":");
        mb_buf_add_json_str(b, mb_json_str(part, "text"));
        mb_buf_add_char(b, '}');
    }
}

static void add_content(struct mb_buf *b, const json_t *content)
{
    add_key(b, "content");
    if (json_is_string(content)) {
        mb_buf_add_json_str(b, MB_STR_OF(json_string_value(content), json_string_length(content)));
    } else if (json_is_array(content) && json_array_size(content)) {
        size_t i;
        json_t *part;
        mb_buf_add_char(b, '[');
        json_array_foreach(content, i, part)
        {
            add_comma(b, i);
            add_part(b, part);
        }
        mb_buf_add_char(b, ']');
    } else {
        mb_buf_add_c(b, "null");
    }
}

static void add_tool_calls(struct mb_buf *b, const json_t *calls)
{
    struct mb_buf arguments = {0};
    size_t i;
    json_t *call;
    add_key(b, "tool_calls");
    mb_buf_add_char(b, '[');
    json_array_foreach(calls, i, call)
    {
        add_comma(b, i);
        mb_buf_add_char(b, '{');
        add_text(b, "id", mb_json_str(call, "id"));
        mb_buf_add_c(b, ",\"type\":\"function\",\"function\":{");
        add_text(b, "name", mb_json_str(call, "name"));
        mb_buf_clear(&arguments);
        const json_t *object = mb_json_get(call, "arguments");
        struct mb_str odd = mb_json_str(call, "arguments_text");
        if (odd.len)
            mb_buf_add_str(&arguments, odd);
        else if (json_object_size(object)) /* Lua knows no empty object */
            mb_json_dump(&arguments, object);
        else
            mb_buf_add_c(&arguments, "{}");
        add_text(b, "arguments", mb_buf_str(&arguments));
        mb_buf_add_c(b, "}}");
    }
    mb_buf_add_char(b, ']');
    mb_buf_release(&arguments);
}

static void add_message(void *arg, const json_t *message)
{
    struct mb_buf *b = arg;
    if (b->data[b->end - 1] == '}')
        mb_buf_add_char(b, ',');
    mb_buf_add_char(b, '{');
    add_text(b, "role", mb_json_str(message, "role"));
    add_content(b, mb_json_get(message, "content"));
    const json_t *calls = mb_json_get(message, "tool_calls");
    if (json_array_size(calls))
        add_tool_calls(b, calls);
    struct mb_str call_id = mb_json_str(message, "tool_call_id");
    if (call_id.len)
        add_text(b, "tool_call_id", call_id);
    mb_buf_add_char(b, '}');
}

static void add_tools(struct mb_buf *b, const json_t *tools)
{
    size_t i;
    json_t *tool;
    add_key(b, "tools");
    mb_buf_add_char(b, '[');
    json_array_foreach(tools, i, tool)
    {
        add_comma(b, i);
        mb_buf_add_c(b, "{\"type\":\"function\",\"function\":{");
        add_text(b, "name", mb_json_str(tool, "name"));
        add_value(b, "description", mb_json_get(tool, "description"));
        add_value(b, "parameters", mb_json_get(tool, "parameters"));
        mb_buf_add_c(b, "}}");
    }
    mb_buf_add_char(b, ']');
}

static void add_tool_choice(struct mb_buf *b, const json_t *choice)
{
    if (json_is_string(choice)) {
        add_value(b, "tool_choice", choice);
    } else if (choice) {
        add_key(b, "tool_choice");
        mb_buf_add_c(b, "{\"type\":\"function\",\"function\":{");
        add_text(b, "name", mb_json_str(choice, "name"));
        mb_buf_add_c(b, "}}");
    }
}

static void add_options(struct mb_buf *b, const struct mb_llm_ask *ask)
{
    const struct mb_llm_target *target = ask->target;
    add_key(b, target->provider->says_completion_tokens ? "max_completion_tokens" : "max_tokens");
    mb_buf_addf(b, "%lld", (long long)mb_llm_target_max_tokens(target, ask->args));
    if (!target->model || target->model->takes_sampling) {
        add_value(b, "temperature", mb_json_get(ask->args, "temperature"));
        add_value(b, "top_p", mb_json_get(ask->args, "top_p"));
    }
    add_value(b, "stop", mb_json_get(ask->args, "stop"));
    add_value(b, "reasoning_effort", mb_json_get(ask->args, "effort"));
}

static void add_schema(struct mb_buf *b, const struct mb_llm_ask *ask)
{
    struct mb_str name = mb_json_str(ask->args, "name");
    add_key(b, "response_format");
    mb_buf_add_c(b, "{\"type\":\"json_schema\",\"json_schema\":{");
    add_text(b, "name", name.len ? name : MB_STR("answer"));
    add_value(b, "schema", ask->schema);
    mb_buf_add_c(b, "}}");
}

static void build_embed(const struct mb_llm_ask *ask, struct mb_buf *b)
{
    mb_buf_add_char(b, '{');
    add_text(b, "model", ask->target->upstream);
    add_value(b, "input", mb_json_get(ask->args, "input"));
    add_value(b, "dimensions", mb_json_get(ask->args, "dimensions"));
    mb_buf_add_char(b, '}');
}

static int build(const struct mb_llm_ask *ask, struct mb_buf *b, struct mb_err *err)
{
    (void)err;
    if (ask->kind == MB_LLM_EMBED) {
        build_embed(ask, b);
        return 0;
    }
    mb_buf_add_char(b, '{');
    add_text(b, "model", ask->target->upstream);
    mb_buf_add_c(b, ",\"messages\":[");
    mb_llm_each_message(ask, add_message, b);
    mb_buf_add_char(b, ']');
    const json_t *tools = mb_json_get(ask->args, "tools");
    if (ask->kind == MB_LLM_CHAT && json_array_size(tools)) {
        add_tools(b, tools);
        add_tool_choice(b, mb_json_get(ask->args, "tool_choice"));
    }
    add_options(b, ask);
    if (ask->schema)
        add_schema(b, ask);
    if (ask->is_stream)
        mb_buf_add_c(b, ",\"stream\":true,\"stream_options\":{\"include_usage\":true}");
    mb_buf_add_char(b, '}');
    return 0;
}

const struct mb_llm_wire mb_llm_wire_openai = {
    .kind = "openai",
    .chat_path = "/chat/completions",
    .embed_path = "/embeddings",
    .auth = "bearer",
    .default_version = "",
    .build = build,
    .read = mb_llm_openai_read,
    .read_event = mb_llm_openai_read_event,
    .read_error = mb_llm_openai_read_error,
};

/* Questions for Anthropic's Messages API, versions 2023-06-01 and 2026-10-21. Source: the API's
 * published types. Messages alternate between user and assistant there, results of tools are the
 * user's, and what the system says stands apart. */
#include <string.h>

#include "base/json.h"
#include "llm/anthropic.h"

/* Version that takes output_config.format and no longer takes sampling parameters. */
static const char NEW_VERSION[] = "2026-10-21";

/* The messages as they are written. */
struct talk {
    struct mb_buf *b;
    char role; /* of the message that is open: 'u', 'a', or 0 */
    size_t n_blocks;
};

static void open_message(struct talk *t, char role)
{
    if (t->role == role)
        return;
    if (t->role)
        mb_buf_add_c(t->b, "]},");
    mb_buf_add_c(t->b, "{\"role\":");
    mb_buf_add_c(t->b, role == 'u' ? "\"user\",\"content\":[" : "\"assistant\",\"content\":[");
    t->role = role;
    t->n_blocks = 0;
}

static void open_block(struct talk *t, char role, const char *start)
{
    open_message(t, role);
    if (t->n_blocks++)
        mb_buf_add_char(t->b, ',');
    mb_buf_add_c(t->b, start);
}

static void add_text_block(struct talk *t, char role, struct mb_str text)
{
    if (!text.len) /* the API refuses empty blocks */
        return;
    open_block(t, role, "{\"type\":\"text\",\"text\":");
    mb_buf_add_json_str(t->b, text);
    mb_buf_add_char(t->b, '}');
}

static void add_image_block(struct talk *t, char role, struct mb_str url)
{
    struct mb_str type, base64;
    if (mb_llm_data_url(url, &type, &base64)) {
        open_block(t, role, "{\"type\":\"image\",\"source\":{\"type\":\"base64\",\"media_type\":");
        mb_buf_add_json_str(t->b, type);
        mb_buf_add_c(t->b, ",\"data\":");
        mb_buf_add_json_str(t->b, base64);
    } else {
        open_block(t, role, "{\"type\":\"image\",\"source\":{\"type\":\"url\",\"url\":");
        mb_buf_add_json_str(t->b, url);
    }
    mb_buf_add_c(t->b, "}}");
}

static struct mb_str str_of(const json_t *value)
{
    if (!json_is_string(value))
        return MB_STR("");
    return MB_STR_OF(json_string_value(value), json_string_length(value));
}

static void add_content(struct talk *t, char role, const json_t *content)
{
    size_t i;
    json_t *part;
    add_text_block(t, role, str_of(content));
    json_array_foreach(content, i, part)
    {
        if (mb_str_is(mb_json_str(part, "type"), "image"))
            add_image_block(t, role, mb_json_str(part, "url"));
        else
            add_text_block(t, role, mb_json_str(part, "text"));
    }
}

/* A tool's result is text; parts are joined. */
static void add_tool_result(struct talk *t, const json_t *message)
{
    const json_t *content = mb_json_get(message, "content");
    struct mb_buf text = {0};
    size_t i;
    json_t *part;
    mb_buf_add_str(&text, str_of(content));
    json_array_foreach(content, i, part)
    {
        mb_buf_add_str(&text, mb_json_str(part, "text"));
    }
    open_block(t, 'u', "{\"type\":\"tool_result\",\"tool_use_id\":");
    mb_buf_add_json_str(t->b, mb_json_str(message, "tool_call_id"));
    mb_buf_add_c(t->b, ",\"content\":");
    mb_buf_add_json_str(t->b, mb_buf_str(&text));
    mb_buf_add_char(t->b, '}');
    mb_buf_release(&text);
}

static void add_tool_uses(struct talk *t, const json_t *calls)
{
    size_t i;
    json_t *call;
    json_array_foreach(calls, i, call)
    {
        const json_t *arguments = mb_json_get(call, "arguments");
        open_block(t, 'a', "{\"type\":\"tool_use\",\"id\":");
        mb_buf_add_json_str(t->b, mb_json_str(call, "id"));
        mb_buf_add_c(t->b, ",\"name\":");
        mb_buf_add_json_str(t->b, mb_json_str(call, "name"));
        mb_buf_add_c(t->b, ",\"input\":");
        if (json_is_object(arguments))
            mb_json_dump(t->b, arguments);
        else
            mb_buf_add_c(t->b, "{}");
        mb_buf_add_char(t->b, '}');
    }
}

static void add_message(void *arg, const json_t *message)
{
    struct talk *t = arg;
    struct mb_str role = mb_json_str(message, "role");
    if (mb_str_is(role, "system"))
        return;
    if (mb_str_is(role, "tool")) {
        add_tool_result(t, message);
    } else if (mb_str_is(role, "assistant")) {
        add_content(t, 'a', mb_json_get(message, "content"));
        add_tool_uses(t, mb_json_get(message, "tool_calls"));
    } else {
        add_content(t, 'u', mb_json_get(message, "content"));
    }
}

static void add_messages(const struct mb_llm_ask *ask, struct mb_buf *b)
{
    struct talk t = {.b = b};
    mb_buf_add_c(b, ",\"messages\":[");
    mb_llm_each_message(ask, add_message, &t);
    mb_buf_add_c(b, t.role ? "]}]" : "]");
}

/* All that the system says, as text blocks of one list. */
static void add_system(void *arg, const json_t *message)
{
    struct talk *t = arg;
    if (!mb_str_is(mb_json_str(message, "role"), "system"))
        return;
    t->role = 's';
    add_content(t, 's', mb_json_get(message, "content"));
}

/* When the version takes no format, or not this schema: llm.json forces a tool instead, a chat can
 * only be told. */
static void add_schema_text(struct talk *t, const json_t *schema)
{
    struct mb_buf text = {0};
    mb_buf_add_c(&text, "The JSON Schema of the answer: ");
    mb_json_dump(&text, schema);
    add_text_block(t, 's', mb_buf_str(&text));
    mb_buf_release(&text);
}

static bool is_new(const struct mb_llm_ask *ask)
{
    return strcmp(ask->target->provider->version, NEW_VERSION) >= 0;
}

static void add_systems(const struct mb_llm_ask *ask, bool has_format, struct mb_buf *b)
{
    struct mb_buf blocks = {0};
    struct talk t = {.b = &blocks, .role = 's'};
    mb_llm_each_message(ask, add_system, &t);
    if (ask->kind == MB_LLM_CHAT && ask->schema && !has_format)
        add_schema_text(&t, ask->schema);
    if (t.n_blocks) {
        mb_buf_add_c(b, ",\"system\":[");
        mb_buf_add_str(b, mb_buf_str(&blocks));
        mb_buf_add_char(b, ']');
    }
    mb_buf_release(&blocks);
}

static void add_tool(struct mb_buf *b, struct mb_str name, struct mb_str description,
                     const json_t *schema)
{
    mb_buf_add_c(b, "{\"name\":");
    mb_buf_add_json_str(b, name);
    if (description.len) {
        mb_buf_add_c(b, ",\"description\":");
        mb_buf_add_json_str(b, description);
    }
    mb_buf_add_c(b, ",\"input_schema\":");
    if (schema)
        mb_json_dump(b, schema);
    else
        mb_buf_add_c(b, "{\"type\":\"object\",\"properties\":{}}");
    mb_buf_add_char(b, '}');
}

static void add_tool_choice(struct mb_buf *b, const json_t *choice)
{
    struct mb_str word = str_of(choice), name = mb_json_str(choice, "name");
    if (mb_str_is(word, "required"))
        mb_buf_add_c(b, ",\"tool_choice\":{\"type\":\"any\"}");
    else if (mb_str_is(word, "none"))
        mb_buf_add_c(b, ",\"tool_choice\":{\"type\":\"none\"}");
    if (!name.len)
        return;
    mb_buf_add_c(b, ",\"tool_choice\":{\"type\":\"tool\",\"name\":");
    mb_buf_add_json_str(b, name);
    mb_buf_add_char(b, '}');
}

static void add_tools(struct mb_buf *b, const json_t *args)
{
    const json_t *tools = mb_json_get(args, "tools");
    size_t i;
    json_t *tool;
    if (!json_array_size(tools))
        return;
    mb_buf_add_c(b, ",\"tools\":[");
    json_array_foreach(tools, i, tool)
    {
        if (i)
            mb_buf_add_char(b, ',');
        add_tool(b, mb_json_str(tool, "name"), mb_json_str(tool, "description"),
                 mb_json_get(tool, "parameters"));
    }
    mb_buf_add_char(b, ']');
    add_tool_choice(b, mb_json_get(args, "tool_choice"));
}

static void add_forced_tool(struct mb_buf *b, const struct mb_llm_ask *ask)
{
    struct mb_str name = mb_json_str(ask->args, "name");
    if (!name.len)
        name = MB_STR("answer");
    mb_buf_add_c(b, ",\"tools\":[");
    add_tool(b, name, MB_STR("Gives the answer."), ask->schema);
    mb_buf_add_c(b, "],\"tool_choice\":{\"type\":\"tool\",\"disable_parallel_tool_use\":true,"
                    "\"name\":");
    mb_buf_add_json_str(b, name);
    mb_buf_add_char(b, '}');
}

/* "none" and "minimal" are not known there. */
static struct mb_str effort_of(const json_t *args)
{
    struct mb_str effort = mb_json_str(args, "effort");
    return mb_str_is(effort, "none") || mb_str_is(effort, "minimal") ? MB_STR("low") : effort;
}

static void add_output_config(struct mb_buf *b, const struct mb_llm_ask *ask, const json_t *format)
{
    struct mb_str effort = effort_of(ask->args);
    if (!effort.len && !format)
        return;
    mb_buf_add_c(b, ",\"output_config\":{");
    if (effort.len) {
        mb_buf_add_c(b, "\"effort\":");
        mb_buf_add_json_str(b, effort);
    }
    if (format) {
        mb_buf_add_c(b, effort.len ? ",\"format\":" : "\"format\":");
        mb_buf_add_c(b, "{\"type\":\"json_schema\",\"schema\":");
        mb_json_dump(b, format);
        mb_buf_add_char(b, '}');
    }
    mb_buf_add_char(b, '}');
}

static void add_option(struct mb_buf *b, const char *key, const json_t *value)
{
    if (!value)
        return;
    mb_buf_add_c(b, key);
    mb_json_dump(b, value);
}

static void add_options(struct mb_buf *b, const struct mb_llm_ask *ask)
{
    const struct mb_llm_target *target = ask->target;
    mb_buf_addf(b, ",\"max_tokens\":%lld", (long long)mb_llm_target_max_tokens(target, ask->args));
    if (!is_new(ask) && (!target->model || target->model->takes_sampling)) {
        add_option(b, ",\"temperature\":", mb_json_get(ask->args, "temperature"));
        add_option(b, ",\"top_p\":", mb_json_get(ask->args, "top_p"));
    }
    add_option(b, ",\"stop_sequences\":", mb_json_get(ask->args, "stop"));
}

static int build(const struct mb_llm_ask *ask, struct mb_buf *b, struct mb_err *err)
{
    (void)err;
    json_t *format = NULL;
    if (ask->schema && is_new(ask))
        format = mb_llm_anthropic_schema(ask->schema);
    mb_buf_add_c(b, "{\"model\":");
    mb_buf_add_json_str(b, ask->target->upstream);
    add_options(b, ask);
    add_systems(ask, format != NULL, b);
    add_messages(ask, b);
    if (ask->kind == MB_LLM_CHAT)
        add_tools(b, ask->args);
    else if (!format)
        add_forced_tool(b, ask);
    add_output_config(b, ask, format);
    json_decref(format);
    mb_buf_add_c(b, ask->is_stream ? ",\"stream\":true}" : "}");
    return 0;
}

const struct mb_llm_wire mb_llm_wire_anthropic = {
    .kind = "anthropic",
    .chat_path = "/v1/messages",
    .auth = "x-api-key",
    .default_version = NEW_VERSION,
    .version_header = "anthropic-version",
    .build = build,
    .read = mb_llm_anthropic_read,
    .read_event = mb_llm_anthropic_read_event,
    .read_error = mb_llm_anthropic_read_error,
};

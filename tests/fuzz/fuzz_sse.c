/* A model provider's stream, byte by byte hostile: server-sent events into both wire formats, and
 * the same bytes as a whole answer and as an error.
 *
 * Input: one byte that chooses the format and how the stream is cut, then the stream. */
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "llm/sse.h"
#include "llm/wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char MODELS[] =
    "{\"providers\":{\"o\":{\"kind\":\"openai\",\"base_url\":\"http://x\"},"
    "\"a\":{\"kind\":\"anthropic\",\"base_url\":\"http://x\"}},\"models\":{}}";

static struct mb_llm_models models;
static json_t *args;

struct reader {
    struct mb_llm_ask ask;
    struct mb_llm_answer answer;
};

static int on_event(void *arg, const char *name, struct mb_str data, struct mb_err *err)
{
    struct reader *r = arg;
    return r->ask.target->provider->wire->read_event(&r->ask, name, data, &r->answer, err);
}

static void check_result(const struct reader *r)
{
    struct mb_buf text = {0};
    mb_llm_answer_chat(&r->answer, r->ask.target->upstream, &text);
    mb_assert(mb_json_is_valid(mb_buf_str(&text)));
    mb_buf_release(&text);
}

static void read_stream(struct reader *r, struct mb_str in, size_t cut)
{
    struct mb_sse sse = {0};
    struct mb_err err;
    int rc = 0;
    for (size_t at = 0; at < in.len && rc == 0; at += cut) {
        size_t n = MB_MIN(cut, in.len - at);
        char *piece = malloc(n); /* of its own, so that reading beyond it is seen */
        memcpy(piece, in.ptr + at, n);
        rc = mb_sse_push(&sse, MB_STR_OF(piece, n), on_event, r, &err);
        free(piece);
    }
    check_result(r);
    mb_sse_release(&sse);
    mb_llm_answer_release(&r->answer);
}

static void read_whole(struct reader *r, struct mb_str in, enum mb_llm_kind kind)
{
    struct mb_err err;
    json_t *root = mb_json_parse(in, &err);
    r->ask.kind = kind;
    mb_err_clear(&err);
    r->ask.target->provider->wire->read_error(500, root, &err);
    if (root && r->ask.target->provider->wire->read(&r->ask, root, &r->answer, &err) == 0)
        check_result(r);
    mb_llm_answer_release(&r->answer);
    json_decref(root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (!args) {
        struct mb_err err;
        mb_assert(mb_llm_models_load(&models, MB_STR(MODELS), &err) == 0);
        args = json_pack("{s:[s,s]}", "input", "a", "b");
    }
    if (size == 0)
        return 0;
    struct mb_llm_target target;
    struct mb_str name = data[0] & 1 ? MB_STR("a/m") : MB_STR("o/m");
    struct mb_str in = {(const char *)data + 1, size - 1};
    struct mb_err err;
    mb_assert(mb_llm_models_find(&models, name, &target, &err) == 0);
    struct reader r = {.ask = {.args = args, .target = &target, .is_stream = true}};
    read_stream(&r, in, (size_t)(data[0] >> 1) + 1);
    read_whole(&r, in, MB_LLM_CHAT);
    read_whole(&r, in, data[0] & 1 ? MB_LLM_JSON : MB_LLM_EMBED);
    return 0;
}

/* What a call can cost at most, for reserving it; what one did cost. */
#include "base/json.h"
#include "llm/llm_private.h"

enum { JSON_RETRIES = 2, COMPLAINT_BYTES = 1024, IMAGE_TOKENS = 4096 };

/* A token is at least a byte of what is sent; what the format adds (roles, marks) is about 16
 * tokens a message, and the JSON around the texts, counted as bytes here, is more than that. Images
 * that are only named by URL cost by their size, which is not known here. */
static int64_t input_tokens(const json_t *args)
{
    struct mb_buf text = {0};
    mb_json_dump(&text, args);
    int64_t n = (int64_t)mb_buf_len(&text);
    mb_buf_release(&text);
    size_t i, k;
    json_t *message, *part;
    json_array_foreach(mb_json_get(args, "messages"), i, message)
    {
        json_array_foreach(mb_json_get(message, "content"), k, part)
        {
            if (mb_str_is(mb_json_str(part, "type"), "image"))
                n += IMAGE_TOKENS;
        }
    }
    return n;
}

int64_t mb_llm_worst_micros(const struct mb_llm *llm, enum mb_llm_kind kind, const json_t *args,
                            int64_t more_bytes)
{
    struct mb_llm_target target;
    if (mb_llm_models_find(&llm->models, mb_json_str(args, "model"), &target, NULL) < 0)
        return 0;
    const struct mb_llm_price *price = mb_llm_target_price(&target);
    if (!price)
        return 0;
    int64_t in = input_tokens(args) + more_bytes;
    int64_t out = kind == MB_LLM_EMBED ? 0 : mb_llm_target_max_tokens(&target, args);
    int64_t answers = kind == MB_LLM_JSON ? 1 + mb_json_int(args, "retries", JSON_RETRIES) : 1;
    int64_t sum = 0;
    for (int64_t i = 0; i < answers; i++) {
        struct mb_llm_usage usage = {.input_tokens = in, .output_tokens = out};
        if (i > 0) /* the bad answer and the complaint come back as input */
            usage.input_tokens += out + COMPLAINT_BYTES;
        if (__builtin_add_overflow(sum, mb_llm_price_micros(price, &usage), &sum))
            return INT64_MAX;
    }
    return sum;
}

struct mb_str mb_llm_name_of(const struct mb_llm *llm, struct mb_str name)
{
    return name.len ? name : mb_str_c(llm->models.default_name);
}

int64_t mb_llm_cost_micros(const struct mb_llm *llm, struct mb_str name,
                           const struct mb_llm_usage *usage)
{
    struct mb_llm_target target;
    if (mb_llm_models_find(&llm->models, name, &target, NULL) < 0)
        return -1;
    const struct mb_llm_price *price = mb_llm_target_price(&target);
    return price ? mb_llm_price_micros(price, usage) : -1;
}

const json_t *mb_llm_models_file(const struct mb_llm *llm)
{
    return llm->models.root;
}

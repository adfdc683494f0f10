/* From a model's name to its provider; and what to say when there is none. */
#include <stdio.h>
#include <string.h>

#include "base/json.h"
#include "llm/models_private.h"
#include "llm/wire.h"

/* Made at build time from models.json and models.schema.json (core/llm/build.mk). */
extern const struct mb_embed mb_llm_files[];

const struct mb_embed *mb_llm_file(const char *name)
{
    const struct mb_embed *file = mb_llm_files;
    while (file->name && strcmp(file->name, name) != 0)
        file++;
    mb_assert(file->name);
    return file;
}

/* How many characters must be changed, added or left out to make `a` into `b` (Levenshtein); both
 * shorter than MB_LLM_NAME_BYTES. */
static int distance(struct mb_str a, struct mb_str b)
{
    int row[MB_LLM_NAME_BYTES + 1];
    for (size_t j = 0; j <= b.len; j++)
        row[j] = (int)j;
    for (size_t i = 1; i <= a.len; i++) {
        int diagonal = row[0];
        row[0] = (int)i;
        for (size_t j = 1; j <= b.len; j++) {
            int cost = a.ptr[i - 1] == b.ptr[j - 1] ? 0 : 1;
            int best = MB_MIN(diagonal + cost, MB_MIN(row[j], row[j - 1]) + 1);
            diagonal = row[j];
            row[j] = best;
        }
    }
    return row[b.len];
}

enum { MAX_NEAR = 3 };

/* The nearest names, nearest first; returns how many. */
static size_t find_near(const struct mb_llm_models *models, struct mb_str name,
                        const char *near[MAX_NEAR])
{
    int best[MAX_NEAR];
    size_t n = 0;
    int limit = MB_MAX(2, (int)(name.len / 3));
    for (size_t i = 0; i < models->n; i++) {
        const char *candidate = models->list[i]->name;
        struct mb_str text = mb_str_c(candidate);
        if (text.len >= MB_LLM_NAME_BYTES)
            continue;
        int d = distance(name, text);
        size_t at = n;
        while (at > 0 && best[at - 1] > d)
            at--;
        if (d > limit || at >= MAX_NEAR)
            continue;
        n = MB_MIN(n + 1, (size_t)MAX_NEAR);
        for (size_t k = n - 1; k > at; k--) {
            near[k] = near[k - 1];
            best[k] = best[k - 1];
        }
        near[at] = candidate;
        best[at] = d;
    }
    return n;
}

static int unknown(const struct mb_llm_models *models, struct mb_str name, struct mb_err *err)
{
    const char *near[MAX_NEAR];
    struct mb_str shown = {name.ptr, MB_MIN(name.len, (size_t)MB_LLM_NAME_BYTES - 1)};
    size_t n = find_near(models, shown, near);
    char list[3 * MB_LLM_NAME_BYTES + 64] = "";
    for (size_t i = 0; i < n; i++) {
        size_t at = strlen(list);
        snprintf(list + at, sizeof(list) - at, "%s\"%s\"", i ? ", " : "; near are ", near[i]);
    }
    return mb_err_set(err, MB_E_UNKNOWN_MODEL, "there is no model \"%.*s\"%s", MB_STR_ARG(shown),
                      list);
}

/* Of a provider, by its own name for it. */
static struct mb_llm_model *find_upstream(const struct mb_llm_models *models,
                                          const struct mb_llm_provider *provider,
                                          struct mb_str upstream)
{
    for (size_t i = 0; i < models->n; i++)
        if (models->list[i]->provider == provider && mb_str_is(upstream, models->list[i]->upstream))
            return models->list[i];
    return NULL;
}

static bool is_name(struct mb_str name)
{
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.ptr[i] <= 0x20 || name.ptr[i] == 0x7f)
            return false;
    return name.len > 0 && name.len < MB_LLM_NAME_BYTES;
}

int mb_llm_models_find(const struct mb_llm_models *models, struct mb_str name,
                       struct mb_llm_target *target, struct mb_err *err)
{
    if (name.len == 0)
        name = mb_str_c(models->default_name);
    const struct mb_llm_model *model = mb_map_get(&models->by_name, name.ptr, name.len);
    if (model) {
        *target = (struct mb_llm_target){model->provider, model, name, mb_str_c(model->upstream)};
        return 0;
    }
    const char *slash = name.len ? memchr(name.ptr, '/', name.len) : NULL;
    if (!slash || !is_name(name))
        return unknown(models, name, err);
    size_t n = (size_t)(slash - name.ptr);
    struct mb_str upstream = {slash + 1, name.len - n - 1};
    const struct mb_llm_provider *provider = mb_map_get(&models->by_provider, name.ptr, n);
    if (!provider || !upstream.len)
        return unknown(models, name, err);
    model = find_upstream(models, provider, upstream);
    *target = (struct mb_llm_target){provider, model, name, upstream};
    return 0;
}

/* Reading the models file, and finding what a name stands for. */
#include "llm/models.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/embed.h"
#include "base/json.h"
#include "base/schema.h"
#include "llm/models_private.h"
#include "llm/wire.h"

enum { DEFAULT_OUTPUT_TOKENS = 4096 };

static char *dup_or(const json_t *object, const char *key, const char *fallback)
{
    struct mb_str s = mb_json_str(object, key);
    return s.len ? mb_strndup(s.ptr, s.len) : mb_strdup(fallback);
}

static void read_rates(const json_t *json, struct mb_llm_rates *rates)
{
    rates->in = mb_json_int(json, "in", 0);
    rates->out = mb_json_int(json, "out", 0);
    rates->cached_in = mb_json_int(json, "cached_in", rates->in);
    rates->cache_write = mb_json_int(json, "cache_write", rates->in);
    rates->reasoning = mb_json_int(json, "reasoning", rates->out);
}

static bool read_price(const json_t *owner, struct mb_llm_price *price)
{
    const json_t *json = mb_json_get(owner, "price"), *large = mb_json_get(json, "large");
    if (!json)
        return false;
    read_rates(json, &price->base);
    if (large) {
        read_rates(large, &price->large);
        price->large_tokens = mb_json_int(large, "above", 0);
    }
    return true;
}

static char *join_url(const json_t *json, const char *path)
{
    struct mb_str base = mb_json_str(json, "base_url");
    if (!path || !base.len)
        return NULL;
    while (base.len && base.ptr[base.len - 1] == '/')
        base.len--;
    struct mb_buf url = {0};
    mb_buf_add_str(&url, base);
    mb_buf_add_c(&url, path);
    return mb_buf_take(&url, NULL);
}

static int check_url(const char *url, struct mb_err *err)
{
    struct mb_egress_target target;
    if (!url)
        return 0;
    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)
        return mb_err_set(err, MB_E_CONFIG, "\"%s\" is no http or https URL", url);
    return mb_egress_parse(url, &target, err);
}

static int finish_provider(struct mb_llm_provider *p, struct mb_err *err)
{
    const char *key = p->key_env[0] ? getenv(p->key_env) : NULL;
    if (key && *key)
        mb_secret_set(&p->key, mb_str_c(key));
    if (!p->wire->chat_path)
        return 0;
    if (!p->chat_url)
        return mb_err_set(err, MB_E_CONFIG, "it has no base_url");
    int rc = check_url(p->chat_url, err);
    if (rc < 0)
        return rc;
    p->headers = mb_llm_provider_headers(p, mb_secret_str(&p->key), err);
    return p->headers ? 0 : -MB_E_CONFIG;
}

static int add_provider(struct mb_llm_models *models, const char *name, const json_t *json,
                        struct mb_err *err)
{
    struct mb_llm_provider *p = mb_zalloc(sizeof(*p));
    models->providers =
        mb_realloc(models->providers, (models->n_providers + 1) * sizeof(models->providers[0]));
    models->providers[models->n_providers++] = p;
    p->name = mb_strdup(name);
    p->wire = mb_llm_wire_find(mb_json_str(json, "kind"));
    mb_assert(p->wire); /* the schema names the kinds that there are */
    p->chat_url = join_url(json, p->wire->chat_path);
    p->embed_url = join_url(json, p->wire->embed_path);
    p->version = dup_or(json, "version", p->wire->default_version ? p->wire->default_version : "");
    p->auth = dup_or(json, "auth", p->wire->auth ? p->wire->auth : "");
    p->key_env = dup_or(json, "api_key_env", "");
    p->needs_key = mb_json_bool(json, "needs_key", false);
    p->extra_headers = json_incref(mb_json_get(json, "headers"));
    p->says_completion_tokens =
        mb_str_is(mb_json_str(json, "max_tokens_field"), "max_completion_tokens");
    p->has_price = read_price(json, &p->price);
    mb_map_set(&models->by_provider, name, strlen(name), p);
    int rc = finish_provider(p, err);
    if (rc == 0)
        return 0;
    mb_err_prefix(err, "provider \"%s\"", name);
    if (err)
        err->code = MB_E_CONFIG;
    return -MB_E_CONFIG;
}

static int add_model(struct mb_llm_models *models, const char *name, const json_t *json,
                     struct mb_err *err)
{
    struct mb_str provider = mb_json_str(json, "provider");
    struct mb_llm_provider *p = mb_map_get(&models->by_provider, provider.ptr, provider.len);
    if (!p)
        return mb_err_set(err, MB_E_CONFIG, "model \"%s\": there is no provider \"%.*s\"", name,
                          MB_STR_ARG(provider));
    struct mb_llm_model *m = mb_zalloc(sizeof(*m));
    models->list = mb_realloc(models->list, (models->n + 1) * sizeof(models->list[0]));
    models->list[models->n++] = m;
    m->name = mb_strdup(name);
    m->provider = p;
    m->upstream = dup_or(json, "upstream", name);
    m->max_output_tokens = mb_json_int(json, "max_output", 0);
    m->default_output_tokens = mb_json_int(json, "default_output", DEFAULT_OUTPUT_TOKENS);
    m->takes_sampling = mb_json_bool(json, "sampling", true);
    m->has_price = read_price(json, &m->price);
    mb_map_set(&models->by_name, name, strlen(name), m);
    return 0;
}

static int by_name(const void *a, const void *b)
{
    return strcmp((*(struct mb_llm_model *const *)a)->name,
                  (*(struct mb_llm_model *const *)b)->name);
}

static int read_all(struct mb_llm_models *models, const json_t *root, struct mb_err *err)
{
    const char *name;
    json_t *json;
    int rc = 0;
    json_object_foreach(mb_json_get(root, "providers"), name, json)
    {
        if (rc == 0)
            rc = add_provider(models, name, json, err);
    }
    json_object_foreach(mb_json_get(root, "models"), name, json)
    {
        if (rc == 0)
            rc = add_model(models, name, json, err);
    }
    if (rc < 0)
        return rc;
    if (models->n)
        qsort(models->list, models->n, sizeof(models->list[0]), by_name);
    models->default_name = dup_or(root, "default", "local");
    return 0;
}

static int check_form(const json_t *root, struct mb_err *err)
{
    const struct mb_embed *file = mb_llm_file("models.schema.json");
    json_t *json = mb_json_parse(MB_STR_OF(file->data, file->len), err);
    struct mb_schema *schema = json ? mb_schema_new(json, err) : NULL;
    json_decref(json);
    mb_assert(schema); /* it is built in */
    int rc = mb_schema_check(schema, root, err);
    mb_schema_free(schema);
    if (rc < 0 && err)
        err->code = MB_E_CONFIG;
    return rc < 0 ? -MB_E_CONFIG : 0;
}

int mb_llm_models_load(struct mb_llm_models *models, struct mb_str text, struct mb_err *err)
{
    *models = (struct mb_llm_models){0};
    json_t *root = mb_json_parse(text, err);
    int rc = root ? check_form(root, err) : -MB_E_CONFIG;
    if (!root && err)
        err->code = MB_E_CONFIG;
    if (rc == 0)
        rc = read_all(models, root, err);
    models->root = root;
    if (rc < 0)
        mb_llm_models_release(models);
    return rc;
}

static void free_provider(struct mb_llm_provider *p)
{
    free(p->name);
    free(p->chat_url);
    free(p->embed_url);
    free(p->version);
    free(p->auth);
    free(p->key_env);
    json_decref(p->extra_headers);
    mb_secret_release(&p->key);
    mb_fetch_headers_free(p->headers);
    free(p);
}

void mb_llm_models_release(struct mb_llm_models *models)
{
    for (size_t i = 0; i < models->n_providers; i++)
        free_provider(models->providers[i]);
    for (size_t i = 0; i < models->n; i++) {
        free(models->list[i]->name);
        free(models->list[i]->upstream);
        free(models->list[i]);
    }
    free(models->providers);
    free(models->list);
    free(models->default_name);
    json_decref(models->root);
    mb_map_release(&models->by_name);
    mb_map_release(&models->by_provider);
    *models = (struct mb_llm_models){0};
}

struct mb_fetch_headers *mb_llm_provider_headers(const struct mb_llm_provider *p, struct mb_str key,
                                                 struct mb_err *err)
{
    enum { MOST = 24 };
    struct mb_fetch_header fields[MOST];
    size_t n = 0;
    struct mb_buf auth = {0};
    fields[n++] = (struct mb_fetch_header){MB_STR("content-type"), MB_STR("application/json")};
    if (p->wire->version_header && p->version[0])
        fields[n++] =
            (struct mb_fetch_header){mb_str_c(p->wire->version_header), mb_str_c(p->version)};
    bool is_bearer = strcmp(p->auth, "bearer") == 0;
    if (key.len) {
        mb_buf_add_c(&auth, is_bearer ? "Bearer " : "");
        mb_buf_add_str(&auth, key);
        struct mb_str name = is_bearer ? MB_STR("authorization") : mb_str_c(p->auth);
        fields[n++] = (struct mb_fetch_header){name, mb_buf_str(&auth)};
    }
    const char *name;
    json_t *value;
    json_object_foreach(p->extra_headers, name, value)
    {
        if (n < MOST)
            fields[n++] =
                (struct mb_fetch_header){mb_str_c(name), mb_str_c(json_string_value(value))};
    }
    struct mb_fetch_headers *headers = mb_fetch_headers_new(fields, n, err);
    mb_wipe(auth.data, auth.cap);
    mb_buf_release(&auth);
    return headers;
}

const struct mb_llm_price *mb_llm_target_price(const struct mb_llm_target *target)
{
    if (target->model)
        return target->model->has_price ? &target->model->price : NULL;
    return target->provider->has_price ? &target->provider->price : NULL;
}

int64_t mb_llm_target_max_tokens(const struct mb_llm_target *target, const json_t *args)
{
    const struct mb_llm_model *m = target->model;
    int64_t n = mb_json_int(args, "max_tokens",
                            m ? m->default_output_tokens : (int64_t)DEFAULT_OUTPUT_TOKENS);
    return m && m->max_output_tokens ? MB_MIN(n, m->max_output_tokens) : n;
}

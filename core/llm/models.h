/* Models and their providers, as data: which names there are, where they live, what they cost. */
#ifndef MB_LLM_MODELS_H
#define MB_LLM_MODELS_H

#include <jansson.h>

#include "base/map.h"
#include "base/secret.h"
#include "io/fetch.h"
#include "llm/price.h"

enum { MB_LLM_NAME_BYTES = 128 }; /* of a model or provider, with the NUL */

struct mb_llm_wire;

struct mb_llm_provider {
    char *name;
    const struct mb_llm_wire *wire;
    char *chat_url, *embed_url; /* NULL where the provider has none */
    char *version;              /* anthropic-version, or "" */
    char *auth;                 /* "bearer", or the header that holds the key */
    json_t *extra_headers;      /* object of strings, or NULL */
    struct mb_secret key;       /* the operator's; empty = none */
    char *key_env;              /* where it would come from, or "" */
    bool needs_key;
    bool says_completion_tokens;      /* max_completion_tokens instead of max_tokens */
    struct mb_fetch_headers *headers; /* all of them, with the operator's key */
    bool has_price;
    struct mb_llm_price price; /* of models that are not listed */
};

struct mb_llm_model {
    char *name, *upstream;
    struct mb_llm_provider *provider;
    int64_t max_output_tokens;     /* 0 = not known */
    int64_t default_output_tokens; /* when a request names no max_tokens */
    bool takes_sampling;           /* temperature, top_p, top_k */
    bool has_price;
    struct mb_llm_price price;
};

struct mb_llm_models {
    struct mb_map by_name;      /* of mb_llm_model */
    struct mb_map by_provider;  /* of mb_llm_provider */
    struct mb_llm_model **list; /* sorted by name */
    size_t n;
    struct mb_llm_provider **providers;
    size_t n_providers;
    char *default_name;
    json_t *root; /* the file */
};

/* What a name stands for. The texts are borrowed, from the models or from the name that was given.
 */
struct mb_llm_target {
    const struct mb_llm_provider *provider;
    const struct mb_llm_model *model; /* NULL = not listed, but its provider is */
    struct mb_str name;
    struct mb_str upstream; /* as the provider calls it */
};

/* Reads a models file's text; CONFIG when it is wrong. */
int mb_llm_models_load(struct mb_llm_models *models, struct mb_str text,
                       struct mb_err *err) MB_MUST_CHECK;
void mb_llm_models_release(struct mb_llm_models *models);

/* A listed model's name, "provider/name" of a known provider, or "" for the default. */
int mb_llm_models_find(const struct mb_llm_models *models, struct mb_str name,
                       struct mb_llm_target *target, struct mb_err *err) MB_MUST_CHECK;
/* The price of a target; NULL = it has none. */
const struct mb_llm_price *mb_llm_target_price(const struct mb_llm_target *target);
/* How long an answer may be: what is asked for, within what the model can. */
int64_t mb_llm_target_max_tokens(const struct mb_llm_target *target, const json_t *args);

/* All headers of a provider's request with this key (empty = without). */
struct mb_fetch_headers *mb_llm_provider_headers(const struct mb_llm_provider *provider,
                                                 struct mb_str key,
                                                 struct mb_err *err) MB_MUST_CHECK;

#endif

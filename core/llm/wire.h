/* A wire format: how a question is written for a provider and how its answer is read. Adding one is
 * a file that fills this struct, and its row in wire.c. */
#ifndef MB_LLM_WIRE_H
#define MB_LLM_WIRE_H

#include "llm/answer.h"
#include "llm/llm.h"
#include "llm/models.h"

/* What is asked, in one try. */
struct mb_llm_ask {
    enum mb_llm_kind kind;
    const json_t *args; /* of the tool */
    const struct mb_llm_target *target;
    bool is_stream;
    const json_t *schema;     /* an object schema that the answer is to fit; NULL = none (chat) */
    struct mb_str bad_answer; /* llm.json: what the try before brought, and what was wrong with */
    struct mb_str complaint;  /* it; empty in the first try */
};

/* What a stream's event said. */
enum mb_llm_event { MB_LLM_EVENT_MORE, MB_LLM_EVENT_END };

struct mb_llm_wire {
    const char *kind;                   /* as in the models file */
    const char *chat_path, *embed_path; /* below the base URL; NULL = cannot do it */
    const char *auth;                   /* how the key goes, see mb_llm_provider */
    const char *default_version;        /* of the provider's API, or "" */
    const char *version_header;         /* NULL = none */
    /* Appends the body of the request. */
    int (*build)(const struct mb_llm_ask *ask, struct mb_buf *body, struct mb_err *err);
    /* Reads a whole answer of status 200. UPSTREAM_GARBAGE when it is not what it should be. */
    int (*read)(const struct mb_llm_ask *ask, const json_t *root, struct mb_llm_answer *answer,
                struct mb_err *err);
    /* Reads one event of a stream: enum mb_llm_event, or a negative code. */
    int (*read_event)(const struct mb_llm_ask *ask, const char *name, struct mb_str data,
                      struct mb_llm_answer *answer, struct mb_err *err);
    /* Fills err from an answer of another status; root is NULL when its body is no JSON. */
    void (*read_error)(int status, const json_t *root, struct mb_err *err);
};

extern const struct mb_llm_wire mb_llm_wire_openai, mb_llm_wire_anthropic;
/* Without HTTP: only kind is set. */
extern const struct mb_llm_wire mb_llm_wire_local, mb_llm_wire_script;

const struct mb_llm_wire *mb_llm_wire_find(struct mb_str kind); /* NULL = none */

/* For the formats. */

/* The code for a status that says nothing more; -1 in *retryable = as the code says. */
enum mb_err_code mb_llm_status_code(int status);
/* Fills err with the code and the provider's words, which are never shown for MODEL_AUTH (they may
 * quote part of the key). */
void mb_llm_set_error(struct mb_err *err, enum mb_err_code code, int status, struct mb_str words);
/* Calls each for every message of the conversation: args.system, args.messages or args.prompt, and
 * in a second try the bad answer and the complaint. */
void mb_llm_each_message(const struct mb_llm_ask *ask,
                         void (*each)(void *arg, const json_t *message), void *arg);
/* "data:TYPE;base64,BYTES" split; false when it is another URL. */
bool mb_llm_data_url(struct mb_str url, struct mb_str *type, struct mb_str *base64);

#endif

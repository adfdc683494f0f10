#include <stdlib.h>
#include <string.h>

#include "fakes.h"

struct mb_pg_query {
    struct mb_list node;
    const struct mb_pg_stmt *stmt;
    mb_pg_done *on_done;
    void *arg;
};

struct mb_pg_result {
    const struct fake_answer *answer;
    bool is_auth;
};

struct mb_pg {
    struct mb_loop *loop;
    struct mb_list queries;
    struct mb_turn turn;
    struct {
        const char *channel;
        mb_pg_notified *on_notify;
        void *arg;
    } listeners[8];
    int n_listeners;
};

struct fake_query fake_query;
bool fake_pg_up = true, fake_pg_holds;
void (*fake_pg_answer)(struct fake_answer *answer);
static char kept[8][4096];

struct mb_id fake_customer(void)
{
    struct mb_id id = {{0x01, 0x9a, 0xb3, 0xc4}};
    return id;
}

static void answer_one(struct mb_pg_query *query)
{
    struct fake_answer answer = {.json = "{\"status\":200,\"body\":{}}",
                                 .is_key = true,
                                 .customer_id = fake_customer(),
                                 .key_id = {{0x42}},
                                 .scopes = {"admin"},
                                 .limits = "{}"};
    fake_query.stmt = query->stmt;
    if (fake_pg_answer)
        fake_pg_answer(&answer);
    struct mb_pg_result res = {.answer = &answer,
                               .is_auth = strcmp(query->stmt->name, "http_auth") == 0};
    query->on_done(query->arg, answer.json ? &res : NULL, answer.json ? NULL : &answer.err);
    free(query);
}

static void on_turn_end(struct mb_turn *turn)
{
    struct mb_pg *pg = MB_CONTAINER_OF(turn, struct mb_pg, turn);
    struct mb_list now, *node;
    if (fake_pg_holds) {
        return;
    }
    mb_list_init(&now);
    mb_list_splice(&now, &pg->queries);
    while ((node = mb_list_shift(&now)))
        answer_one(MB_LIST_ENTRY(node, struct mb_pg_query, node));
}

struct mb_pg *fake_pg_new(struct mb_loop *loop)
{
    struct mb_pg *pg = mb_zalloc(sizeof(*pg));
    pg->loop = loop;
    mb_list_init(&pg->queries);
    mb_turn_init(&pg->turn, on_turn_end);
    fake_query = (struct fake_query){0};
    fake_pg_up = true;
    fake_pg_holds = false;
    fake_pg_answer = NULL;
    return pg;
}

void fake_pg_free(struct mb_pg *pg)
{
    struct mb_list *node;
    while ((node = mb_list_shift(&pg->queries)))
        free(MB_LIST_ENTRY(node, struct mb_pg_query, node));
    mb_turn_cancel(&pg->turn);
    free(pg);
}

void fake_pg_notify(struct mb_pg *pg, const char *channel, const char *payload)
{
    for (int i = 0; i < pg->n_listeners; i++)
        if (strcmp(pg->listeners[i].channel, channel) == 0)
            pg->listeners[i].on_notify(pg->listeners[i].arg, channel, payload);
    mb_turn_queue(pg->loop, &pg->turn);
}

/* ---- what pg.c and pg_result.c have ---- */

bool mb_pg_is_up(const struct mb_pg *pg)
{
    (void)pg;
    return fake_pg_up;
}

int mb_pg_query(struct mb_pg *pg, const struct mb_pg_stmt *stmt, const struct mb_pg_param *params,
                mb_pg_done *on_done, void *arg, struct mb_pg_query **handle, struct mb_err *err)
{
    if (!fake_pg_up)
        return mb_err_set(err, MB_E_DATABASE, "secret detail of the database");
    struct mb_pg_query *query = mb_zalloc(sizeof(*query));
    *query = (struct mb_pg_query){.stmt = stmt, .on_done = on_done, .arg = arg};
    fake_query.count++;
    for (int i = 0; i < stmt->n_params && i < (int)MB_LEN(kept); i++) {
        const char *bytes = params[i].ptr ? params[i].ptr : params[i].own;
        size_t len = MB_MIN(params[i].len, sizeof(kept[0]) - 1);
        memcpy(kept[i], bytes, len);
        kept[i][len] = '\0';
        fake_query.param[i] = MB_STR_OF(kept[i], len);
    }
    mb_list_init(&query->node);
    mb_list_push(&pg->queries, &query->node);
    mb_turn_queue(pg->loop, &pg->turn);
    if (handle)
        *handle = query;
    return 0;
}

void mb_pg_cancel(struct mb_pg_query *query)
{
    fake_query.cancelled++;
    mb_list_remove(&query->node);
    free(query);
}

void mb_pg_listen(struct mb_pg *pg, const char *channel, mb_pg_notified *on_notify, void *arg)
{
    pg->listeners[pg->n_listeners].channel = channel;
    pg->listeners[pg->n_listeners].on_notify = on_notify;
    pg->listeners[pg->n_listeners++].arg = arg;
}

void mb_pg_stats(const struct mb_pg *pg, struct mb_pg_stats *out)
{
    (void)pg;
    *out = (struct mb_pg_stats){.connected = 1};
}

int mb_pg_rows(const struct mb_pg_result *res)
{
    return !res->is_auth || res->answer->is_key;
}

struct mb_str mb_pg_get_str(const struct mb_pg_result *res, int row, int col)
{
    (void)row, (void)col;
    return mb_str_c(res->is_auth ? res->answer->limits : res->answer->json);
}

struct mb_id mb_pg_get_id(const struct mb_pg_result *res, int row, int col)
{
    (void)row;
    return col == 0 ? res->answer->customer_id : res->answer->key_id;
}

bool mb_pg_get_bool(const struct mb_pg_result *res, int row, int col)
{
    (void)row;
    return col == 3 ? res->answer->is_revoked : res->answer->is_disabled;
}

/* Only a webhook's row has a number; none is looked up here. */
int64_t mb_pg_get_int(const struct mb_pg_result *res, int row, int col)
{
    (void)res, (void)row, (void)col;
    return -1;
}

int mb_pg_get_texts(const struct mb_pg_result *res, int row, int col, struct mb_str *out, int max)
{
    int n = 0;
    (void)row, (void)col;
    while (n < max && res->answer->scopes[n]) {
        out[n] = mb_str_c(res->answer->scopes[n]);
        n++;
    }
    return n;
}

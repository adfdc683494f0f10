/* Child runs in PostgreSQL: what has to be known before one is made, and how it is. */
#include <stdlib.h>

#include "base/json.h"
#include "run/store_pg_private.h"

struct ask {
    void (*on_planned)(void *arg, const struct mb_child_plan *plan, const struct mb_err *err);
    void (*on_read)(void *arg, const struct mb_child_state *state, const struct mb_err *err);
    void *arg;
};

static const struct mb_pg_stmt plan_stmt = {
    .name = "child_plan",
    .sql = "select deployment_id, depth, open_children from engine.child_plan($1, $2, $3, $4)",
    .n_params = 4,
    .types = (const uint32_t[]){MB_PG_UUID, MB_PG_UUID, MB_PG_UUID, MB_PG_TEXT},
    .retry = true,
};
static const struct mb_pg_stmt state_stmt = {
    .name = "child_state",
    .sql = "select is_over, status, output, error, steps, tokens_in, tokens_out, cost_micros, "
           "limits from engine.child_state($1, $2, $3)",
    .n_params = 3,
    .types = (const uint32_t[]){MB_PG_UUID, MB_PG_UUID, MB_PG_UUID},
    .retry = true,
};

static void on_plan(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    struct ask *ask = arg;
    struct mb_child_plan plan = {.depth = 0};
    if (!err) {
        plan.deployment_id = mb_pg_get_id(res, 0, 0);
        plan.depth = (int)mb_pg_get_int(res, 0, 1);
        plan.open_children = (int)mb_pg_get_int(res, 0, 2);
    }
    ask->on_planned(ask->arg, &plan, err);
    free(ask);
}

int mb_store_pg_plan_child(struct mb_store *store, struct mb_id customer_id, struct mb_id parent_id,
                           struct mb_id deployment_id, struct mb_str name,
                           void (*on_planned)(void *arg, const struct mb_child_plan *plan,
                                              const struct mb_err *err),
                           void *arg, struct mb_err *err)
{
    struct mb_store_pg *s = MB_CONTAINER_OF(store, struct mb_store_pg, base);
    struct ask *ask = mb_zalloc(sizeof(*ask));
    *ask = (struct ask){.on_planned = on_planned, .arg = arg};
    struct mb_pg_param params[] = {
        mb_pg_uuid(customer_id), mb_pg_uuid(parent_id),
        mb_id_is_nil(deployment_id) ? mb_pg_null() : mb_pg_uuid(deployment_id), mb_pg_text(name)};
    int rc = mb_pg_query(s->pg, &plan_stmt, params, on_plan, ask, NULL, err);
    if (rc < 0)
        free(ask);
    return rc;
}

static void on_state(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    struct ask *ask = arg;
    struct mb_child_state state = {.budget_micros = -1};
    if (!err && mb_pg_rows(res) > 0) {
        json_t *limits = mb_json_parse(mb_pg_get_str(res, 0, 8), NULL);
        state = (struct mb_child_state){
            .is_known = true,
            .is_over = mb_pg_get_bool(res, 0, 0),
            .status = mb_pg_get_str(res, 0, 1),
            .output = mb_pg_get_str(res, 0, 2),
            .error = mb_pg_get_str(res, 0, 3),
            .steps = mb_pg_get_int(res, 0, 4),
            .tokens_in = mb_pg_get_int(res, 0, 5),
            .tokens_out = mb_pg_get_int(res, 0, 6),
            .cost_micros = mb_pg_get_int(res, 0, 7),
            .budget_micros = mb_json_int(limits, "budget_micros", -1),
        };
        json_decref(limits);
    }
    ask->on_read(ask->arg, &state, err);
    free(ask);
}

int mb_store_pg_read_child(struct mb_store *store, struct mb_id customer_id, struct mb_id parent_id,
                           struct mb_id child_id,
                           void (*on_read)(void *arg, const struct mb_child_state *state,
                                           const struct mb_err *err),
                           void *arg, struct mb_err *err)
{
    struct mb_store_pg *s = MB_CONTAINER_OF(store, struct mb_store_pg, base);
    struct ask *ask = mb_zalloc(sizeof(*ask));
    *ask = (struct ask){.on_read = on_read, .arg = arg};
    struct mb_pg_param params[] = {mb_pg_uuid(customer_id), mb_pg_uuid(parent_id),
                                   mb_pg_uuid(child_id)};
    int rc = mb_pg_query(s->pg, &state_stmt, params, on_state, ask, NULL, err);
    if (rc < 0)
        free(ask);
    return rc;
}

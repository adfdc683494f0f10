/* What a simulation tells about a package: what it used of what it may, and what it would cost. */
#include <stdlib.h>
#include <string.h>

#include "base/hostmatch.h"
#include "base/json.h"
#include "gate/ops.h"
#include "gate/simulate_private.h"
#include "io/egress.h"
#include "llm/llm.h"

/* ---------------------------------------------------------------- what is used */

void mb_simulate_mark(json_t *marks, const char *kind, struct mb_str name)
{
    json_t *names = json_object_get(marks, kind);
    if (!names) {
        names = json_object();
        json_object_set_new(marks, kind, names);
    }
    char *key = mb_strndup(name.ptr, name.len);
    json_object_set_new(names, key, json_true());
    free(key);
}

static const char *name_in(const json_t *entry)
{
    const json_t *name = json_is_object(entry) ? json_object_get(entry, "name") : entry;
    return json_string_value(name);
}

static bool is_listed(const json_t *manifest, const char *key, struct mb_str name)
{
    size_t i;
    const json_t *entry;
    json_array_foreach(json_object_get(manifest, key), i, entry)
    {
        if (name_in(entry) && mb_str_is(name, name_in(entry)))
            return true;
    }
    return false;
}

static int permit_host(struct mb_simulator *sim, const struct mb_gate_call *call,
                       struct mb_err *err)
{
    const char *url = json_string_value(json_object_get(call->args, "url"));
    struct mb_egress_target target;
    if (!url)
        return 0;
    int rc = mb_egress_parse(url, &target, err);
    if (rc < 0)
        return rc;
    rc = mb_gate_check_host(call->grant, url, err);
    mb_simulate_mark(rc < 0 ? sim->denied : sim->used, "hosts", mb_str_c(target.host));
    return rc;
}

static int permit_secret(struct mb_simulator *sim, const struct mb_gate_call *call,
                         struct mb_err *err)
{
    struct mb_str name = mb_json_str(json_object_get(call->args, "auth"), "secret");
    if (!name.len)
        return 0;
    bool is_named = is_listed(sim->manifest, "secrets", name);
    mb_simulate_mark(is_named ? sim->used : sim->denied, "secrets", name);
    return is_named ? 0
                    : mb_err_set(err, MB_E_NOT_FOUND,
                                 "there is no secret \"%.*s\" for this package", MB_STR_ARG(name));
}

int mb_simulate_permit(struct mb_simulator *sim, const struct mb_gate_call *call,
                       struct mb_err *err)
{
    mb_simulate_mark(sim->used, "tools", mb_str_c(call->tool->name));
    struct mb_str collection = mb_json_str(call->args, "collection");
    if (call->tool->kind == MB_TOOL_LLM)
        mb_simulate_mark(sim->used, "models",
                         mb_llm_name_of(sim->gate.llm, mb_json_str(call->args, "model")));
    if (call->tool->kind == MB_TOOL_DATA && collection.len)
        mb_simulate_mark(sim->used, "collections", collection);
    if (call->tool->kind != MB_TOOL_IO)
        return 0;
    int rc = permit_host(sim, call, err);
    return rc < 0 ? rc : permit_secret(sim, call, err);
}

void mb_simulator_see_step(struct mb_simulator *sim, const json_t *step)
{
    const json_t *error = mb_json_get(step, "error");
    if (!mb_str_is(mb_json_str(error, "code"), "tool_denied"))
        return;
    if (mb_str_is(mb_json_str(error, "pointer"), "/model"))
        mb_simulate_mark(sim->denied, "models", mb_json_str(mb_json_get(step, "args"), "model"));
    else
        mb_simulate_mark(sim->denied, "tools", mb_json_str(step, "tool"));
}

/* ---------------------------------------------------------------- permissions */

static int by_text(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The names of an object, sorted. */
static json_t *names_of(json_t *object)
{
    size_t n = 0;
    const char **names = mb_alloc((json_object_size(object) + 1) * sizeof(names[0])), *name;
    json_t *value, *list = json_array();
    json_object_foreach(object, name, value)
    {
        names[n++] = name;
    }
    qsort(names, n, sizeof(names[0]), by_text);
    for (size_t i = 0; i < n; i++)
        json_array_append_new(list, json_string(names[i]));
    free(names);
    return list;
}

/* Did anything that was used need this entry of agent.json? */
static bool is_needed(const char *kind, const char *entry, json_t *used)
{
    const char *name;
    json_t *value;
    if (strcmp(kind, "hosts") != 0)
        return json_object_get(used, entry) ||
               (strcmp(entry, "*") == 0 && json_object_size(used) > 0);
    const char *port = strrchr(entry, ':');
    struct mb_str host = mb_str_c(entry);
    if (port && !strchr(port, ']'))
        host.len = (size_t)(port - entry);
    json_object_foreach(used, name, value)
    {
        if (mb_hostmatch(host, mb_str_c(name), 0))
            return true;
    }
    return false;
}

static json_t *unused_of(const struct mb_simulator *sim, const char *kind)
{
    json_t *unused = json_object();
    size_t i;
    const json_t *entry;
    json_array_foreach(json_object_get(sim->manifest, kind), i, entry)
    {
        const char *name = name_in(entry);
        if (name && !is_needed(kind, name, json_object_get(sim->used, kind)))
            json_object_set_new(unused, name, json_true());
    }
    json_t *list = names_of(unused);
    json_decref(unused);
    return list;
}

json_t *mb_simulator_permissions(const struct mb_simulator *sim)
{
    static const char *const kinds[] = {"tools", "models", "hosts", "secrets"};
    json_t *all = json_object();
    for (size_t i = 0; i < MB_LEN(kinds); i++)
        json_object_set_new(all, kinds[i],
                            json_pack("{s:o, s:o, s:o}", "used",
                                      names_of(json_object_get(sim->used, kinds[i])), "unused",
                                      unused_of(sim, kinds[i]), "denied",
                                      names_of(json_object_get(sim->denied, kinds[i]))));
    json_object_set_new(
        all, "collections",
        json_pack("{s:o}", "used", names_of(json_object_get(sim->used, "collections"))));
    return all;
}

/* ---------------------------------------------------------------- cost */

static void add(json_t *sums, const char *key, int64_t n)
{
    json_object_set_new(sums, key, json_integer(mb_json_int(sums, key, 0) + n));
}

void mb_simulate_count(struct mb_simulator *sim, const struct mb_gate_call *call,
                       const struct mb_usage *usage)
{
    const struct mb_simulate_note *note = call->note;
    sim->tools_micros += call->tool->price_micros;
    if (!note->model[0])
        return;
    json_t *sums = json_object_get(sim->models, note->model);
    if (!sums) {
        sums = json_object();
        json_object_set_new(sim->models, note->model, sums);
    }
    struct mb_llm_usage used = {.input_tokens = usage->tokens_in,
                                .output_tokens = usage->tokens_out};
    int64_t likely = mb_llm_cost_micros(sim->gate.llm, mb_str_c(note->model), &used);
    used.output_tokens /= 2;
    int64_t low = mb_llm_cost_micros(sim->gate.llm, mb_str_c(note->model), &used);
    add(sums, "calls", 1);
    add(sums, "tokens_in", usage->tokens_in);
    add(sums, "tokens_out", usage->tokens_out);
    add(sums, "low_micros", MB_MAX(low, 0));
    add(sums, "likely_micros", MB_MAX(likely, 0));
    add(sums, "high_micros", MB_MAX(note->worst_micros, MB_MAX(likely, 0)));
    json_object_set_new(sums, "is_priced", json_boolean(likely >= 0));
}

json_t *mb_simulator_cost(const struct mb_simulator *sim)
{
    static const char *const sums[] = {"low_micros", "likely_micros", "high_micros"};
    int64_t run = mb_json_int(mb_json_get(sim->manifest, "pricing"), "per_run_micros", 0);
    json_t *names = names_of(sim->models), *models = json_array(), *name;
    json_int_t base = run + sim->tools_micros;
    json_t *cost = json_pack("{s:I, s:I, s:I}", sums[0], base, sums[1], base, sums[2], base);
    size_t i;
    json_array_foreach(names, i, name)
    {
        json_t *own = json_object_get(sim->models, json_string_value(name));
        json_t *row = json_pack("{s:O}", "model", name);
        json_object_update(row, own);
        json_array_append_new(models, row);
        for (size_t k = 0; k < MB_LEN(sums); k++)
            add(cost, sums[k], mb_json_int(own, sums[k], 0));
    }
    json_decref(names);
    json_object_set_new(cost, "run_micros", json_integer(run));
    json_object_set_new(cost, "tools_micros", json_integer(sim->tools_micros));
    json_object_set_new(cost, "models", models);
    return cost;
}

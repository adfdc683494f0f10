#include "run/simulation.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/hash.h"
#include "base/json.h"
#include "gate/simulate.h"
#include "io/loop.h"
#include "llm/llm.h"
#include "run/bundle.h"
#include "run/catalog_private.h"
#include "run/knowledge.h"

struct mb_simulation {
    struct mb_loop *loop;
    struct mb_simulator *simulator;
    struct mb_deployment *deployment;
    struct mb_side_run *run; /* NULL once it is over */
    struct mb_timer end;     /* what the side engine still holds when it tells is let go first */
    int64_t began_us, seed;
    char *model;
    json_t *report;
    struct mb_err err;
    mb_simulation_done *on_done;
    void *arg;
};

static void free_simulation(struct mb_simulation *s)
{
    mb_timer_cancel(&s->loop->timers, &s->end);
    mb_side_cancel(s->run);
    mb_deployment_unref(s->deployment);
    mb_simulator_free(s->simulator);
    json_decref(s->report);
    free(s->model);
    free(s);
}

void mb_simulation_cancel(struct mb_simulation *s)
{
    if (s)
        free_simulation(s);
}

/* ---------------------------------------------------------------- the end */

static void on_end(struct mb_timer *timer)
{
    struct mb_simulation *s = MB_CONTAINER_OF(timer, struct mb_simulation, end);
    mb_simulation_done *on_done = s->on_done;
    void *arg = s->arg;
    json_t *report = json_incref(s->report);
    struct mb_err err = s->err;
    free_simulation(s);
    on_done(arg, report, err.code ? &err : NULL);
}

static json_t *usage_of(const struct mb_side_result *result)
{
    int64_t tokens_in = 0, tokens_out = 0;
    size_t i;
    const json_t *step;
    json_array_foreach(result->calls, i, step)
    {
        tokens_in += mb_json_int(mb_json_get(step, "usage"), "tokens_in", 0);
        tokens_out += mb_json_int(mb_json_get(step, "usage"), "tokens_out", 0);
    }
    return json_pack("{s:i, s:I, s:I, s:I}", "steps", result->steps, "cpu_us",
                     (json_int_t)result->cpu_us, "tokens_in", (json_int_t)tokens_in, "tokens_out",
                     (json_int_t)tokens_out);
}

static json_t *report_of(struct mb_simulation *s, const struct mb_side_result *result)
{
    const struct mb_package *package = s->deployment->package;
    json_t *report =
        json_pack("{s:{s:s, s:s}, s:s%, s:O?, s:O?, s:s, s:I, s:o, s:f}", "package", "name",
                  package->name, "version", package->version, "status", result->status.ptr,
                  result->status.len, "output", result->output, "error", result->error, "model",
                  s->model, "seed", (json_int_t)s->seed, "usage", usage_of(result), "duration_ms",
                  (double)(mb_clock_mono_us() - s->began_us) / 1000);
    if (result->wait_reason.len)
        json_object_set_new(report, "wait_reason",
                            json_stringn(result->wait_reason.ptr, result->wait_reason.len));
    size_t i;
    const json_t *step;
    json_array_foreach(result->calls, i, step)
    {
        mb_simulator_see_step(s->simulator, step);
    }
    json_object_set(report, "trace", (json_t *)(uintptr_t)result->calls);
    json_object_set(report, "notes", (json_t *)(uintptr_t)result->notes);
    json_object_set_new(report, "cost", mb_simulator_cost(s->simulator));
    json_object_set_new(report, "permissions", mb_simulator_permissions(s->simulator));
    return report;
}

static void on_side_done(void *arg, const struct mb_side_result *result, const struct mb_err *err)
{
    struct mb_simulation *s = arg;
    s->run = NULL;
    if (err)
        s->err = *err;
    else
        s->report = report_of(s, result);
    s->end.on_due = on_end;
    mb_timer_arm(&s->loop->timers, &s->end, mb_clock_mono_us());
}

/* ---------------------------------------------------------------- what is there at the beginning
 */

static void on_stored(void *arg, struct mb_str result, const struct mb_err *err)
{
    (void)arg, (void)result, (void)err; /* memory takes everything that fits the schema */
}

/* Calls a data tool; takes `args`. */
static int store(struct mb_gate *gate, const char *tool, json_t *args, const char *place,
                 struct mb_err *err)
{
    struct mb_data_call *call;
    int rc = mb_schema_check(mb_tools_get(&gate->tools, mb_str_c(tool))->args, args, err);
    if (rc == 0)
        rc = gate->data->start(gate->data, tool, mb_id_nil(), mb_id_nil(), args, on_stored, NULL,
                               &call, err);
    else if (err)
        mb_err_at(err, MB_E_INVALID_INPUT, place, "%s", err->message);
    json_decref(args);
    return rc;
}

static int store_given(struct mb_gate *gate, const json_t *given, struct mb_err *err)
{
    const char *name;
    json_t *value;
    int rc = 0;
    json_object_foreach(json_object_get(given, "kv"), name, value)
    {
        if (rc == 0)
            rc = store(gate, "kv.set", json_pack("{s:s, s:O}", "key", name, "value", value),
                       "/given/kv", err);
    }
    json_object_foreach(json_object_get(given, "memory"), name, value)
    {
        if (rc == 0)
            rc = store(gate, "memory.upsert",
                       json_pack("{s:s, s:O}", "collection", name, "documents", value),
                       "/given/memory", err);
    }
    json_object_foreach(json_object_get(given, "files"), name, value)
    {
        if (rc == 0)
            rc = store(gate, "file.write", json_pack("{s:s, s:O}", "path", name, "content", value),
                       "/given/files", err);
    }
    return rc;
}

/* The documents that the package ships, as many at a time as the tool takes. */
static int store_knowledge(struct mb_gate *gate, const struct mb_files *files,
                           const json_t *manifest, struct mb_err *err)
{
    json_t *collections = mb_knowledge_read(files, manifest), *collection, *document;
    size_t i, k;
    int rc = 0;
    json_array_foreach(collections, i, collection)
    {
        json_array_foreach(json_object_get(collection, "documents"), k, document)
        {
            if (rc == 0 && mb_json_str(document, "body").len)
                rc = store(gate, "memory.upsert",
                           json_pack("{s:O, s:[O]}", "collection",
                                     json_object_get(collection, "collection"), "documents",
                                     document),
                           "/knowledge", err);
        }
    }
    json_decref(collections);
    return rc;
}

/* ---------------------------------------------------------------- the beginning */

static int check_config(const json_t *manifest, const json_t *config, struct mb_err *err)
{
    const json_t *json = mb_json_get(manifest, "config");
    struct mb_schema *schema = json ? mb_schema_new(json, err) : NULL;
    if (!json || !schema)
        return json ? -MB_E_INVALID_SCHEMA : 0;
    json_t *empty = json_object();
    int rc = mb_schema_check(schema, config ? config : empty, err);
    if (rc < 0) {
        char place[sizeof(err->pointer)];
        snprintf(place, sizeof(place), "/config%.*s", (int)sizeof(place) - 16, err->pointer);
        memcpy(err->pointer, place, sizeof(place));
        err->code = MB_E_INVALID_INPUT;
        rc = -MB_E_INVALID_INPUT;
    }
    json_decref(empty);
    mb_schema_free(schema);
    return rc;
}

static int deploy(struct mb_simulation *s, const struct mb_simulation_config *config,
                  const struct mb_bundle *bundle, struct mb_err *err)
{
    char limits[64] = "{}";
    struct mb_buf text = {0};
    struct mb_id package_id;
    memcpy(package_id.bytes, bundle->sha256, sizeof(package_id.bytes));
    if (config->wall_ms)
        snprintf(limits, sizeof(limits), "{\"wall_ms\":%lld}", (long long)config->wall_ms);
    if (config->config)
        mb_json_dump(&text, config->config);
    else
        mb_buf_add_c(&text, "{}");
    const struct mb_deployment_row row = {
        .customer_id = config->customer_id,
        .deployment_id = mb_id_new(),
        .package_owner = config->customer_id,
        .package_id = package_id, /* of equal contents: a sandbox has them once */
        .package_name = bundle->name,
        .package_version = bundle->version,
        .manifest = bundle->manifest_text,
        .files = mb_buf_str(&bundle->files),
        .config = mb_buf_str(&text),
        .limits = mb_str_c(limits),
        .customer_limits = MB_STR("{}"),
        .secrets = MB_STR("{}"),
        .tools = bundle->tools,
        .n_tools = bundle->n_tools,
        .budget_micros = -1,
    };
    s->deployment = mb_deployment_new(mb_side_catalog(config->side), &row, err);
    mb_buf_release(&text);
    return s->deployment ? 0 : -MB_E_INVALID_PACKAGE;
}

static int check_input(const struct mb_deployment *deployment, struct mb_str input,
                       struct mb_err *err)
{
    int rc = mb_side_check_input(deployment, input, err);
    if (rc < 0 && err->code == MB_E_INVALID_INPUT) {
        char place[sizeof(err->pointer)];
        snprintf(place, sizeof(place), "/input%.*s", (int)sizeof(place) - 16, err->pointer);
        memcpy(err->pointer, place, sizeof(place));
    }
    return rc;
}

static int start_run(struct mb_simulation *s, const struct mb_simulation_config *config,
                     struct mb_err *err)
{
    uint8_t seed[MB_SHA256_BYTES];
    mb_sha256(MB_STR_OF((const char *)&s->seed, sizeof(s->seed)), seed);
    const struct mb_side_job job = {
        .deployment = s->deployment,
        .input = config->input,
        .gate = mb_simulator_gate(s->simulator),
        .seed = seed,
        .keeps = true,
    };
    return mb_side_start(config->side, &job, on_side_done, s, &s->run, err);
}

/* Nobody has said which. The file's default is not taken: it may be one that is paid for, and
 * nothing leaves the machine unless somebody says so. */
static const char *default_model(const struct mb_llm *llm, struct mb_err *err)
{
    static const char *const names[] = {"local", "script"};
    for (size_t i = 0; i < MB_LEN(names); i++)
        if (mb_llm_check_model(llm, mb_str_c(names[i]), NULL) == 0)
            return names[i];
    mb_err_at(err, MB_E_UNKNOWN_MODEL, "/model",
              "the models file of this host lists neither \"local\" nor \"script\": a simulation "
              "needs one of them, or (moonbase run --simulate --model NAME) the name of a model "
              "that may really be called");
    return NULL;
}

static int prepare(struct mb_simulation *s, const struct mb_simulation_config *config,
                   const struct mb_bundle *bundle, struct mb_err *err)
{
    const struct mb_simulator_config simulator = {
        .gate = config->gate,
        .manifest = bundle->manifest,
        .model = strcmp(s->model, "real") == 0 ? NULL : s->model,
        .seed = config->seed,
        .answers = config->answers,
        .decisions = config->decisions,
    };
    int rc = check_config(bundle->manifest, config->config, err);
    if (rc == 0)
        rc = deploy(s, config, bundle, err);
    if (rc == 0 && !(s->simulator = mb_simulator_new(&simulator, err)))
        rc = -MB_E_UNKNOWN_MODEL;
    if (rc == 0)
        rc = check_input(s->deployment, config->input, err);
    struct mb_gate *gate = rc == 0 ? mb_simulator_gate(s->simulator) : NULL;
    if (rc == 0)
        rc = store_knowledge(gate, config->files, bundle->manifest, err);
    return rc == 0 ? store_given(gate, config->given, err) : rc;
}

int mb_simulation_start(const struct mb_simulation_config *config, mb_simulation_done *on_done,
                        void *arg, struct mb_simulation **out, struct mb_err *err)
{
    struct mb_bundle bundle;
    struct mb_err own = {0};
    err = err ? err : &own;
    int rc = mb_bundle_init(&bundle, config->files, err);
    if (rc < 0)
        return rc;
    struct mb_simulation *s = mb_zalloc(sizeof(*s));
    s->loop = config->loop;
    const char *model = config->model ? config->model : default_model(config->gate->llm, err);
    s->model = model ? mb_strdup(model) : NULL;
    s->seed = config->seed;
    s->began_us = mb_clock_mono_us();
    s->on_done = on_done;
    s->arg = arg;
    rc = model ? prepare(s, config, &bundle, err) : -MB_E_UNKNOWN_MODEL;
    if (rc == 0)
        rc = start_run(s, config, err);
    mb_bundle_release(&bundle);
    if (rc < 0)
        free_simulation(s);
    else
        *out = s;
    return rc;
}

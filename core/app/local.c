#include "app/local.h"

#include "run/bundle.h"
#include "run/knowledge.h"
#include "run/store_mem.h"

struct mb_engine_config mb_engine_settings(const struct mb_config *config)
{
    return (struct mb_engine_config){
        .max_runs = config->max_runs,
        .linger_us = config->linger_us,
        .flush_max_runs = config->flush_runs,
        .max_sandboxes = config->max_sandboxes,
        .idle_us = config->sandbox_idle_ms * 1000,
        .park_grace_us = config->park_grace_ms * 1000,
        .lease_micros = config->balance_slice_micros,
        .notes_max = config->run_notes,
        .note_bytes_max = config->run_note_bytes,
        .children_max = config->run_children,
        .open_children_max = config->customer_children,
    };
}

struct mb_side_config mb_side_settings(const struct mb_config *config)
{
    return (struct mb_side_config){
        .runs = config->side_runs,
        .customer_runs = config->side_customer_runs,
        .queue = config->side_queue,
        .customer_queue = config->side_customer_queue,
        .bytes = config->side_bytes,
        .deadline_us = config->side_deadline_ms * 1000,
    };
}

struct mb_catalog_defaults mb_catalog_settings(const struct mb_config *config)
{
    return (struct mb_catalog_defaults){
        .run_cpu_ms = config->run_cpu_ms,
        .run_wall_ms = config->run_wall_ms,
        .run_steps = config->run_steps,
        .customer_runs = config->customer_runs,
        .memory_bytes = config->memory_bytes,
    };
}

static void on_stored(void *arg, struct mb_str result, const struct mb_err *err)
{
    (void)arg, (void)result, (void)err; /* memory takes everything */
}

/* The documents that the package ships, as `serve --dev` has them in its database. */
static void load_knowledge(struct mb_local *local, const struct mb_files *files,
                           const json_t *manifest, const struct mb_deployment_row *row)
{
    struct mb_data *data = local->platform->gate.data;
    struct mb_data_call *call;
    json_t *collections = mb_knowledge_read(files, manifest), *collection;
    size_t i;
    json_array_foreach(collections, i, collection)
    {
        int rc = data->start(data, "memory.upsert", row->customer_id, row->deployment_id,
                             collection, on_stored, NULL, &call, NULL);
        mb_assert(rc == 0);
    }
    json_decref(collections);
}

int mb_local_deploy(struct mb_local *local, const struct mb_files *files,
                    const struct mb_deployment_row *row, struct mb_err *err)
{
    struct mb_bundle bundle;
    struct mb_err why = {0};
    int rc = mb_bundle_init(&bundle, files, err);
    if (rc)
        return rc;
    struct mb_deployment_row full = *row;
    full.package_name = bundle.name;
    full.package_version = bundle.version;
    full.manifest = bundle.manifest_text;
    full.files = mb_buf_str(&bundle.files);
    full.tools = bundle.tools;
    full.n_tools = bundle.n_tools;
    struct mb_deployment *deployment = mb_catalog_put(local->catalog, &full, &why);
    if (deployment)
        load_knowledge(local, files, bundle.manifest, &full);
    mb_deployment_unref(deployment);
    mb_bundle_release(&bundle);
    if (!deployment && err)
        *err = why;
    return deployment ? 0 : -why.code;
}

void mb_local_init(struct mb_local *local, struct mb_platform *platform)
{
    *local = (struct mb_local){.platform = platform};
    const struct mb_catalog_defaults defaults = mb_catalog_settings(platform->config);
    const struct mb_engine_config settings = mb_engine_settings(platform->config);
    platform->gate.data = mb_data_mem_new(&platform->loop);
    local->store = mb_store_mem_new();
    local->catalog = mb_catalog_new(&platform->loop, NULL, &defaults);
    local->engine = mb_engine_new(&platform->loop, &platform->gate, local->store, local->catalog,
                                  platform->zygote, &settings);
    mb_store_mem_bind(local->store, local->engine, NULL, NULL);
}

void mb_local_release(struct mb_local *local)
{
    mb_engine_free(local->engine);
    mb_catalog_free(local->catalog);
    local->store->free(local->store);
    local->platform->gate.data->free(local->platform->gate.data);
    local->platform->gate.data = NULL;
}

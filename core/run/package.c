/* Packages and deployments, compiled from their rows. */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/json.h"
#include "run/catalog_private.h"

static void package_key(struct mb_id owner, struct mb_id id, uint8_t key[32])
{
    memcpy(key, owner.bytes, 16);
    memcpy(key + 16, id.bytes, 16);
}

struct mb_package *mb_package_ref(struct mb_package *package)
{
    package->refs++;
    return package;
}

void mb_package_unref(struct mb_package *package)
{
    if (!package || --package->refs > 0)
        return;
    uint8_t key[32];
    package_key(package->owner, package->id, key);
    mb_map_remove(&package->catalog->packages, key, sizeof(key));
    json_decref(package->manifest);
    mb_schema_free(package->input);
    mb_schema_free(package->output);
    free(package->frame);
    free(package);
}

static bool ends_with(const char *s, const char *end)
{
    size_t n = strlen(s), m = strlen(end);
    return n >= m && strcmp(s + n - m, end) == 0;
}

/* Does a sandbox need this file? Code and prompts; not documentation, specs, examples. */
static bool is_for_sandbox(const char *path)
{
    bool is_code = ends_with(path, ".lua") && strncmp(path, "spec/", 5) != 0;
    return is_code || strncmp(path, "prompts/", 8) == 0;
}

static char *make_frame(const char *name, struct mb_str files_text, size_t *len, struct mb_err *err)
{
    json_t *files = mb_json_parse(files_text, err);
    if (!json_is_object(files)) {
        json_decref(files);
        return NULL;
    }
    const char *path;
    json_t *text;
    void *tmp;
    json_object_foreach_safe(files, tmp, path, text)
    {
        if (!is_for_sandbox(path))
            json_object_del(files, path);
    }
    json_t *frame = json_pack("{s:s, s:o}", "name", name, "files", files);
    struct mb_buf out = {0};
    mb_json_dump(&out, frame);
    json_decref(frame);
    return mb_buf_take(&out, len);
}

static void copy_text(char *to, size_t size, struct mb_str from)
{
    snprintf(to, size, "%.*s", (int)MB_MIN(from.len, size - 1), from.ptr);
}

static int compile(struct mb_package *p, const struct mb_deployment_row *row, struct mb_err *err)
{
    p->manifest = mb_json_parse(row->manifest, err);
    if (!p->manifest)
        return -1;
    json_t *input = mb_json_get(p->manifest, "input"), *output = mb_json_get(p->manifest, "output");
    if (input && !(p->input = mb_schema_new(input, err)))
        return -1;
    if (output && !(p->output = mb_schema_new(output, err)))
        return -1;
    p->per_run_micros = mb_json_int(mb_json_get(p->manifest, "pricing"), "per_run_micros", 0);
    p->frame = make_frame(p->name, row->files, &p->frame_len, err);
    return p->frame ? 0 : -1;
}

static struct mb_package *get_package(struct mb_catalog *c, const struct mb_deployment_row *row,
                                      struct mb_err *err)
{
    uint8_t key[32];
    package_key(row->package_owner, row->package_id, key);
    struct mb_package *p = mb_map_get(&c->packages, key, sizeof(key));
    if (p)
        return mb_package_ref(p);
    p = mb_zalloc(sizeof(*p));
    p->refs = 1;
    p->catalog = c;
    p->owner = row->package_owner;
    p->id = row->package_id;
    copy_text(p->name, sizeof(p->name), row->package_name);
    copy_text(p->version, sizeof(p->version), row->package_version);
    mb_map_set(&c->packages, key, sizeof(key), p);
    if (compile(p, row, err) < 0) {
        mb_err_prefix(err, "package \"%s\"", p->name);
        mb_package_unref(p);
        return NULL;
    }
    return p;
}

/* ---------------------------------------------------------------- deployments */

/* The least of what the host, the package and the deployment say. */
static int64_t limit(const struct mb_deployment *d, const json_t *own, const char *key,
                     int64_t most)
{
    int64_t package = mb_json_int(mb_json_get(d->package->manifest, "limits"), key, most);
    int64_t deployed = mb_json_int(own, key, most);
    return MB_MAX(1, MB_MIN(most, MB_MIN(package, deployed)));
}

static void set_limits(struct mb_deployment *d, const struct mb_catalog *c,
                       const struct mb_deployment_row *row)
{
    json_t *own = mb_json_parse(row->limits, NULL);
    json_t *customer = mb_json_parse(row->customer_limits, NULL);
    d->limits.cpu_ms = limit(d, own, "cpu_ms", c->defaults.run_cpu_ms);
    d->limits.wall_ms = limit(d, own, "wall_ms", c->defaults.run_wall_ms);
    d->limits.steps = limit(d, own, "steps", c->defaults.run_steps);
    d->limits.budget_micros = row->budget_micros;
    d->customer.runs = mb_json_int(customer, "runs", c->defaults.customer_runs);
    d->customer.memory_bytes = mb_json_int(customer, "memory_bytes", c->defaults.memory_bytes);
    json_decref(own);
    json_decref(customer);
}

/* Only what agent.json names, however much the row holds. */
static json_t *named_secrets(const json_t *manifest, struct mb_str sealed_text)
{
    json_t *all = mb_json_parse(sealed_text, NULL);
    json_t *granted = json_object();
    size_t i;
    json_t *entry;
    json_array_foreach(json_object_get(manifest, "secrets"), i, entry)
    {
        const char *name = json_is_string(entry)
                               ? json_string_value(entry)
                               : json_string_value(json_object_get(entry, "name"));
        json_t *sealed = name ? json_object_get(all, name) : NULL;
        if (sealed)
            json_object_set(granted, name, sealed);
    }
    /* The customer's own keys for models: named by the platform, for every package. */
    const char *key;
    json_object_foreach(all, key, entry)
    {
        if (strncmp(key, MB_MODEL_KEY_PREFIX, sizeof(MB_MODEL_KEY_PREFIX) - 1) == 0)
            json_object_set(granted, key, entry);
    }
    json_decref(all);
    return granted;
}

/* What child runs may be of: only what agent.json names, bound as the deployment says. */
static json_t *named_agents(const json_t *manifest, struct mb_str bound_text)
{
    json_t *bound = bound_text.len ? mb_json_parse(bound_text, NULL) : NULL;
    json_t *granted = json_object();
    size_t i;
    json_t *name;
    json_array_foreach(json_object_get(manifest, "agents"), i, name)
    {
        const char *own = json_string_value(name);
        json_t *to = bound ? json_object_get(bound, own) : json_null();
        if (to)
            json_object_set(granted, own, to);
    }
    json_decref(bound);
    return granted;
}

static json_t *list_of(const json_t *manifest, const char *key)
{
    json_t *list = mb_json_get(manifest, key);
    return json_is_array(list) ? json_incref(list) : json_array();
}

struct mb_deployment *mb_deployment_new(struct mb_catalog *c, const struct mb_deployment_row *row,
                                        struct mb_err *err)
{
    struct mb_package *package = get_package(c, row, err);
    if (!package)
        return NULL;
    struct mb_deployment *d = mb_zalloc(sizeof(*d));
    d->refs = 1;
    d->customer_id = d->grant.customer_id = row->customer_id;
    d->id = d->grant.deployment_id = row->deployment_id;
    d->package = package;
    d->config = mb_strndup(row->config.ptr, row->config.len);
    d->config_len = row->config.len;
    d->config_revision = row->config_revision;
    d->is_deleted = row->is_deleted;
    d->grant.tools = json_array();
    for (int i = 0; i < row->n_tools; i++)
        json_array_append_new(d->grant.tools, json_stringn(row->tools[i].ptr, row->tools[i].len));
    d->grant.hosts = list_of(package->manifest, "hosts");
    d->grant.models = list_of(package->manifest, "models");
    d->grant.secrets = named_secrets(package->manifest, row->secrets);
    d->grant.agents = named_agents(package->manifest, row->agents);
    set_limits(d, c, row);
    return d;
}

bool mb_deployment_is(const struct mb_deployment *d, struct mb_id package_id, int config_revision)
{
    return mb_id_eq(d->package->id, package_id) &&
           (!config_revision || config_revision == d->config_revision);
}

struct mb_deployment *mb_deployment_ref(struct mb_deployment *deployment)
{
    deployment->refs++;
    return deployment;
}

void mb_deployment_unref(struct mb_deployment *d)
{
    if (!d || --d->refs > 0)
        return;
    mb_package_unref(d->package);
    json_decref(d->grant.tools);
    json_decref(d->grant.hosts);
    json_decref(d->grant.models);
    json_decref(d->grant.secrets);
    json_decref(d->grant.agents);
    free(d->config);
    free(d);
}

/* Deployments and packages as the engine needs them: compiled, shared by reference, cached. */
#ifndef MB_RUN_CATALOG_H
#define MB_RUN_CATALOG_H

#include <jansson.h>

#include "base/err.h"
#include "base/id.h"
#include "base/schema.h"
#include "gate/gate.h"

struct mb_catalog;

struct mb_package {
    int refs;
    struct mb_catalog *catalog; /* that shares it among deployments */
    struct mb_id owner, id;
    char name[65], version[65];
    json_t *manifest;
    struct mb_schema *input, *output; /* NULL = anything */
    char *frame;                      /* payload of PACKAGE: {"name", "files"} */
    size_t frame_len;
    int64_t per_run_micros;
};

struct mb_deployment {
    int refs;
    struct mb_id customer_id, id;
    struct mb_package *package;
    struct mb_grant grant;
    char *config; /* JSON text */
    size_t config_len;
    int config_revision; /* counts its changes, from 1; 0 = it is in no database */
    struct {
        int64_t cpu_ms, wall_ms, steps, budget_micros; /* of a run; budget -1 = none */
    } limits;
    struct {
        int64_t runs;         /* at once on this core */
        int64_t memory_bytes; /* of its sandbox */
    } customer;
    bool is_deleted;   /* no new runs; those that are there go on */
    int64_t loaded_us; /* monotonic */
};

struct mb_package *mb_package_ref(struct mb_package *package);
void mb_package_unref(struct mb_package *package); /* takes NULL */

/* What a deployment is made of: a row of engine.deployment, or what `moonbase run` put together.
 * All of it is borrowed for the call; the texts are JSON. */
struct mb_deployment_row {
    struct mb_id customer_id, deployment_id, package_owner, package_id;
    struct mb_str package_name, package_version, manifest, files;
    struct mb_str config, limits, customer_limits;
    struct mb_str secrets; /* {"name": "sealed"} */
    struct mb_str agents;  /* {"name": "dep_..." or null}; empty = all that agent.json names */
    const struct mb_str *tools;
    int n_tools;
    int64_t budget_micros; /* -1 = none */
    int config_revision;
    bool is_deleted;
};

/* What runs and customers may use when their rows do not say. */
struct mb_catalog_defaults {
    int64_t run_cpu_ms, run_wall_ms, run_steps;
    int64_t customer_runs, memory_bytes;
};

struct mb_deployment *mb_deployment_ref(struct mb_deployment *deployment);
void mb_deployment_unref(struct mb_deployment *deployment); /* takes NULL */
/* Has it this package and this configuration (0 = any)? Then a run that began with them may go on
 * with it. */
bool mb_deployment_is(const struct mb_deployment *deployment, struct mb_id package_id,
                      int config_revision);

struct mb_loop;
struct mb_pg;
struct mb_catalog;

/* pg may be NULL: then the catalogue holds only what was put. */
struct mb_catalog *mb_catalog_new(struct mb_loop *loop, struct mb_pg *pg,
                                  const struct mb_catalog_defaults *defaults);
void mb_catalog_free(struct mb_catalog *catalog); /* no deployment of it is referred to any more */
/* A reference, also kept in the catalogue (never let go of when there is no pg); NULL with err when
 * something in the row cannot be used. */
struct mb_deployment *mb_catalog_put(struct mb_catalog *catalog,
                                     const struct mb_deployment_row *row,
                                     struct mb_err *err) MB_MUST_CHECK;
/* A reference when it is cached and fresh, else NULL: then load. */
struct mb_deployment *mb_catalog_find(struct mb_catalog *catalog, struct mb_id customer_id,
                                      struct mb_id deployment_id);
/* Loads; on_loaded gets a reference of its own, or the error (NOT_FOUND). When `package_id` is not
 * nil, the deployment is given with that package instead of its present one. */
int mb_catalog_load(struct mb_catalog *catalog, struct mb_id customer_id,
                    struct mb_id deployment_id, struct mb_id package_owner, struct mb_id package_id,
                    void (*on_loaded)(void *arg, struct mb_deployment *deployment,
                                      const struct mb_err *err),
                    void *arg, struct mb_err *err) MB_MUST_CHECK;
/* The deployment as a run began with it: that package, and the configuration of that revision (0 =
 * the present one). `package_id` is not nil. */
int mb_catalog_load_pinned(struct mb_catalog *catalog, struct mb_id customer_id,
                           struct mb_id deployment_id, struct mb_id package_owner,
                           struct mb_id package_id, int config_revision,
                           void (*on_loaded)(void *arg, struct mb_deployment *deployment,
                                             const struct mb_err *err),
                           void *arg, struct mb_err *err) MB_MUST_CHECK;
/* Something about the deployment, or the customer, with this id has changed: it is read again. The
 * nil id: about any. */
void mb_catalog_forget(struct mb_catalog *catalog, struct mb_id id);

#endif

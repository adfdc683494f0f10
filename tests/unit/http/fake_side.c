/* Stands in for the side engine and the catalogue (run/side.h, rerun.h, canary.h, catalog.h): what
 * the handlers of replays, forks, simulations ask is refused, as by a core that has no room. With
 * these here the linker takes neither the real ones nor what they stand on. */
#include "run/canary.h"
#include "run/catalog.h"
#include "run/rerun.h"
#include "run/side.h"
#include "run/simulation.h"

static int refuse(struct mb_err *err)
{
    return mb_err_set(err, MB_E_OVERLOADED, "there is no side engine here");
}

int mb_rerun_start(const struct mb_rerun_request *request,
                   void (*on_done)(void *arg, struct mb_rerun_report *report,
                                   const struct mb_err *err),
                   void *arg, struct mb_rerun **rerun, struct mb_err *err)
{
    (void)request, (void)on_done, (void)arg, (void)rerun;
    return refuse(err);
}

void mb_rerun_cancel(struct mb_rerun *rerun)
{
    (void)rerun;
}

int mb_canary_start(const struct mb_canary_request *request,
                    void (*on_done)(void *arg, json_t *report, int n_changed,
                                    const struct mb_err *err),
                    void *arg, struct mb_canary **canary, struct mb_err *err)
{
    (void)request, (void)on_done, (void)arg, (void)canary;
    return refuse(err);
}

void mb_canary_cancel(struct mb_canary *canary)
{
    (void)canary;
}

struct mb_catalog *mb_side_catalog(const struct mb_side *side)
{
    (void)side;
    return NULL;
}

int mb_side_check_input(const struct mb_deployment *deployment, struct mb_str input,
                        struct mb_err *err)
{
    (void)deployment, (void)input;
    return refuse(err);
}

int mb_catalog_load_pinned(struct mb_catalog *catalog, struct mb_id customer_id,
                           struct mb_id deployment_id, struct mb_id package_owner,
                           struct mb_id package_id, int config_revision,
                           void (*on_loaded)(void *arg, struct mb_deployment *deployment,
                                             const struct mb_err *err),
                           void *arg, struct mb_err *err)
{
    (void)catalog, (void)customer_id, (void)deployment_id, (void)package_owner, (void)package_id;
    (void)config_revision, (void)on_loaded, (void)arg;
    return refuse(err);
}

void mb_deployment_unref(struct mb_deployment *deployment)
{
    (void)deployment;
}

int mb_simulation_start(const struct mb_simulation_config *config, mb_simulation_done *on_done,
                        void *arg, struct mb_simulation **simulation, struct mb_err *err)
{
    (void)config, (void)on_done, (void)arg, (void)simulation;
    return refuse(err);
}

void mb_simulation_cancel(struct mb_simulation *simulation)
{
    (void)simulation;
}

void mb_side_get_stats(const struct mb_side *side, struct mb_side_stats *stats)
{
    (void)side;
    *stats = (struct mb_side_stats){
        .started = 9, .refused = 3, .under_way = 4, .queued = 6, .simulations = 1, .canaries = 2};
}

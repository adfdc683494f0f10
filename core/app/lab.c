#include "app/lab.h"

#include "app/local.h"
#include "io/loop.h"

enum { AT_ONCE = 4, DEADLINE_S = 3600 };

static void on_signal(void *arg, int sig)
{
    struct mb_lab *lab = arg;
    lab->signal = sig;
}

int mb_lab_init(struct mb_lab *lab, const struct mb_config *config, struct mb_err *err)
{
    *lab = (struct mb_lab){.customer_id = mb_id_new()};
    int rc = mb_platform_init(&lab->platform, config, err);
    if (rc < 0)
        return rc;
    const struct mb_engine_config engine = mb_engine_settings(config);
    const struct mb_side_config side = {.runs = AT_ONCE,
                                        .customer_runs = AT_ONCE,
                                        .queue = AT_ONCE,
                                        .customer_queue = AT_ONCE,
                                        .bytes = config->side_bytes,
                                        .deadline_us = (int64_t)DEADLINE_S * 1000 * 1000};
    struct mb_loop *loop = &lab->platform.loop;
    const struct mb_catalog_defaults defaults = mb_catalog_settings(config);
    lab->catalog = mb_catalog_new(loop, NULL, &defaults);
    lab->side =
        mb_side_new(loop, &lab->platform.gate, lab->platform.zygote, lab->catalog, &engine, &side);
    mb_signals_start(&lab->signals, loop, on_signal, lab);
    return 0;
}

void mb_lab_release(struct mb_lab *lab)
{
    mb_signals_stop(&lab->signals);
    mb_side_free(lab->side);
    mb_catalog_free(lab->catalog);
    mb_platform_release(&lab->platform);
}

void mb_lab_wait(struct mb_lab *lab, const bool *is_done)
{
    while (!*is_done && !lab->signal)
        mb_loop_turn(&lab->platform.loop, -1);
}

struct outcome {
    bool is_done;
    json_t *report;
    struct mb_err err;
};

static void on_done(void *arg, json_t *report, const struct mb_err *err)
{
    struct outcome *outcome = arg;
    outcome->is_done = true;
    outcome->report = report;
    if (err)
        outcome->err = *err;
}

json_t *mb_lab_simulate(struct mb_lab *lab, const struct mb_simulation_config *config,
                        struct mb_err *err)
{
    struct mb_simulation_config full = *config;
    struct mb_simulation *simulation;
    struct outcome outcome = {0};
    full.side = lab->side;
    full.loop = &lab->platform.loop;
    full.gate = &lab->platform.gate;
    full.customer_id = lab->customer_id;
    if (mb_simulation_start(&full, on_done, &outcome, &simulation, err) < 0)
        return NULL;
    mb_lab_wait(lab, &outcome.is_done);
    if (!outcome.is_done)
        mb_simulation_cancel(simulation);
    else if (!outcome.report)
        *err = outcome.err;
    return outcome.report;
}

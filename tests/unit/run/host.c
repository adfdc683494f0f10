#include "unit/run/host.h"

#include "base/clock.h"
#include "unit/platform.h"

struct mb_config config;
struct mb_platform platform;
struct mb_local local;

int set_up_host(void **state)
{
    (void)state;
    mb_test_platform_init(&platform, &config);
    mb_local_init(&local, &platform);
    return 0;
}

int tear_down_host(void **state)
{
    (void)state;
    mb_local_release(&local);
    mb_platform_release(&platform);
    mb_config_release(&config);
    return 0;
}

void deploy_lua(struct mb_deployment_row *row, const char *manifest, const char *main_lua)
{
    struct mb_err err = {0};
    struct mb_files files = {0};
    struct mb_id *const ids[] = {&row->deployment_id, &row->package_owner, &row->package_id};
    struct mb_str *const objects[] = {&row->config, &row->limits, &row->customer_limits,
                                      &row->secrets};
    for (size_t i = 0; i < MB_LEN(ids); i++)
        if (mb_id_is_nil(*ids[i]))
            *ids[i] = mb_id_new();
    for (size_t i = 0; i < MB_LEN(objects); i++)
        if (!objects[i]->ptr)
            *objects[i] = MB_STR("{}");
    if (mb_files_add(&files, MB_STR("agent.json"), mb_str_c(manifest), &err) < 0 ||
        mb_files_add(&files, MB_STR("main.lua"), mb_str_c(main_lua), &err) < 0 ||
        mb_local_deploy(&local, &files, row, &err))
        fail_msg("%s", err.message);
    mb_files_release(&files);
}

void turn_until(const bool *done)
{
    int64_t until = mb_clock_mono_us() + 30 * 1000000LL;
    while (!*done) {
        mb_loop_turn(&platform.loop, 100);
        if (mb_clock_mono_us() > until)
            fail_msg("nothing came of it in 30 s");
    }
}

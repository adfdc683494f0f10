#include "app/aside.h"

#include "app/database.h"
#include "app/local.h"
#include "app/report.h"
#include "base/json.h"
#include "run/bundle.h"

static void on_signal(void *arg, int sig)
{
    struct mb_aside *a = arg;
    a->signal = sig;
    a->platform.loop.stop = true;
}

static int start(struct mb_aside *a, struct mb_err *err)
{
    const struct mb_config *config = &a->cli->config;
    struct mb_loop *loop = &a->platform.loop;
    const struct mb_pg_opts opts = {.conninfo = config->database_url, .connections = 1};
    const struct mb_catalog_defaults defaults = mb_catalog_settings(config);
    const struct mb_engine_config engine = mb_engine_settings(config);
    const struct mb_side_config side = mb_side_settings(config);
    a->pg = mb_pg_new(loop, &opts, err);
    if (!a->pg)
        return -err->code;
    a->catalog = mb_catalog_new(loop, a->pg, &defaults);
    a->side = mb_side_new(loop, &a->platform.gate, a->platform.zygote, a->catalog, &engine, &side);
    mb_signals_start(&a->signals, loop, on_signal, a);
    mb_progress_start(&a->progress, loop);
    return 0;
}

int mb_aside_init(struct mb_aside *a, struct mb_cli *cli, const char *dir, struct mb_err *err)
{
    *a = (struct mb_aside){.cli = cli, .has_files = dir != NULL};
    int rc = mb_database_find(&cli->config, err);
    if (!rc && dir)
        rc = mb_files_read_dir(&a->files, dir, err);
    if (!rc)
        rc = mb_platform_init(&a->platform, &cli->config, err);
    if (!rc) {
        rc = start(a, err);
        if (rc)
            mb_platform_release(&a->platform);
    }
    if (rc)
        mb_files_release(&a->files);
    return rc;
}

void mb_aside_release(struct mb_aside *a)
{
    mb_progress_stop(&a->progress);
    mb_signals_stop(&a->signals);
    mb_side_free(a->side);
    mb_catalog_free(a->catalog);
    mb_pg_free(a->pg);
    mb_platform_release(&a->platform);
    mb_files_release(&a->files);
    json_decref(a->report);
}

struct mb_deployment *mb_aside_adapt(void *arg, struct mb_deployment *found, struct mb_err *err)
{
    struct mb_aside *a = arg;
    struct mb_bundle bundle;
    if (mb_bundle_init(&bundle, &a->files, err) < 0)
        return NULL;
    const struct mb_deployment_row row = {
        .customer_id = found->customer_id,
        .deployment_id = found->id,
        .package_owner = found->customer_id,
        .package_id = mb_id_new(),
        .package_name = bundle.name,
        .package_version = bundle.version,
        .manifest = bundle.manifest_text,
        .files = mb_buf_str(&bundle.files),
        .tools = bundle.tools,
        .n_tools = bundle.n_tools,
        .config = MB_STR_OF(found->config, found->config_len),
        .limits = MB_STR("{}"),
        .customer_limits = MB_STR("{}"),
        .secrets = MB_STR("{}"),
        .budget_micros = -1,
    };
    struct mb_deployment *made = mb_catalog_put(a->catalog, &row, err);
    mb_bundle_release(&bundle);
    return made;
}

/* ---------------------------------------------------------------- waiting */

void mb_aside_wait(struct mb_aside *a)
{
    mb_loop_run(&a->platform.loop);
    mb_progress_stop(&a->progress);
}

void mb_aside_take(struct mb_aside *a, json_t *report)
{
    a->report = report;
    a->platform.loop.stop = true;
}

void mb_aside_fail(struct mb_aside *a, const struct mb_err *err)
{
    a->err = *err;
    a->platform.loop.stop = true;
}

int mb_aside_refuse(const struct mb_aside *a, const struct mb_err *err)
{
    if (a->signal)
        return MB_EXIT_SIGNAL + a->signal;
    int code = mb_cli_fail_err(a->cli, err);
    return code == MB_EXIT_FAILED ? (int)MB_EXIT_COULD_NOT : code;
}

/* ---------------------------------------------------------------- printing */

void mb_aside_print(const json_t *report)
{
    struct mb_buf out = {0};
    mb_json_dump(&out, report);
    puts(mb_buf_cstr(&out));
    mb_buf_release(&out);
}

static void print_value(FILE *out, const json_t *change, const char *key)
{
    enum { SHOWN = 100 }; /* bytes of a value */
    struct mb_buf text = {0};
    const json_t *value = json_object_get(change, key);
    if (value)
        mb_json_dump(&text, value);
    else
        mb_buf_add_c(&text, "nothing");
    struct mb_str all = mb_buf_str(&text);
    fprintf(out, "%.*s%s", (int)MB_MIN(all.len, (size_t)SHOWN), all.ptr,
            all.len > SHOWN ? "..." : "");
    mb_buf_release(&text);
}

void mb_aside_print_changes(FILE *out, const json_t *changes, int indent)
{
    size_t i;
    const json_t *change;
    json_array_foreach(changes, i, change)
    {
        struct mb_str path = mb_json_str(change, "path");
        fprintf(out, "%*s%.*s: ", indent, "", path.len ? (int)path.len : 7,
                path.len ? path.ptr : "(whole)");
        print_value(out, change, "was");
        fputs(" -> ", out);
        print_value(out, change, "now");
        fputc('\n', out);
    }
}

static void print_list(FILE *out, const json_t *calls, const char *key, const char *word)
{
    size_t i;
    const json_t *call;
    json_array_foreach(json_object_get(calls, key), i, call)
    {
        fprintf(out, "  %-8s %.*s", word, MB_STR_ARG(mb_json_str(call, "tool")));
        if (mb_json_get(call, "seq"))
            fprintf(out, " (step %lld)", (long long)mb_json_int(call, "seq", 0));
        fputc('\n', out);
        mb_aside_print_changes(out, json_object_get(call, "changes"), 6);
    }
}

void mb_aside_print_calls(FILE *out, const json_t *calls)
{
    fprintf(out, "  %lld calls the same, %lld changed, %lld new, %lld gone\n",
            (long long)mb_json_int(calls, "same", 0), (long long)mb_json_int(calls, "changed", 0),
            (long long)mb_json_int(calls, "new", 0), (long long)mb_json_int(calls, "gone", 0));
    print_list(out, calls, "changed_calls", "changed");
    print_list(out, calls, "new_calls", "new");
    print_list(out, calls, "gone_calls", "gone");
}

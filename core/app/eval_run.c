/* Running the cases of a file. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/eval.h"
#include "base/clock.h"
#include "base/json.h"
#include "base/utf8.h"
#include "gate/simulate.h"
#include "llm/llm.h"

struct eval_case {
    const json_t *own, *defaults;
    json_t *config, *expect; /* own, over the defaults' */
    const char *model;
};

/* The case's field, else the defaults'. */
static json_t *field(const struct eval_case *c, const char *name)
{
    json_t *value = mb_json_get(c->own, name);
    return value ? value : mb_json_get(c->defaults, name);
}

/* The defaults' members with the case's over them. */
static json_t *merged(const struct eval_case *c, const char *name)
{
    json_t *all = json_object();
    json_object_update(all, mb_json_get(c->defaults, name));
    json_object_update(all, mb_json_get(c->own, name));
    return all;
}

/* What a refusal to start looks like as a run: cases may expect it. */
static json_t *refused(const struct mb_err *err)
{
    return json_pack("{s:s, s:n, s:{s:s, s:o, s:o}, s:[], s:{s:i}, s:{s:i}}", "status", "failed",
                     "output", "error", "code", mb_err_wire(err), "message",
                     mb_eval_text(err->message), "pointer", mb_eval_text(err->pointer), "trace",
                     "usage", "steps", 0, "cost", "likely_micros", 0);
}

static json_t *simulate(struct mb_lab *lab, const struct mb_files *files, const struct eval_case *c,
                        int64_t seed, struct mb_err *err)
{
    struct mb_buf input = {0};
    mb_json_dump(&input, json_object_get(c->own, "input"));
    const struct mb_simulation_config config = {
        .files = files,
        .input = mb_buf_str(&input),
        .config = c->config,
        .model = c->model,
        .seed = seed,
        .answers = field(c, "answers"),
        .decisions = field(c, "decisions"),
        .given = field(c, "given"),
    };
    json_t *report = mb_lab_simulate(lab, &config, err);
    mb_buf_release(&input);
    if (!report && err->code == MB_E_INVALID_INPUT && strncmp(err->pointer, "/input", 6) == 0)
        return refused(err);
    return report;
}

/* One run of a case. The failures go to `failures`. */
static int attempt(struct mb_lab *lab, const struct mb_files *files, const struct eval_case *c,
                   int64_t seed, json_t *result, json_t *failures, struct mb_err *err)
{
    const json_t *checks = mb_json_get(c->own, "checks"), *check;
    const json_t *input = json_object_get(c->own, "input");
    json_t *report = simulate(lab, files, c, seed, err);
    if (!report)
        return -1;
    mb_eval_check(c->expect, checks, report, failures);
    bool is_over = mb_str_is(mb_json_str(report, "status"), "succeeded");
    int rc = 0;
    size_t i;
    json_array_foreach(checks, i, check)
    {
        char at[32];
        snprintf(at, sizeof(at), "/checks/%zu", i);
        if (rc == 0 && is_over && json_object_get(check, "lua"))
            rc = mb_eval_lua(lab, check, input, report, at, failures, err);
        if (rc == 0 && is_over && json_object_get(check, "judge"))
            rc = mb_eval_judge(lab, check, input, report, at, failures,
                               mb_json_get(result, "notes"), err);
    }
    int64_t cost = mb_json_int(mb_json_get(report, "cost"), "likely_micros", 0);
    json_object_set_new(result, "cost_micros",
                        json_integer(mb_json_int(result, "cost_micros", 0) + cost));
    json_decref(report);
    return rc;
}

/* Says what the check is about, and which seed it was. */
static void add_failures(json_t *result, const struct eval_case *c, json_t *failures, int64_t seed)
{
    size_t i, k;
    json_t *failure;
    json_array_foreach(failures, i, failure)
    {
        struct mb_str at = mb_json_str(failure, "at");
        const json_t *checks = mb_json_get(c->own, "checks");
        if (sscanf(at.ptr, "/checks/%zu", &k) == 1) {
            const json_t *check = json_array_get(checks, k);
            struct mb_str about = mb_json_str(check, "about"), place = mb_json_str(check, "at");
            if (about.len)
                json_object_set_new(failure, "about", json_stringn(about.ptr, about.len));
            if (place.len)
                json_object_set_new(failure, "place", json_stringn(place.ptr, place.len));
        }
        json_object_set_new(failure, "seed", json_integer(seed));
        json_array_append(mb_json_get(result, "failures"), failure);
    }
}

static int run_case(struct mb_lab *lab, const struct mb_files *files, const struct eval_case *c,
                    int repeat, json_t *result, struct mb_err *err)
{
    int64_t began_us = mb_clock_mono_us(), first = mb_eval_int(field(c, "seed"), 1);
    int passes = 0, rc = 0;
    for (int i = 0; rc == 0 && i < repeat; i++) {
        json_t *failures = json_array();
        int64_t seed = (first + i) % ((int64_t)MB_SIMULATE_SEED_MAX + 1);
        rc = attempt(lab, files, c, seed, result, failures, err);
        passes += rc == 0 && json_array_size(failures) == 0;
        add_failures(result, c, failures, seed);
        json_decref(failures);
    }
    json_object_set_new(result, "passed", json_boolean(passes == repeat));
    json_object_set_new(result, "runs", json_integer(repeat));
    json_object_set_new(result, "passes", json_integer(passes));
    json_object_set_new(result, "time_ms",
                        json_real((double)(mb_clock_mono_us() - began_us) / 1000));
    return rc;
}

static bool is_wanted(const json_t *own, const struct mb_eval_options *options)
{
    return !options->only || strstr(json_string_value(json_object_get(own, "name")), options->only);
}

static const char *model_of(const struct eval_case *c, const struct mb_eval_options *options)
{
    const char *model = json_string_value(field(c, "model"));
    return options->model ? options->model : model ? model : "local";
}

static int check_models(struct mb_lab *lab, const struct eval_case *c, const char *model,
                        struct mb_err *err)
{
    const struct mb_llm *llm = lab->platform.llm;
    int rc = strcmp(model, "real") == 0 ? 0 : mb_llm_check_model(llm, mb_str_c(model), err);
    size_t i;
    const json_t *check;
    json_array_foreach(mb_json_get(c->own, "checks"), i, check)
    {
        const json_t *judge = mb_json_get(check, "judge");
        if (rc == 0 && judge)
            rc = mb_llm_check_model(llm, mb_json_str(judge, "model"), err);
    }
    return rc;
}

/* Are there the models that the cases name? Asked before the first is run, which may cost. */
static int check_all_models(struct mb_lab *lab, const char *path, const json_t *file,
                            const struct mb_eval_options *options, struct mb_err *err)
{
    size_t i;
    const json_t *own;
    json_array_foreach(mb_json_get(file, "cases"), i, own)
    {
        const struct eval_case c = {.own = own, .defaults = mb_json_get(file, "defaults")};
        int rc = is_wanted(own, options) ? check_models(lab, &c, model_of(&c, options), err) : 0;
        if (rc < 0) {
            mb_err_prefix(err, "%s: case \"%s\"", path,
                          json_string_value(json_object_get(own, "name")));
            return rc;
        }
    }
    return 0;
}

/* A path is bytes, JSON is UTF-8: what is not becomes question marks. */
static json_t *path_text(const char *path)
{
    struct mb_buf text = {0};
    for (size_t len = strlen(path), i = 0, n; i < len; i += MB_MAX(n, (size_t)1)) {
        n = mb_utf8_char(path + i, len - i);
        mb_buf_add(&text, n ? path + i : "?", MB_MAX(n, (size_t)1));
    }
    json_t *value = json_stringn(mb_buf_head(&text), mb_buf_len(&text));
    mb_buf_release(&text);
    return value;
}

static const char *package_name(const struct mb_files *files, char out[80])
{
    const struct mb_file *file = mb_files_get(files, "agent.json");
    json_t *manifest = file ? mb_json_parse(MB_STR_OF(file->bytes, file->len), NULL) : NULL;
    struct mb_str name = mb_json_str(manifest, "name");
    snprintf(out, 80, "%.*s", (int)MB_MIN(name.len, (size_t)79), name.len ? name.ptr : "");
    json_decref(manifest);
    return out;
}

int mb_eval_run(struct mb_lab *lab, const struct mb_files *files, const char *path,
                const json_t *file, const struct mb_eval_options *options, json_t *results,
                void (*on_result)(void *arg, const json_t *result), void *arg, struct mb_err *err)
{
    size_t i;
    const json_t *own;
    char package[80];
    int rc = check_all_models(lab, path, file, options, err);
    package_name(files, package);
    json_array_foreach(mb_json_get(file, "cases"), i, own)
    {
        const char *name = json_string_value(json_object_get(own, "name"));
        if (rc < 0 || !is_wanted(own, options))
            continue;
        struct eval_case c = {.own = own, .defaults = mb_json_get(file, "defaults")};
        c.config = merged(&c, "config");
        c.expect = merged(&c, "expect");
        c.model = model_of(&c, options);
        json_t *result =
            json_pack("{s:s, s:o, s:s, s:s, s:[], s:[]}", "package", package, "file",
                      path_text(path), "name", name, "model", c.model, "notes", "failures");
        rc = run_case(lab, files, &c, options->repeat, result, err);
        if (rc == 0) {
            json_array_append(results, result);
            on_result(arg, result);
        } else if (!lab->signal) {
            mb_err_prefix(err, "%s: case \"%s\"", path, name);
        }
        json_decref(result);
        json_decref(c.config);
        json_decref(c.expect);
    }
    return rc;
}

/* Predicates in Lua: each becomes the only thing that a small package does, and so runs in a
 * sandbox like any agent, with no tool at all. */
#include <stdio.h>
#include <string.h>

#include "app/eval.h"
#include "base/json.h"
#include "gate/package.h"

static const char manifest[] =
    "{\"name\":\"eval_predicate\",\"version\":\"1.0.0\",\"summary\":\"A predicate of an eval.\","
    "\"limits\":{\"cpu_ms\":2000,\"wall_ms\":10000,\"steps\":1}}";
static const char main_lua[] = "local check = require \"predicate\"\n"
                               "return function(given)\n"
                               "  local value = check(given.value, given.run)\n"
                               "  if value == true then return { passed = true } end\n"
                               "  return { passed = false, value = value }\n"
                               "end\n";

/* What a predicate is given; it has to fit into the frame that starts its run. */
enum { GIVEN_BYTES = 3 * 1024 * 1024 };

/* On one line with the beginning of the body, so that lines are those of the body. */
static void wrap(struct mb_buf *out, struct mb_str body)
{
    mb_buf_add_c(out, "return function(value, run) ");
    mb_buf_add_str(out, body);
    mb_buf_add_c(out, "\nend\n");
}

static int add_file(struct mb_files *files, const char *path, struct mb_str text,
                    struct mb_err *err)
{
    return mb_files_add(files, mb_str_c(path), text, err);
}

/* ---------------------------------------------------------------- before the first case */

struct compiling {
    bool is_done;
    struct mb_err err;
};

static void on_compiled(void *arg, json_t *ignored, const struct mb_err *err)
{
    struct compiling *c = arg;
    json_decref(ignored);
    c->is_done = true;
    if (err)
        c->err = *err;
}

static int compile(struct mb_lab *lab, const struct mb_files *files, struct mb_err *err)
{
    struct compiling c = {0};
    struct mb_package_check *check;
    int rc = mb_package_check_start(&lab->platform.gate, files, on_compiled, &c, &check, err);
    if (rc < 0)
        return rc;
    mb_lab_wait(lab, &c.is_done);
    if (!c.is_done) {
        mb_package_check_cancel(check);
        return mb_err_set(err, MB_E_CANCELLED, "interrupted");
    }
    if (!c.err.code)
        return 0;
    size_t i = 0, k = 0;
    int line = 1;
    char place[64];
    (void)sscanf(c.err.pointer, "c%zu_%zu.lua:%d", &i, &k, &line);
    snprintf(place, sizeof(place), "/cases/%zu/checks/%zu/lua", i, k);
    return mb_err_at(err, MB_E_INVALID_REQUEST, place, "line %d: %s", line, c.err.message);
}

static int compile_case(struct mb_lab *lab, const json_t *one, size_t number, struct mb_err *err)
{
    struct mb_files files = {0};
    size_t k;
    const json_t *check;
    int rc = add_file(&files, "agent.json", mb_str_c(manifest), err);
    if (rc == 0)
        rc = add_file(&files, "main.lua", mb_str_c(main_lua), err);
    size_t before = files.count;
    json_array_foreach(mb_json_get(one, "checks"), k, check)
    {
        struct mb_str body = mb_json_str(check, "lua");
        struct mb_buf text = {0};
        char path[64];
        if (!body.len || rc < 0)
            continue;
        wrap(&text, body);
        snprintf(path, sizeof(path), "c%zu_%zu.lua", number, k);
        rc = add_file(&files, path, mb_buf_str(&text), err);
        mb_buf_release(&text);
    }
    if (rc == 0 && files.count > before)
        rc = compile(lab, &files, err);
    mb_files_release(&files);
    return rc;
}

int mb_eval_lua_compile(struct mb_lab *lab, const json_t *file, struct mb_err *err)
{
    size_t i;
    const json_t *one;
    int rc = 0;
    json_array_foreach(mb_json_get(file, "cases"), i, one)
    {
        if (rc == 0)
            rc = compile_case(lab, one, i, err);
    }
    return rc;
}

/* ---------------------------------------------------------------- a case's */

static json_t *input_of(const json_t *check, const json_t *input, const json_t *report)
{
    json_t *run =
        json_pack("{s:O?, s:O?}", "input", input, "output", mb_json_get(report, "output"));
    static const char *const parts[] = {"status", "error", "trace", "cost", "usage"};
    for (size_t i = 0; i < MB_LEN(parts); i++)
        if (mb_json_get(report, parts[i]))
            json_object_set(run, parts[i], mb_json_get(report, parts[i]));
    json_t *value = mb_eval_at(mb_json_get(report, "output"), mb_json_str(check, "at"));
    return json_pack("{s:o, s:o}", "value", value ? value : json_null(), "run", run);
}

static void judge(const json_t *outcome, const char *at, json_t *failures)
{
    const json_t *output = mb_json_get(outcome, "output"), *error = mb_json_get(outcome, "error");
    const json_t *said = mb_json_get(output, "value");
    struct mb_buf text = {0};
    if (error) {
        mb_eval_fail(failures, at, "the predicate failed: %.*s",
                     MB_STR_ARG(mb_json_str(error, "message")));
        return;
    }
    if (mb_json_bool(output, "passed", false))
        return;
    if (json_is_string(said))
        mb_buf_add_c(&text, json_string_value(said));
    else if (said)
        mb_json_dump(&text, said);
    mb_eval_fail(failures, at, "the predicate returned %s",
                 said ? mb_buf_cstr(&text) : "false or nothing");
    mb_buf_release(&text);
}

int mb_eval_lua(struct mb_lab *lab, const json_t *check, const json_t *input, const json_t *report,
                const char *at, json_t *failures, struct mb_err *err)
{
    struct mb_files files = {0};
    struct mb_buf body = {0}, text = {0};
    wrap(&body, mb_json_str(check, "lua"));
    json_t *given = input_of(check, input, report);
    mb_json_dump(&text, given);
    json_decref(given);
    if (mb_buf_len(&text) > GIVEN_BYTES) {
        mb_eval_fail(failures, at, "the predicate was not run: what the run did is %zu bytes long",
                     mb_buf_len(&text));
        mb_buf_release(&body);
        mb_buf_release(&text);
        return 0;
    }
    int rc = add_file(&files, "agent.json", mb_str_c(manifest), err);
    if (rc == 0)
        rc = add_file(&files, "main.lua", mb_str_c(main_lua), err);
    if (rc == 0)
        rc = add_file(&files, "predicate.lua", mb_buf_str(&body), err);
    const struct mb_simulation_config config = {
        .files = &files, .input = mb_buf_str(&text), .model = "local", .seed = 1};
    json_t *outcome = rc == 0 ? mb_lab_simulate(lab, &config, err) : NULL;
    if (outcome)
        judge(outcome, at, failures);
    else
        rc = -1;
    json_decref(outcome);
    mb_files_release(&files);
    mb_buf_release(&body);
    mb_buf_release(&text);
    return rc;
}

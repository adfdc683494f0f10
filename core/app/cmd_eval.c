/* moonbase eval DIR...: do packages pass the cases that they bring? */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/cli.h"
#include "app/eval.h"
#include "app/paths.h"
#include "app/workflow.h"
#include "base/json.h"

enum { MOST_REPEATS = 1000 };

struct eval {
    const struct mb_cli *cli;
    struct mb_lab lab;
    struct mb_eval_options options;
    json_t *results;
    size_t n_files;
};

static void on_result(void *arg, const json_t *result)
{
    const struct eval *e = arg;
    if (e->cli->json)
        return;
    mb_eval_print_result(stdout, result);
    fflush(stdout); /* who reads it by a pipe need not wait for the others */
}

static int run_file(struct eval *e, const struct mb_files *files, const char *path,
                    struct mb_err *err)
{
    json_t *file = mb_eval_read(&e->lab, path, err);
    if (!file)
        return -err->code;
    e->n_files++;
    int rc = mb_eval_run(&e->lab, files, path, file, &e->options, e->results, on_result, e, err);
    json_decref(file);
    return rc;
}

static int is_case_file(const struct dirent *entry)
{
    size_t n = strlen(entry->d_name);
    return entry->d_name[0] != '.' && n > 5 && strcmp(entry->d_name + n - 5, ".json") == 0;
}

/* All of DIR/evals, in order of their names. */
static int run_files(struct eval *e, const struct mb_files *files, const char *dir,
                     struct mb_err *err)
{
    char *folder = mb_path_join(dir, "evals");
    struct dirent **entries = NULL;
    int n = scandir(folder, &entries, is_case_file, alphasort), rc = 0;
    for (int i = 0; i < n; i++) {
        char *path = mb_path_join(folder, entries[i]->d_name);
        if (rc == 0)
            rc = run_file(e, files, path, err);
        free(path);
        free(entries[i]);
    }
    if (n <= 0)
        fprintf(stderr, "%s: no evals (%s/*.json)\n", dir, folder);
    free(entries);
    free(folder);
    return rc;
}

static int run_package(struct eval *e, const char *dir, struct mb_err *err)
{
    struct mb_files files = {0};
    const char *path = mb_cli_option(e->cli, "file");
    int rc = mb_package_read(&e->cli->config, dir, &files, err);
    if (rc == 0 && !e->cli->json)
        printf("%s%s%s\n", mb_style(stdout, MB_STYLE_BOLD), dir, mb_style(stdout, MB_STYLE_PLAIN));
    if (rc == 0)
        rc = path ? run_file(e, &files, path, err) : run_files(e, &files, dir, err);
    mb_files_release(&files);
    return rc;
}

/* ---------------------------------------------------------------- the outcome */

static int write_junit(const struct eval *e, const char *path, struct mb_err *err)
{
    struct mb_buf xml = {0};
    mb_eval_add_junit(&xml, e->results);
    FILE *file = strcmp(path, "-") == 0 ? stdout : fopen(path, "we");
    errno = file ? 0 : errno;
    bool ok = file && fwrite(mb_buf_head(&xml), 1, mb_buf_len(&xml), file) == mb_buf_len(&xml);
    int why = errno;
    struct stat st;
    bool is_plain = file && file != stdout && fstat(fileno(file), &st) == 0 && S_ISREG(st.st_mode);
    if (file && file != stdout && fclose(file) != 0) {
        why = ok ? errno : why;
        ok = false;
    }
    mb_buf_release(&xml);
    if (!ok && is_plain)
        unlink(path); /* half a report would be read as a whole one */
    return ok ? 0 : mb_err_set(err, MB_E_IO, "'%s' cannot be written: %s", path, strerror(why));
}

static int report(const struct eval *e, struct mb_err *err)
{
    size_t i, failed = 0;
    const json_t *result;
    const char *junit = mb_cli_option(e->cli, "junit");
    json_array_foreach(e->results, i, result)
    {
        failed += !mb_json_bool(result, "passed", false);
    }
    if (e->cli->json) {
        struct mb_buf out = {0};
        json_t *all = json_pack("{s:I, s:I, s:O}", "passed",
                                (json_int_t)(json_array_size(e->results) - failed), "failed",
                                (json_int_t)failed, "results", e->results);
        mb_json_dump(&out, all);
        puts(mb_buf_cstr(&out));
        json_decref(all);
        mb_buf_release(&out);
    } else {
        mb_eval_print_sum(stdout, e->results);
    }
    int rc = junit ? write_junit(e, junit, err) : 0;
    return rc < 0 ? rc : failed > 0;
}

/* Errors of any kind mean that the cases could not be run. */
static int fail(const struct eval *e, const struct mb_err *err)
{
    mb_cli_fail_err(e->cli, err);
    return MB_EXIT_USAGE;
}

static int run_all(struct eval *e)
{
    struct mb_err err = {0};
    int rc = 0;
    for (int i = 0; rc == 0 && i < e->cli->n_args; i++)
        rc = run_package(e, e->cli->args[i], &err);
    if (e->lab.signal)
        return MB_EXIT_SIGNAL + e->lab.signal;
    if (rc == 0 && e->n_files == 0)
        return mb_cli_fail(e->cli, MB_EXIT_USAGE, "there are no evals");
    if (rc == 0 && json_array_size(e->results) == 0)
        return mb_cli_fail(e->cli, MB_EXIT_USAGE, "no case's name contains '%s'",
                           e->options.only ? e->options.only : "");
    if (rc == 0)
        rc = report(e, &err);
    return rc < 0 ? fail(e, &err) : rc ? MB_EXIT_FAILED : MB_EXIT_OK;
}

static int run(struct mb_cli *cli)
{
    struct mb_err err = {0};
    struct eval e = {.cli = cli};
    const char *repeat = mb_cli_option(cli, "repeat");
    const char *junit = mb_cli_option(cli, "junit");
    char *end = NULL;
    long times = repeat ? strtol(repeat, &end, 10) : 1;
    if (repeat && (end == repeat || *end || times < 1 || times > MOST_REPEATS))
        return mb_cli_usage(cli, "--repeat is an integer from 1 to %d", MOST_REPEATS);
    if (cli->json && junit && strcmp(junit, "-") == 0)
        return mb_cli_usage(cli, "stdout takes --json or --junit -, not both");
    if (mb_cli_option(cli, "file") && cli->n_args != 1)
        return mb_cli_usage(cli, "--file is for one DIR");
    e.options = (struct mb_eval_options){.only = mb_cli_option(cli, "only"),
                                         .model = mb_cli_option(cli, "model"),
                                         .repeat = (int)times};
    if (mb_lab_init(&e.lab, &cli->config, &err))
        return fail(&e, &err);
    e.results = json_array();
    int code = run_all(&e);
    json_decref(e.results);
    mb_lab_release(&e.lab);
    return code;
}

static const struct mb_option options[] = {
    {"file", "FILE", "these cases instead of those in DIR/evals"},
    {"only", "TEXT", "only cases whose name contains it"},
    {"model", "NAME", "instead of what the cases say: local, script, real, or a model's name"},
    {"repeat", "N", "each case N times, with seeds that count up; all must pass"},
    {"junit", "FILE", "write JUnit XML as well; - is stdout"},
    {"json", NULL, "the results as JSON"},
    {NULL, NULL, NULL},
};

const struct mb_command mb_cmd_eval = {
    .name = "eval",
    .args = "DIR...",
    .summary = "run the cases of a package's evals, simulated, and check what comes out",
    .help =
        "Each case of DIR/evals/*.json is one simulated run (see `moonbase run --simulate`): the\n"
        "input, what the tools answer, and what has to hold of the output, the calls and the\n"
        "cost. The model is local unless a case or --model says otherwise. Exits with 0 when\n"
        "all pass, 1 when some fail, 2 when they cannot be run.",
    .options = options,
    .least_args = 1,
    .most_args = -1,
    .takes_settings = true,
    .run = run,
};

/* moonbase compile: a workflow into a package, and with --import a package into a workflow. */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/cli.h"
#include "app/paths.h"
#include "app/workflow.h"
#include "base/json.h"

/* ---------------------------------------------------------------- for people */

/* "error  classify  params.prompt:12: there is no node 'x'", and what would be right below it. */
static void print_problem(const char *kind, enum mb_style style, const json_t *problem)
{
    struct mb_str node = mb_json_str(problem, "node"), field = mb_json_str(problem, "field");
    struct mb_str message = mb_json_str(problem, "message");
    struct mb_str expected = mb_json_str(problem, "expected");
    long long at = mb_json_int(problem, "at", 0);
    printf("%s%s%s  ", mb_style(stdout, style), kind, mb_style(stdout, MB_STYLE_PLAIN));
    if (node.len)
        printf("%s%.*s%s  ", mb_style(stdout, MB_STYLE_BOLD), MB_STR_ARG(node),
               mb_style(stdout, MB_STYLE_PLAIN));
    printf("%.*s", MB_STR_ARG(field));
    if (at > 0)
        printf(":%lld", at);
    printf("%s%.*s\n", field.len ? ": " : "", MB_STR_ARG(message));
    if (expected.len)
        printf("%s       expected: %.*s%s\n", mb_style(stdout, MB_STYLE_DIM), MB_STR_ARG(expected),
               mb_style(stdout, MB_STYLE_PLAIN));
}

static void print_problems(const json_t *result, const char *key, const char *kind,
                           enum mb_style style)
{
    size_t i;
    const json_t *problem;
    json_array_foreach(json_object_get(result, key), i, problem)
    {
        print_problem(kind, style, problem);
    }
}

static void print_cost(const json_t *cost)
{
    char low[40], likely[40], high[40];
    printf("cost of a run: low %s, likely %s, high %s\n",
           mb_money(mb_json_int(cost, "low", 0), low),
           mb_money(mb_json_int(cost, "likely", 0), likely),
           mb_money(mb_json_int(cost, "high", 0), high));
}

static void print_json(const json_t *value)
{
    struct mb_buf out = {0};
    mb_json_dump(&out, value);
    puts(mb_buf_cstr(&out));
    mb_buf_release(&out);
}

/* ---------------------------------------------------------------- writing */

static int make_folders(const char *path, struct mb_err *err)
{
    char *folder = mb_strdup(path);
    int rc = 0;
    for (char *slash = strchr(folder + 1, '/'); rc == 0 && slash; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        if (mkdir(folder, 0777) != 0 && errno != EEXIST)
            rc = mb_err_set(err, MB_E_IO, "'%s' cannot be made: %s", folder, strerror(errno));
        *slash = '/';
    }
    free(folder);
    return rc;
}

/* Beside the file first, so that a full disk leaves what was there before. What is no plain file (a
 * terminal, a pipe) is written as it is. */
static int write_file(const char *path, struct mb_str text, struct mb_err *err)
{
    struct stat st;
    char *real = realpath(path, NULL), *fresh = NULL;
    int rc = make_folders(path, err);
    bool is_plain = stat(path, &st) != 0 || S_ISREG(st.st_mode);
    if (is_plain && asprintf(&fresh, "%s.new", real ? real : path) < 0)
        abort();
    FILE *file = rc == 0 ? fopen(is_plain ? fresh : path, "we") : NULL;
    bool ok = file && fwrite(text.ptr, 1, text.len, file) == text.len;
    if (file && fclose(file) != 0)
        ok = false;
    if (rc == 0 && (!ok || (is_plain && rename(fresh, real ? real : path) != 0)))
        rc = mb_err_set(err, MB_E_IO, "'%s' cannot be written: %s", path, strerror(errno));
    if (rc && file && is_plain)
        unlink(fresh);
    free(fresh);
    free(real);
    return rc;
}

/* Does the file hold exactly this? */
static bool is_same(const char *path, struct mb_str text)
{
    FILE *file = fopen(path, "re");
    char *own = mb_alloc(text.len + 2);
    size_t n = file ? fread(own, 1, text.len + 1, file) : 0;
    bool same = file && n == text.len && memcmp(own, text.ptr, n) == 0;
    if (file)
        fclose(file);
    free(own);
    return same;
}

/* Writes the package, or with --check says which of its files differ. Returns the exit code. */
static int put_files(const struct mb_cli *cli, json_t *files, const char *dir)
{
    struct mb_err err = {0};
    bool is_check = mb_cli_option(cli, "check") != NULL;
    const char *name;
    json_t *value;
    int code = MB_EXIT_OK, rc = 0;
    json_object_foreach(files, name, value)
    {
        char *path = mb_path_join(dir, name);
        struct mb_str text = MB_STR_OF(json_string_value(value), json_string_length(value));
        if (!is_check && rc == 0)
            rc = write_file(path, text, &err);
        else if (is_check && !is_same(path, text))
            code = mb_cli_fail(cli, MB_EXIT_FAILED, "'%s' is not what the workflow gives", path);
        free(path);
    }
    return rc ? mb_cli_fail_err(cli, &err) : code;
}

/* Prompts of steps that are gone would stay in the package: says so. */
static void tell_leftovers(const struct mb_cli *cli, const json_t *files, const char *dir)
{
    char *folder = mb_path_join(dir, "prompts"), name[300];
    DIR *open = opendir(folder);
    for (struct dirent *e; open && (e = readdir(open));) {
        snprintf(name, sizeof(name), "prompts/%s", e->d_name);
        if (e->d_name[0] != '.' && !json_object_get(files, name))
            mb_cli_fail(cli, 0, "'%s/%s' is not of this workflow", folder, e->d_name);
    }
    if (open)
        closedir(open);
    free(folder);
}

/* ---------------------------------------------------------------- compile */

static int report(const struct mb_cli *cli, const json_t *result)
{
    bool ok = mb_json_bool(result, "ok", false);
    if (cli->json) {
        print_json(result);
        return ok ? MB_EXIT_OK : MB_EXIT_FAILED;
    }
    size_t n_errors = json_array_size(json_object_get(result, "errors"));
    size_t n_warnings = json_array_size(json_object_get(result, "warnings"));
    print_problems(result, "errors", "error", MB_STYLE_BAD);
    print_problems(result, "warnings", "warning", MB_STYLE_BOLD);
    if (ok) {
        printf("%sok%s: %zu files", mb_style(stdout, MB_STYLE_GOOD),
               mb_style(stdout, MB_STYLE_PLAIN),
               json_object_size(json_object_get(result, "files")));
        printf(n_warnings ? ", %zu warnings\n" : "\n", n_warnings);
        print_cost(json_object_get(result, "cost"));
    } else {
        printf("%zu errors, %zu warnings\n", n_errors, n_warnings);
    }
    return ok ? MB_EXIT_OK : MB_EXIT_FAILED;
}

static int compile(struct mb_cli *cli, const char *path)
{
    struct mb_err err = {0};
    char *file = mb_workflow_find(path);
    const char *dir = mb_cli_option(cli, "out");
    if (!file)
        return mb_cli_fail(cli, MB_EXIT_USAGE,
                           "'%s' is neither a workflow's file nor a folder of one", path);
    json_t *result = mb_workflow_compile_file(&cli->config, file, &err);
    free(file);
    if (!result)
        return mb_cli_fail_err(cli, &err);
    int code = report(cli, result);
    if (code == MB_EXIT_OK && dir) {
        json_t *files = json_object_get(result, "files");
        code = put_files(cli, files, dir);
        tell_leftovers(cli, files, dir);
    }
    json_decref(result);
    return code;
}

/* ---------------------------------------------------------------- import */

static void print_findings(const json_t *result)
{
    size_t i;
    const json_t *problem;
    json_array_foreach(json_object_get(result, "problems"), i, problem)
    {
        struct mb_str file = mb_json_str(problem, "file"), text = mb_json_str(problem, "message");
        long long line = mb_json_int(problem, "line", 0);
        fprintf(stderr, "%.*s", MB_STR_ARG(file));
        if (line > 0)
            fprintf(stderr, ":%lld", line);
        fprintf(stderr, "%s%.*s\n", file.len ? ": " : "", MB_STR_ARG(text));
    }
}

static int put_document(const struct mb_cli *cli, const json_t *document)
{
    struct mb_err err = {0};
    const char *path = mb_cli_option(cli, "out");
    char *text = json_dumps(document, JSON_INDENT(2) | JSON_REAL_PRECISION(15));
    struct mb_buf out = {0};
    mb_buf_addf(&out, "%s\n", text);
    free(text);
    int rc = 0;
    if (path)
        rc = write_file(path, mb_buf_str(&out), &err);
    else
        fputs(mb_buf_cstr(&out), stdout);
    mb_buf_release(&out);
    return rc ? mb_cli_fail_err(cli, &err) : MB_EXIT_OK;
}

static int import(struct mb_cli *cli, const char *dir)
{
    struct mb_err err = {0};
    json_t *result = mb_workflow_import_dir(&cli->config, dir, &err);
    if (!result)
        return mb_cli_fail_err(cli, &err);
    const json_t *document = mb_json_get(result, "document");
    int code = MB_EXIT_OK;
    if (cli->json)
        print_json(result);
    else
        print_findings(result);
    if (document && (!cli->json || mb_cli_option(cli, "out")))
        code = put_document(cli, document);
    if (code == MB_EXIT_OK && (!document || json_array_size(json_object_get(result, "problems"))))
        code = MB_EXIT_FAILED;
    json_decref(result);
    return code;
}

static int run(struct mb_cli *cli)
{
    bool is_import = mb_cli_option(cli, "import") != NULL;
    if (is_import && mb_cli_option(cli, "check"))
        return mb_cli_usage(cli, "--check is for compiling");
    return is_import ? import(cli, cli->args[0]) : compile(cli, cli->args[0]);
}

static const struct mb_option options[] = {
    {"out", "PATH", "write the package into this folder; with --import the workflow to this file"},
    {"check", NULL, "write nothing; with --out fail when the folder holds something else"},
    {"import", NULL, "the other way: read a package's Lua back into a workflow"},
    {"json", NULL, "the result as JSON"},
    {NULL, NULL, NULL},
};

const struct mb_command mb_cmd_compile = {
    .name = "compile",
    .args = "FILE|DIR",
    .summary = "compile a workflow into a package, or read one back",
    .help = "FILE is a workflow.json, DIR a folder that holds one. Prints every error with its "
            "node and\n"
            "field, the warnings, and what a run costs. Exits with 1 when there are errors.\n"
            "\n"
            "With --import DIR is a package. The workflow goes to stdout unless --out says where; "
            "what\n"
            "the canvas cannot show is listed with its file and line, and then the exit code is 1.",
    .options = options,
    .least_args = 1,
    .most_args = 1,
    .takes_settings = true,
    .run = run,
};

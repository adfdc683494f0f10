/* moonbase check DIR | host */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/cli.h"
#include "app/paths.h"
#include "app/platform.h"
#include "app/workflow.h"
#include "base/files.h"
#include "base/id.h"
#include "base/json.h"
#include "gate/package.h"

extern char **environ;

/* ------------------------------------------------------------------------------------ host */

/* Runs `moonbase-sandbox --probe` and reads what it prints, one JSON object. Returns its exit code,
 * or a negative one with err. */
static int probe(const char *binary, struct mb_buf *out, struct mb_err *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0)
        return mb_err_set(err, MB_E_IO, "cannot make a pipe: %s", strerror(errno));
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    char *argv[] = {mb_strdup(binary), (char[]){"--probe"}, NULL};
    pid_t pid = 0;
    int rc = posix_spawn(&pid, binary, &actions, NULL, argv, environ);
    posix_spawn_file_actions_destroy(&actions);
    free(argv[0]);
    close(ends[1]);
    ssize_t n = rc ? 0 : 1;
    while (n > 0) {
        n = read(ends[0], mb_buf_reserve(out, 4096), 4096);
        mb_buf_commit(out, n > 0 ? (size_t)n : 0);
    }
    close(ends[0]);
    if (rc)
        return mb_err_set(err, MB_E_CONFIG, "'%s' cannot be started: %s", binary, strerror(rc));
    int status = 0;
    while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
        continue;
    return WIFEXITED(status) ? WEXITSTATUS(status) : MB_EXIT_FAILED;
}

/* One line a measure: "yes  syscall filter". */
static void print_probe(json_t *measures)
{
    const char *name;
    json_t *value;
    json_object_foreach(measures, name, value)
    {
        bool is_given = json_is_true(value);
        printf("%s%-3s%s  ", mb_style(stdout, is_given ? MB_STYLE_GOOD : MB_STYLE_BAD),
               is_given ? "yes" : "no", mb_style(stdout, MB_STYLE_PLAIN));
        for (const char *c = name; *c; c++)
            putchar(*c == '_' ? ' ' : *c);
        putchar('\n');
    }
}

/* The sandbox program tries its own confinement and says what it got. */
static int check_host(const struct mb_cli *cli)
{
    struct mb_err err = {0};
    struct mb_buf out = {0};
    json_t *measures = NULL;
    char *binary = mb_path_sandbox(&cli->config, &err);
    int code = binary ? probe(binary, &out, &err) : -1;
    if (code >= 0)
        measures = mb_json_parse(mb_buf_str(&out), &err);
    if (!measures)
        code = mb_cli_fail_err(cli, &err);
    else if (cli->json)
        puts(mb_buf_cstr(&out));
    else
        print_probe(measures);
    json_decref(measures);
    mb_buf_release(&out);
    free(binary);
    return code;
}

/* --------------------------------------------------------------------------------- package */

struct outcome {
    struct mb_loop *loop;
    json_t *manifest; /* owned; NULL after an error */
    struct mb_err err;
};

static void on_checked(void *arg, json_t *manifest, const struct mb_err *err)
{
    struct outcome *outcome = arg;
    outcome->manifest = manifest;
    if (err)
        outcome->err = *err;
    outcome->loop->stop = true;
}

static void print_result(const struct mb_cli *cli, const struct mb_files *files,
                         const struct outcome *outcome)
{
    uint8_t hash[MB_SHA256_BYTES];
    char sha256[2 * MB_SHA256_BYTES + 1];
    mb_files_hash(files, hash);
    mb_hex(hash, sizeof(hash), sha256);
    struct mb_str name = mb_json_str(outcome->manifest, "name");
    struct mb_str version = mb_json_str(outcome->manifest, "version");
    if (cli->json)
        printf("{\"ok\": true, \"name\": \"%.*s\", \"version\": \"%.*s\", \"sha256\": \"%s\", "
               "\"files\": %zu, \"bytes\": %zu}\n",
               MB_STR_ARG(name), MB_STR_ARG(version), sha256, files->count, files->total_bytes);
    else
        printf("%sok%s %.*s %.*s: %zu files, %zu bytes\nsha256 %s\n",
               mb_style(stdout, MB_STYLE_GOOD), mb_style(stdout, MB_STYLE_PLAIN), MB_STR_ARG(name),
               MB_STR_ARG(version), files->count, files->total_bytes, sha256);
}

/* With --json a refusal is a result too, and goes to stdout. */
static int print_refusal(const struct mb_cli *cli, const struct mb_err *err)
{
    if (!cli->json)
        return mb_cli_fail_err(cli, err);
    struct mb_buf out = {0};
    mb_buf_add_c(&out, "{\"ok\": false, \"code\": ");
    mb_buf_add_json_str(&out, mb_str_c(mb_err_wire(err)));
    mb_buf_add_c(&out, ", \"message\": ");
    mb_buf_add_json_str(&out, mb_str_c(err->message));
    mb_buf_add_c(&out, ", \"place\": ");
    mb_buf_add_json_str(&out, mb_str_c(err->pointer));
    printf("%s}\n", mb_buf_cstr(&out));
    mb_buf_release(&out);
    return MB_EXIT_FAILED;
}

static int check_files(struct mb_cli *cli, struct mb_platform *platform,
                       const struct mb_files *files)
{
    struct outcome outcome = {.loop = &platform->loop};
    struct mb_package_check *check = NULL;
    struct mb_err err = {0};
    if (mb_package_check_start(&platform->gate, files, on_checked, &outcome, &check, &err))
        return print_refusal(cli, &err);
    mb_loop_run(&platform->loop);
    if (!outcome.manifest)
        return print_refusal(cli, &outcome.err);
    print_result(cli, files, &outcome);
    json_decref(outcome.manifest);
    return MB_EXIT_OK;
}

static int check_package(struct mb_cli *cli, const char *dir)
{
    struct mb_err err = {0};
    struct mb_files files = {0};
    struct mb_platform platform;
    int code;
    if (mb_package_read(&cli->config, dir, &files, &err)) {
        code = print_refusal(cli, &err);
    } else if (mb_platform_init(&platform, &cli->config, &err)) {
        code = mb_cli_fail_err(cli, &err);
    } else {
        code = check_files(cli, &platform, &files);
        mb_platform_release(&platform);
    }
    mb_files_release(&files);
    return code;
}

static int run(struct mb_cli *cli)
{
    if (strcmp(cli->args[0], "host") == 0)
        return check_host(cli);
    return check_package(cli, cli->args[0]);
}

static const struct mb_option options[] = {
    {"json", NULL, "the result as JSON"},
    {NULL, NULL, NULL},
};

const struct mb_command mb_cmd_check = {
    .name = "check",
    .args = "DIR|host",
    .summary = "check a package as an upload would, or what confinement this host gives",
    .help = "DIR    the package's folder: its manifest, its schemas, the syntax of its Lua. Exits\n"
            "       with 1 and the file and line when something is wrong.\n"
            "host   which parts of the sandboxes' confinement work on this machine. (A folder of\n"
            "       that name is ./host.)",
    .options = options,
    .least_args = 1,
    .most_args = 1,
    .takes_settings = true,
    .run = run,
};

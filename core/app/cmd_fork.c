/* moonbase fork RUN: begins a run that has what another did before one of its steps behind it. The
 * server on the same database executes it. */
#include <stdlib.h>
#include <string.h>

#include "app/cli.h"
#include "app/database.h"
#include "app/find.h"
#include "app/input.h"
#include "base/json.h"
#include "base/schema.h"

enum { COULD_NOT = 2 };

static int refuse(const struct mb_cli *cli, const struct mb_err *err)
{
    int code = mb_cli_fail_err(cli, err);
    return code == MB_EXIT_FAILED ? (int)COULD_NOT : code;
}

/* Adds "name": the JSON of the option's file, when the option is given. */
static int add_file(const struct mb_cli *cli, const char *option, struct mb_buf *body,
                    struct mb_err *err)
{
    char what[32];
    const char *path = mb_cli_option(cli, option);
    if (!path)
        return 0;
    snprintf(what, sizeof(what), "--%s", option);
    struct mb_buf text = {0};
    int rc = mb_input_read(path, what, &text, err);
    mb_buf_addf(body, ",\"%s\":", option);
    mb_buf_add_str(body, mb_buf_str(&text));
    mb_buf_release(&text);
    return rc;
}

static int make_request(const struct mb_cli *cli, struct mb_id run_id, int step, struct mb_buf *out,
                        struct mb_err *err)
{
    char id[MB_ID_TEXT];
    mb_buf_addf(out, "{\"params\":{\"run_id\":\"%s\"},\"body\":{\"from_step\":%d",
                mb_id_uuid(run_id, id), step);
    int rc = add_file(cli, "result", out, err);
    if (!rc)
        rc = add_file(cli, "error", out, err);
    if (!rc)
        rc = add_file(cli, "input", out, err);
    mb_buf_add_c(out, "}}");
    return rc;
}

static void print(const struct mb_cli *cli, const json_t *answer)
{
    const json_t *fork = json_object_get(answer, "body");
    struct mb_str id = mb_json_str(fork, "id");
    if (cli->json) {
        struct mb_buf out = {0};
        mb_json_dump(&out, fork);
        puts(mb_buf_cstr(&out));
        mb_buf_release(&out);
    } else {
        printf("%.*s\n", MB_STR_ARG(id));
    }
}

/* A new input has to fit the package that the run began with, as it would have to at first. */
static int check_input(PGconn *conn, const char *customer, struct mb_id run_id,
                       const json_t *request, struct mb_err *err)
{
    char run[MB_ID_TEXT];
    const char *params[] = {customer, mb_id_uuid(run_id, run)};
    const json_t *input = json_object_get(json_object_get(request, "body"), "input");
    if (!input)
        return 0;
    PGresult *res = mb_database_query(
        conn,
        "select d.manifest -> 'input' from engine.load_run($1, $2) r, engine.deployed_run("
        "r.customer_id, r.deployment_id, r.package_owner, r.package_id) d",
        2, params, err);
    if (!res)
        return -err->code;
    bool has_schema = PQntuples(res) && !PQgetisnull(res, 0, 0);
    json_t *schema = has_schema ? mb_json_parse(mb_str_c(PQgetvalue(res, 0, 0)), NULL) : NULL;
    struct mb_schema *compiled = schema ? mb_schema_new(schema, err) : NULL;
    int rc = compiled ? mb_schema_check(compiled, input, err) : 0;
    mb_schema_free(compiled);
    json_decref(schema);
    PQclear(res);
    return rc;
}

static int ask(const struct mb_cli *cli, PGconn *conn, struct mb_id customer_id,
               struct mb_id run_id, struct mb_str request, struct mb_err *err)
{
    char customer[MB_ID_TEXT];
    const char *params[] = {mb_id_uuid(customer_id, customer), request.ptr};
    json_t *parsed = mb_json_parse(request, err);
    int rc = parsed ? check_input(conn, customer, run_id, parsed, err) : -err->code;
    json_decref(parsed);
    if (rc)
        return rc;
    PGresult *res = mb_database_query(conn, "select api.run_fork($1, $2)", 2, params, err);
    if (!res)
        return -err->code;
    json_t *answer = mb_json_parse(mb_str_c(PQgetvalue(res, 0, 0)), NULL);
    print(cli, answer);
    json_decref(answer);
    PQclear(res);
    return 0;
}

static int fork_run(const struct mb_cli *cli, struct mb_id run_id, struct mb_buf *request,
                    struct mb_err *err)
{
    struct mb_id customer_id;
    mb_buf_cstr(request);
    int rc = mb_find_run(&cli->config, run_id, &customer_id, err);
    PGconn *conn = rc ? NULL : mb_database_connect(cli->config.database_url, err);
    if (!rc)
        rc = conn ? ask(cli, conn, customer_id, run_id, mb_buf_str(request), err) : -err->code;
    PQfinish(conn);
    return rc;
}

static int run(struct mb_cli *cli)
{
    struct mb_id run_id;
    struct mb_err err = {0};
    struct mb_buf request = {0};
    const char *step = mb_cli_option(cli, "from-step");
    if (!mb_id_parse(&run_id, "run", mb_str_c(cli->args[0])))
        return mb_cli_usage(cli, "'%s' is no run's id (run_ and 32 hex digits)", cli->args[0]);
    if (!step || atoi(step) < 1)
        return mb_cli_usage(cli, "it needs --from-step N, the seq of one of the run's calls");
    if (mb_cli_option(cli, "result") && mb_cli_option(cli, "error"))
        return mb_cli_usage(cli, "a step has a --result or an --error, not both");
    int rc = mb_database_find(&cli->config, &err);
    if (!rc)
        rc = make_request(cli, run_id, atoi(step), &request, &err);
    if (!rc)
        rc = fork_run(cli, run_id, &request, &err);
    mb_buf_release(&request);
    return rc ? refuse(cli, &err) : MB_EXIT_OK;
}

static const struct mb_option options[] = {
    {"from-step", "N", "the first step that is executed anew: its seq in the journal"},
    {"result", "FILE", "answer that step with this JSON instead of executing it; - is stdin"},
    {"error", "FILE", "answer it with this error: {\"code\", \"message\"}"},
    {"input", "FILE", "another input for the run"},
    {"json", NULL, "print the new run as JSON"},
    {NULL, NULL, NULL},
};

const struct mb_command mb_cmd_fork = {
    .name = "fork",
    .args = "RUN",
    .summary = "begin a new run in the middle of a past one",
    .help =
        "Steps before N are taken from the record and cost nothing; from N on they are executed\n"
        "and charged, by the server that uses this database. Prints the new run's id. Exits with\n"
        "2 when the run cannot be forked there.",
    .options = options,
    .least_args = 1,
    .most_args = 1,
    .takes_settings = true,
    .run = run,
};

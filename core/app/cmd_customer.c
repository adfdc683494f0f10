/* moonbase customer create | list | topup | key | disable | enable */
#include <stdlib.h>
#include <string.h>

#include "app/cli.h"
#include "app/database.h"
#include "base/id.h"
#include "base/json.h"
#include "base/secret.h"
#include "http/key.h"

struct action {
    const char *name;
    int n_args; /* after the name */
    const char *args;
    int (*run)(struct mb_cli *cli, PGconn *conn);
};

static int64_t to_int(const char *digits)
{
    return strtoll(digits, NULL, 10);
}

/* "cus_..." of the command line as a UUID; the usage is said when it is none. */
static bool read_customer(const struct mb_cli *cli, char uuid[MB_ID_TEXT])
{
    struct mb_id id;
    if (!mb_id_parse(&id, "cus", mb_str_c(cli->args[1]))) {
        mb_cli_usage(cli, "'%s' is no customer's id (cus_ and 32 hex digits)", cli->args[1]);
        return false;
    }
    mb_id_uuid(id, uuid);
    return true;
}

static const char *show_id(const char *prefix, const char *uuid, char out[MB_ID_TEXT])
{
    struct mb_id id;
    return mb_id_parse_uuid(&id, mb_str_c(uuid)) ? mb_id_format(id, prefix, out) : uuid;
}

static PGresult *ask(const struct mb_cli *cli, PGconn *conn, const char *sql, int n,
                     const char *const *params, int *code)
{
    struct mb_err err = {0};
    PGresult *res = mb_database_query(conn, sql, n, params, &err);
    if (!res)
        *code = mb_cli_fail_err(cli, &err);
    return res;
}

/* ------------------------------------------------------------------------------------ keys */

/* Makes a key; its text is in `key` and nowhere else. */
static int put_key(const struct mb_cli *cli, PGconn *conn, const char *customer, struct mb_key *key)
{
    int code = MB_EXIT_OK;
    char uuid[MB_ID_TEXT], sha256[MB_SHA256_HEX + 2] = "\\x";
    struct mb_buf scopes = {0};
    const char *name = mb_cli_option(cli, "name"), *wanted = mb_cli_option(cli, "scopes");
    mb_key_new(key);
    mb_hex(key->sha256, MB_SHA256_BYTES, sha256 + 2);
    mb_buf_addf(&scopes, "{%s}", wanted ? wanted : "admin");
    const char *const params[] = {
        customer,    mb_id_uuid(mb_id_new(), uuid), name ? name : "from the command line", sha256,
        key->prefix, mb_buf_cstr(&scopes)};
    PGresult *res =
        ask(cli, conn, "select engine.put_key($1, $2, $3, $4, $5, $6)", 6, params, &code);
    PQclear(res);
    mb_buf_release(&scopes);
    return code;
}

static bool scopes_are_wellformed(const struct mb_cli *cli)
{
    const char *scopes = mb_cli_option(cli, "scopes");
    if (!scopes || (*scopes && strspn(scopes, "abcdefghijklmnopqrstuvwxyz:,") == strlen(scopes)))
        return true;
    mb_cli_usage(cli, "--scopes takes names by comma, as runs:read,runs:write");
    return false;
}

static int create_key(struct mb_cli *cli, PGconn *conn)
{
    char customer[MB_ID_TEXT];
    struct mb_key key;
    if (!read_customer(cli, customer) || !scopes_are_wellformed(cli))
        return MB_EXIT_USAGE;
    int code = put_key(cli, conn, customer, &key);
    if (code == MB_EXIT_OK)
        printf(cli->json ? "{\"api_key\": \"%s\"}\n" : "%s\n", key.text);
    mb_wipe(&key, sizeof(key));
    return code;
}

/* ------------------------------------------------------------------------------- customers */

static int create(struct mb_cli *cli, PGconn *conn)
{
    int code = MB_EXIT_OK;
    int64_t balance = 0;
    char micros[32], id[MB_ID_TEXT];
    const char *amount = mb_cli_option(cli, "balance");
    struct mb_key key;
    if (amount && !mb_money_parse(amount, &balance))
        return mb_cli_usage(cli, "'%s' is no amount of dollars", amount);
    if (!scopes_are_wellformed(cli))
        return MB_EXIT_USAGE;
    snprintf(micros, sizeof(micros), "%lld", (long long)balance);
    const char *const params[] = {cli->args[1], "{}", micros};
    PGresult *res = ask(cli, conn, "select engine.create_customer($1, $2, $3)", 3, params, &code);
    if (!res)
        return code;
    const char *uuid = PQgetvalue(res, 0, 0);
    code = put_key(cli, conn, uuid, &key);
    if (code == MB_EXIT_OK)
        printf(cli->json ? "{\"id\": \"%s\", \"api_key\": \"%s\"}\n" : "customer %s\nkey      %s\n",
               show_id("cus", uuid, id), key.text);
    PQclear(res);
    mb_wipe(&key, sizeof(key));
    return code;
}

static void print_customer(const struct mb_cli *cli, PGresult *res, int row)
{
    char id[MB_ID_TEXT], money[40];
    const char *name = PQgetvalue(res, row, 1), *micros = PQgetvalue(res, row, 3);
    bool is_disabled = *PQgetvalue(res, row, 2) == 't';
    show_id("cus", PQgetvalue(res, row, 0), id);
    if (!cli->json) {
        printf("%s  %14s  %s%s\n", id, mb_money(to_int(micros), money), name,
               is_disabled ? " (disabled)" : "");
        return;
    }
    struct mb_buf quoted = {0};
    mb_buf_add_json_str(&quoted, mb_str_c(name));
    printf("%s{\"id\": \"%s\", \"name\": %s, \"balance_micros\": %s, \"disabled\": %s}",
           row ? ",\n " : "", id, mb_buf_cstr(&quoted), micros, is_disabled ? "true" : "false");
    mb_buf_release(&quoted);
}

static int list(struct mb_cli *cli, PGconn *conn)
{
    int code = MB_EXIT_OK;
    PGresult *res = ask(cli, conn,
                        "select customer_id, name, disabled, balance_micros "
                        "from engine.list_customers()",
                        0, NULL, &code);
    if (!res)
        return code;
    fputs(cli->json ? "[" : "", stdout);
    for (int row = 0; row < PQntuples(res); row++)
        print_customer(cli, res, row);
    fputs(cli->json ? "]\n" : "", stdout);
    PQclear(res);
    return MB_EXIT_OK;
}

static int topup(struct mb_cli *cli, PGconn *conn)
{
    int code = MB_EXIT_OK;
    int64_t amount = 0;
    char customer[MB_ID_TEXT], micros[32], money[40];
    const char *note = mb_cli_option(cli, "note");
    if (!read_customer(cli, customer))
        return MB_EXIT_USAGE;
    if (!mb_money_parse(cli->args[2], &amount))
        return mb_cli_usage(cli, "'%s' is no amount of dollars", cli->args[2]);
    snprintf(micros, sizeof(micros), "%lld", (long long)amount);
    const char *const params[] = {customer, micros, note ? note : "top-up"};
    PGresult *res = ask(cli, conn, "select engine.topup($1, $2, $3)", 3, params, &code);
    if (!res)
        return code;
    const char *left = PQgetvalue(res, 0, 0);
    if (cli->json)
        printf("{\"balance_micros\": %s}\n", left);
    else
        printf("balance %s\n", mb_money(to_int(left), money));
    PQclear(res);
    return MB_EXIT_OK;
}

static int set_disabled(struct mb_cli *cli, PGconn *conn, const char *disabled)
{
    int code = MB_EXIT_OK;
    char customer[MB_ID_TEXT];
    if (!read_customer(cli, customer))
        return MB_EXIT_USAGE;
    const char *const params[] = {customer, disabled};
    PGresult *res = ask(cli, conn, "select engine.change_customer($1, null, $2)", 2, params, &code);
    if (!res)
        return code;
    if (*PQgetvalue(res, 0, 0) != 't')
        code = mb_cli_fail(cli, MB_EXIT_FAILED, "there is no such customer");
    PQclear(res);
    return code;
}

static int disable(struct mb_cli *cli, PGconn *conn)
{
    return set_disabled(cli, conn, "true");
}

static int enable(struct mb_cli *cli, PGconn *conn)
{
    return set_disabled(cli, conn, "false");
}

static const struct action actions[] = {
    {"create", 1, "NAME", create}, {"list", 0, "", list},         {"topup", 2, "ID AMOUNT", topup},
    {"key", 1, "ID", create_key},  {"disable", 1, "ID", disable}, {"enable", 1, "ID", enable},
};

static int run(struct mb_cli *cli)
{
    const struct action *action = NULL;
    struct mb_err err = {0};
    for (size_t i = 0; i < MB_LEN(actions); i++)
        if (strcmp(actions[i].name, cli->args[0]) == 0)
            action = &actions[i];
    if (!action)
        return mb_cli_usage(cli, "there is no action '%s'", cli->args[0]);
    if (cli->n_args - 1 != action->n_args)
        return mb_cli_usage(cli, "'%s' takes %s", action->name,
                            *action->args ? action->args : "no arguments");
    PGconn *conn = NULL;
    if (mb_database_find(&cli->config, &err) ||
        !(conn = mb_database_connect(cli->config.database_url, &err)))
        return mb_cli_fail_err(cli, &err);
    int code = action->run(cli, conn);
    PQfinish(conn);
    return code;
}

static const struct mb_option options[] = {
    {"balance", "AMOUNT", "create: dollars to begin with, as 25 or 12.50"},
    {"name", "NAME", "create, key: what the key is called"},
    {"scopes", "LIST", "create, key: what the key may do, as runs:read,runs:write (admin: all)"},
    {"note", "TEXT", "topup: what the money is"},
    {"json", NULL, "the result as JSON"},
    {NULL, NULL, NULL},
};

const struct mb_command mb_cmd_customer = {
    .name = "customer",
    .args = "ACTION",
    .summary = "make and manage customers",
    .help = "create NAME       a customer and its first key; the key is shown this once\n"
            "list              all of them, with what they have left\n"
            "topup ID AMOUNT   money in; runs that waited for it go on\n"
            "key ID            one more key\n"
            "disable ID, enable ID",
    .options = options,
    .least_args = 1,
    .most_args = 3,
    .takes_settings = true,
    .run = run,
};

#include "app/find.h"

#include "app/database.h"

static int find(const struct mb_config *config, const char *sql, const char *what, struct mb_id id,
                struct mb_id *customer_id, struct mb_err *err)
{
    char uuid[MB_ID_TEXT];
    const char *params[] = {mb_id_uuid(id, uuid)};
    PGconn *conn = mb_database_connect(config->database_url, err);
    PGresult *res = conn ? mb_database_query(conn, sql, 1, params, err) : NULL;
    int rc = res ? 0 : -err->code;
    if (res && PQntuples(res) == 0)
        rc = mb_err_set(err, MB_E_NOT_FOUND, "there is no such %s", what);
    if (rc == 0 && !mb_id_parse_uuid(customer_id, mb_str_c(PQgetvalue(res, 0, 0))))
        rc = mb_err_set(err, MB_E_INTERNAL, "the database gave no id");
    PQclear(res);
    PQfinish(conn);
    return rc;
}

int mb_find_run(const struct mb_config *config, struct mb_id run_id, struct mb_id *customer_id,
                struct mb_err *err)
{
    return find(config, "select engine.find_run($1)", "run", run_id, customer_id, err);
}

int mb_find_deployment(const struct mb_config *config, struct mb_id deployment_id,
                       struct mb_id *customer_id, struct mb_err *err)
{
    return find(config, "select customer_id from engine.find_deployment($1)", "deployment",
                deployment_id, customer_id, err);
}

/* The connection string, with what we add to it: session settings, keepalives, a name. Whatever the
 * string itself says wins, except that its own options come before ours. */
#include <stdlib.h>
#include <string.h>

#include "io/pg_int.h"

/* Compiling plans costs more than it gives here; a statement that runs for a minute is lost anyway;
 * JSON made in the database has its times in UTC. */
static const char OPTIONS[] = "-c jit=off -c statement_timeout=60000 -c timezone=UTC "
                              "-c idle_in_transaction_session_timeout=60000 "
                              "-c client_min_messages=warning";

static const struct {
    const char *keyword, *value;
} defaults[] = {
    {"client_encoding", "UTF8"},
    {"connect_timeout", "5"},
    /* A peer that is gone without a word is noticed in about 20 s. */
    {"keepalives_idle", "10"},
    {"keepalives_interval", "5"},
    {"keepalives_count", "2"},
    {"tcp_user_timeout", "20000"},
};

struct pairs {
    char **keywords, **values;
    size_t count;
};

static void add(struct pairs *pairs, const char *keyword, const char *value)
{
    pairs->keywords = mb_realloc(pairs->keywords, (pairs->count + 2) * sizeof(char *));
    pairs->values = mb_realloc(pairs->values, (pairs->count + 2) * sizeof(char *));
    pairs->keywords[pairs->count] = mb_strdup(keyword);
    pairs->values[pairs->count] = mb_strdup(value);
    pairs->count++;
    pairs->keywords[pairs->count] = pairs->values[pairs->count] = NULL;
}

static bool has(const struct pairs *pairs, const char *keyword)
{
    for (size_t i = 0; i < pairs->count; i++)
        if (strcmp(pairs->keywords[i], keyword) == 0)
            return true;
    return false;
}

int mb_pg_conninfo(struct mb_pg *pg, const char *conninfo, const char *application_name,
                   struct mb_err *err)
{
    char *why = NULL;
    PQconninfoOption *given = PQconninfoParse(conninfo, &why);
    if (!given) {
        mb_err_set(err, MB_E_CONFIG, "the database's connection string: %s",
                   why ? why : "not valid");
        PQfreemem(why);
        return -MB_E_CONFIG;
    }
    struct pairs pairs = {0};
    struct mb_buf options = {0};
    const char *outer = getenv("PGOPTIONS"); /* libpq's own default, which ours would hide */
    for (PQconninfoOption *o = given; o->keyword; o++) {
        if (!o->val)
            continue;
        if (strcmp(o->keyword, "options") == 0)
            outer = o->val;
        else
            add(&pairs, o->keyword, o->val);
    }
    PQconninfoFree(given);
    mb_buf_addf(&options, "%s %s", outer ? outer : "", OPTIONS);
    add(&pairs, "options", mb_buf_cstr(&options));
    mb_buf_release(&options);
    if (!has(&pairs, "application_name"))
        add(&pairs, "application_name", application_name ? application_name : "moonbase");
    for (size_t i = 0; i < MB_LEN(defaults); i++)
        if (!has(&pairs, defaults[i].keyword))
            add(&pairs, defaults[i].keyword, defaults[i].value);
    pg->keywords = pairs.keywords;
    pg->values = pairs.values;
    return 0;
}

/* A password may be among the values. */
void mb_pg_conninfo_release(struct mb_pg *pg)
{
    for (size_t i = 0; pg->keywords && pg->keywords[i]; i++) {
        free(pg->keywords[i]);
        explicit_bzero(pg->values[i], strlen(pg->values[i]));
        free(pg->values[i]);
    }
    free(pg->keywords);
    free(pg->values);
    pg->keywords = pg->values = NULL;
}

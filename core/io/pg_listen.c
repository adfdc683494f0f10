/* The connection that listens. One plain LISTEN per channel, sent again on every new connection;
 * after that everybody is told that something may have been missed. */
#include <stdio.h>
#include <string.h>

#include "io/pg_int.h"

/* Sends LISTEN for the channels that the session does not have yet; nothing while one is under way.
 */
static void send_listen(struct mb_pg *pg)
{
    struct mb_pg_conn *conn = &pg->listener;
    if (conn->state != MB_PG_CONN_READY || pg->listen_busy || pg->n_listening == pg->n_channels)
        return;
    struct mb_buf sql = {0};
    for (int i = pg->n_listening; i < pg->n_channels; i++)
        mb_buf_addf(&sql, "listen %s;", pg->channels[i].name);
    pg->listen_upto = pg->n_channels;
    pg->listen_busy = true;
    if (!PQsendQuery(conn->libpq, mb_buf_cstr(&sql)) || PQflush(conn->libpq) < 0)
        mb_turn_queue(pg->loop, &conn->broken);
    mb_buf_release(&sql);
}

void mb_pg_listen(struct mb_pg *pg, const char *channel, mb_pg_notified *on_notify, void *arg)
{
    mb_assert(pg->n_channels < MB_PG_CHANNELS);
    struct mb_pg_channel *c = &pg->channels[pg->n_channels++];
    mb_assert(strspn(channel, "abcdefghijklmnopqrstuvwxyz_") == strlen(channel));
    mb_assert(strlen(channel) < sizeof(c->name));
    snprintf(c->name, sizeof(c->name), "%s", channel);
    c->on_notify = on_notify;
    c->arg = arg;
    send_listen(pg);
}

void mb_pg_listener_ready(struct mb_pg *pg)
{
    pg->n_listening = 0;
    pg->listen_busy = false;
    send_listen(pg);
}

static void deliver(struct mb_pg *pg, const PGnotify *n)
{
    for (int i = 0; i < pg->n_channels && !pg->freed; i++)
        if (strcmp(pg->channels[i].name, n->relname) == 0)
            pg->channels[i].on_notify(pg->channels[i].arg, n->relname, n->extra);
}

/* The channels are listened to from now on; what was before is unknown. */
static void listening(struct mb_pg *pg)
{
    int from = pg->n_listening;
    pg->listen_busy = false;
    pg->n_listening = pg->listen_upto;
    for (int i = from; i < pg->n_listening && !pg->freed; i++)
        pg->channels[i].on_notify(pg->channels[i].arg, pg->channels[i].name, NULL);
    if (!pg->freed)
        send_listen(pg);
}

bool mb_pg_listener_read(struct mb_pg *pg, struct mb_err *err)
{
    struct mb_pg_conn *conn = &pg->listener;
    while (pg->listen_busy && !PQisBusy(conn->libpq)) {
        PGresult *res = PQgetResult(conn->libpq);
        if (!res) {
            listening(pg);
            if (pg->freed)
                return true;
            break;
        }
        bool ok = PQresultStatus(res) == PGRES_COMMAND_OK;
        if (!ok)
            mb_pg_err_result(err, res);
        PQclear(res);
        if (!ok)
            return false;
    }
    PGnotify *n;
    while (!pg->freed && (n = PQnotifies(conn->libpq))) {
        deliver(pg, n);
        PQfreemem(n);
    }
    return true;
}

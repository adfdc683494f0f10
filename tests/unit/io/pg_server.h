/* A private PostgreSQL for the tests of io and app: started once a program, in a folder of its own,
 * on a Unix socket only, and removed at exit. */
#ifndef MB_TEST_PG_SERVER_H
#define MB_TEST_PG_SERVER_H

/* Starts it and returns the folder of its socket. Fails the program when it cannot. */
const char *pg_server_start(void);
void pg_server_stop(void);
/* As an operating system signal would end it, and the next start after that. */
void pg_server_kill(void);
void pg_server_restart(void);
/* Applies sql/ to its database. */
void pg_server_migrate(void);
/* Runs SQL as the superuser through a blocking connection of its own; fails the program on an
 * error. Returns the first value of the last result as text (in a static buffer). */
const char *pg_server_sql(const char *sql);
/* A conninfo for the user. */
const char *pg_server_conninfo(const char *user);

#endif

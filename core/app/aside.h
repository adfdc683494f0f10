/* What `moonbase replay` and `moonbase canary` stand on: the database that a server uses, and a
 * side engine (run/side.h) of the command's own. Nothing is written to that database. */
#ifndef MB_APP_ASIDE_H
#define MB_APP_ASIDE_H

#include "app/cli.h"
#include "app/platform.h"
#include "app/progress.h"
#include "app/signals.h"
#include "base/files.h"
#include "io/pg.h"
#include "run/catalog.h"
#include "run/side.h"

enum { MB_EXIT_COULD_NOT = 2 }; /* of commands whose 1 means "it differs" */

struct mb_aside {
    const struct mb_cli *cli;
    struct mb_platform platform;
    struct mb_pg *pg;
    struct mb_catalog *catalog;
    struct mb_side *side;
    struct mb_files files; /* of --package DIR */
    bool has_files;
    struct mb_signals signals;
    struct mb_progress progress;
    int signal;     /* that ended it; 0 = none */
    json_t *report; /* what came of it; NULL = `err` says why not */
    struct mb_err err;
};

/* Reads `dir` (NULL = none), finds the database, starts the engine. Else it is released again. */
int mb_aside_init(struct mb_aside *aside, struct mb_cli *cli, const char *dir,
                  struct mb_err *err) MB_MUST_CHECK;
void mb_aside_release(struct mb_aside *aside);

/* For mb_rerun_request and mb_canary_request, with the aside as `arg`: the deployment with the
 * package of the folder. */
struct mb_deployment *mb_aside_adapt(void *aside, struct mb_deployment *found, struct mb_err *err);

/* Turns the loop until one of these is called, or a signal comes. */
void mb_aside_wait(struct mb_aside *aside);
void mb_aside_take(struct mb_aside *aside, json_t *report);
void mb_aside_fail(struct mb_aside *aside, const struct mb_err *err);

/* Without a report: says why, and returns what to exit with. */
int mb_aside_refuse(const struct mb_aside *aside, const struct mb_err *err);
void mb_aside_print(const json_t *report); /* as JSON */

/* The lists of a report's "calls": one line each. */
void mb_aside_print_calls(FILE *out, const json_t *calls);
void mb_aside_print_changes(FILE *out, const json_t *changes, int indent);

#endif

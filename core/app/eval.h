/* Evals: cases that a package has to pass. A file of them is read and checked whole (eval_file.c);
 * each case is one simulation (lab.h) whose report is held against what the case expects
 * (eval_check.c), by predicates in Lua in a sandbox (eval_lua.c), and by a model (eval_judge.c). */
#ifndef MB_APP_EVAL_H
#define MB_APP_EVAL_H

#include <stdio.h>

#include "app/lab.h"

/* Reads a file and checks all of it: the schema, names, patterns, schemas and Lua in it. Errors are
 * INVALID_REQUEST and name the file, the case and the field. NULL with err. */
json_t *mb_eval_read(struct mb_lab *lab, const char *path, struct mb_err *err) MB_MUST_CHECK;

struct mb_eval_options {
    const char *only;  /* a text that a case's name contains; NULL = all */
    const char *model; /* instead of what the file says; NULL = that */
    int repeat;        /* how often each case is run, with seeds that count up */
};

/* Runs the cases of a file for a package, and appends to `results` (an array) for each
 *   {"package", "file", "name", "passed", "runs", "passes", "time_ms", "cost_micros", "model",
 *    "notes": [text], "failures": [{"at": "/checks/0", "message", "seed"}]}
 * Returns 0 also when cases fail; an error when they could not be run. on_result is told of each.
 */
int mb_eval_run(struct mb_lab *lab, const struct mb_files *files, const char *path,
                const json_t *file, const struct mb_eval_options *options, json_t *results,
                void (*on_result)(void *arg, const json_t *result), void *arg,
                struct mb_err *err) MB_MUST_CHECK;

/* Adds a failure {"at", "message"}. */
void mb_eval_fail(json_t *failures, const char *at, const char *fmt, ...) MB_PRINTF(3, 4);

/* The text as JSON; a character that was cut off at its end is left out. */
json_t *mb_eval_text(const char *text);
/* An integer of a case file, which the schema also lets be written as 3.0. */
int64_t mb_eval_int(const json_t *number, int64_t fallback);

/* The value at a place of the output; a new reference, NULL when there is none. */
json_t *mb_eval_at(const json_t *output, struct mb_str pointer);
/* What can be held against the report here and now; `expect` is the case's with the defaults. */
void mb_eval_check(const json_t *expect, const json_t *checks, const json_t *report,
                   json_t *failures);

/* The Lua of a file's checks compiles? `place` gets "cases/3/checks/0". */
int mb_eval_lua_compile(struct mb_lab *lab, const json_t *file, struct mb_err *err) MB_MUST_CHECK;
int mb_eval_lua(struct mb_lab *lab, const json_t *check, const json_t *input, const json_t *report,
                const char *at, json_t *failures, struct mb_err *err) MB_MUST_CHECK;

/* `model` is what the case was run with: "real" or "script" judge as the check says. A judgement
 * that is weak is said to be so in `notes`. */
int mb_eval_judge(struct mb_lab *lab, const json_t *check, const json_t *input,
                  const json_t *report, const char *at, json_t *failures, json_t *notes,
                  struct mb_err *err) MB_MUST_CHECK;

/* The outcome: for a person, for programs, for CI (JUnit's XML as its Ant task writes it). */
void mb_eval_print_result(FILE *out, const json_t *result);
void mb_eval_print_sum(FILE *out, const json_t *results);
void mb_eval_add_junit(struct mb_buf *out, const json_t *results);

#endif

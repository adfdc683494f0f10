/* A run, told to a person: what came out, what it did step by step, what it used and cost. The
 * shapes are those of GET /v1/runs/{id} and its steps. */
#ifndef MB_APP_REPORT_H
#define MB_APP_REPORT_H

#include <stdio.h>

#include <jansson.h>

#include "base/base.h"

/* The output, field by field, or the error with its place; then one line of usage. */
void mb_report_run(FILE *out, const json_t *run);
/* Text that a stranger wrote, and a line feed: later lines are indented, control characters left
 * out. */
void mb_report_text(FILE *out, struct mb_str text, int indent);
/* One line a step: number, tool, duration, tokens, cost, and its error if it had one. */
void mb_report_steps(FILE *out, const json_t *steps);

#endif

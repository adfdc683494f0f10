/* Reading what a command is given: a file or stdin, as JSON. */
#ifndef MB_APP_INPUT_H
#define MB_APP_INPUT_H

#include <jansson.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/files.h"

enum { MB_INPUT_BYTES = 1024 * 1024 }; /* the largest input of a run */

/* Reads a file, or stdin for "-", and checks that it is one JSON value. `what` names it in errors
 * ("--input"). The text is appended to `out` as it was. */
int mb_input_read(const char *path, const char *what, struct mb_buf *out,
                  struct mb_err *err) MB_MUST_CHECK;

/* Reads --input for a package. A file whose name ends with .csv, .tsv, .txt or .md is text: it
 * becomes the first property of the package's input schema (agent.json) whose contentMediaType is
 * the text's (text/csv, text/tab-separated-values, text/plain, text/markdown), within objects too:
 * {"data": {"csv": "..."}}. INVALID_INPUT when there is none. All else is JSON. */
int mb_input_read_for(const struct mb_files *package, const char *path, struct mb_buf *out,
                      struct mb_err *err) MB_MUST_CHECK;

#endif

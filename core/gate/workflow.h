/* Workflows: jobs of the toolbox that turn a document into a package and back (lua/compiler). What
 * a document is, is the compiler's matter; here it gets what the host knows (tools, models) and is
 * held to limits of size, depth and time. */
#ifndef MB_GATE_WORKFLOW_H
#define MB_GATE_WORKFLOW_H

#include <jansson.h>

#include "base/err.h"
#include "base/files.h"

struct mb_gate;
struct mb_workflow_job;

enum { MB_WORKFLOW_DEPTH = 48 }; /* of a document: objects and lists inside each other */

/* Gets the result (a new reference that it owns), or the error. */
typedef void mb_workflow_done(void *arg, json_t *result, const struct mb_err *err);

struct mb_workflow_compile {
    const json_t *document;
    const json_t
        *workflows;      /* {name: {"input", "output"}}: what it may start; NULL = not checked */
    const char *version; /* of the package */
};

/* Compiles: {"ok", "errors", "warnings", "cost", "files"}; cost and files only when it is ok. A
 * document with errors is a result, not an error. INVALID_REQUEST at the place when it is nested
 * too deeply, TOO_LARGE, OVERLOADED; CPU_LIMIT or TIMEOUT when it takes too long. */
int mb_workflow_compile_start(struct mb_gate *gate, const struct mb_workflow_compile *request,
                              mb_workflow_done *on_done, void *arg, struct mb_workflow_job **job,
                              struct mb_err *err) MB_MUST_CHECK;
/* Reads a package's files ({path: text}) back: {"document", "problems"}; document is absent when
 * they are no workflow. */
int mb_workflow_import_start(struct mb_gate *gate, const json_t *files, mb_workflow_done *on_done,
                             void *arg, struct mb_workflow_job **job,
                             struct mb_err *err) MB_MUST_CHECK;
void mb_workflow_cancel(struct mb_workflow_job *job); /* on_done does not run */

/* Adds what a compilation gave to `files`. */
int mb_workflow_files(const json_t *result, struct mb_files *files,
                      struct mb_err *err) MB_MUST_CHECK;

/* The first of its errors as INVALID_WORKFLOW: "node 'classify', params.prompt: ..."; how many more
 * there are is in the message. */
int mb_workflow_error(const json_t *result, struct mb_err *err);

#endif

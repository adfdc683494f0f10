/* Where a customer's stored data lies: keys and values, documents to search, files. Two kinds: in
 * PostgreSQL, and in memory for `moonbase run`. */
#ifndef MB_GATE_DATA_H
#define MB_GATE_DATA_H

#include <jansson.h>

#include "base/err.h"
#include "base/id.h"

struct mb_data_call;

struct mb_data {
    /* Starts a data tool ("kv.get", "memory.search", ...) for a customer and one of its
     * deployments; args fit the tool's schema and are borrowed for the call. on_done is called
     * once, not from inside: the result as JSON text, borrowed for the call, or an error. */
    int (*start)(struct mb_data *data, const char *tool, struct mb_id customer_id,
                 struct mb_id deployment_id, const json_t *args,
                 void (*on_done)(void *arg, struct mb_str result, const struct mb_err *err),
                 void *arg, struct mb_data_call **call, struct mb_err *err);
    void (*cancel)(struct mb_data_call *call); /* on_done does not run any more */
    void (*free)(struct mb_data *data);
};

struct mb_pg;
struct mb_loop;
struct mb_data *mb_data_pg_new(struct mb_pg *pg);
struct mb_data *mb_data_mem_new(struct mb_loop *loop);

#endif

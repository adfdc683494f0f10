/* Packages: what agent.json may say, and the check of an upload. */
#ifndef MB_GATE_PACKAGE_H
#define MB_GATE_PACKAGE_H

#include <jansson.h>

#include "base/archive.h"
#include "base/err.h"

struct mb_gate;

/* Checks a package as an upload: agent.json against its schema (unknown fields refused), that
 * main.lua exists, every schema in it compiles, tools are known to the gate, models, hosts and
 * secrets are well-formed; then every Lua file's syntax, in the toolbox. `files` is borrowed until
 * the callback. The callback gets the manifest (a new reference that it owns) or the error, with
 * pointer "agent.json#/tools/0" or "main.lua:12". Refuses at once as asynchronous operations do. */
struct mb_package_check;
int mb_package_check_start(struct mb_gate *gate, const struct mb_files *files,
                           void (*on_done)(void *arg, json_t *manifest, const struct mb_err *err),
                           void *arg, struct mb_package_check **check,
                           struct mb_err *err) MB_MUST_CHECK;
void mb_package_check_cancel(struct mb_package_check *check);

#endif

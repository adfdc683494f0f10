/* What the tests of the engines share: an engine with a real sandbox and the journal in memory, and
 * packages of one Lua text. */
#ifndef MB_TESTS_RUN_HOST_H
#define MB_TESTS_RUN_HOST_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/local.h"
#include "app/platform.h"

extern struct mb_config config;
extern struct mb_platform platform;
extern struct mb_local local;

int set_up_host(void **state);
int tear_down_host(void **state);

/* Deploys a package of this manifest and this main.lua as `row` says: the customer and the budget
 * are the caller's, ids and JSON that are not set are filled in. */
void deploy_lua(struct mb_deployment_row *row, const char *manifest, const char *main_lua);

/* Turns the loop; fails after 30 s. */
void turn_until(const bool *done);

#endif

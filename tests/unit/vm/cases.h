/* Tables of small agents, each with what must come of it. */
#ifndef TEST_VM_CASES_H
#define TEST_VM_CASES_H

#include <stddef.h>

struct lua_case {
    const char *rule; /* the test's name */
    const char *body; /* of function(input, ctx); "moon" is loaded */
    /* The output's JSON; or "!code" or "!code text": the run fails so, and its JSON holds the text.
     */
    const char *expect;
};

/* Runs every case as a test of its own, in a vm of its own. Returns cmocka's result. */
int run_lua_cases(const char *group, const struct lua_case *cases, size_t n);

#endif

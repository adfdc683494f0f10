/* core/io/pg against a real server. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "io/pg.h"
#include "pg_server.h"

static struct mb_loop loop;

/* ---- fixture: a pool, and what it called back with ------------------------------------------- */

struct seen {
    int calls, rows;
    int code;
    struct mb_err err;
    int64_t value;
    char text[256];
    struct mb_pg *free_in_callback;
};

static struct mb_pg *open_pool(const char *user, int queue_max)
{
    struct mb_pg_opts opts = {.conninfo = pg_server_conninfo(user), .queue_max = queue_max};
    struct mb_err err;
    struct mb_pg *pg = mb_pg_new(&loop, &opts, &err);
    assert_non_null(pg);
    return pg;
}

static void turn_until_up(struct mb_pg *pg)
{
    while (!mb_pg_is_up(pg))
        mb_loop_turn(&loop, 1000);
}

static void on_done(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    struct seen *seen = arg;
    seen->calls++;
    if (err) {
        seen->code = err->code;
        seen->err = *err;
    } else {
        seen->code = 0;
        seen->rows = mb_pg_rows(res);
    }
    if (seen->free_in_callback)
        mb_pg_free(seen->free_in_callback);
}

static void on_int(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    struct seen *seen = arg;
    on_done(arg, res, err);
    if (res)
        seen->value = mb_pg_get_int(res, 0, 0);
}

static void wait_for(struct seen *seen, int calls)
{
    while (seen->calls < calls)
        mb_loop_turn(&loop, 1000);
}

static void start(struct mb_pg *pg, const struct mb_pg_stmt *stmt, const struct mb_pg_param *params,
                  mb_pg_done *done, struct seen *seen)
{
    struct mb_err err;
    assert_int_equal(mb_pg_query(pg, stmt, params, done, seen, NULL, &err), 0);
}

static const uint32_t int8_type[] = {MB_PG_INT8};
static const struct mb_pg_stmt stmt_echo = {
    .name = "echo", .sql = "select $1", .n_params = 1, .types = int8_type};
static const struct mb_pg_stmt stmt_slow = {.name = "slow",
                                            .sql = "select 1 from pg_sleep($1::bigint / 1000.0)",
                                            .n_params = 1,
                                            .types = int8_type,
                                            .deadline_ms = 50};
static const struct mb_pg_stmt stmt_add = {
    .name = "add_once",
    .sql = "insert into t select $1 from pg_sleep(5) returning v",
    .n_params = 1,
    .types = int8_type,
    .lane = MB_PG_JOURNAL,
    .deadline_ms = -1};
static const struct mb_pg_stmt stmt_add_again = {
    .name = "add_again",
    .sql = "insert into t values ($1) on conflict (v) do nothing",
    .n_params = 1,
    .types = int8_type,
    .lane = MB_PG_JOURNAL,
    .retry = true,
    .deadline_ms = -1};
static const struct mb_pg_stmt stmt_bad = {.name = "bad", .sql = "select nonsense"};
static const struct mb_pg_stmt stmt_kill_self = {
    .name = "kill_self", .sql = "select pg_terminate_backend(pg_backend_pid())"};

/* ---- tests ----------------------------------------------------------------------------------- */

static void answers_with_what_was_asked(void **state)
{
    (void)state;
    struct mb_pg *pg = open_pool("postgres", 0);
    struct seen seen = {0};
    struct mb_pg_param p = mb_pg_int8(-7);
    start(pg, &stmt_echo, &p, on_int, &seen); /* before it is connected: it waits */
    assert_int_equal(seen.calls, 0);
    wait_for(&seen, 1);
    assert_int_equal(seen.value, -7);
    mb_pg_free(pg);
}

static struct mb_id id_there;
static const int64_t time_there = INT64_C(1767323045000000);

static void check_types(void *arg, const struct mb_pg_result *r, const struct mb_err *err)
{
    on_done(arg, r, err);
    assert_non_null(r);
    struct mb_str texts[3];
    assert_true(mb_pg_get_bool(r, 0, 0));
    assert_int_equal(mb_pg_get_int(r, 0, 1), -4);
    assert_int_equal(mb_pg_get_int(r, 0, 2), INT64_MIN);
    assert_true(mb_str_is(mb_pg_get_str(r, 0, 3), "h\xC3\xA9"));
    assert_memory_equal(mb_pg_get_str(r, 0, 4).ptr, "\0\1", 2);
    assert_true(mb_id_eq(mb_pg_get_id(r, 0, 5), id_there));
    assert_true(mb_str_is(mb_pg_get_str(r, 0, 6), "{\"a\": 1}"));
    assert_int_equal(mb_pg_get_time_us(r, 0, 7), time_there);
    assert_true(mb_pg_is_null(r, 0, 8) && mb_pg_get_str(r, 0, 8).ptr == NULL);
    assert_int_equal(mb_pg_get_int(r, 0, 9), -2);
    assert_true(mb_pg_get_bool(r, 0, 10));
    assert_int_equal(mb_pg_get_texts(r, 0, 11, texts, 3), 3);
    assert_true(mb_str_is(texts[2], "x") && texts[1].len == 0);
}

static void carries_every_type_there_and_back(void **state)
{
    (void)state;
    static const uint32_t types[] = {MB_PG_BOOL, MB_PG_INT4,        MB_PG_INT8,
                                     MB_PG_TEXT, MB_PG_BYTEA,       MB_PG_UUID,
                                     MB_PG_JSON, MB_PG_TIMESTAMPTZ, MB_PG_TEXT};
    static const struct mb_pg_stmt stmt = {
        .name = "types",
        .sql = "select $1, $2, $3, $4, $5, $6, $7, $8, $9, (-2)::int2,"
               " $8 = '2026-01-02T03:04:05Z', array[$4, null, 'x']::text[]",
        .n_params = MB_LEN(types),
        .types = types};
    struct mb_pg *pg = open_pool("postgres", 0);
    id_there = mb_id_new();
    struct mb_pg_param params[] = {
        mb_pg_bool(true),           mb_pg_int4(-4),
        mb_pg_int8(INT64_MIN),      mb_pg_text(MB_STR("h\xC3\xA9")),
        mb_pg_bytea("\0\1", 2),     mb_pg_uuid(id_there),
        mb_pg_text_c("{\"a\": 1}"), mb_pg_time(time_there),
        mb_pg_text_c(NULL),
    };
    struct seen seen = {0};
    start(pg, &stmt, params, check_types, &seen);
    wait_for(&seen, 1);
    mb_pg_free(pg);
}

static void check_arrays(void *arg, const struct mb_pg_result *r, const struct mb_err *err)
{
    on_done(arg, r, err);
    assert_non_null(r);
    assert_true(mb_str_is(mb_pg_get_str(r, 0, 0), "{00000000-0000-0000-0000-000000000000,"
                                                  "0193b2c4-d5e6-7f80-90a1-b2c3d4e5f607} 0"));
}

static void carries_arrays_and_empty_ones(void **state)
{
    (void)state;
    static const uint32_t types[] = {MB_PG_UUID_ARRAY, MB_PG_UUID_ARRAY};
    static const struct mb_pg_stmt stmt = {.name = "arrays",
                                           .sql = "select concat_ws(' ', $1, cardinality($2))",
                                           .n_params = MB_LEN(types),
                                           .types = types};
    struct mb_pg *pg = open_pool("postgres", 0);
    struct mb_pg_array ids, none;
    struct mb_id id;
    assert_true(mb_id_parse_uuid(&id, MB_STR("0193b2c4-d5e6-7f80-90a1-b2c3d4e5f607")));
    mb_pg_array_init(&ids, MB_PG_UUID);
    mb_pg_array_init(&none, MB_PG_UUID);
    for (int round = 0; round < 2; round++) {
        mb_pg_array_clear(&ids);
        mb_pg_array_add_uuid(&ids, mb_id_nil());
        mb_pg_array_add_uuid(&ids, id);
        struct mb_pg_param params[] = {mb_pg_array_param(&ids), mb_pg_array_param(&none)};
        struct seen seen = {0};
        start(pg, &stmt, params, check_arrays, &seen);
        wait_for(&seen, 1);
    }
    mb_pg_array_release(&ids);
    mb_pg_array_release(&none);
    mb_pg_free(pg);
}

static void keeps_many_queries_in_flight_and_answers_each(void **state)
{
    (void)state;
    enum { N = 1000 };
    struct mb_pg *pg = open_pool("postgres", 0);
    struct seen *seen = calloc(N, sizeof(*seen));
    for (int i = 0; i < N; i++) {
        struct mb_pg_param p = mb_pg_int8(i);
        start(pg, &stmt_echo, &p, on_int, &seen[i]);
    }
    for (int i = 0; i < N; i++) {
        wait_for(&seen[i], 1);
        assert_int_equal(seen[i].value, i);
    }
    struct mb_pg_stats stats;
    mb_pg_stats(pg, &stats);
    assert_int_equal(stats.waiting + stats.flying, 0);
    assert_int_equal(stats.queries, N);
    for (int i = 0; i < N; i++)
        assert_int_equal(seen[i].calls, 1);
    free(seen);
    mb_pg_free(pg);
}

static void refuses_beyond_its_queue(void **state)
{
    (void)state;
    struct mb_pg *pg = open_pool("postgres", 2);
    struct seen seen = {0};
    struct mb_pg_param p = mb_pg_int8(1);
    struct mb_err err;
    start(pg, &stmt_echo, &p, on_int, &seen);
    start(pg, &stmt_echo, &p, on_int, &seen);
    assert_int_equal(mb_pg_query(pg, &stmt_echo, &p, on_int, &seen, NULL, &err), -MB_E_OVERLOADED);
    wait_for(&seen, 2);
    start(pg, &stmt_echo, &p, on_int, &seen);
    wait_for(&seen, 3);
    mb_pg_free(pg);
}

static void what_keeps_a_core_alive_is_never_refused_and_goes_first(void **state)
{
    (void)state;
    static const struct mb_pg_stmt first = {
        .name = "first", .sql = "select $1", .n_params = 1, .types = int8_type, .goes_first = true};
    struct mb_pg *pg = open_pool("postgres", 2); /* not connected yet: all wait */
    struct seen seen = {0}, alive = {0};
    struct mb_pg_param p = mb_pg_int8(1), q = mb_pg_int8(2);
    struct mb_err err;
    start(pg, &stmt_echo, &p, on_int, &seen);
    start(pg, &stmt_echo, &p, on_int, &seen);
    assert_int_equal(mb_pg_query(pg, &stmt_echo, &p, on_int, &seen, NULL, &err), -MB_E_OVERLOADED);
    start(pg, &first, &q, on_int, &alive);
    wait_for(&alive, 1);
    assert_int_equal(alive.value, 2);
    wait_for(&seen, 2);
    mb_pg_free(pg);
}

static void an_error_of_one_query_leaves_its_neighbours_alone(void **state)
{
    (void)state;
    /* So few are in flight that some are sent between the first error and those that follow. */
    struct mb_pg_opts opts = {
        .conninfo = pg_server_conninfo("postgres"), .connections = 1, .pipeline_max = 6};
    struct mb_err err;
    struct mb_pg *pg = mb_pg_new(&loop, &opts, &err);
    turn_until_up(pg);
    struct seen good = {0}, bad = {0};
    struct mb_pg_param p = mb_pg_int8(5);
    for (int i = 0; i < 20; i++) {
        start(pg, &stmt_echo, &p, on_int, &good);
        start(pg, &stmt_bad, NULL, on_done, &bad);
    }
    wait_for(&good, 20);
    wait_for(&bad, 20);
    assert_int_equal(good.code, 0);
    assert_int_equal(bad.code, MB_E_INTERNAL);
    struct mb_pg_stats stats;
    mb_pg_stats(pg, &stats);
    assert_int_equal(stats.reconnects, 0);
    mb_pg_free(pg);
}

static void maps_what_functions_raise(void **state)
{
    (void)state;
    static const uint32_t types[] = {MB_PG_TEXT, MB_PG_TEXT, MB_PG_TEXT};
    static const struct mb_pg_stmt stmt = {
        .name = "raise", .sql = "select test_raise($1, $2, $3)", .n_params = 3, .types = types};
    static const struct {
        const char *sqlstate, *wire, *pointer;
        int code;
        const char *seen_wire;
        bool retryable;
    } cases[] = {
        {"MB404", "not_found", "/id", MB_E_NOT_FOUND, "not_found", false},
        {"MB422", "storage_limit", "", MB_E_STORAGE_LIMIT, "storage_limit", false},
        {"MB409", "my_own_code", "/a/b", MB_E_CONFLICT, "my_own_code", false},
        {"MB400", "", "", MB_E_INVALID_REQUEST, "invalid_request", false},
        {"MBFEN", "", "", MB_E_FENCED, "fenced", true},
        {"MBSEQ", "", "", MB_E_CONFLICT, "conflict", false},
        {"40P01", "", "", MB_E_DATABASE, "database", true},
        {"53100", "", "", MB_E_OVERLOADED, "overloaded", true},
        {"57014", "", "", MB_E_TIMEOUT, "timeout", true},
        {"23505", "", "", MB_E_INTERNAL, "internal", false},
    };
    pg_server_sql("create or replace function test_raise(s text, d text, h text) returns void"
                  " language plpgsql as $$ begin raise exception using errcode = s, message ="
                  " 'said so', detail = d, hint = h; end $$");
    struct mb_pg *pg = open_pool("postgres", 0);
    for (size_t i = 0; i < MB_LEN(cases); i++) {
        struct mb_pg_param p[] = {mb_pg_text_c(cases[i].sqlstate), mb_pg_text_c(cases[i].wire),
                                  mb_pg_text_c(cases[i].pointer)};
        struct seen seen = {0};
        start(pg, &stmt, p, on_done, &seen);
        wait_for(&seen, 1);
        assert_int_equal(seen.code, cases[i].code);
        assert_string_equal(mb_err_wire(&seen.err), cases[i].seen_wire);
        assert_string_equal(seen.err.pointer, cases[i].pointer);
        assert_int_equal(mb_err_retryable(&seen.err), cases[i].retryable);
        assert_non_null(strstr(seen.err.message, "said so"));
        assert_false(mb_pg_is_unknown(&seen.err));
    }
    mb_pg_free(pg);
}

static void a_cancelled_query_never_calls_back(void **state)
{
    (void)state;
    struct mb_pg *pg = open_pool("postgres", 0);
    struct seen cancelled = {0}, after = {0};
    struct mb_pg_query *waiting, *flying;
    struct mb_pg_param p = mb_pg_int8(1);
    assert_int_equal(mb_pg_query(pg, &stmt_echo, &p, on_int, &cancelled, &waiting, NULL), 0);
    mb_pg_cancel(waiting);
    turn_until_up(pg);
    assert_int_equal(mb_pg_query(pg, &stmt_echo, &p, on_int, &cancelled, &flying, NULL), 0);
    mb_pg_cancel(flying);
    for (int i = 0; i < 10; i++) /* on every connection */
        start(pg, &stmt_echo, &p, on_int, &after);
    wait_for(&after, 10);
    assert_int_equal(cancelled.calls, 0);
    mb_pg_free(pg);
}

static void a_query_past_its_deadline_fails_and_is_marked_unknown(void **state)
{
    (void)state;
    struct mb_pg *pg = open_pool("postgres", 0);
    turn_until_up(pg);
    struct seen seen = {0};
    struct mb_pg_param p = mb_pg_int8(200);
    start(pg, &stmt_slow, &p, on_done, &seen);
    wait_for(&seen, 1);
    assert_int_equal(seen.code, MB_E_TIMEOUT);
    assert_true(mb_pg_is_unknown(&seen.err));
    mb_pg_free(pg); /* with the answer still owed */
}

static void the_pool_may_be_freed_inside_a_callback(void **state)
{
    (void)state;
    struct mb_pg *pg = open_pool("postgres", 0);
    turn_until_up(pg);
    struct seen first = {.free_in_callback = pg}, others = {0};
    struct mb_pg_param p = mb_pg_int8(1);
    start(pg, &stmt_echo, &p, on_int, &first);
    for (int i = 0; i < 10; i++)
        start(pg, &stmt_slow, &p, on_done, &others);
    wait_for(&first, 1);
    for (int i = 0; i < 5; i++)
        mb_loop_turn(&loop, 20);
    assert_true(others.calls <= 10);
}

static void a_lost_connection_fails_its_query_as_unknown_and_comes_back(void **state)
{
    (void)state;
    struct mb_pg *pg = open_pool("postgres", 0);
    turn_until_up(pg);
    struct seen seen = {0}, after = {0};
    start(pg, &stmt_kill_self, NULL, on_done, &seen);
    wait_for(&seen, 1);
    assert_int_equal(seen.code, MB_E_DATABASE);
    assert_true(mb_pg_is_unknown(&seen.err) && mb_err_retryable(&seen.err));
    struct mb_pg_param p = mb_pg_int8(1);
    start(pg, &stmt_echo, &p, on_int, &after);
    wait_for(&after, 1);
    assert_int_equal(after.code, 0);
    struct mb_pg_stats stats;
    do {
        mb_loop_turn(&loop, 100);
        mb_pg_stats(pg, &stats);
    } while (stats.connected < 6);
    assert_true(stats.reconnects >= 1);
    mb_pg_free(pg);
}

static void retried_statements_survive_a_restart_of_the_server(void **state)
{
    (void)state;
    enum { N = 20 }; /* below the pipeline's depth: all of them are sent */
    pg_server_sql("create table t (v bigint primary key)");
    struct mb_pg *pg = open_pool("postgres", 0);
    turn_until_up(pg);
    struct seen again = {0}, once = {0};
    for (int i = 0; i < N; i++) {
        struct mb_pg_param p = mb_pg_int8(i);
        start(pg, &stmt_add_again, &p, on_done, &again);
    }
    struct mb_pg_param p = mb_pg_int8(1000);
    start(pg, &stmt_add, &p, on_done, &once);
    pg_server_kill();
    for (int i = 0; i < 20; i++)
        mb_loop_turn(&loop, 20);
    assert_false(mb_pg_is_up(pg));
    for (int i = N; i < 2 * N; i++) { /* accepted while it is away */
        p = mb_pg_int8(i);
        start(pg, &stmt_add_again, &p, on_done, &again);
    }
    pg_server_restart();
    wait_for(&again, 2 * N);
    wait_for(&once, 1);
    assert_int_equal(again.code, 0);
    assert_int_equal(once.code, MB_E_DATABASE);
    assert_true(mb_pg_is_unknown(&once.err));
    assert_string_equal(pg_server_sql("select count(*) from t"), "40");
    mb_pg_free(pg);
}

static void transient_errors_are_tried_again_in_order(void **state)
{
    (void)state;
    /* The first batch fails three times with a deadlock; the second may not overtake it. */
    static const struct mb_pg_stmt stmt = {.name = "in_order",
                                           .sql = "select test_in_order($1)",
                                           .n_params = 1,
                                           .types = int8_type,
                                           .lane = MB_PG_JOURNAL,
                                           .retry = true};
    pg_server_sql("create table o (v bigint);"
                  "create sequence fails;"
                  "create or replace function test_in_order(n bigint) returns void"
                  " language plpgsql as $$ begin"
                  " if n = 1 and nextval('fails') < 4 then"
                  "   raise exception using errcode = '40P01', message = 'deadlock'; end if;"
                  " if n > 1 and not exists (select from o where v = n - 1) then"
                  "   raise exception using errcode = 'MBSEQ', message = 'too early'; end if;"
                  " insert into o values (n); end $$");
    struct mb_pg *pg = open_pool("postgres", 0);
    turn_until_up(pg);
    struct seen seen = {0};
    for (int i = 1; i <= 5; i++) {
        struct mb_pg_param p = mb_pg_int8(i);
        start(pg, &stmt, &p, on_done, &seen);
    }
    wait_for(&seen, 5);
    assert_int_equal(seen.code, 0);
    assert_string_equal(pg_server_sql("select string_agg(v::text, ',') from o"), "1,2,3,4,5");
    /* With no predecessor under way it is the caller's mistake, and is told. */
    struct seen lone = {0};
    struct mb_pg_param p = mb_pg_int8(99);
    start(pg, &stmt, &p, on_done, &lone);
    wait_for(&lone, 1);
    assert_int_equal(lone.code, MB_E_CONFLICT);
    mb_pg_free(pg);
}

static void functions_replaced_under_us_cost_one_reconnect(void **state)
{
    (void)state;
    static const struct mb_pg_stmt stmt = {
        .name = "star", .sql = "select * from shape", .retry = true, .lane = MB_PG_JOURNAL};
    pg_server_sql("create table shape (a int); insert into shape"
                  " values (1)");
    struct mb_pg *pg = open_pool("postgres", 0);
    struct seen seen = {0};
    start(pg, &stmt, NULL, on_int, &seen);
    wait_for(&seen, 1);
    pg_server_sql("alter table shape add b int");
    start(pg, &stmt, NULL, on_int, &seen);
    wait_for(&seen, 2);
    assert_int_equal(seen.code, 0);
    mb_pg_free(pg);
}

static void on_state(void *arg, bool up, const struct mb_err *err)
{
    struct seen *seen = arg;
    seen->calls++;
    seen->value = up;
    seen->code = err ? err->code : 0;
}

static void tells_when_the_server_is_away_and_back(void **state)
{
    (void)state;
    struct seen seen = {0};
    struct mb_pg_opts opts = {
        .conninfo = pg_server_conninfo("postgres"), .on_state = on_state, .arg = &seen};
    struct mb_pg *pg = mb_pg_new(&loop, &opts, NULL);
    assert_int_equal(seen.calls, 0);
    wait_for(&seen, 1);
    assert_true(seen.value && mb_pg_is_up(pg));
    pg_server_kill();
    wait_for(&seen, 2);
    assert_false(seen.value);
    assert_int_equal(seen.code, MB_E_DATABASE);
    pg_server_restart();
    wait_for(&seen, 3);
    assert_true(seen.value);
    mb_pg_free(pg);
}

static void a_query_waits_for_the_server_no_longer_than_its_deadline(void **state)
{
    (void)state;
    struct mb_pg_opts opts = {.conninfo = "host=/nonexistent dbname=x"};
    struct mb_pg *pg = mb_pg_new(&loop, &opts, NULL);
    struct seen seen = {0};
    struct mb_pg_param p = mb_pg_int8(1);
    start(pg, &stmt_slow, &p, on_done, &seen);
    wait_for(&seen, 1);
    assert_int_equal(seen.code, MB_E_DATABASE);
    assert_false(mb_pg_is_unknown(&seen.err));
    mb_pg_free(pg);
}

static void refuses_a_bad_connection_string(void **state)
{
    (void)state;
    struct mb_pg_opts opts = {.conninfo = "host=a nonsense"};
    struct mb_err err;
    assert_null(mb_pg_new(&loop, &opts, &err));
    assert_int_equal(err.code, MB_E_CONFIG);
}

static void on_notify(void *arg, const char *channel, const char *payload)
{
    struct seen *seen = arg;
    seen->calls++;
    assert_string_equal(channel, "test_channel");
    snprintf(seen->text, sizeof(seen->text), "%s", payload ? payload : "(missed?)");
}

static void listens_and_tells_when_something_may_have_been_missed(void **state)
{
    (void)state;
    struct mb_pg *pg = open_pool("postgres", 0);
    struct seen seen = {0};
    mb_pg_listen(pg, "test_channel", on_notify, &seen);
    wait_for(&seen, 1);
    assert_string_equal(seen.text, "(missed?)");
    pg_server_sql("notify test_channel, 'one'");
    wait_for(&seen, 2);
    assert_string_equal(seen.text, "one");
    pg_server_sql("select pg_terminate_backend(pid) from pg_stat_activity where query like"
                  " 'listen%'");
    wait_for(&seen, 3);
    assert_string_equal(seen.text, "(missed?)");
    struct seen late = {0};
    mb_pg_listen(pg, "test_channel", on_notify, &late);
    wait_for(&late, 1);
    mb_pg_free(pg);
}

static int set_up(void **state)
{
    (void)state;
    mb_loop_init(&loop);
    pg_server_start();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    pg_server_stop();
    mb_loop_release(&loop);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_with_what_was_asked),
        cmocka_unit_test(carries_every_type_there_and_back),
        cmocka_unit_test(carries_arrays_and_empty_ones),
        cmocka_unit_test(keeps_many_queries_in_flight_and_answers_each),
        cmocka_unit_test(refuses_beyond_its_queue),
        cmocka_unit_test(what_keeps_a_core_alive_is_never_refused_and_goes_first),
        cmocka_unit_test(an_error_of_one_query_leaves_its_neighbours_alone),
        cmocka_unit_test(maps_what_functions_raise),
        cmocka_unit_test(a_cancelled_query_never_calls_back),
        cmocka_unit_test(a_query_past_its_deadline_fails_and_is_marked_unknown),
        cmocka_unit_test(the_pool_may_be_freed_inside_a_callback),
        cmocka_unit_test(a_lost_connection_fails_its_query_as_unknown_and_comes_back),
        cmocka_unit_test(retried_statements_survive_a_restart_of_the_server),
        cmocka_unit_test(transient_errors_are_tried_again_in_order),
        cmocka_unit_test(functions_replaced_under_us_cost_one_reconnect),
        cmocka_unit_test(tells_when_the_server_is_away_and_back),
        cmocka_unit_test(a_query_waits_for_the_server_no_longer_than_its_deadline),
        cmocka_unit_test(refuses_a_bad_connection_string),
        cmocka_unit_test(listens_and_tells_when_something_may_have_been_missed),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

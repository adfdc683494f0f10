/* core/io/pg_batch against a real, migrated database. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "base/clock.h"
#include "io/pg_batch.h"
#include "pg_server.h"

static struct mb_loop loop;
static struct mb_pg *pg;
static struct mb_pg_batch batch;
static int64_t fence, number;

struct seen {
    int calls, code;
    int64_t value;
};

static void on_done(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    struct seen *seen = arg;
    seen->calls++;
    seen->code = err ? err->code : 0;
    seen->value = err ? 0 : mb_pg_get_bool(res, 0, 0);
}

static void on_fence(void *arg, const struct mb_pg_result *res, const struct mb_err *err)
{
    struct seen *seen = arg;
    assert_null(err);
    seen->calls++;
    seen->value = mb_pg_get_int(res, 0, 0);
}

static void wait_for(const struct seen *seen)
{
    while (seen->calls == 0)
        mb_loop_turn(&loop, 1000);
}

/* Sends the batch under the next number and returns the error's code, or 0. */
static int send_batch(void)
{
    struct seen seen = {0};
    struct mb_err err;
    assert_int_equal(mb_pg_batch_send(&batch, pg, fence, number + 1, on_done, &seen, &err), 0);
    assert_int_equal(seen.calls, 0);
    wait_for(&seen);
    number += seen.code == 0;
    mb_pg_batch_clear(&batch);
    return seen.code;
}

static struct mb_id customer(int i)
{
    struct mb_id id = {{0x01, 0x90}};
    id.bytes[15] = (uint8_t)i;
    return id;
}

static void add_run(struct mb_id owner, struct mb_id id)
{
    mb_pg_batch_add_run(&batch, &(struct mb_pg_batch_run){.customer_id = owner,
                                                          .run_id = id,
                                                          .deployment_id = owner,
                                                          .status = MB_STR("running"),
                                                          .owned = true,
                                                          .input = MB_STR("{}"),
                                                          .limits = MB_STR("{}"),
                                                          .seed = MB_STR("x"),
                                                          .created_us = mb_clock_wall_us()});
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void every_column_arrives_as_it_was_given(void **state)
{
    (void)state;
    char sql[512], uuid[MB_ID_TEXT];
    struct mb_id run = mb_id_new(), parent = mb_id_new();
    int64_t at = INT64_C(1767323045000000);
    mb_pg_batch_add_run(&batch, &(struct mb_pg_batch_run){.customer_id = customer(1),
                                                          .run_id = run,
                                                          .deployment_id = customer(2),
                                                          .package_owner = customer(3),
                                                          .package_id = customer(4),
                                                          .parent_run_id = parent,
                                                          .status = MB_STR("waiting"),
                                                          .wait_reason = MB_STR("timer"),
                                                          .wake_us = at + 1,
                                                          .owned = true,
                                                          .input = MB_STR("1"),
                                                          .output = MB_STR("2"),
                                                          .error = MB_STR("3"),
                                                          .limits = MB_STR("4"),
                                                          .seed = MB_STR("s"),
                                                          .diverged = true,
                                                          .created_us = at,
                                                          .started_us = at + 2,
                                                          .finished_us = at + 3,
                                                          .steps = 5,
                                                          .cpu_us = 6,
                                                          .tokens_in = 7,
                                                          .tokens_out = 8,
                                                          .cost_micros = 9});
    mb_pg_batch_add_step(&batch, &(struct mb_pg_batch_step){.customer_id = customer(1),
                                                            .run_id = run,
                                                            .deployment_id = customer(2),
                                                            .seq = 11,
                                                            .kind = 1,
                                                            .state = 2,
                                                            .key = MB_STR("k"),
                                                            .tool = MB_STR("a.b"),
                                                            .args = MB_STR("12"),
                                                            .result = MB_STR("13"),
                                                            .error = MB_STR("14"),
                                                            .started_us = at,
                                                            .duration_us = 15,
                                                            .cpu_us = 16,
                                                            .tokens_in = 17,
                                                            .tokens_out = 18,
                                                            .tokens_cached = 19,
                                                            .tokens_reasoning = 20,
                                                            .bytes = 21,
                                                            .cost_micros = 22,
                                                            .price_micros = 23,
                                                            .model = MB_STR("m"),
                                                            .provider_request_id = MB_STR("p")});
    assert_int_equal(send_batch(), 0);
    mb_id_uuid(run, uuid);
    snprintf(sql, sizeof(sql),
             "select concat_ws(',', right(deployment_id::text, 2), right(package_owner::text, 2),"
             " right(package_id::text, 2), parent_run_id is not null, status, wait_reason,"
             " extract(microsecond from wake_at)::int, fence > 0, input, output, error, limits,"
             " convert_from(seed, 'UTF8'), diverged, created_at = '2026-01-02 03:04:05Z',"
             " started_at - created_at, finished_at - created_at, steps, cpu_us, tokens_in,"
             " tokens_out, cost_micros) from mb.runs where run_id = '%s'",
             uuid);
    assert_string_equal(pg_server_sql(sql), "02,03,04,t,waiting,timer,5000001,t,1,2,3,4,s,t,t,"
                                            "00:00:00.000002,00:00:00.000003,5,6,7,8,9");
    snprintf(
        sql, sizeof(sql),
        "select concat_ws(',', seq, kind, state, convert_from(key, 'UTF8'), tool, args, result,"
        " error, started_at = '2026-01-02 03:04:05Z', duration_us, cpu_us, tokens_in,"
        " tokens_out, tokens_cached, tokens_reasoning, bytes, cost_micros, price_micros, model,"
        " provider_request_id, fence > 0) from mb.steps where run_id = '%s'",
        uuid);
    assert_string_equal(pg_server_sql(sql),
                        "11,1,2,k,a.b,12,13,14,t,15,16,17,18,19,20,21,22,23,m,p,t");

    mb_pg_batch_add_change(&batch, &(struct mb_pg_batch_change){.customer_id = customer(1),
                                                                .run_id = run,
                                                                .status = MB_STR("failed"),
                                                                .wait_reason = MB_STR("w"),
                                                                .wake_us = at,
                                                                .output = MB_STR("31"),
                                                                .error = MB_STR("32"),
                                                                .diverged = false,
                                                                .started_us = at + 33,
                                                                .finished_us = at + 34,
                                                                .steps = 35,
                                                                .cpu_us = 36,
                                                                .tokens_in = 37,
                                                                .tokens_out = 38,
                                                                .cost_micros = 39});
    mb_pg_batch_add_question(&batch,
                             MB_STR("{\"customer_id\": \"00000000-0000-0000-0000-000000000001\","
                                    "\"run_id\": \"00000000-0000-0000-0000-000000000002\","
                                    "\"seq\": 1, \"title\": \"one\"}"));
    mb_pg_batch_add_question(&batch,
                             MB_STR("{\"customer_id\": \"00000000-0000-0000-0000-000000000001\","
                                    "\"run_id\": \"00000000-0000-0000-0000-000000000002\","
                                    "\"seq\": 2, \"title\": \"two\"}"));
    assert_int_equal(send_batch(), 0);
    snprintf(sql, sizeof(sql),
             "select concat_ws(',', status, wait_reason, wake_at, fence is null, output, error,"
             " diverged, started_at - created_at, finished_at - created_at, steps, cpu_us,"
             " tokens_in, tokens_out, cost_micros) from mb.runs where run_id = '%s'",
             uuid);
    assert_string_equal(pg_server_sql(sql), "failed,w,t,31,32,f,00:00:00.000033,00:00:00.000034,"
                                            "35,36,37,38,39");
    assert_string_equal(
        pg_server_sql("select string_agg(title, ',' order by seq) from mb.approvals"), "one,two");
}

static void absent_strings_and_times_are_null_and_empty_ones_are_not(void **state)
{
    (void)state;
    struct mb_id run = mb_id_new();
    add_run(customer(1), run);
    mb_pg_batch_add_step(&batch, &(struct mb_pg_batch_step){.customer_id = customer(1),
                                                            .run_id = run,
                                                            .kind = 3,
                                                            .state = 2,
                                                            .key = MB_STR(""),
                                                            .tool = MB_STR("log"),
                                                            .args = MB_STR(""),
                                                            .started_us = 1});
    assert_int_equal(send_batch(), 0);
    assert_string_equal(
        pg_server_sql("select concat_ws(',', args = '', result is null, model is null,"
                      " key = '') from mb.steps where tool = 'log'"),
        "t,t,t,t");
    assert_string_equal(pg_server_sql("select concat_ws(',', output is null, wake_at is null,"
                                      " parent_run_id is null, started_at is null) from mb.runs"
                                      " order by run_id desc limit 1"),
                        "t,t,t,t");
}

/* Many steps of many customers, hours, deployments and tools: what the batch adds up must be what
 * the database finds in the journal. */
static void sums_are_those_of_the_journal(void **state)
{
    (void)state;
    static const char *const tools[] = {"llm.chat", "kv.get", "http.request", "run"};
    unsigned seed = 7;
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 200; i++) {
            struct mb_id run = mb_id_new(), owner = customer(1 + rand_r(&seed) % 9);
            const char *tool = tools[rand_r(&seed) % 4];
            add_run(owner, run);
            mb_pg_batch_add_step(&batch,
                                 &(struct mb_pg_batch_step){
                                     .customer_id = owner,
                                     .run_id = run,
                                     .deployment_id = owner, /* as add_run has it */
                                     .kind = (int16_t)(rand_r(&seed) % 2 ? 1 : 4),
                                     .state = (int16_t)(1 + rand_r(&seed) % 2),
                                     .key = MB_STR("k"),
                                     .tool = mb_str_c(tool),
                                     .started_us = mb_clock_wall_us() -
                                                   (int64_t)(rand_r(&seed) % 7200) * 1000 * 1000,
                                     .cpu_us = rand_r(&seed) % 1000,
                                     .tokens_in = rand_r(&seed) % 1000,
                                     .tokens_out = rand_r(&seed) % 1000,
                                     .bytes = rand_r(&seed) % 1000,
                                     .cost_micros = rand_r(&seed) % 1000,
                                     .price_micros = rand_r(&seed) % 1000});
        }
        assert_int_equal(send_batch(), 0);
    }
    assert_string_equal(pg_server_sql("select count(*) from engine.audit()"), "0");
    assert_string_equal(
        pg_server_sql(
            "create table before as select * from mb.usage_hourly;"
            "select engine.rebuild_usage(customer_id, now() - interval '1 day', now() +"
            " interval '1 day') from mb.customers; select count(*) from (select customer_id,"
            " hour, deployment_id, tool, sum(calls), sum(tokens_in), sum(tokens_out),"
            " sum(cpu_us), sum(bytes), sum(cost_micros), sum(price_micros) from before"
            " where hour > now() - interval '1 day' group by 1, 2, 3, 4 except select"
            " customer_id, hour, deployment_id, tool, calls, tokens_in, tokens_out, cpu_us,"
            " bytes, cost_micros, price_micros from mb.usage_hourly) d"),
        "0");
}

static void an_intent_is_charged_when_it_is_completed(void **state)
{
    (void)state;
    struct mb_id run = mb_id_new();
    struct mb_pg_batch_step step = {.customer_id = customer(20),
                                    .run_id = run,
                                    .deployment_id = customer(20),
                                    .kind = 1,
                                    .state = 1,
                                    .key = MB_STR("k"),
                                    .tool = MB_STR("http.request"),
                                    .started_us = mb_clock_wall_us()};
    add_run(customer(20), run);
    mb_pg_batch_add_step(&batch, &step);
    assert_int_equal(send_batch(), 0);
    static const char spent[] = "select coalesce(sum(spent_micros), 0) from mb.balance_leases where"
                                " customer_id = '01900000-0000-0000-0000-000000000014'";
    assert_string_equal(pg_server_sql(spent), "0");
    step.state = 2;
    step.completes = true;
    step.price_micros = 77;
    mb_pg_batch_add_step(&batch, &step);
    assert_int_equal(send_batch(), 0);
    assert_string_equal(pg_server_sql(spent), "77");
}

static void a_batch_survives_a_restart_of_the_server_and_counts_once(void **state)
{
    (void)state;
    struct mb_id run = mb_id_new();
    struct seen seen = {0};
    add_run(customer(1), run);
    assert_int_equal(mb_pg_batch_send(&batch, pg, fence, number + 1, on_done, &seen, NULL), 0);
    pg_server_kill();
    for (int i = 0; i < 5; i++)
        mb_loop_turn(&loop, 20);
    pg_server_restart();
    wait_for(&seen);
    assert_int_equal(seen.code, 0);
    mb_pg_batch_clear(&batch);
    number++;
    add_run(customer(1), mb_id_new()); /* the next number is the next */
    assert_int_equal(send_batch(), 0);
}

static void the_same_number_again_is_answered_and_not_applied(void **state)
{
    (void)state;
    struct seen seen = {.value = 1};
    add_run(customer(1), mb_id_new());
    assert_int_equal(mb_pg_batch_send(&batch, pg, fence, number, on_done, &seen, NULL), 0);
    wait_for(&seen);
    assert_int_equal(seen.code, 0);
    assert_false(seen.value);
    mb_pg_batch_clear(&batch);
}

static void a_refused_batch_leaves_its_number_free(void **state)
{
    (void)state;
    struct mb_id run = mb_id_new();
    add_run(customer(1), run);
    add_run(customer(1), run); /* twice */
    assert_int_equal(send_batch(), MB_E_INTERNAL);
    add_run(customer(1), run);
    assert_int_equal(send_batch(), 0);
}

static void a_dead_core_is_told_that_it_is_fenced(void **state)
{
    (void)state;
    pg_server_sql("update mb.cores set dead_at = now()");
    add_run(customer(1), mb_id_new());
    assert_int_equal(send_batch(), MB_E_FENCED);
}

static int set_up(void **state)
{
    (void)state;
    static const struct mb_pg_stmt start = {.name = "start",
                                            .sql = "select engine.core_start('test', 1)"};
    struct seen seen = {0};
    pg_server_start();
    pg_server_migrate();
    pg_server_sql(
        "insert into mb.customers (customer_id, name) select ('01900000-0000-0000-0000-"
        "0000000000' || lpad(to_hex(n), 2, '0'))::uuid, 'c' from generate_series(1, 30) n");
    mb_loop_init(&loop);
    struct mb_pg_opts opts = {.conninfo = pg_server_conninfo("moonbase_core")};
    pg = mb_pg_new(&loop, &opts, NULL);
    if (mb_pg_query(pg, &start, NULL, on_fence, &seen, NULL, NULL) != 0)
        return -1;
    wait_for(&seen);
    fence = seen.value;
    mb_pg_batch_init(&batch);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    mb_pg_batch_release(&batch);
    mb_pg_free(pg);
    mb_loop_release(&loop);
    pg_server_stop();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_column_arrives_as_it_was_given),
        cmocka_unit_test(absent_strings_and_times_are_null_and_empty_ones_are_not),
        cmocka_unit_test(sums_are_those_of_the_journal),
        cmocka_unit_test(an_intent_is_charged_when_it_is_completed),
        cmocka_unit_test(a_batch_survives_a_restart_of_the_server_and_counts_once),
        cmocka_unit_test(the_same_number_again_is_answered_and_not_applied),
        cmocka_unit_test(a_refused_batch_leaves_its_number_free),
        cmocka_unit_test(a_dead_core_is_told_that_it_is_fenced),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}

/* Executing, following and stopping runs, over connections, with an engine that the test drives. */
#include "cmk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/json.h"
#include "client.h"
#include "fakes.h"
#include "http/http_int.h"

#define JSON    "Content-Type: application/json\r\n"
#define EXECUTE "/v1/deployments/" DEP "/execute"

static struct rig rig;
static const char *sql_answer; /* of run_events, run_cancel and the others */
static const char *next_page;  /* of run_events after a position; NULL = sql_answer too */
static char sql_request[4096]; /* the last one */
static int readings;

static void answer_sql(struct fake_answer *answer)
{
    if (strncmp(fake_query.stmt->name, "api_", 4) != 0)
        return;
    readings++;
    snprintf(sql_request, sizeof(sql_request), "%.*s", MB_STR_ARG(fake_query.param[1]));
    if (next_page && !strstr(sql_request, "\"after\":0")) {
        answer->json = next_page;
    } else if (sql_answer && sql_answer[0] == '!') {
        (void)mb_err_set(&answer->err, MB_E_NOT_FOUND, "there is no such run");
        answer->err.wire[0] = '\0';
        answer->json = NULL;
    } else if (sql_answer) {
        answer->json = sql_answer;
    }
}

static int setup(void **state)
{
    rig_start(&rig, *state ? *(void (**)(struct mb_http_config *)) * state : NULL);
    fake_pg_answer = answer_sql;
    sql_answer = next_page = NULL;
    readings = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    rig_stop(&rig);
    return 0;
}

static int start(const char *headers, const char *body)
{
    struct mb_buf text = {0};
    int fd = client_connect(&rig), before = fake_runs();
    mb_buf_addf(&text, "POST %s HTTP/1.1\r\nHost: t\r\n%s%s%sContent-Length: %zu\r\n\r\n%s",
                EXECUTE, AUTH, JSON, headers, strlen(body), body);
    client_send(&rig, fd, mb_buf_head(&text), mb_buf_len(&text));
    mb_buf_release(&text);
    for (int i = 0; i < 200 && fake_runs() == before; i++)
        rig_turn(&rig);
    assert_int_equal(fake_runs(), before + 1);
    return fd;
}

static int open_events(const char *headers)
{
    struct mb_buf text = {0};
    int fd = client_connect(&rig);
    mb_buf_addf(&text, "GET /v1/runs/%s/events HTTP/1.1\r\nHost: t\r\n%s%s\r\n", RUN, AUTH,
                headers);
    client_send(&rig, fd, mb_buf_head(&text), mb_buf_len(&text));
    mb_buf_release(&text);
    return fd;
}

static bool nobody_follows(void)
{
    for (int i = 0; i < 500 && !mb_list_is_empty(&fake_run()->followers); i++)
        rig_turn(&rig);
    return mb_list_is_empty(&fake_run()->followers);
}

static void assert_location_of_run(const struct answer *answer)
{
    char id[MB_ID_TEXT], path[80];
    snprintf(path, sizeof(path), "/v1/runs/%s", mb_id_format(fake_run()->id, "run", id));
    assert_string_equal(answer_header(answer, "location"), path);
}

/* ---------------------------------------------------------------- waiting */

static void the_input_goes_to_the_engine_as_it_came_and_the_run_comes_back(void **state)
{
    (void)state;
    int fd = start("Idempotency-Key: \"k-1\"\r\n", " {\"a\": [1, 2]} ");
    char id[MB_ID_TEXT], path[80];
    assert_string_equal(fake_run()->input, " {\"a\": [1, 2]} ");
    assert_string_equal(fake_run()->key, "k-1");
    assert_string_equal(mb_id_format(fake_run()->deployment_id, "dep", id), DEP);
    assert_true(mb_id_eq(fake_run()->customer_id, fake_customer()));
    snprintf(path, sizeof(path), "/v1/runs/%s", mb_id_format(fake_run()->id, "run", id));
    fake_run_done(fake_run(), "{\"status\":\"failed\"}");
    struct answer answer = client_read(&rig, fd);
    assert_int_equal(answer.status, 200);
    assert_string_equal(answer_header(&answer, "location"), path);
    assert_null(answer_header(&answer, "preference-applied"));
    assert_string_equal(mb_buf_cstr(&answer.body), "{\"status\":\"failed\"}");
    answer_release(&answer);
    close(fd);
}

static void a_connection_serves_one_run_after_the_other(void **state)
{
    (void)state;
    static const char one[] =
        "POST " EXECUTE " HTTP/1.1\r\nHost: t\r\n" AUTH JSON "Content-Length: 300\r\n\r\n";
    char body[301];
    memset(body, ' ', 300);
    body[0] = '1', body[300] = '\0';
    int fd = client_connect(&rig);
    for (int i = 0; i < 20; i++) {
        client_send(&rig, fd, one, sizeof(one) - 1);
        client_send(&rig, fd, body, 300);
        while (fake_runs() == 0)
            rig_turn(&rig);
        fake_run_done(fake_run(), "{}");
        struct answer answer = client_read(&rig, fd);
        assert_int_equal(answer.status, 200);
        answer_release(&answer);
    }
    close(fd);
}

static void while_a_run_waits_its_connection_keeps_no_input_buffer(void **state)
{
    (void)state;
    int fd = start("", "{\"a\":\"some text that takes a little room in the buffer\"}");
    struct mb_conn *conn = MB_LIST_ENTRY(rig.http->server.conns.next, struct mb_conn, node);
    assert_true(conn->sock->input->size > 0);
    assert_true(conn->sock->input->capacity < 64);
    fake_run_done(fake_run(), "{}");
    struct answer answer = client_read(&rig, fd);
    assert_int_equal(answer.status, 200);
    answer_release(&answer);
    close(fd);
}

static void a_second_request_that_is_sent_meanwhile_is_not_lost(void **state)
{
    (void)state;
    static const char two[] =
        "POST " EXECUTE " HTTP/1.1\r\nHost: t\r\n" AUTH JSON "Content-Length: 2\r\n\r\n{}"
        "GET /healthz HTTP/1.1\r\nHost: t\r\n\r\n";
    int fd = client_connect(&rig);
    client_send(&rig, fd, two, sizeof(two) - 1);
    while (fake_runs() == 0)
        rig_turn(&rig);
    fake_run_done(fake_run(), "{\"first\":1}");
    struct mb_buf in = client_read_until(&rig, fd, "\"status\":\"ok\"");
    assert_non_null(strstr(mb_buf_cstr(&in), "{\"first\":1}"));
    mb_buf_release(&in);
    close(fd);
}

static void a_run_that_is_parked_is_answered_202(void **state)
{
    (void)state;
    int fd = start("Prefer: wait=20\r\n", "{}");
    fake_run_parked(fake_run(), "{\"status\":\"waiting\",\"wait_reason\":\"approval\"}");
    struct answer answer = client_read(&rig, fd);
    assert_int_equal(answer.status, 202);
    assert_string_equal(answer_header(&answer, "preference-applied"), "wait=20");
    assert_non_null(strstr(mb_buf_cstr(&answer.body), "approval"));
    answer_release(&answer);
    close(fd);
}

static void respond_async_is_answered_when_the_journal_has_the_run(void **state)
{
    (void)state;
    int fd = start("Prefer: respond-async\r\n", "{}");
    for (int i = 0; i < 20; i++)
        rig_turn(&rig);
    assert_false(mb_list_is_empty(&fake_run()->followers));
    fake_run_accept(fake_run());
    struct answer answer = client_read(&rig, fd);
    assert_int_equal(answer.status, 202);
    assert_location_of_run(&answer);
    assert_string_equal(answer_header(&answer, "preference-applied"), "respond-async");
    json_t *run = mb_json_parse(mb_buf_str(&answer.body), NULL);
    assert_string_equal(mb_json_str(run, "status").ptr, "running");
    assert_string_equal(mb_json_str(run, "deployment_id").ptr, DEP);
    json_decref(run);
    answer_release(&answer);
    assert_true(nobody_follows());
    close(fd);
}

static void who_waits_asks_for_no_commit_of_its_own(void **state)
{
    (void)state;
    int fd = start("", "{}");
    struct mb_follow *follow = MB_LIST_ENTRY(fake_run()->followers.next, struct mb_follow, node);
    assert_null(follow->on_accepted);
    fake_run_done(fake_run(), "{}");
    close(fd);
}

static void when_the_wait_is_over_the_run_is_202_once_it_is_in_the_journal(void **state)
{
    (void)state;
    int fd = start("Prefer: wait=1\r\n", "{}");
    struct mb_follow *follow = MB_LIST_ENTRY(fake_run()->followers.next, struct mb_follow, node);
    for (int i = 0; i < 600 && !follow->on_accepted; i++)
        rig_turn(&rig);
    assert_non_null(follow->on_accepted);
    fake_run_accept(fake_run());
    struct answer answer = client_read(&rig, fd);
    assert_int_equal(answer.status, 202);
    assert_location_of_run(&answer);
    answer_release(&answer);
    close(fd);
}

static void a_client_that_leaves_lets_the_run_go_on(void **state)
{
    (void)state;
    /* h2o looks at a connection of HTTP/1 again only when it writes: the answer goes nowhere */
    int fd = start("", "{}");
    close(fd);
    for (int i = 0; i < 20; i++)
        rig_turn(&rig);
    assert_int_equal(fake_runs(), 1);
    assert_false(fake_run()->was_cancelled);
    fake_run_done(fake_run(), "{}");
    for (int i = 0; i < 200 && rig.http->server.n_conns; i++)
        rig_turn(&rig);
    assert_int_equal(rig.http->server.n_conns, 0);
}

/* ---------------------------------------------------------------- refusals */

static void what_the_engine_refuses_is_a_problem(void **state)
{
    (void)state;
    (void)mb_err_at(&fake_execute_err, MB_E_INVALID_INPUT, "/subject", "expected a string");
    struct answer answer = client_do(&rig, "POST", EXECUTE, AUTH JSON, "{}");
    assert_non_null(strstr(mb_buf_cstr(&answer.body), "\"pointer\":\"#/subject\""));
    assert_problem(&answer, 422, "invalid_input");
    answer_release(&answer);
    (void)mb_err_set(&fake_execute_err, MB_E_UNAVAILABLE, "the database is away");
    answer = client_do(&rig, "POST", EXECUTE, AUTH JSON, "{}");
    assert_string_equal(answer_header(&answer, "retry-after"), "1");
    assert_problem(&answer, 503, "unavailable");
    answer_release(&answer);
}

static void what_the_engine_refuses_later_is_a_problem_for_streams_too(void **state)
{
    (void)state;
    static const char *const accepts[] = {"", "Accept: text/event-stream\r\n",
                                          "Prefer: respond-async\r\n"};
    fake_execute_refuses = true;
    (void)mb_err_set(&fake_refusal, MB_E_NOT_FOUND, "there is no such deployment");
    for (size_t i = 0; i < MB_LEN(accepts); i++) {
        char headers[256];
        snprintf(headers, sizeof(headers), "%s%s%s", AUTH, JSON, accepts[i]);
        struct answer answer = client_do(&rig, "POST", EXECUTE, headers, "{}");
        assert_problem(&answer, 404, "not_found");
        answer_release(&answer);
    }
    assert_int_equal(rig.http->n_watches, 0);
}

static void idempotency_keys_that_are_none_are_refused(void **state)
{
    (void)state;
    static const char *const keys[] = {"", "\"\"", "a b", "\"a", "a\"b", "a\\b"};
    for (size_t i = 0; i < MB_LEN(keys); i++) {
        char headers[256];
        snprintf(headers, sizeof(headers), "%s%sIdempotency-Key: %s\r\n", AUTH, JSON, keys[i]);
        struct answer answer = client_do(&rig, "POST", EXECUTE, headers, "{}");
        assert_problem(&answer, 400, "invalid_request");
        answer_release(&answer);
    }
    assert_int_equal(fake_runs(), 0);
}

static void what_cannot_be_accepted_is_refused(void **state)
{
    (void)state;
    struct answer answer =
        client_do(&rig, "POST", EXECUTE, AUTH JSON "Accept: text/html\r\n", "{}");
    assert_problem(&answer, 406, "not_acceptable");
    answer_release(&answer);
    answer = client_do(&rig, "GET", "/v1/runs/" RUN "/events", AUTH "Accept: application/json\r\n",
                       NULL);
    assert_problem(&answer, 406, "not_acceptable");
    answer_release(&answer);
    answer = client_do(&rig, "GET", "/v1/runs", AUTH "Accept: application/json;q=0, */*;q=0.1\r\n",
                       NULL);
    assert_int_equal(answer.status, 200);
    answer_release(&answer);
}

/* ---------------------------------------------------------------- not here any more */

#define ENDED                                                                                      \
    "{\"status\":200,\"body\":{\"run\":{\"status\":\"succeeded\",\"x\":1},\"events\":[],\"more\":" \
    "false}}"
#define RUNNING                                                                                    \
    "{\"status\":200,\"body\":{\"run\":{\"status\":\"running\"},\"events\":[],\"more\":false}}"

static void a_run_that_another_core_took_over_is_waited_for_in_the_database(void **state)
{
    (void)state;
    sql_answer = RUNNING;
    int fd = start("", "{}");
    struct mb_id id = fake_run()->id;
    fake_run_lost(fake_run());
    for (int i = 0; i < 50 && readings < 2; i++)
        rig_turn(&rig);
    assert_true(readings >= 1);
    sql_answer = ENDED;
    char note[128], customer[MB_ID_TEXT], run[MB_ID_TEXT];
    snprintf(note, sizeof(note), "%s %s finish", mb_id_uuid(fake_customer(), customer),
             mb_id_uuid(id, run));
    fake_pg_notify(rig.pg, "mb_run", note);
    struct answer answer = client_read(&rig, fd);
    assert_int_equal(answer.status, 200);
    assert_string_equal(mb_buf_cstr(&answer.body), "{\"status\":\"succeeded\",\"x\":1}");
    answer_release(&answer);
    assert_int_equal(rig.http->n_watches, 0);
    close(fd);
}

static void a_client_that_leaves_ends_the_watching(void **state)
{
    (void)state;
    sql_answer = RUNNING;
    int fd = start("Prefer: wait=1\r\n", "{}");
    fake_run_lost(fake_run());
    struct answer answer = client_read(&rig, fd); /* the time is over */
    assert_int_equal(answer.status, 202);
    answer_release(&answer);
    assert_int_equal(rig.http->n_watches, 0);
    close(fd);
}

/* ---------------------------------------------------------------- streams */

static void a_stream_tells_events_and_ends_with_the_run(void **state)
{
    (void)state;
    int fd = start("Accept: text/event-stream\r\n", "{}");
    fake_run_accept(fake_run());
    fake_run_event(fake_run(), MB_EVENT_STATUS, 0, "{\"status\":\"running\"}");
    fake_run_event(fake_run(), MB_EVENT_STEP, 1, "{\"seq\":1,\n\"tool\":\"kv.get\"}");
    fake_run_event(fake_run(), MB_EVENT_DELTA, 0, "{\"text\":\"He\"}");
    fake_run_event(fake_run(), MB_EVENT_EMIT, 2, "{\"data\":7}");
    fake_run_done(fake_run(), "{\"status\":\"succeeded\"}");
    struct mb_buf in = client_read_until(&rig, fd, "\r\n0\r\n\r\n");
    const char *text = mb_buf_cstr(&in);
    static const char *const parts[] = {
        "HTTP/1.1 200 OK",
        "content-type: text/event-stream",
        "event: status\ndata: {\"status\":\"running\"}\n\n",
        "event: step\nid: 1\ndata: {\"seq\":1, \"tool\":\"kv.get\"}\n\n",
        "event: delta\ndata: {\"text\":\"He\"}\n\n",
        "event: emit\nid: 2\ndata: {\"data\":7}\n\n",
        "event: done\ndata: {\"status\":\"succeeded\"}\n\n",
    };
    for (size_t i = 0; i < MB_LEN(parts); i++) {
        text = strstr(text, parts[i]);
        if (!text)
            fail_msg("\"%s\" is not there in its order: %s", parts[i], mb_buf_cstr(&in));
    }
    assert_non_null(strstr(mb_buf_cstr(&in), "cache-control: no-cache"));
    assert_non_null(strstr(mb_buf_cstr(&in), "x-accel-buffering: no"));
    assert_non_null(strstr(mb_buf_cstr(&in), "location: /v1/runs/run_"));
    assert_int_equal(readings, 0);
    assert_int_equal(rig.http->n_streams, 0);
    mb_buf_release(&in);
    close(fd);
}

static void a_client_that_leaves_its_stream_is_noticed_and_the_run_goes_on(void **state)
{
    (void)state;
    int fd = start("Accept: text/event-stream\r\n", "{}");
    fake_run_accept(fake_run());
    for (int i = 0; i < 20; i++)
        rig_turn(&rig);
    close(fd);
    for (int i = 0; i < 200 && rig.http->n_streams; i++) {
        fake_run_event(fake_run(), MB_EVENT_EMIT, i + 1, "{}");
        rig_turn(&rig);
    }
    assert_int_equal(rig.http->n_streams, 0);
    assert_int_equal(rig.http->n_watches, 0);
    assert_true(nobody_follows());
    assert_false(fake_run()->was_cancelled);
}

static void a_client_that_takes_nothing_loses_its_stream_not_the_servers_memory(void **state)
{
    (void)state;
    int fd = start("Accept: text/event-stream\r\n", "{}");
    struct mb_buf big = {0};
    mb_buf_add_char(&big, '"');
    for (int i = 0; i < 100000; i++)
        mb_buf_add_char(&big, 'x');
    mb_buf_add_char(&big, '"');
    fake_run_accept(fake_run());
    for (int i = 1; i < 400 && rig.http->n_streams; i++) {
        fake_run_event(fake_run(), MB_EVENT_EMIT, i, mb_buf_cstr(&big));
        rig_turn(&rig);
    }
    assert_int_equal(rig.http->n_streams, 0);
    assert_true(nobody_follows());
    mb_buf_release(&big);
    close(fd);
}

static void one_stream(struct mb_http_config *config)
{
    config->streams_max = 1;
}

static void streams_over_the_cap_are_refused(void **state)
{
    (void)state;
    sql_answer = RUNNING;
    int first = open_events("");
    struct mb_buf in = client_read_until(&rig, first, ":\n\n");
    mb_buf_release(&in);
    int second = open_events("");
    struct answer answer = client_read(&rig, second);
    assert_problem(&answer, 503, "overloaded");
    answer_release(&answer);
    assert_int_equal(rig.http->n_watches, 1);
    close(first);
    close(second);
}

/* ---------------------------------------------------------------- events of an earlier run */

static void events_come_from_the_journal_and_then_the_run(void **state)
{
    (void)state;
    sql_answer =
        "{\"status\":200,\"body\":{\"run\":{\"status\":\"failed\"},\"more\":false,\"events\":["
        "{\"seq\":3,\"event\":\"step\",\"data\":{\"seq\":3}},"
        "{\"seq\":4,\"event\":\"log\",\"data\":{\"level\":\"info\",\"text\":\"a\\nb\"}}]}}";
    int fd = open_events("Last-Event-ID: 2\r\n");
    struct mb_buf in = client_read_until(&rig, fd, "\r\n0\r\n\r\n");
    assert_non_null(strstr(sql_request, "\"after\":2"));
    assert_non_null(strstr(mb_buf_cstr(&in), "event: step\nid: 3\ndata: {\"seq\":3}\n\n"
                                             "event: log\nid: 4\ndata: "
                                             "{\"level\":\"info\",\"text\":\"a\\nb\"}\n\n"
                                             "event: done\ndata: {\"status\":\"failed\"}\n\n"));
    mb_buf_release(&in);
    close(fd);
}

static void pages_of_events_are_read_until_the_last(void **state)
{
    (void)state;
    sql_answer =
        "{\"status\":200,\"body\":{\"run\":{\"status\":\"failed\"},\"more\":true,\"events\":["
        "{\"seq\":1,\"event\":\"emit\",\"data\":{}}]}}";
    next_page = ENDED;
    int fd = open_events("");
    struct mb_buf in = client_read_until(&rig, fd, "event: done\n");
    assert_non_null(strstr(mb_buf_cstr(&in), "event: emit\nid: 1\n"));
    assert_non_null(strstr(sql_request, "\"after\":1"));
    assert_int_equal(readings, 2);
    mb_buf_release(&in);
    close(fd);
}

static void events_of_no_run_are_not_found(void **state)
{
    (void)state;
    sql_answer = "!";
    int fd = open_events("");
    struct answer answer = client_read(&rig, fd);
    assert_problem(&answer, 404, "not_found");
    answer_release(&answer);
    close(fd);
}

static void a_last_event_id_that_is_none_is_refused(void **state)
{
    (void)state;
    static const char *const ids[] = {"x", "-1", "1.5", "99999999999", "1 2", "123456789012345678"};
    for (size_t i = 0; i < MB_LEN(ids); i++) {
        char headers[128];
        snprintf(headers, sizeof(headers), "%sLast-Event-ID: %s\r\n", AUTH, ids[i]);
        struct answer answer = client_do(&rig, "GET", "/v1/runs/" RUN "/events", headers, NULL);
        assert_problem(&answer, 400, "invalid_request");
        answer_release(&answer);
    }
}

static void a_run_that_executes_here_is_caught_up_with_and_then_live(void **state)
{
    (void)state;
    int owner = start("", "{}");
    struct mb_run *run = fake_run();
    char path[160], id[MB_ID_TEXT];
    sql_answer = "{\"status\":200,\"body\":{\"run\":{\"status\":\"running\"},\"more\":false,"
                 "\"events\":[{\"seq\":1,\"event\":\"emit\",\"data\":\"one\"}]}}";
    snprintf(path, sizeof(path), "GET /v1/runs/%s/events HTTP/1.1\r\nHost: t\r\n" AUTH "\r\n",
             mb_id_format(run->id, "run", id));
    int fd = client_connect(&rig);
    client_send(&rig, fd, path, strlen(path));
    struct mb_buf in = client_read_until(&rig, fd, "data: \"one\"\n");
    mb_buf_release(&in);
    fake_run_event(run, MB_EVENT_EMIT, 1, "\"one\""); /* known already */
    fake_run_event(run, MB_EVENT_EMIT, 2, "\"two\"");
    in = client_read_until(&rig, fd, "id: 2\ndata: \"two\"\n");
    assert_null(strstr(mb_buf_cstr(&in), "\"one\""));
    mb_buf_release(&in);
    int before = readings;
    sql_answer = "{\"status\":200,\"body\":{\"run\":{\"status\":\"succeeded\"},\"more\":false,"
                 "\"events\":[{\"seq\":3,\"event\":\"emit\",\"data\":\"three\"}]}}";
    fake_run_done(run, "{\"the\":\"run\"}");
    in = client_read_until(&rig, fd, "event: done\ndata: {\"the\":\"run\"}\n");
    assert_non_null(strstr(mb_buf_cstr(&in), "id: 3\ndata: \"three\"\n"));
    assert_true(readings > before);
    mb_buf_release(&in);
    close(fd);
    close(owner);
}

static void branches_out_of_order_keep_the_mark_behind_the_gap(void **state)
{
    (void)state;
    int fd = start("Accept: text/event-stream\r\n", "{}");
    fake_run_accept(fake_run());
    fake_run_event(fake_run(), MB_EVENT_STEP, 2, "\"b\"");
    fake_run_event(fake_run(), MB_EVENT_STEP, 1, "\"a\"");
    fake_run_done(fake_run(), "{}");
    struct mb_buf in = client_read_until(&rig, fd, "event: done");
    assert_non_null(strstr(mb_buf_cstr(&in), "event: step\ndata: \"b\"\n\n"
                                             "event: step\nid: 2\ndata: \"a\"\n\n"));
    mb_buf_release(&in);
    close(fd);
}

static void a_stop_breaks_streams_off(void **state)
{
    (void)state;
    sql_answer = RUNNING;
    int fd = open_events("");
    struct mb_buf in = client_read_until(&rig, fd, ":\n\n");
    mb_buf_release(&in);
    mb_http_stop(rig.http, 10000, NULL, NULL);
    assert_true(client_is_closed(&rig, fd));
    assert_int_equal(rig.http->n_watches, 0);
    close(fd);
}

/* ---------------------------------------------------------------- cancel */

static struct answer cancel(const char *run)
{
    char path[128];
    snprintf(path, sizeof(path), "/v1/runs/%s/cancel", run);
    return client_do(&rig, "POST", path, AUTH, NULL);
}

static void a_run_that_is_here_is_stopped_and_shown(void **state)
{
    (void)state;
    int owner = start("", "{}");
    char text[256], id[MB_ID_TEXT];
    int fd = client_connect(&rig);
    snprintf(text, sizeof(text), "POST /v1/runs/%s/cancel HTTP/1.1\r\nHost: t\r\n" AUTH "\r\n",
             mb_id_format(fake_run()->id, "run", id));
    client_send(&rig, fd, text, strlen(text));
    for (int i = 0; i < 100 && !fake_run()->was_cancelled; i++)
        rig_turn(&rig);
    assert_true(fake_run()->was_cancelled);
    fake_run_done(fake_run(), "{\"status\":\"cancelled\"}");
    struct answer answer = client_read(&rig, fd);
    assert_int_equal(answer.status, 200);
    assert_string_equal(mb_buf_cstr(&answer.body), "{\"status\":\"cancelled\"}");
    answer_release(&answer);
    assert_int_equal(readings, 0);
    close(fd);
    close(owner);
}

static void a_run_that_is_elsewhere_is_stopped_by_the_database(void **state)
{
    (void)state;
    sql_answer = "{\"status\":202,\"body\":{\"status\":\"running\"}}";
    struct answer answer = cancel(RUN);
    assert_int_equal(answer.status, 202);
    assert_non_null(strstr(sql_request, "019ab3c4-d5e6-7f80-90a1-b2c3d4e5f609"));
    answer_release(&answer);
    sql_answer = "{\"status\":409,\"error\":{\"code\":\"conflict\",\"message\":\"it has ended\"}}";
    answer = cancel(RUN);
    assert_problem(&answer, 409, "conflict");
    answer_release(&answer);
}

static void another_customers_run_cannot_be_stopped(void **state)
{
    (void)state;
    int owner = start("", "{}");
    char id[MB_ID_TEXT];
    fake_run()->customer_id = mb_id_new();
    sql_answer = "{\"status\":404,\"error\":{\"code\":\"not_found\",\"message\":\"no such run\"}}";
    struct answer answer = cancel(mb_id_format(fake_run()->id, "run", id));
    assert_problem(&answer, 404, "not_found");
    assert_false(fake_run()->was_cancelled);
    answer_release(&answer);
    close(owner);
}

/* ---------------------------------------------------------------- approve */

static struct answer approve(const char *body)
{
    return client_do(&rig, "POST", "/v1/runs/" RUN "/approve", AUTH JSON, body);
}

static void an_answer_is_held_to_the_form_of_its_question(void **state)
{
    (void)state;
    sql_answer = "{\"status\":200,\"body\":{\"seq\":4,\"form\":{\"type\":\"object\","
                 "\"required\":[\"amount\"],\"properties\":{\"amount\":{\"type\":\"integer\"}}}}}";
    struct answer answer = approve("{\"approved\":true,\"data\":{\"amount\":\"much\"}}");
    assert_non_null(strstr(mb_buf_cstr(&answer.body), "\"#/data/amount\""));
    assert_problem(&answer, 422, "invalid_input");
    answer_release(&answer);
    assert_int_equal(readings, 1);
    answer = approve("{\"approved\":true,\"data\":{\"amount\":3},\"by\":\"dana\"}");
    assert_int_equal(answer.status, 200);
    assert_int_equal(readings, 3);
    assert_string_equal(fake_query.stmt->name, "api_run_approve");
    assert_non_null(strstr(sql_request, "\"seq\":4"));
    assert_non_null(strstr(sql_request, "\"by\":\"dana\""));
    answer_release(&answer);
    answer = approve("{\"approved\":false}"); /* a no needs no data */
    assert_int_equal(answer.status, 200);
    answer_release(&answer);
}

int main(void)
{
    static void (*one)(struct mb_http_config *) = one_stream;
    const struct CMUnitTest tests[] = {
#define TEST(name)         cmocka_unit_test_setup_teardown(name, setup, teardown)
#define WITH(name, config) {#name, name, setup, teardown, &(config)}
        TEST(the_input_goes_to_the_engine_as_it_came_and_the_run_comes_back),
        TEST(a_connection_serves_one_run_after_the_other),
        TEST(while_a_run_waits_its_connection_keeps_no_input_buffer),
        TEST(a_second_request_that_is_sent_meanwhile_is_not_lost),
        TEST(a_run_that_is_parked_is_answered_202),
        TEST(respond_async_is_answered_when_the_journal_has_the_run),
        TEST(who_waits_asks_for_no_commit_of_its_own),
        TEST(when_the_wait_is_over_the_run_is_202_once_it_is_in_the_journal),
        TEST(a_client_that_leaves_lets_the_run_go_on),
        TEST(what_the_engine_refuses_is_a_problem),
        TEST(what_the_engine_refuses_later_is_a_problem_for_streams_too),
        TEST(idempotency_keys_that_are_none_are_refused),
        TEST(what_cannot_be_accepted_is_refused),
        TEST(a_run_that_another_core_took_over_is_waited_for_in_the_database),
        TEST(a_client_that_leaves_ends_the_watching),
        TEST(a_stream_tells_events_and_ends_with_the_run),
        TEST(a_client_that_leaves_its_stream_is_noticed_and_the_run_goes_on),
        TEST(a_client_that_takes_nothing_loses_its_stream_not_the_servers_memory),
        WITH(streams_over_the_cap_are_refused, one),
        TEST(events_come_from_the_journal_and_then_the_run),
        TEST(pages_of_events_are_read_until_the_last),
        TEST(events_of_no_run_are_not_found),
        TEST(a_last_event_id_that_is_none_is_refused),
        TEST(a_run_that_executes_here_is_caught_up_with_and_then_live),
        TEST(branches_out_of_order_keep_the_mark_behind_the_gap),
        TEST(a_stop_breaks_streams_off),
        TEST(a_run_that_is_here_is_stopped_and_shown),
        TEST(a_run_that_is_elsewhere_is_stopped_by_the_database),
        TEST(another_customers_run_cannot_be_stopped),
        TEST(an_answer_is_held_to_the_form_of_its_question),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

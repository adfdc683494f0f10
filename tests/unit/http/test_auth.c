#include "cmk.h"

#include <stdio.h>
#include <string.h>

#include "base/embed.h"
#include "fakes.h"
#include "http/auth.h"
#include "http/http_int.h"

extern const struct mb_embed mb_http_documents[];

static struct mb_loop loop;
static struct mb_pg *pg;
static struct mb_router *router;
static struct mb_auth *auth;
static int known, refused;
static struct mb_caller last;
static struct mb_err last_err;

static void on_known(struct mb_auth_wait *wait, const struct mb_caller *caller,
                     const struct mb_err *err)
{
    (void)wait;
    if (caller) {
        known++;
        last = *caller;
    } else {
        refused++;
        last_err = *err;
    }
}

static int setup(void **state)
{
    (void)state;
    struct mb_err err;
    const struct mb_embed *doc = &mb_http_documents[0];
    mb_loop_init(&loop);
    pg = fake_pg_new(&loop);
    router = mb_router_new(MB_STR_OF(doc->data, doc->len), mb_handler_names, &err);
    auth = mb_auth_new(&(struct mb_auth_opts){
        .loop = &loop, .pg = pg, .router = router, .entries = 4, .lookups = 2});
    known = refused = 0;
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fake_pg_holds = false;
    mb_auth_free(auth);
    fake_pg_free(pg);
    mb_router_free(router);
    mb_loop_release(&loop);
    return 0;
}

static char *bearer(int i)
{
    static char text[64];
    snprintf(text, sizeof(text), "Bearer mb_%043d", i);
    return text;
}

static int check(int i, struct mb_auth_wait *wait, struct mb_err *err)
{
    *wait = (struct mb_auth_wait){.on_known = on_known};
    return mb_auth_check(auth, mb_str_c(bearer(i)), &last, wait, err);
}

/* Looks a key up and waits for the answer. */
static void look_up(int i)
{
    struct mb_auth_wait wait;
    struct mb_err err;
    assert_int_equal(check(i, &wait, &err), 0);
    mb_loop_turn(&loop, 0);
}

static void a_key_is_looked_up_once_and_then_known(void **state)
{
    (void)state;
    struct mb_auth_wait wait;
    struct mb_err err;
    look_up(1);
    assert_int_equal(known, 1);
    assert_int_equal(fake_query.param[0].len, MB_SHA256_BYTES);
    assert_int_equal(check(1, &wait, &err), 1);
    assert_int_equal(fake_query.count, 1);
    assert_true(mb_id_eq(last.customer_id, fake_customer()));
    assert_int_equal(last.scopes, UINT32_MAX);
    assert_int_equal(last.rate_per_minute, -1);
}

static void requests_that_come_at_once_share_one_look_up(void **state)
{
    (void)state;
    struct mb_auth_wait wait[50];
    struct mb_err err;
    for (int i = 0; i < 50; i++)
        assert_int_equal(check(1, &wait[i], &err), 0);
    mb_auth_cancel(&wait[7]);
    mb_loop_turn(&loop, 0);
    assert_int_equal(known, 49);
    assert_int_equal(fake_query.count, 1);
    mb_auth_cancel(&wait[3]); /* harmless afterwards */
}

static void when_all_who_wait_have_left_the_look_up_is_cancelled(void **state)
{
    (void)state;
    struct mb_auth_wait a, b;
    struct mb_err err;
    assert_int_equal(check(1, &a, &err), 0);
    assert_int_equal(check(1, &b, &err), 0);
    mb_auth_cancel(&a);
    assert_int_equal(fake_query.cancelled, 0);
    mb_auth_cancel(&b);
    assert_int_equal(fake_query.cancelled, 1);
    mb_loop_turn(&loop, 0);
    assert_int_equal(known + refused, 0);
}

static void answer_unknown(struct fake_answer *answer)
{
    answer->is_key = false;
}

static void answer_revoked(struct fake_answer *answer)
{
    answer->is_revoked = true;
}

static void answer_disabled(struct fake_answer *answer)
{
    answer->is_disabled = true;
}

static void an_unknown_key_is_remembered_for_a_short_time(void **state)
{
    (void)state;
    struct mb_auth_wait wait;
    struct mb_err err;
    fake_pg_answer = answer_unknown;
    look_up(1);
    assert_int_equal(refused, 1);
    assert_int_equal(last_err.code, MB_E_UNAUTHENTICATED);
    assert_int_equal(check(1, &wait, &err), -MB_E_UNAUTHENTICATED);
    loop.now_us += 6 * 1000000;
    assert_int_equal(check(1, &wait, &err), 0);
}

static void revoked_keys_and_disabled_customers_are_refused(void **state)
{
    (void)state;
    struct mb_auth_wait wait;
    struct mb_err err;
    fake_pg_answer = answer_revoked;
    look_up(1);
    assert_int_equal(check(1, &wait, &err), -MB_E_UNAUTHENTICATED);
    fake_pg_answer = answer_disabled;
    look_up(2);
    assert_int_equal(check(2, &wait, &err), -MB_E_FORBIDDEN);
    assert_int_equal(known, 0);
}

static void what_is_known_expires(void **state)
{
    (void)state;
    struct mb_auth_wait wait;
    struct mb_err err;
    look_up(1);
    loop.now_us += 29 * 1000000;
    assert_int_equal(check(1, &wait, &err), 1);
    loop.now_us += 2 * 1000000;
    assert_int_equal(check(1, &wait, &err), 0);
}

static void a_change_of_key_or_customer_is_felt_at_once(void **state)
{
    (void)state;
    struct mb_auth_wait wait;
    struct mb_err err;
    look_up(1);
    mb_auth_forget(auth, mb_id_new());
    assert_int_equal(check(1, &wait, &err), 1);
    mb_auth_forget(auth, last.key_id);
    look_up(1);
    mb_auth_forget(auth, fake_customer());
    look_up(1);
    mb_auth_forget_all(auth);
    assert_int_equal(check(1, &wait, &err), 0);
}

static void the_least_recently_used_goes_when_the_cache_is_full(void **state)
{
    (void)state;
    static struct mb_auth_wait wait; /* waits until the teardown */
    struct mb_err err;
    for (int i = 1; i <= 4; i++)
        look_up(i);
    assert_int_equal(check(1, &wait, &err), 1);
    look_up(5);
    assert_int_equal(check(1, &wait, &err), 1);
    assert_int_equal(check(2, &wait, &err), 0);
}

static void too_many_look_ups_at_once_are_refused(void **state)
{
    (void)state;
    static struct mb_auth_wait wait[3]; /* two wait until the teardown */
    struct mb_err err;
    fake_pg_holds = true;
    assert_int_equal(check(1, &wait[0], &err), 0);
    assert_int_equal(check(2, &wait[1], &err), 0);
    assert_int_equal(check(3, &wait[2], &err), -MB_E_OVERLOADED);
}

static void without_the_database_known_keys_go_on_and_others_are_told(void **state)
{
    (void)state;
    struct mb_auth_wait wait;
    struct mb_err err;
    look_up(1);
    fake_pg_up = false;
    assert_int_equal(check(1, &wait, &err), 1);
    assert_int_equal(check(2, &wait, &err), -MB_E_DATABASE);
    fake_pg_up = true;
}

static void headers_that_hold_no_key_are_refused_without_a_look_up(void **state)
{
    (void)state;
    static const char *const headers[] = {
        "",
        "Bearer",
        "Bearer ",
        "Basic x",
        "Bearer mb_",
        "Bearer  mb_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG",
        "mb_0123456789abcdefghijklmnopqrstuvwxyzABCDEFG",
    };
    for (size_t i = 0; i < MB_LEN(headers); i++) {
        struct mb_auth_wait wait;
        struct mb_err err;
        int rc = mb_auth_check(auth, mb_str_c(headers[i]), &last, &wait, &err);
        assert_int_equal(rc, -MB_E_UNAUTHENTICATED);
    }
    assert_int_equal(fake_query.count, 0);
}

static void last_uses_are_written_in_a_batch(void **state)
{
    (void)state;
    struct mb_auth_wait wait;
    struct mb_err err;
    look_up(1);
    look_up(2);
    assert_int_equal(check(1, &wait, &err), 1);
    mb_auth_flush(auth);
    mb_loop_turn(&loop, 0);
    assert_string_equal(fake_query.stmt->name, "http_touch_keys");
    assert_int_equal(fake_query.count, 3);
    mb_auth_flush(auth);
    assert_int_equal(fake_query.count, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
        TEST(a_key_is_looked_up_once_and_then_known),
        TEST(requests_that_come_at_once_share_one_look_up),
        TEST(when_all_who_wait_have_left_the_look_up_is_cancelled),
        TEST(an_unknown_key_is_remembered_for_a_short_time),
        TEST(revoked_keys_and_disabled_customers_are_refused),
        TEST(what_is_known_expires),
        TEST(a_change_of_key_or_customer_is_felt_at_once),
        TEST(the_least_recently_used_goes_when_the_cache_is_full),
        TEST(too_many_look_ups_at_once_are_refused),
        TEST(without_the_database_known_keys_go_on_and_others_are_told),
        TEST(headers_that_hold_no_key_are_refused_without_a_look_up),
        TEST(last_uses_are_written_in_a_batch),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#include "base/list.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

struct item {
    char name;
    struct mb_list node;
};

static void assert_order(struct mb_list *head, const char *names)
{
    char found[16] = "", *at = found;
    MB_LIST_EACH(it, next, head)
    *at++ = MB_LIST_ENTRY(it, struct item, node)->name;
    *at = '\0';
    assert_string_equal(found, names);
}

static void fill(struct mb_list *head, struct item items[3])
{
    mb_list_init(head);
    for (int i = 0; i < 3; i++) {
        items[i].name = (char)('a' + i);
        mb_list_push(head, &items[i].node);
    }
}

static void keeps_the_order_of_pushing(void **state)
{
    (void)state;
    struct mb_list head;
    struct item items[3], first = {.name = 'z'};
    fill(&head, items);
    assert_order(&head, "abc");
    mb_list_push_front(&head, &first.node);
    assert_order(&head, "zabc");
}

static void removing_twice_is_harmless(void **state)
{
    (void)state;
    struct mb_list head;
    struct item items[3];
    fill(&head, items);
    mb_list_remove(&items[1].node);
    assert_false(mb_list_is_linked(&items[1].node));
    mb_list_remove(&items[1].node);
    assert_order(&head, "ac");
}

static void shifting_takes_the_first_until_none_is_left(void **state)
{
    (void)state;
    struct mb_list head;
    struct item items[3];
    fill(&head, items);
    for (int i = 0; i < 3; i++)
        assert_ptr_equal(mb_list_shift(&head), &items[i].node);
    assert_null(mb_list_shift(&head));
    assert_true(mb_list_is_empty(&head));
}

static void an_element_may_be_removed_while_walking(void **state)
{
    (void)state;
    struct mb_list head;
    struct item items[3];
    fill(&head, items);
    MB_LIST_EACH(it, next, &head)
    {
        mb_list_remove(it);
        memset(it, 0xEE, sizeof(*it));
    }
    assert_true(mb_list_is_empty(&head));
}

static void splicing_moves_all_to_the_end(void **state)
{
    (void)state;
    struct mb_list one, two, none;
    struct item items[3], more = {.name = 'm'};
    fill(&one, items);
    mb_list_init(&two);
    mb_list_init(&none);
    mb_list_push(&two, &more.node);
    mb_list_splice(&two, &one);
    assert_order(&two, "mabc");
    assert_true(mb_list_is_empty(&one));
    mb_list_splice(&two, &none);
    assert_order(&two, "mabc");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_the_order_of_pushing),
        cmocka_unit_test(removing_twice_is_harmless),
        cmocka_unit_test(shifting_takes_the_first_until_none_is_left),
        cmocka_unit_test(an_element_may_be_removed_while_walking),
        cmocka_unit_test(splicing_moves_all_to_the_end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

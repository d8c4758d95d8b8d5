// SPDX-License-Identifier: MIT
/* loom/lib/list.h: the ring is checked in both directions after each step. */
#include "check.h"

#include "lib/list.h"

struct item {
	int value;
	struct list node;
};

/* Does @head hold exactly the digits of @expected, both ways round? */
static void check_items(struct list *head, const char *expected)
{
	const char *p = expected;
	struct list *node;
	struct item *item;

	list_for_each_entry(item, head, struct item, node) {
		assert_true(*p);
		assert_int_equal(item->value, *p++ - '0');
	}
	assert_int_equal(*p, '\0');
	for (node = head->prev; node != head; node = node->prev) {
		assert_true(p > expected);
		assert_int_equal(container_of(node, struct item, node)->value,
				 *--p - '0');
	}
	assert_ptr_equal(p, expected);
}

static void make_items(struct item *items, int n, struct list *head)
{
	int i;

	list_init(head);
	for (i = 0; i < n; i++) {
		items[i].value = i;
		list_add_tail(head, &items[i].node);
	}
}

static void adds_and_removes(void **state)
{
	struct list head = LIST_INIT(head);
	struct item items[5];
	int i;

	(void)state;
	assert_true(list_empty(&head));
	assert_null(list_first(&head));
	assert_null(list_last(&head));
	assert_null(list_pop(&head));
	for (i = 0; i < 5; i++)
		items[i].value = i;
	list_add_tail(&head, &items[1].node);
	list_add_tail(&head, &items[2].node);
	list_add_head(&head, &items[0].node);
	check_items(&head, "012");
	list_add_after(&items[1].node, &items[4].node);
	check_items(&head, "0142");
	assert_ptr_equal(list_first(&head), &items[0].node);
	assert_ptr_equal(list_last(&head), &items[2].node);
	assert_ptr_equal(list_first_entry(&head, struct item, node), items);
	list_del(&items[4].node);
	assert_true(list_empty(&items[4].node));
	list_del(&items[4].node);
	check_items(&head, "012");
	assert_ptr_equal(list_pop(&head), &items[0].node);
	assert_true(list_empty(&items[0].node));
	check_items(&head, "12");
}

static void splices_in_order(void **state)
{
	struct item a[2], b[3];
	struct list to, from;

	(void)state;
	make_items(a, 2, &to);
	make_items(b, 3, &from);
	list_splice_tail(&to, &from);
	check_items(&to, "01012");
	assert_true(list_empty(&from));
	list_splice_tail(&to, &from);
	check_items(&to, "01012");
	list_splice_tail(&from, &to);
	check_items(&from, "01012");
}

static void safe_loops_allow_removal(void **state)
{
	struct item items[6];
	struct item *item, *tmp;
	struct list *node, *next;
	struct list head;

	(void)state;
	make_items(items, 6, &head);
	list_for_each_entry_safe(item, tmp, &head, struct item, node) {
		if (item->value % 2)
			list_del(&item->node);
	}
	check_items(&head, "024");
	list_for_each_safe(node, next, &head)
		list_del(node);
	check_items(&head, "");
	list_for_each(node, &head)
		fail();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(adds_and_removes),
		cmocka_unit_test(splices_in_order),
		cmocka_unit_test(safe_loops_allow_removal),
	};

	return cmocka_run_group_tests_name("list", tests, NULL, NULL);
}

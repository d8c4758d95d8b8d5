// SPDX-License-Identifier: MIT
/*
 * loom/fs/pagetree.c: what page is where, against an array; references; the
 * end that faults see; and threads that fill, find and cut at once.
 */
#include "check.h"
#include "shim.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "fs/pagetree.h"
#include "lib/errno.h"
#include "mm/page.h"

enum {
	NEAR = 600,		/* more than a node has entries */
	CUT = 5000,		/* far more than are cut with the lock held */
	THREADS = 3,
	ROUNDS = 3000,
};

static const uint64_t FAR = UINT64_C(1) << 40;

static uint64_t word_at(uint64_t pa)
{
	uint64_t word;

	memcpy(&word, phys_to_virt(pa), sizeof(word));
	return word;
}

static void set_word(uint64_t pa, uint64_t word)
{
	memcpy(phys_to_virt(pa), &word, sizeof(word));
}

/* The number in page @index; 0: a hole. */
static uint64_t look(struct pagetree *tree, uint64_t index)
{
	uint64_t pa = pagetree_get(tree, index), word;

	if (!pa)
		return 0;
	assert_int_equal(page_of(pa)->refs, 2);
	word = word_at(pa);
	page_put(pa);
	return word;
}

static void put(struct pagetree *tree, uint64_t index, uint64_t word)
{
	uint64_t pa = pagetree_fill(tree, index);

	assert_true(pa);
	assert_true(page_of(pa)->is_file);
	set_word(pa, word);
	page_put(pa);
}

static void test_random(void **state)
{
	static uint64_t words[NEAR];
	uint64_t random = check_seed(1);
	unsigned pages = shim_pages(), step;
	struct pagetree *tree = pagetree_create(false);
	size_t i, n;

	(void)state;
	memset(words, 0, sizeof(words));
	for (step = 0; step < 20000; step++) {
		i = check_below(&random, NEAR);
		if (check_below(&random, 100) == 0) {
			pagetree_cut(tree, i);
			memset(&words[i], 0, (NEAR - i) * sizeof(words[0]));
		} else if (check_below(&random, 2)) {
			words[i] = step + 1;
			put(tree, i, words[i]);
		}
		i = check_below(&random, NEAR);
		assert_int_equal(look(tree, i), words[i]);
	}
	for (i = 0, n = 0; i < NEAR; i++) {
		assert_int_equal(look(tree, i), words[i]);
		n += words[i] != 0;
	}
	assert_int_equal(pagetree_count(tree), n);
	pagetree_destroy(tree);
	assert_int_equal(shim_pages(), pages);
}

/* A few pages, far apart: a high tree of few nodes. */
static void test_sparse(void **state)
{
	unsigned pages = shim_pages();
	struct pagetree *tree = pagetree_create(false);

	(void)state;
	put(tree, 0, 1);
	put(tree, FAR, 2);
	put(tree, 513, 3);
	assert_int_equal(look(tree, 0), 1);
	assert_int_equal(look(tree, FAR), 2);
	assert_int_equal(look(tree, FAR + 1), 0);
	assert_int_equal(look(tree, FAR * 1000), 0);
	pagetree_cut(tree, FAR * 1000);
	pagetree_cut(tree, 1);
	assert_int_equal(look(tree, 0), 1);
	assert_int_equal(look(tree, 513), 0);
	pagetree_cut(tree, 0);
	assert_int_equal(tree->height, 0);
	assert_int_equal(shim_pages(), pages);
	pagetree_destroy(tree);
}

static void test_cut_much(void **state)
{
	unsigned pages = shim_pages();
	struct pagetree *tree = pagetree_create(false);
	uint64_t i;

	(void)state;
	for (i = 0; i < CUT; i++)
		put(tree, i, i + 1);
	pagetree_cut(tree, 700);
	assert_int_equal(pagetree_count(tree), 700);
	assert_int_equal(look(tree, 699), 700);
	assert_int_equal(look(tree, 700), 0);
	pagetree_destroy(tree);
	assert_int_equal(shim_pages(), pages);
}

/* What a fault finds: nothing behind the end, whatever there is. */
static void test_end(void **state)
{
	struct pagetree *tree = pagetree_create(false);
	struct pagetree *memory = pagetree_create(true);
	uint64_t pa;

	(void)state;
	put(tree, 7, 1);
	assert_int_equal(pagetree_fault(tree, 7, &pa), -ENXIO);
	assert_false(pagetree_has(tree, 7));
	pagetree_set_end(tree, 9);
	assert_true(pagetree_has(tree, 7));
	assert_false(pagetree_has(tree, 8));
	assert_int_equal(pagetree_fault(tree, 7, &pa), 0);
	assert_int_equal(word_at(pa), 1);
	/* Whoever has a page keeps it. */
	pagetree_set_end(tree, 0);
	pagetree_cut(tree, 0);
	assert_int_equal(page_of(pa)->refs, 1);
	assert_int_equal(word_at(pa), 1);
	page_put(pa);
	pagetree_set_end(tree, 9);
	pagetree_set_end(memory, 9);
	shim_fail_after(0);
	assert_int_equal(pagetree_fault(tree, 8, &pa), -ENOSPC);
	shim_fail_after(0);
	assert_int_equal(pagetree_fault(memory, 8, &pa), -ENOMEM);
	shim_fail_after(-1);
	assert_int_equal(pagetree_fault(memory, 8, &pa), 0);
	page_put(pa);
	pagetree_destroy(tree);
	pagetree_destroy(memory);
}

/* A page is what it was as long as somebody has it, whoever cuts. */
static void *fault(void *arg)
{
	struct pagetree *tree = arg;
	uint64_t random = (uintptr_t)&random, pa;
	unsigned i;

	for (i = 0; i < ROUNDS; i++) {
		uint64_t index = check_below(&random, 40);

		if (pagetree_fault(tree, index, &pa))
			continue;
		if (page_of(pa)->refs == 0 ||
		    (word_at(pa) != 0 && word_at(pa) != index + 1))
			return (void *)1;
		set_word(pa, index + 1);
		page_put(pa);
	}
	return NULL;
}

static void *cut(void *arg)
{
	struct pagetree *tree = arg;
	uint64_t random = 5;
	unsigned i;

	for (i = 0; i < ROUNDS; i++) {
		uint64_t end = check_below(&random, 40);

		pagetree_set_end(tree, end);
		pagetree_cut(tree, end);
		pagetree_set_end(tree, 40);
	}
	return NULL;
}

static void test_threads(void **state)
{
	unsigned pages = shim_pages(), i;
	struct pagetree *tree = pagetree_create(false);
	pthread_t thread[THREADS + 1];
	void *result;

	(void)state;
	pagetree_set_end(tree, 40);
	for (i = 0; i <= THREADS; i++)
		assert_int_equal(pthread_create(&thread[i], NULL,
						i < THREADS ? fault : cut,
						tree), 0);
	for (i = 0; i <= THREADS; i++) {
		assert_int_equal(pthread_join(thread[i], &result), 0);
		assert_null(result);
	}
	assert_true(pagetree_count(tree) <= 40);
	pagetree_destroy(tree);
	assert_int_equal(shim_pages(), pages);
}

/* Pages that were there before: in the tree, and given back by it. */
static void test_give(void **state)
{
	static const uint64_t counts[] = { 0, 1, 2, 40 };
	unsigned pages = shim_pages(), objects = shim_objects();
	uint8_t *run = aligned_alloc(PAGE_SIZE, 40 * PAGE_SIZE);
	struct pagetree *tree;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		uint64_t n = counts[i], pa = virt_to_phys(run);

		tree = pagetree_create(false);
		shim_adopt(run, 40);
		assert_int_equal(pagetree_give(tree, pa, n), n);
		assert_int_equal(pagetree_count(tree), n);
		for (uint64_t j = 0; j < 40; j++) {
			assert_int_equal(shim_adopted_refs(j), 1 + (j < n));
			if (j >= n)
				continue;
			assert_int_equal(pagetree_get(tree, j),
					 pa + j * PAGE_SIZE);
			page_put(pa + j * PAGE_SIZE);
		}
		assert_int_equal(pagetree_get(tree, n), 0);
		put(tree, n + 1, 7);
		assert_int_equal(look(tree, n + 1), 7);
		pagetree_destroy(tree);
		for (uint64_t j = 0; j < 40; j++)
			assert_int_equal(shim_adopted_refs(j), 1);
	}
	/* No memory for the node. */
	tree = pagetree_create(false);
	shim_fail_after(0);
	assert_int_equal(pagetree_give(tree, virt_to_phys(run), 2), 0);
	shim_fail_after(-1);
	pagetree_destroy(tree);
	shim_adopt(NULL, 0);
	free(run);
	assert_int_equal(shim_pages(), pages);
	assert_int_equal(shim_objects(), objects);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_sparse),
		cmocka_unit_test(test_cut_much),
		cmocka_unit_test(test_end),
		cmocka_unit_test(test_threads),
		cmocka_unit_test(test_give),
	};

	return cmocka_run_group_tests_name("pagetree", tests, NULL, NULL);
}

// SPDX-License-Identifier: MIT
/*
 * Address spaces: loom/mm/ on the real page tables and allocators, with a CPU
 * that keeps stale translations (user_cpu.h) and files (fake_file.h), against
 * an array that knows each page's rights and contents.
 */
#include "check.h"
#include "fake_file.h"
#include "machine.h"
#include "user_cpu.h"

#include <weft/cache.h>

#include "fs/inode.h"
#include "lib/errno.h"
#include "lib/string.h"
#include "mm/aspace.h"
#include "mm/kmem.h"
#include "mm/page.h"

enum {
	MIB = 0x100000,
	RAM_SIZE = 32 * MIB,
	PAGES = 160,		/* of the model, from ASPACE_MIN on */
	FILE_PAGES = 64,
};

enum { RW = AREA_READ | AREA_WRITE };

/* What a page is made of: nothing, zeros, or a page of the file. */
enum kind { UNUSED, ANON, FILE_PRIVATE, FILE_SHARED };

struct cell {
	uint8_t kind, prot;
	bool is_own;		/* private, and written to */
	uint64_t page;		/* of the file */
	uint64_t word;		/* if is_own: at the start of the page */
};

/* All that one program sees. */
struct model {
	struct cell cells[PAGES];
};

static struct model now;
static struct cell *const cells = now.cells;
static struct inode *file;
static uint64_t file_words[FILE_PAGES];
static uint64_t file_end;	/* in pages */
static struct aspace *as;
static uint64_t random_state;
static size_t free_before;

static uint64_t address(size_t cell)
{
	return ASPACE_MIN + (uint64_t)cell * PAGE_SIZE;
}

static void start(void)
{
	free_before = page_free_count();
	user_cpu_reset();
	as = aspace_create();
	assert_non_null(as);
	memset(&now, 0, sizeof(now));
}

/* All memory is back, table pages included. */
static void finish_spaces(unsigned spaces)
{
	aspace_put(as);
	assert_int_equal(user_cpu_forgotten, spaces);
	assert_int_equal(user_cpu_cached(), 0);
	assert_int_equal(page_free_count(), free_before);
	assert_int_equal(machine_locks_held(), 0);
	assert_int_equal(fake_files, 0);
	assert_null(aspace_each(NULL));
}

static void finish(void)
{
	finish_spaces(1);
}

static int map(uint64_t va, size_t len, unsigned prot)
{
	const struct mapping m = { .len = len, .prot = prot,
		.may = AREA_ALL };

	return aspace_map(as, va, &m);
}

static int map_anywhere(uint64_t hint, size_t len, unsigned prot,
			uint64_t *va)
{
	const struct mapping m = { .len = len, .prot = prot,
		.may = AREA_ALL };

	return aspace_map_anywhere(as, hint, &m, va);
}

static int try_access_of(struct aspace *space, uint64_t va, unsigned access)
{
	int err;

	user_cpu_access(space, va, access, &err);
	return err;
}

static int try_access(uint64_t va, unsigned access)
{
	return try_access_of(as, va, access);
}

static uint64_t load_of(struct aspace *space, uint64_t va)
{
	int err;
	const uint64_t *word = user_cpu_access(space, va, AREA_READ, &err);

	assert_non_null(word);
	return *word;
}

static uint64_t load(uint64_t va)
{
	return load_of(as, va);
}

static void store_to(struct aspace *space, uint64_t va, uint64_t value)
{
	int err;
	uint64_t *word = user_cpu_access(space, va, AREA_WRITE, &err);

	assert_non_null(word);
	*word = value;
}

static void store(uint64_t va, uint64_t value)
{
	store_to(as, va, value);
}

static bool is_used(const struct cell *cell)
{
	return cell->kind != UNUSED;
}

/* The file ends before it. */
static bool is_behind_end(const struct cell *cell)
{
	return cell->kind >= FILE_PRIVATE && cell->page >= file_end;
}

static uint64_t word_of(const struct cell *cell)
{
	if (cell->is_own)
		return cell->word;
	return cell->kind == ANON ? 0 : file_words[cell->page];
}

static int expected(const struct cell *cell, unsigned access)
{
	if (!is_used(cell))
		return -EFAULT;
	if (!(cell->prot & access) &&
	    (access != AREA_READ || !cell->prot))
		return -EACCES;
	return is_behind_end(cell) ? -ENXIO : 0;
}

/* What the program sees of one page is what the model says. */
static void check_cell(struct aspace *space, const struct model *model,
		       size_t i)
{
	const struct cell *cell = &model->cells[i];
	uint64_t va = address(i);

	assert_int_equal(try_access_of(space, va + 5, AREA_READ),
			 expected(cell, AREA_READ));
	assert_int_equal(try_access_of(space, va + 0xffc, AREA_EXEC),
			 expected(cell, AREA_EXEC));
	if (expected(cell, AREA_READ) == 0)
		assert_int_equal(load_of(space, va), word_of(cell));
	/* It may make a copy, so it is the last. */
	assert_int_equal(try_access_of(space, va, AREA_WRITE),
			 expected(cell, AREA_WRITE));
	if (expected(cell, AREA_READ) == 0)
		assert_int_equal(load_of(space, va), word_of(cell));
}

/* A write access that stores nothing makes the page the program's own. */
static void own(struct model *model, size_t i)
{
	struct cell *cell = &model->cells[i];

	if (cell->kind != FILE_PRIVATE || expected(cell, AREA_WRITE))
		return;
	cell->word = word_of(cell);
	cell->is_own = true;
}

static void check_and_own(size_t i)
{
	check_cell(as, &now, i);
	own(&now, i);
}

static size_t resident(void)
{
	struct weft_pt_entry entry;
	size_t i, n = 0;

	for (i = 0; i < PAGES; i++)
		if (weft_pt_lookup(&as->table, address(i), &entry) == 0)
			n++;
	return n;
}

static unsigned random_prot(void)
{
	static const uint8_t prots[] = { 0, AREA_READ, RW, RW, RW,
		AREA_READ | AREA_EXEC, AREA_WRITE, AREA_EXEC };

	return prots[check_below(&random_state, sizeof(prots))];
}

static void set_prot(size_t from, size_t to, unsigned prot)
{
	for (; from < to; from++)
		cells[from].prot = (uint8_t)prot;
}

static struct mapping random_mapping(size_t pages)
{
	enum kind kind = (enum kind)(1 + check_below(&random_state, 3));
	struct mapping m = {
		.len = pages * PAGE_SIZE,
		.prot = random_prot(),
		.may = AREA_ALL,
	};

	if (kind == ANON)
		return m;
	m.inode = file;
	m.flags = kind == FILE_SHARED ? AREA_SHARED : 0;
	m.offset = check_below(&random_state, FILE_PAGES - 20) * PAGE_SIZE;
	return m;
}

static void set_new(size_t from, size_t to, const struct mapping *m)
{
	uint64_t page = m->offset / PAGE_SIZE;

	for (; from < to; from++, page++)
		cells[from] = (struct cell){
			.kind = !m->inode ? ANON : m->flags & AREA_SHARED ?
				FILE_SHARED : FILE_PRIVATE,
			.prot = (uint8_t)m->prot, .page = m->inode ? page : 0 };
}

static void set_unused(size_t from, size_t to)
{
	for (; from < to; from++)
		cells[from] = (struct cell){ .kind = UNUSED };
}

static size_t covered(size_t from, size_t to)
{
	while (from < to && is_used(&cells[from]))
		from++;
	return from;
}

static bool is_unused(size_t from, size_t to)
{
	for (; from < to; from++)
		if (is_used(&cells[from]))
			return false;
	return true;
}

/*
 * -ENOMEM, -ENOSPC for the file's, where failures are injected; then nothing
 * has changed.
 */
static bool no_memory(int err, bool failures)
{
	if (err != -ENOMEM && err != -ENOSPC)
		return false;
	assert_true(failures);
	return true;
}

static void do_map(size_t from, size_t to, bool failures)
{
	struct mapping m = random_mapping(to - from);
	int err = aspace_map(as, address(from), &m);

	if (no_memory(err, failures))
		return;
	assert_int_equal(err, is_unused(from, to) ? 0 : -EEXIST);
	if (!err)
		set_new(from, to, &m);
}

static void do_map_over(size_t from, size_t to, bool failures)
{
	struct mapping m = random_mapping(to - from);
	int err = aspace_map_over(as, address(from), &m);

	if (!no_memory(err, failures)) {
		assert_int_equal(err, 0);
		set_new(from, to, &m);
	}
}

static void do_map_anywhere(size_t hint, size_t len, bool failures)
{
	struct mapping m = random_mapping(len);
	uint64_t va;
	size_t at;
	int err = aspace_map_anywhere(as, address(hint), &m, &va);

	if (no_memory(err, failures))
		return;
	assert_int_equal(err, 0);
	if (hint + len <= PAGES && is_unused(hint, hint + len))
		assert_int_equal(va, address(hint));
	if (va >= address(PAGES)) {
		/* It did not fit below mmap_top: not in the model. */
		page_fail_after(-1);
		assert_int_equal(aspace_unmap(as, va, len * PAGE_SIZE), 0);
		return;
	}
	at = (va - ASPACE_MIN) / PAGE_SIZE;
	assert_true(at + len <= PAGES && is_unused(at, at + len));
	set_new(at, at + len, &m);
}

static void do_unmap(size_t from, size_t to, bool failures)
{
	int err = aspace_unmap(as, address(from), (to - from) * PAGE_SIZE);

	if (!no_memory(err, failures)) {
		assert_int_equal(err, 0);
		set_unused(from, to);
	}
}

static bool all_have(size_t from, size_t to, unsigned prot)
{
	for (; from < to; from++)
		if (area_at(&as->areas, address(from))->prot != prot)
			return false;
	return true;
}

static void do_protect(size_t from, size_t to, bool failures)
{
	unsigned prot = random_prot();
	size_t end = covered(from, to);
	int err = aspace_protect(as, address(from), (to - from) * PAGE_SIZE,
				 prot, false);

	/* With a hole: all before it has changed, or no memory at all. */
	if (err == -ENOMEM && failures && !all_have(from, end, prot))
		return;
	assert_int_equal(err, end < to ? -ENOMEM : 0);
	set_prot(from, end, prot);
}

static void do_discard(size_t from, size_t to)
{
	int err = aspace_advise(as, address(from), (to - from) * PAGE_SIZE,
				ADVICE_DISCARD, 0, 0);

	assert_int_equal(err, covered(from, to) < to ? -ENOMEM : 0);
	for (; from < to; from++)
		cells[from].is_own = false;
}

/* A program that makes code of what it wrote maintains the caches itself. */
static void sync_code(size_t i)
{
	struct weft_pt_entry entry;

	assert_int_equal(weft_pt_lookup(&as->table, address(i), &entry), 0);
	weft_cache_sync_code(phys_to_virt(entry.pa), PAGE_SIZE);
}

static void do_store(size_t from, size_t to)
{
	for (; from < to; from++) {
		struct cell *cell = &cells[from];
		uint64_t word = check_random(&random_state);

		if (expected(cell, AREA_WRITE))
			continue;
		store(address(from), word);
		if (cell->kind == FILE_SHARED) {
			file_words[cell->page] = word;
			sync_code(from);
			continue;
		}
		cell->word = word;
		cell->is_own = true;
	}
}

/* execve's way in, whatever the rights; only private memory. */
static void do_write(size_t at, bool failures)
{
	uint64_t word = check_random(&random_state);
	struct cell *cell = &cells[at];
	int err;

	if (cell->kind == FILE_SHARED)
		return;
	err = aspace_write(as, address(at), &word, sizeof(word));
	aspace_sync_icache(as, address(at) + 3, 4);
	if (no_memory(err, failures))
		return;
	assert_int_equal(err, !is_used(cell) ? -EFAULT :
			 is_behind_end(cell) ? -ENXIO : 0);
	if (err)
		return;
	cell->word = word;
	cell->is_own = true;
}

static bool continues(const struct cell *a, const struct cell *b)
{
	return is_used(a) && a->kind == b->kind && a->prot == b->prot &&
	       (a->kind == ANON || a->page + 1 == b->page);
}

/* One area, as mremap wants it: neighbours that are alike are one. */
static size_t area_end(size_t at)
{
	size_t end = at + 1;

	while (end < PAGES && continues(&cells[end - 1], &cells[end]))
		end++;
	return end;
}

static void move_cells(size_t from, size_t to, size_t len, size_t new_len)
{
	static struct cell old[PAGES];
	size_t i;

	memcpy(old, &cells[from], len * sizeof(old[0]));
	if (from != to)
		set_unused(from, from + len);
	for (i = 0; i < new_len; i++) {
		cells[to + i] = old[i < len ? i : 0];
		if (i < len)
			continue;
		cells[to + i].is_own = false;
		if (cells[to + i].kind != ANON)
			cells[to + i].page += i;
	}
}

static void do_remap(size_t from, size_t len, bool failures)
{
	size_t new_len = 1 + check_below(&random_state, 30), at;
	bool may_move = check_below(&random_state, 2);
	uint64_t va;
	int err = aspace_remap(as, address(from), len * PAGE_SIZE,
			       new_len * PAGE_SIZE,
			       may_move ? REMAP_MAY_MOVE : 0, &va);

	if (!is_used(&cells[from])) {
		assert_int_equal(err, -EFAULT);
		return;
	}
	if (err == -ENOMEM && (failures || !may_move))
		return;
	if (new_len >= len && from + len > area_end(from)) {
		assert_int_equal(err, -EFAULT);
		return;
	}
	assert_int_equal(err, 0);
	if (new_len < len) {
		assert_int_equal(va, address(from));
		set_unused(from + new_len, from + len);
		return;
	}
	page_fail_after(-1);
	if (va >= address(PAGES)) {
		assert_int_equal(aspace_unmap(as, va, new_len * PAGE_SIZE), 0);
		set_unused(from, from + len);
		return;
	}
	at = (va - ASPACE_MIN) / PAGE_SIZE;
	assert_true(at == from || may_move);
	if (at + new_len > PAGES) {
		/* Grown in place, past the model's end. */
		assert_int_equal(at, from);
		assert_int_equal(aspace_unmap(as, address(PAGES),
					      (at + new_len - PAGES) *
					      PAGE_SIZE), 0);
		new_len = PAGES - at;
	}
	move_cells(from, at, len, new_len);
}

static void do_remap_fixed(size_t from, size_t len)
{
	size_t new_len = 1 + check_below(&random_state, 30);
	size_t to = check_below(&random_state, PAGES - new_len);
	uint64_t va = address(to);
	int err = aspace_remap(as, address(from), len * PAGE_SIZE,
			       new_len * PAGE_SIZE,
			       REMAP_FIXED | REMAP_MAY_MOVE, &va);

	if (!is_used(&cells[from])) {
		assert_int_equal(err, -EFAULT);
		return;
	}
	if (from < to + new_len && to < from + len) {
		assert_int_equal(err, -EINVAL);
		return;
	}
	set_unused(to, to + new_len);
	if (new_len < len) {
		set_unused(from + new_len, from + len);
		len = new_len;
	}
	if (!is_used(&cells[from]) || from + len > area_end(from)) {
		assert_int_equal(err, -EFAULT);
		return;
	}
	assert_int_equal(err, 0);
	move_cells(from, to, len, new_len);
}

/* A second mapping of shared pages. */
static void do_duplicate(size_t from, size_t len)
{
	uint64_t va;
	size_t at, i;
	int err = aspace_remap(as, address(from), 0, len * PAGE_SIZE,
			       REMAP_MAY_MOVE, &va);

	if (cells[from].kind != FILE_SHARED) {
		assert_int_equal(err, is_used(&cells[from]) ? -EINVAL
							    : -EFAULT);
		return;
	}
	assert_int_equal(err, 0);
	if (va >= address(PAGES)) {
		assert_int_equal(aspace_unmap(as, va, len * PAGE_SIZE), 0);
		return;
	}
	at = (va - ASPACE_MIN) / PAGE_SIZE;
	for (i = 0; i < len; i++) {
		cells[at + i] = cells[from];
		cells[at + i].page += i;
	}
}

static void do_truncate(struct model *other)
{
	uint64_t end = check_below(&random_state, FILE_PAGES);
	size_t i;

	fake_file_truncate(file, end);
	for (i = end; i < FILE_PAGES; i++)
		file_words[i] = 0;
	for (i = 0; i < PAGES; i++) {
		if (cells[i].kind != ANON && cells[i].page >= end)
			cells[i].is_own = false;
		if (other->cells[i].kind != ANON && other->cells[i].page >= end)
			other->cells[i].is_own = false;
	}
	/* Holes, up to another end. */
	file_end = end + check_below(&random_state, FILE_PAGES - end);
	fake_file_truncate(file, file_end);
}

/* A relative that is what this space was when it was made. */
static struct {
	struct aspace *as;
	struct model model;
} frozen;

static void thaw(void)
{
	size_t i;

	if (!frozen.as)
		return;
	for (i = 0; i < PAGES; i++)
		check_cell(frozen.as, &frozen.model, i);
	aspace_put(frozen.as);
	frozen.as = NULL;
	memset(&frozen.model, 0, sizeof(frozen.model));
}

/* Go on as the parent or as the child, and keep the other for later. */
static void do_fork(bool failures)
{
	struct aspace *child = aspace_fork(as, 0);

	if (!child) {
		assert_true(failures);
		return;
	}
	frozen.model = now;
	frozen.as = child;
	if (check_below(&random_state, 2)) {
		frozen.as = as;
		as = child;
	}
}

static void random_step(bool failures)
{
	size_t from = check_below(&random_state, PAGES);
	size_t to = from + 1 + check_below(&random_state, 20);
	size_t what = check_below(&random_state, 24);

	if (to > PAGES)
		to = PAGES;
	if (what == 14)
		thaw();
	if (failures && what < 15 && check_below(&random_state, 4))
		page_fail_after((long)check_below(&random_state, 3));
	if (what < 3)
		do_map(from, to, failures);
	else if (what < 4)
		do_map_over(from, to, failures);
	else if (what < 6)
		do_map_anywhere(from, to - from, failures);
	else if (what < 8)
		do_unmap(from, to, failures);
	else if (what < 10)
		do_protect(from, to, failures);
	else if (what < 12)
		do_remap(from, to - from, failures);
	else if (what < 14)
		do_write(from, failures);
	else if (what < 15)
		do_fork(failures);
	else if (what < 16)
		do_remap_fixed(from, to - from);
	else if (what < 17)
		do_discard(from, to);
	else if (what < 18)
		do_truncate(&frozen.model);
	else if (what < 19)
		do_duplicate(from, to - from);
	else
		do_store(from, to);
	page_fail_after(-1);
}

static void random_run(uint64_t seed, bool failures)
{
	unsigned step, spaces;
	size_t i;

	print_message("# seed %llu\n", (unsigned long long)seed);
	random_state = seed;
	start();
	as->mmap_top = address(PAGES);
	file = fake_file(FILE_PAGES * PAGE_SIZE);
	file_end = FILE_PAGES;
	for (i = 0; i < FILE_PAGES; i += 2) {
		file_words[i] = check_random(&random_state);
		file_words[i + 1] = 0;
		*fake_file_word(file, i) = file_words[i];
	}
	for (step = 0; step < 3000; step++) {
		random_step(failures);
		assert_int_equal(resident(), as->pages);
		assert_int_equal(machine_locks_held(), 0);
		check_and_own(check_below(&random_state, PAGES));
		if (step % 100)
			continue;
		for (i = 0; i < PAGES; i++)
			check_and_own(i);
	}
	thaw();
	inode_put(file);
	spaces = user_cpu_forgotten;
	finish_spaces(spaces + 1);
}

static void test_random(void **state)
{
	uint64_t seed = check_seed(1), i;

	(void)state;
	for (i = 0; i < 6; i++)
		random_run(seed + i, i % 2);
	assert_true(user_cpu_quick > 1000);
}

/* Nothing is at @to, and what was stored at @from is there. */
static void check_not_moved(uint64_t from, uint64_t to)
{
	struct weft_pt_entry entry;
	size_t i;

	for (i = 0; i < 4; i++) {
		assert_int_equal(load(from + i * PAGE_SIZE), i + 1);
		to += PAGE_SIZE;
		assert_int_equal(weft_pt_lookup(&as->table, to - PAGE_SIZE,
						&entry), -ENOENT);
	}
	assert_int_equal(as->areas.count, 1);
	assert_int_equal(as->pages, 4);
}

static int move(uint64_t from, uint64_t to)
{
	uint64_t va = to;

	return aspace_remap(as, from, 4 * PAGE_SIZE, 4 * PAGE_SIZE,
			    REMAP_FIXED, &va);
}

#define HOARD UINT64_C(0x4000000000)

/* There are as many areas as there can be; and give them back. */
static void use_up_areas(void)
{
	uint64_t va = HOARD;

	while (map(va, PAGE_SIZE, AREA_READ) == 0)
		va += 2 * PAGE_SIZE;
	assert_int_equal(as->areas.count, AREA_MAX);
}

static void give_back_areas(void)
{
	assert_int_equal(aspace_unmap(as, HOARD, 2 * AREA_MAX * PAGE_SIZE), 0);
}

/* A move that finds no memory, for a table or for an area, moves nothing. */
static void test_failed_move(void **state)
{
	uint64_t from = 0x400000, to = 0;
	size_t i;

	(void)state;
	start();
	assert_int_equal(map(from, 4 * PAGE_SIZE, RW), 0);
	for (i = 0; i < 4; i++)
		store(from + i * PAGE_SIZE, i + 1);
	/* Two pages before a multiple of 1 GiB, two after: four tables. */
	for (i = 0; i < 4; i++) {
		to = UINT64_C(0x80000000) * (i + 1) - 2 * PAGE_SIZE;
		page_fail_after((long)i);
		assert_int_equal(move(from, to), -ENOMEM);
		page_fail_after(-1);
		check_not_moved(from, to);
	}
	/* Now the tables are there, but there is no area. */
	assert_int_equal(move(from, to), 0);
	assert_int_equal(move(to, from), 0);
	use_up_areas();
	assert_int_equal(move(from, to), -ENOMEM);
	give_back_areas();
	check_not_moved(from, to);
	finish();
}

/* Without areas to split others into, each call fails and changes nothing. */
static void test_no_areas(void **state)
{
	uint64_t va = 0x400000, at = va + PAGE_SIZE;

	(void)state;
	start();
	assert_int_equal(map(va, 4 * PAGE_SIZE, RW), 0);
	store(at, 5);
	use_up_areas();
	assert_int_equal(aspace_unmap(as, at, PAGE_SIZE), -ENOMEM);
	assert_int_equal(aspace_protect(as, at, PAGE_SIZE, 0, false), -ENOMEM);
	assert_int_equal(aspace_advise(as, at, PAGE_SIZE, ADVICE_FLAGS, 0,
				       AREA_DONTFORK), -ENOMEM);
	assert_int_equal(map(0x800000, PAGE_SIZE, RW), -ENOMEM);
	assert_int_equal(load(at), 5);
	store(at, 6);
	assert_int_equal(as->pages, 1);
	/* What needs none works: at an end nothing is split. */
	assert_int_equal(aspace_unmap(as, va, PAGE_SIZE), 0);
	assert_int_equal(aspace_advise(as, at, PAGE_SIZE, ADVICE_DISCARD, 0,
				       0), 0);
	assert_int_equal(load(at), 0);
	give_back_areas();
	finish();
}

static void test_ranges(void **state)
{
	uint64_t va;

	(void)state;
	start();
	assert_int_equal(map(0, PAGE_SIZE, RW), -EPERM);
	assert_int_equal(map(ASPACE_MIN + 1, PAGE_SIZE, RW),
			 -EINVAL);
	assert_int_equal(map(ASPACE_MIN, 5, RW), -EINVAL);
	assert_int_equal(map(ASPACE_MIN, 0, RW), -EINVAL);
	assert_int_equal(map(USER_TOP, PAGE_SIZE, RW), -ENOMEM);
	assert_int_equal(map(UINT64_MAX - PAGE_SIZE + 1, PAGE_SIZE,
				    RW), -ENOMEM);
	assert_int_equal(map(ASPACE_MIN, UINT64_MAX - PAGE_SIZE + 1,
				    RW), -ENOMEM);
	assert_int_equal(map(USER_TOP - PAGE_SIZE, PAGE_SIZE, RW),
			 0);
	assert_int_equal(map(ASPACE_MIN, PAGE_SIZE,
				    RW | AREA_EXEC), -EACCES);
	assert_int_equal(map_anywhere(0, USER_TOP, RW, &va),
			 -ENOMEM);
	assert_int_equal(map_anywhere(0, UINT64_MAX - PAGE_SIZE + 1,
					     RW, &va), -ENOMEM);
	assert_int_equal(map_anywhere(0, 0, RW, &va), -EINVAL);
	assert_int_equal(aspace_unmap(as, USER_TOP, PAGE_SIZE), -EINVAL);
	assert_int_equal(aspace_unmap(as, ASPACE_MIN, 0), -EINVAL);
	assert_int_equal(aspace_unmap(as, 0, USER_TOP), 0);
	assert_int_equal(aspace_protect(as, ASPACE_MIN, PAGE_SIZE, RW, false),
			 -ENOMEM);
	assert_int_equal(aspace_protect(as, UINT64_MAX - PAGE_SIZE + 1,
					2 * PAGE_SIZE, RW, false), -ENOMEM);
	assert_int_equal(aspace_protect(as, ASPACE_MIN, 0, RW, false), 0);
	assert_int_equal(aspace_write(as, UINT64_MAX - 3, &va, 8), -EFAULT);
	assert_int_equal(aspace_write(as, USER_TOP - 4, &va, 8), -EFAULT);
	finish();
}

static void test_faults(void **state)
{
	uint64_t va = 0x400000;
	uint64_t tagged = va | UINT64_C(0xa5) << 56;

	(void)state;
	start();
	assert_int_equal(aspace_fault(as, 0, AREA_READ), -EFAULT);
	assert_int_equal(aspace_fault(as, UINT64_MAX, AREA_READ), -EFAULT);
	assert_int_equal(aspace_fault(as, LINEAR_SIZE, AREA_WRITE), -EFAULT);
	assert_int_equal(aspace_fault(as, UINT64_C(0xffffffc000000000),
				      AREA_EXEC), -EFAULT);
	assert_int_equal(map(va, PAGE_SIZE, AREA_READ), 0);
	assert_int_equal(aspace_fault(as, va - 1, AREA_READ), -EFAULT);
	assert_int_equal(aspace_fault(as, va + PAGE_SIZE, AREA_READ), -EFAULT);
	assert_int_equal(aspace_fault(as, va, AREA_WRITE), -EACCES);
	assert_int_equal(aspace_fault(as, va, AREA_EXEC), -EACCES);
	page_fail_after(0);
	assert_int_equal(aspace_fault(as, va, AREA_READ), -ENOMEM);
	page_fail_after(1);		/* the page, but no table */
	assert_int_equal(aspace_fault(as, va, AREA_READ), -ENOMEM);
	page_fail_after(-1);
	assert_int_equal(as->pages, 0);
	assert_int_equal(aspace_fault(as, tagged, AREA_READ), 0);
	assert_int_equal(as->pages, 1);
	assert_int_equal(aspace_fault(as, va, AREA_READ), 0);	/* spurious */
	assert_int_equal(as->pages, 1);
	/* Write-only and execute-only can be read, as on the hardware. */
	assert_int_equal(aspace_protect(as, va, PAGE_SIZE, AREA_EXEC, false),
			 0);
	assert_int_equal(try_access(va, AREA_READ), 0);
	assert_int_equal(try_access(va, AREA_EXEC), 0);
	finish();
}

static bool never(const void *site)
{
	(void)site;
	return false;
}

/* It is not for the short way, which changes nothing then. */
static void check_not_quick(uint64_t va)
{
	size_t pages = as->pages, unused = page_free_count();

	assert_false(aspace_fault_masked(as, va));
	assert_int_equal(as->pages, pages);
	assert_int_equal(page_free_count(), unused);
}

/* Each condition of the short way of a fault. */
static void test_quick(void **state)
{
	uint64_t va = 0x400000;
	struct aspace *child;

	(void)state;
	start();
	check_not_quick(va);				/* no area */
	assert_int_equal(map(va, 8 * PAGE_SIZE, RW), 0);
	check_not_quick(va);				/* no table */
	assert_int_equal(aspace_fault(as, va, AREA_READ), 0);
	check_not_quick(va);				/* it is there */
	assert_true(aspace_fault_masked(as, va + PAGE_SIZE + 5));
	assert_int_equal(as->pages, 2);
	assert_int_equal(load(va + PAGE_SIZE), 0);
	store(va + PAGE_SIZE, 1);
	check_not_quick((va + 2 * PAGE_SIZE) | UINT64_C(1) << 56);
	check_not_quick(UINT64_MAX << 39);
	check_not_quick(va - 1);
	check_not_quick(va + 8 * PAGE_SIZE);
	mutex_lock(&as->lock);				/* somebody has it */
	check_not_quick(va + 2 * PAGE_SIZE);
	mutex_unlock(&as->lock);
	page_fail_after(5);				/* memory is low */
	check_not_quick(va + 2 * PAGE_SIZE);
	page_fail_after(-1);
	page_refuse = never;
	check_not_quick(va + 2 * PAGE_SIZE);
	page_refuse = NULL;
	assert_int_equal(aspace_protect(as, va, 8 * PAGE_SIZE, AREA_READ,
					false), 0);
	check_not_quick(va + 2 * PAGE_SIZE);
	assert_int_equal(aspace_protect(as, va, 8 * PAGE_SIZE, 0, false), 0);
	check_not_quick(va + 2 * PAGE_SIZE);
	assert_int_equal(aspace_protect(as, va, 8 * PAGE_SIZE, RW, false), 0);
	child = aspace_fork(as, 0);
	check_not_quick(va + PAGE_SIZE);		/* it is shared */
	assert_true(aspace_fault_masked(child, va + 2 * PAGE_SIZE));
	assert_int_equal(load_of(child, va + PAGE_SIZE), 1);
	assert_true(aspace_fault_masked(as, va + 2 * PAGE_SIZE));
	aspace_put(child);
	/* What a fork of it may share is known to be its own. */
	assert_true(as->areas.area[0].has_own);
	finish_spaces(2);
}

static void test_stack(void **state)
{
	uint64_t top = 0x7f00000000, low = top - ASPACE_STACK_SIZE, va;

	(void)state;
	start();
	assert_int_equal(aspace_set_stack(as, top + 8, top, RW), -EINVAL);
	assert_int_equal(aspace_set_stack(as, USER_TOP, top, RW), -EINVAL);
	assert_int_equal(aspace_set_stack(as, 0x100000, top, RW), -EINVAL);
	assert_int_equal(aspace_set_stack(as, top, top, RW), 0);
	assert_int_equal(aspace_set_stack(as, top, top, RW), -EEXIST);
	assert_int_equal(try_access(top - 1, AREA_WRITE), 0);
	/* Neither by itself nor by a hint does a mapping come too close. */
	assert_int_equal(map_anywhere(0, PAGE_SIZE, RW, &va), 0);
	assert_int_equal(va, low - AREA_STACK_GAP - PAGE_SIZE);
	va = top - ASPACE_STACK_FIRST - PAGE_SIZE;
	assert_int_equal(map_anywhere(va, PAGE_SIZE, RW, &va), 0);
	assert_int_equal(va, low - AREA_STACK_GAP - 2 * PAGE_SIZE);
	/* It grows to its limit, in any steps. */
	assert_int_equal(try_access(top - ASPACE_STACK_FIRST - 1, AREA_WRITE),
			 0);
	assert_int_equal(area_at(&as->areas, top - 1)->start,
			 top - ASPACE_STACK_FIRST - PAGE_SIZE);
	assert_int_equal(try_access(low - 1, AREA_WRITE), -EFAULT);
	assert_int_equal(try_access(low, AREA_READ), 0);
	assert_int_equal(try_access(low - 1, AREA_READ), -EFAULT);
	assert_int_equal(area_at(&as->areas, top - 1)->start, low);
	assert_int_equal(as->pages, 3);
	/* A mapping below it does not grow into the gap, it moves. */
	va = low - AREA_STACK_GAP - 2 * PAGE_SIZE;
	assert_int_equal(aspace_remap(as, va, 2 * PAGE_SIZE, 3 * PAGE_SIZE, 0,
				      &va), -ENOMEM);
	finish();
}

/* It keeps away from what can be touched below it, but not from a guard. */
static void test_stack_gap(void **state)
{
	uint64_t top = 0x7f00000000, below = top - 0x200000;

	(void)state;
	start();
	assert_int_equal(aspace_set_stack(as, top, top, RW), 0);
	assert_int_equal(map(below - PAGE_SIZE, PAGE_SIZE, AREA_READ), 0);
	assert_int_equal(try_access(below + AREA_STACK_GAP, AREA_WRITE), 0);
	assert_int_equal(try_access(below + AREA_STACK_GAP - 1, AREA_WRITE),
			 -EFAULT);
	assert_int_equal(aspace_protect(as, below - PAGE_SIZE, PAGE_SIZE, 0,
					false), 0);
	assert_int_equal(try_access(below, AREA_WRITE), 0);
	assert_int_equal(try_access(below - 1, AREA_WRITE), -EACCES);
	/* From some address in it down to where it begins. */
	assert_int_equal(aspace_protect(as, top - PAGE_SIZE, PAGE_SIZE,
					AREA_READ, true), 0);
	assert_int_equal(try_access(below, AREA_WRITE), -EACCES);
	assert_int_equal(aspace_protect(as, below - PAGE_SIZE, PAGE_SIZE,
					AREA_READ, true), -EINVAL);
	finish();
}

static void test_brk(void **state)
{
	uint64_t base = 0x500123, big;

	(void)state;
	start();
	assert_int_equal(aspace_brk(as, 0x600000), 0);	/* not set */
	aspace_set_brk(as, base);
	assert_int_equal(aspace_brk(as, 0), base);
	assert_int_equal(aspace_brk(as, base - 1), base);
	assert_int_equal(aspace_brk(as, UINT64_MAX), base);
	assert_int_equal(aspace_brk(as, USER_TOP), base);
	assert_int_equal(aspace_brk(as, base + 10), base + 10);
	assert_int_equal(try_access(base, AREA_WRITE), -EFAULT);
	assert_int_equal(aspace_brk(as, base + 0x5000), base + 0x5000);
	store(0x502000, 7);
	store(0x505000, 8);
	assert_int_equal(as->pages, 2);
	assert_int_equal(aspace_brk(as, 0x502001), 0x502001);
	assert_int_equal(as->pages, 1);
	assert_int_equal(load(0x502000), 7);
	assert_int_equal(try_access(0x503000, AREA_READ), -EFAULT);
	/* What comes back after a shrink is zero. */
	assert_int_equal(aspace_brk(as, base + 0x5000), base + 0x5000);
	assert_int_equal(load(0x505000), 0);
	/* Not over another mapping, not more than there is memory. */
	assert_int_equal(map(0x600000, PAGE_SIZE, RW), 0);
	assert_int_equal(aspace_brk(as, 0x600000), 0x600000);
	assert_int_equal(aspace_brk(as, 0x600001), 0x600000);
	assert_int_equal(aspace_unmap(as, 0x600000, PAGE_SIZE), 0);
	big = 0x600000 + (uint64_t)page_total_count() * PAGE_SIZE;
	assert_int_equal(aspace_brk(as, big + PAGE_SIZE), 0x600000);
	assert_int_equal(aspace_brk(as, big), big);
	page_fail_after(0);
	assert_int_equal(aspace_brk(as, base), base);
	page_fail_after(-1);
	assert_int_equal(as->areas.count, 0);
	finish();
}

/* PROT_NONE hides contents and keeps them. */
static void test_none(void **state)
{
	uint64_t va = 0x400000;

	(void)state;
	start();
	assert_int_equal(map(va, 4 * PAGE_SIZE, RW), 0);
	store(va + PAGE_SIZE, 42);
	assert_int_equal(aspace_protect(as, va, 4 * PAGE_SIZE, 0, false), 0);
	assert_int_equal(try_access(va + PAGE_SIZE, AREA_READ), -EACCES);
	assert_int_equal(try_access(va, AREA_READ), -EACCES);
	assert_int_equal(as->pages, 1);
	assert_int_equal(aspace_protect(as, va, 4 * PAGE_SIZE, AREA_READ,
					false), 0);
	assert_int_equal(load(va + PAGE_SIZE), 42);
	assert_int_equal(load(va), 0);
	finish();
}

/* execve writes a read-only text over page borders, then it can run. */
static void test_write(void **state)
{
	static char text[3 * PAGE_SIZE];
	uint64_t va = 0x400ff0, at;
	int err;

	(void)state;
	start();
	memset(text, 'x', sizeof(text));
	assert_int_equal(map(0x400000, 5 * PAGE_SIZE,
				    AREA_READ | AREA_EXEC), 0);
	assert_int_equal(aspace_write(as, va, text, sizeof(text)), 0);
	aspace_sync_icache(as, va, sizeof(text));
	for (at = va; at < va + sizeof(text); at += 16) {
		const char *c = user_cpu_access(as, at, AREA_EXEC, &err);

		assert_non_null(c);
		assert_int_equal(*c, 'x');
	}
	assert_int_equal(load(va - 8), 0);
	assert_int_equal(load(va + sizeof(text)), 0);
	/* It goes as far as there is something. */
	assert_int_equal(aspace_write(as, 0x404ffc, text, 8), -EFAULT);
	assert_int_equal((uint32_t)(load(0x404ff8) >> 32), 0x78787878);
	page_fail_after(0);
	assert_int_equal(aspace_write(as, 0x403ffc, text, 1), 0);
	page_fail_after(-1);
	finish();
}

static void test_sharing(void **state)
{
	(void)state;
	start();
	aspace_get(as);
	assert_int_equal(map(0x400000, PAGE_SIZE, RW), 0);
	store(0x400000, 1);
	aspace_put(as);
	assert_int_equal(user_cpu_forgotten, 0);
	assert_int_equal(load(0x400000), 1);
	finish();
}

static void test_no_memory(void **state)
{
	long n;

	(void)state;
	for (n = 0; n < 8; n++) {
		size_t before = page_free_count();

		page_fail_after(n);
		as = aspace_create();
		page_fail_after(-1);
		if (as)
			aspace_put(as);
		assert_int_equal(page_free_count(), before);
	}
}

/* Each of the two has what it wrote, and what was there before the fork. */
static void test_fork(void **state)
{
	uint64_t va = 0x400000;
	struct aspace *child;
	size_t free_pages;

	(void)state;
	start();
	assert_int_equal(map(va, 4 * PAGE_SIZE, RW), 0);
	assert_int_equal(map(va + 8 * PAGE_SIZE, PAGE_SIZE,
				    AREA_READ | AREA_EXEC), 0);
	aspace_set_brk(as, 0x600000);
	assert_int_equal(aspace_brk(as, 0x600010), 0x600010);
	store(va, 1);
	store(va + PAGE_SIZE, 2);
	assert_int_equal(load(va + 8 * PAGE_SIZE), 0);
	child = aspace_fork(as, 0);
	assert_non_null(child);
	assert_int_equal(child->pages, 3);
	assert_int_equal(child->areas.count, as->areas.count);
	assert_int_equal(aspace_brk(child, 0), 0x600010);
	free_pages = page_free_count();
	store(va, 11);
	store_to(child, va + PAGE_SIZE, 12);
	assert_int_equal(page_free_count(), free_pages - 2);
	assert_int_equal(load_of(child, va), 1);
	assert_int_equal(load(va + PAGE_SIZE), 2);
	/* The other one is the only one left: no copy. */
	store(va + PAGE_SIZE, 22);
	store_to(child, va, 21);
	assert_int_equal(page_free_count(), free_pages - 2);
	assert_int_equal(load(va), 11);
	assert_int_equal(load_of(child, va + PAGE_SIZE), 12);
	assert_int_equal(load_of(child, va + 8 * PAGE_SIZE), 0);
	/* What one maps from now on the other does not see. */
	assert_int_equal(aspace_unmap(child, va, PAGE_SIZE), 0);
	assert_int_equal(load(va), 11);
	aspace_put(child);
	finish_spaces(2);
}

/* mprotect and mremap give nobody another's page to write to. */
static void test_fork_protect(void **state)
{
	uint64_t va = 0x400000, to = 0x800000;
	struct aspace *child;

	(void)state;
	start();
	assert_int_equal(map(va, 2 * PAGE_SIZE, RW), 0);
	store(va, 1);
	store(va + PAGE_SIZE, 2);
	assert_int_equal(aspace_protect(as, va, PAGE_SIZE, 0, false), 0);
	child = aspace_fork(as, 0);
	assert_non_null(child);
	assert_int_equal(aspace_protect(as, va, PAGE_SIZE, RW, false), 0);
	store(va, 11);
	assert_int_equal(aspace_remap(as, va + PAGE_SIZE, PAGE_SIZE, PAGE_SIZE,
				      REMAP_FIXED, &to), 0);
	store(to, 12);
	assert_int_equal(aspace_protect(child, va, 2 * PAGE_SIZE, RW, false),
			 0);
	assert_int_equal(load_of(child, va), 1);
	assert_int_equal(load_of(child, va + PAGE_SIZE), 2);
	aspace_put(child);
	finish_spaces(2);
}

/* A fork that finds no memory leaves the parent as it was, and no pages. */
static void test_fork_no_memory(void **state)
{
	uint64_t va = 0x400000;
	struct aspace *child;
	bool done = false;
	long n;

	(void)state;
	start();
	assert_int_equal(map(va, 4 * PAGE_SIZE, RW), 0);
	assert_int_equal(map(UINT64_C(0x7000000000), PAGE_SIZE, RW), 0);
	store(va, 1);
	store(UINT64_C(0x7000000000), 2);
	for (n = 0; !done; n++) {
		size_t before = page_free_count();

		page_fail_after(n);
		child = aspace_fork(as, 0);
		page_fail_after(-1);
		done = child != NULL;
		if (child)
			aspace_put(child);
		assert_int_equal(page_free_count(), before);
		store(va, 1);
		assert_int_equal(page_free_count(), before);
	}
	assert_true(n > 4);
	child = aspace_fork(as, 0);
	page_fail_after(0);
	assert_int_equal(aspace_fault(as, va, AREA_WRITE), -ENOMEM);
	page_fail_after(-1);
	assert_int_equal(load_of(child, va), 1);
	assert_int_equal(as->pages, 2);
	aspace_put(child);
	finish_spaces(user_cpu_forgotten + 1);
}

static int set_up(void **state)
{
	(void)state;
	machine_ram(RAM_SIZE, 0xa6);
	page_add_range(MACHINE_RAM, MACHINE_RAM + RAM_SIZE);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	machine_ram_free();
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_failed_move),
		cmocka_unit_test(test_no_areas),
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_quick),
		cmocka_unit_test(test_stack),
		cmocka_unit_test(test_stack_gap),
		cmocka_unit_test(test_brk),
		cmocka_unit_test(test_none),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_sharing),
		cmocka_unit_test(test_no_memory),
		cmocka_unit_test(test_fork),
		cmocka_unit_test(test_fork_protect),
		cmocka_unit_test(test_fork_no_memory),
	};

	return cmocka_run_group_tests_name("aspace", tests, set_up, tear_down);
}

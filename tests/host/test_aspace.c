// SPDX-License-Identifier: MIT
/*
 * Address spaces: loom/mm/aspace.c, mapping.c and mremap.c on the real page
 * tables and allocators, with a CPU that keeps stale translations
 * (user_cpu.h), against an array that knows each page's rights and contents.
 */
#include "check.h"
#include "machine.h"
#include "user_cpu.h"

#include "lib/errno.h"
#include "lib/string.h"
#include "mm/aspace.h"
#include "mm/kmem.h"
#include "mm/page.h"

enum {
	MIB = 0x100000,
	RAM_SIZE = 32 * MIB,
	PAGES = 160,		/* of the model, from ASPACE_MIN on */
};

enum { RW = AREA_READ | AREA_WRITE };

struct cell {
	bool used;
	uint8_t prot, kind;
	uint64_t word;		/* at the start of the page; 0: untouched */
};

static struct cell cells[PAGES];
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
	memset(cells, 0, sizeof(cells));
}

/* All memory is back, table pages included. */
static void finish_spaces(unsigned spaces)
{
	aspace_put(as);
	assert_int_equal(user_cpu_forgotten, spaces);
	assert_int_equal(user_cpu_cached(), 0);
	assert_int_equal(page_free_count(), free_before);
	assert_int_equal(machine_locks_held(), 0);
}

static void finish(void)
{
	finish_spaces(1);
}

static int try_access(uint64_t va, unsigned access)
{
	int err;

	user_cpu_access(as, va, access, &err);
	return err;
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

/* What the program sees of one page is what the model says. */
static void check_cell(size_t i)
{
	const struct cell *cell = &cells[i];
	uint64_t va = address(i);
	int no = cell->used ? -EACCES : -EFAULT;

	assert_int_equal(try_access(va, AREA_WRITE),
			 cell->prot & AREA_WRITE && cell->used ? 0 : no);
	assert_int_equal(try_access(va + 0xffc, AREA_EXEC),
			 cell->prot & AREA_EXEC && cell->used ? 0 : no);
	if (!cell->used || !cell->prot) {
		assert_int_equal(try_access(va + 5, AREA_READ), no);
		return;
	}
	assert_int_equal(load(va), cell->word);
	assert_int_equal(load(va + PAGE_SIZE - 8), 0);
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
		AREA_READ | AREA_EXEC };

	return prots[check_below(&random_state, sizeof(prots))];
}

/* A program that makes code of what it wrote maintains the caches itself. */
static void set_prot(size_t from, size_t to, unsigned prot)
{
	for (; from < to; from++)
		cells[from].prot = (uint8_t)prot;
}

static void set_new(size_t from, size_t to, unsigned prot)
{
	for (; from < to; from++)
		cells[from] = (struct cell){ .used = true,
			.prot = (uint8_t)prot, .kind = AREA_ANON };
}

static void set_unused(size_t from, size_t to)
{
	for (; from < to; from++)
		cells[from] = (struct cell){ .used = false };
}

/*
 * The kernel's memory for areas is used up but for @left objects; and give
 * it back.
 */
static void *hoard[PAGE_SIZE];
static size_t nhoard;

static void use_up_areas(size_t left)
{
	page_fail_after(0);
	while ((hoard[nhoard] = kmalloc(sizeof(struct area))) != NULL)
		nhoard++;
	while (left-- > 0 && nhoard > 0)
		kfree(hoard[--nhoard]);
}

static void give_back_areas(void)
{
	page_fail_after(-1);
	while (nhoard > 0)
		kfree(hoard[--nhoard]);
}

static size_t covered(size_t from, size_t to)
{
	while (from < to && cells[from].used)
		from++;
	return from;
}

static bool is_unused(size_t from, size_t to)
{
	for (; from < to; from++)
		if (cells[from].used)
			return false;
	return true;
}

/* -ENOMEM where failures are injected; then nothing has changed. */
static bool no_memory(int err, bool failures)
{
	if (err != -ENOMEM)
		return false;
	assert_true(failures);
	return true;
}

static void do_map(size_t from, size_t to, bool failures)
{
	unsigned prot = random_prot();
	int err = aspace_map(as, address(from), (to - from) * PAGE_SIZE, prot,
			     AREA_ANON);

	if (no_memory(err, failures))
		return;
	assert_int_equal(err, is_unused(from, to) ? 0 : -EEXIST);
	if (!err)
		set_new(from, to, prot);
}

static void do_map_over(size_t from, size_t to, bool failures)
{
	unsigned prot = random_prot();
	int err = aspace_map_over(as, address(from), (to - from) * PAGE_SIZE,
				  prot);

	if (!no_memory(err, failures)) {
		assert_int_equal(err, 0);
		set_new(from, to, prot);
	}
}

static void do_map_anywhere(size_t hint, size_t len, bool failures)
{
	unsigned prot = random_prot();
	uint64_t va;
	size_t at;
	int err = aspace_map_anywhere(as, address(hint), len * PAGE_SIZE, prot,
				      &va);

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
	set_new(at, at + len, prot);
}

static void do_unmap(size_t from, size_t to, bool failures)
{
	int err = aspace_unmap(as, address(from), (to - from) * PAGE_SIZE);

	if (!no_memory(err, failures)) {
		assert_int_equal(err, 0);
		set_unused(from, to);
	}
}

static void do_protect(size_t from, size_t to, bool failures)
{
	unsigned prot = random_prot();
	size_t end = covered(from, to);
	struct area_set *areas = &as->areas;
	size_t count = areas->count;
	int err = aspace_protect(as, address(from), (to - from) * PAGE_SIZE,
				 prot);

	/* With a hole: all before it has changed, or no memory at all. */
	if (err == -ENOMEM && failures && end > from && areas->count == count &&
	    area_at(areas, address(from))->prot == cells[from].prot)
		return;
	assert_int_equal(err, end < to ? -ENOMEM : 0);
	set_prot(from, end, prot);
}

static void do_discard(size_t from, size_t to)
{
	int err = aspace_advise(as, address(from), (to - from) * PAGE_SIZE,
				true);

	assert_int_equal(err, covered(from, to) < to ? -ENOMEM : 0);
	for (; from < to; from++)
		cells[from].word = 0;
}

static void do_store(size_t from, size_t to)
{
	for (; from < to; from++) {
		if (!cells[from].used || !(cells[from].prot & AREA_WRITE))
			continue;
		cells[from].word = check_random(&random_state);
		store(address(from), cells[from].word);
	}
}

/* execve's way in, whatever the rights. */
static void do_write(size_t at, bool failures)
{
	uint64_t word = check_random(&random_state);
	int err = aspace_write(as, address(at), &word, sizeof(word));

	if (no_memory(err, failures))
		return;
	assert_int_equal(err, cells[at].used ? 0 : -EFAULT);
	if (!err)
		cells[at].word = word;
	aspace_sync_icache(as, address(at) + 3, 4);
}

/* One area, as mremap wants it: neighbours that are alike are one. */
static size_t area_end(size_t at)
{
	size_t end = at;

	while (end < PAGES && cells[end].used &&
	       cells[end].prot == cells[at].prot &&
	       cells[end].kind == cells[at].kind)
		end++;
	return end;
}

/*
 * The mapping has left [from, from + len). If there was no memory to take
 * that out of its area it is mapped still, without contents.
 */
static void leave_cells(size_t from, size_t len)
{
	size_t i;

	if (area_is_free(&as->areas, address(from), address(from + len))) {
		set_unused(from, from + len);
		return;
	}
	assert_true(nhoard > 0);
	for (i = 0; i < len; i++)
		cells[from + i].word = 0;
}

static void move_cells(size_t from, size_t to, size_t len, size_t new_len)
{
	static struct cell old[PAGES];
	size_t i;

	memcpy(old, &cells[from], len * sizeof(old[0]));
	if (from != to)
		leave_cells(from, len);
	for (i = 0; i < new_len; i++)
		cells[to + i] = (struct cell){ .used = true,
			.prot = old[0].prot, .kind = AREA_ANON,
			.word = i < len ? old[i].word : 0 };
}

static void do_remap(size_t from, size_t len, bool failures)
{
	size_t new_len = 1 + check_below(&random_state, 30), at;
	bool may_move = check_below(&random_state, 2);
	uint64_t va;
	int err = aspace_remap(as, address(from), len * PAGE_SIZE,
			       new_len * PAGE_SIZE,
			       may_move ? REMAP_MAY_MOVE : 0, &va);

	if (!cells[from].used) {
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
	if (va >= address(PAGES)) {
		page_fail_after(-1);
		assert_int_equal(aspace_unmap(as, va, new_len * PAGE_SIZE), 0);
		leave_cells(from, len);
		return;
	}
	at = (va - ASPACE_MIN) / PAGE_SIZE;
	assert_true(at == from || may_move);
	if (at + new_len > PAGES) {
		/* Grown in place, past the model's end. */
		assert_int_equal(at, from);
		page_fail_after(-1);
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

	if (from < to + new_len && to < from + len) {
		assert_int_equal(err, -EINVAL);
		return;
	}
	set_unused(to, to + new_len);
	if (new_len < len) {
		set_unused(from + new_len, from + len);
		len = new_len;
	}
	if (!cells[from].used || from + len > area_end(from)) {
		assert_int_equal(err, -EFAULT);
		return;
	}
	assert_int_equal(err, 0);
	move_cells(from, to, len, new_len);
}

static void random_step(bool failures)
{
	size_t from = check_below(&random_state, PAGES);
	size_t to = from + 1 + check_below(&random_state, 20);
	size_t what = check_below(&random_state, 20);

	if (to > PAGES)
		to = PAGES;
	if (failures && what < 14)
		use_up_areas(check_below(&random_state, 4));
	if (failures && what < 14 && check_below(&random_state, 4))
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
		do_remap_fixed(from, to - from);
	else if (what < 16)
		do_discard(from, to);
	else
		do_store(from, to);
	give_back_areas();
}

static void random_run(uint64_t seed, bool failures)
{
	unsigned step;
	size_t i;

	print_message("# seed %llu\n", (unsigned long long)seed);
	random_state = seed;
	start();
	as->mmap_top = address(PAGES);
	for (step = 0; step < 3000; step++) {
		random_step(failures);
		assert_int_equal(resident(), as->pages);
		assert_int_equal(machine_locks_held(), 0);
		check_cell(check_below(&random_state, PAGES));
		if (step % 100)
			continue;
		for (i = 0; i < PAGES; i++)
			check_cell(i);
	}
	finish();
}

static void test_random(void **state)
{
	uint64_t seed = check_seed(1), i;

	(void)state;
	for (i = 0; i < 6; i++)
		random_run(seed + i, i % 2);
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

/* A move that finds no memory, for a table or for an area, moves nothing. */
static void test_failed_move(void **state)
{
	uint64_t from = 0x400000, to = 0;
	size_t i;

	(void)state;
	start();
	assert_int_equal(aspace_map(as, from, 4 * PAGE_SIZE, RW, 0), 0);
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
	use_up_areas(0);
	assert_int_equal(move(from, to), -ENOMEM);
	give_back_areas();
	check_not_moved(from, to);
	finish();
}

static void test_ranges(void **state)
{
	uint64_t va;

	(void)state;
	start();
	assert_int_equal(aspace_map(as, 0, PAGE_SIZE, RW, 0), -EPERM);
	assert_int_equal(aspace_map(as, ASPACE_MIN + 1, PAGE_SIZE, RW, 0),
			 -EINVAL);
	assert_int_equal(aspace_map(as, ASPACE_MIN, 5, RW, 0), -EINVAL);
	assert_int_equal(aspace_map(as, ASPACE_MIN, 0, RW, 0), -EINVAL);
	assert_int_equal(aspace_map(as, USER_TOP, PAGE_SIZE, RW, 0), -ENOMEM);
	assert_int_equal(aspace_map(as, UINT64_MAX - PAGE_SIZE + 1, PAGE_SIZE,
				    RW, 0), -ENOMEM);
	assert_int_equal(aspace_map(as, ASPACE_MIN, UINT64_MAX - PAGE_SIZE + 1,
				    RW, 0), -ENOMEM);
	assert_int_equal(aspace_map(as, USER_TOP - PAGE_SIZE, PAGE_SIZE, RW, 0),
			 0);
	assert_int_equal(aspace_map(as, ASPACE_MIN, PAGE_SIZE,
				    RW | AREA_EXEC, 0), -EACCES);
	assert_int_equal(aspace_map_anywhere(as, 0, USER_TOP, RW, &va),
			 -ENOMEM);
	assert_int_equal(aspace_map_anywhere(as, 0, UINT64_MAX - PAGE_SIZE + 1,
					     RW, &va), -ENOMEM);
	assert_int_equal(aspace_map_anywhere(as, 0, 0, RW, &va), -EINVAL);
	assert_int_equal(aspace_unmap(as, USER_TOP, PAGE_SIZE), -EINVAL);
	assert_int_equal(aspace_unmap(as, ASPACE_MIN, 0), -EINVAL);
	assert_int_equal(aspace_unmap(as, 0, USER_TOP), 0);
	assert_int_equal(aspace_protect(as, ASPACE_MIN, PAGE_SIZE, RW),
			 -ENOMEM);
	assert_int_equal(aspace_protect(as, UINT64_MAX - PAGE_SIZE + 1,
					2 * PAGE_SIZE, RW), -ENOMEM);
	assert_int_equal(aspace_protect(as, ASPACE_MIN, 0, RW), 0);
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
	assert_int_equal(aspace_map(as, va, PAGE_SIZE, AREA_READ, 0), 0);
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
	assert_int_equal(aspace_protect(as, va, PAGE_SIZE, AREA_EXEC), 0);
	assert_int_equal(try_access(va, AREA_READ), 0);
	assert_int_equal(try_access(va, AREA_EXEC), 0);
	finish();
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
	assert_int_equal(try_access(low, AREA_WRITE), 0);
	assert_int_equal(try_access(low - 1, AREA_WRITE), -EFAULT);
	/* Neither by itself nor by a hint does a mapping come too close. */
	assert_int_equal(aspace_map_anywhere(as, 0, PAGE_SIZE, RW, &va), 0);
	assert_int_equal(va, low - AREA_STACK_GAP - PAGE_SIZE);
	assert_int_equal(aspace_map_anywhere(as, low - PAGE_SIZE, PAGE_SIZE,
					     RW, &va), 0);
	assert_int_equal(va, low - AREA_STACK_GAP - 2 * PAGE_SIZE);
	/* A mapping below it does not grow into the gap, it moves. */
	assert_int_equal(aspace_remap(as, va, 2 * PAGE_SIZE, 3 * PAGE_SIZE, 0,
				      &va), -ENOMEM);
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
	assert_int_equal(aspace_map(as, 0x600000, PAGE_SIZE, RW, 0), 0);
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
	assert_int_equal(aspace_map(as, va, 4 * PAGE_SIZE, RW, 0), 0);
	store(va + PAGE_SIZE, 42);
	assert_int_equal(aspace_protect(as, va, 4 * PAGE_SIZE, 0), 0);
	assert_int_equal(try_access(va + PAGE_SIZE, AREA_READ), -EACCES);
	assert_int_equal(try_access(va, AREA_READ), -EACCES);
	assert_int_equal(as->pages, 1);
	assert_int_equal(aspace_protect(as, va, 4 * PAGE_SIZE, AREA_READ), 0);
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
	assert_int_equal(aspace_map(as, 0x400000, 5 * PAGE_SIZE,
				    AREA_READ | AREA_EXEC, 0), 0);
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
	assert_int_equal(aspace_map(as, 0x400000, PAGE_SIZE, RW, 0), 0);
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
	assert_int_equal(aspace_map(as, va, 4 * PAGE_SIZE, RW, 0), 0);
	assert_int_equal(aspace_map(as, va + 8 * PAGE_SIZE, PAGE_SIZE,
				    AREA_READ | AREA_EXEC, 0), 0);
	aspace_set_brk(as, 0x600000);
	assert_int_equal(aspace_brk(as, 0x600010), 0x600010);
	store(va, 1);
	store(va + PAGE_SIZE, 2);
	assert_int_equal(load(va + 8 * PAGE_SIZE), 0);
	child = aspace_fork(as);
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
	assert_int_equal(aspace_map(as, va, 2 * PAGE_SIZE, RW, 0), 0);
	store(va, 1);
	store(va + PAGE_SIZE, 2);
	assert_int_equal(aspace_protect(as, va, PAGE_SIZE, 0), 0);
	child = aspace_fork(as);
	assert_non_null(child);
	assert_int_equal(aspace_protect(as, va, PAGE_SIZE, RW), 0);
	store(va, 11);
	assert_int_equal(aspace_remap(as, va + PAGE_SIZE, PAGE_SIZE, PAGE_SIZE,
				      REMAP_FIXED, &to), 0);
	store(to, 12);
	assert_int_equal(aspace_protect(child, va, 2 * PAGE_SIZE, RW), 0);
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
	assert_int_equal(aspace_map(as, va, 4 * PAGE_SIZE, RW, 0), 0);
	assert_int_equal(aspace_map(as, UINT64_C(0x7000000000), PAGE_SIZE, RW,
				    0), 0);
	store(va, 1);
	store(UINT64_C(0x7000000000), 2);
	for (n = 0; !done; n++) {
		size_t before = page_free_count();

		page_fail_after(n);
		child = aspace_fork(as);
		page_fail_after(-1);
		done = child != NULL;
		if (child)
			aspace_put(child);
		assert_int_equal(page_free_count(), before);
		store(va, 1);
		assert_int_equal(page_free_count(), before);
	}
	assert_true(n > 4);
	child = aspace_fork(as);
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
		cmocka_unit_test(test_ranges),
		cmocka_unit_test(test_faults),
		cmocka_unit_test(test_stack),
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

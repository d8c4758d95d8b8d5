// SPDX-License-Identifier: MIT
/*
 * Page tables, spaces and ASIDs on the hardware: what the tables say is what
 * accesses meet, at once. Run with loom.asids=1 too: QEMU drops its TLB when
 * the ASID in TTBR0 changes, so only there a missing invalidation shows
 * between spaces.
 */
#include <weft/arch.h>
#include <weft/asid.h>
#include <weft/errno.h>
#include <weft/sysreg.h>
#include <weft/task.h>
#include <weft/tlb.h>

#include "boot_test.h"
#include "lib/string.h"
#include "mm/kvm.h"
#include "sched/clock.h"
#include "sched/cpu.h"
#include "sched/sched.h"
#include "sched/thread.h"
#include "test_weft_regs.h"
#include "test_weft_user.h"

#define MANY 200		/* pages: over batches and PAGES_MAX */

static struct user_mem mem;

static bool begin(void)
{
	if (!user_mem_init(&mem, NULL))
		return false;
	user_mem_enter(&mem);
	return true;
}

static int end(int result)
{
	user_mem_enter(NULL);
	user_mem_destroy(&mem);
	return result;
}

static bool can_read(uint64_t va)
{
	uint64_t value;

	return try_user_load(va, &value);
}

static bool can_write(uint64_t va)
{
	return try_user_store(va, 1);
}

static uint64_t *see(uint64_t pa)
{
	return phys_to_virt(pa);
}

/* What EL0 may do with a page of these flags: unprivileged accesses do. */
static int map_each(void)
{
	static const struct {
		unsigned flags;
		bool read, write;
	} cases[] = {
		{ USER_RO, true, false },
		{ USER_RW, true, true },
		{ WEFT_PT_USER | WEFT_PT_EXEC, true, false },
		{ 0, false, false },
		{ WEFT_PT_WRITE, false, false },
		{ WEFT_PT_EXEC, false, false },
	};
	unsigned i, j;

	for (i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		CHECK(!can_read(USER_VA));
		CHECK(user_mem_add(&mem, USER_VA, cases[i].flags));
		for (j = 0; j < 2; j++) {
			CHECK(can_read(USER_VA) == cases[i].read);
			CHECK(can_write(USER_VA + 8) == cases[i].write);
		}
		CHECK(user_mem_remove(&mem, USER_VA));
		CHECK(!can_read(USER_VA) && !can_write(USER_VA));
	}
	return BOOT_PASS;
}

static int test_map(void)
{
	CHECK(begin());
	return end(map_each());
}

static int protect_each(void)
{
	uint64_t value;

	CHECK(user_mem_add(&mem, USER_VA, USER_RW));
	CHECK(try_user_store(USER_VA, 41));
	CHECK(weft_pt_protect(&mem.table, USER_VA, PAGE_SIZE, USER_RO) == 0);
	CHECK(!can_write(USER_VA));
	CHECK(try_user_load(USER_VA, &value) && value == 41);
	CHECK(weft_pt_protect(&mem.table, USER_VA, PAGE_SIZE, USER_RW) == 0);
	CHECK(try_user_store(USER_VA, 42));
	CHECK(weft_pt_protect(&mem.table, USER_VA, PAGE_SIZE, 0) == 0);
	CHECK(!can_read(USER_VA) && !can_write(USER_VA));
	CHECK(weft_pt_protect(&mem.table, USER_VA, PAGE_SIZE, USER_RO) == 0);
	CHECK(try_user_load(USER_VA, &value) && value == 42);
	return BOOT_PASS;
}

static int test_protect(void)
{
	CHECK(begin());
	return end(protect_each());
}

/* Called when the page may be used for something else: is that so? */
static unsigned done_calls, done_still_there;

static void look_when_done(void *arg, uint64_t pa, size_t size)
{
	(void)arg;
	done_calls++;
	if (can_read(USER_VA) || can_write(USER_VA))
		done_still_there++;
	user_mem_free(NULL, pa, size);
}

static int replace_page(void)
{
	uint64_t value, i, pa;

	done_calls = 0;
	done_still_there = 0;
	for (i = 1; i < 20; i++) {
		pa = user_mem_add(&mem, USER_VA, USER_RW);
		CHECK(pa);
		see(pa)[0] = i;
		CHECK(try_user_load(USER_VA, &value) && value == i);
		CHECK(try_user_store(USER_VA, i + 100));
		CHECK_NUM(see(pa)[0], ==, i + 100);
		CHECK(weft_pt_unmap(&mem.table, USER_VA, PAGE_SIZE,
				    look_when_done, NULL) == 0);
		CHECK(!can_read(USER_VA));
	}
	CHECK_NUM(done_calls, ==, 19);
	CHECK_NUM(done_still_there, ==, 0);
	return BOOT_PASS;
}

static int test_unmap(void)
{
	CHECK(begin());
	return end(replace_page());
}

static bool all(bool (*can)(uint64_t va), bool right)
{
	unsigned i;

	for (i = 0; i < MANY; i++)
		if (can(USER_VA + i * PAGE_SIZE) != right) {
			boot_note("page %u", i);
			return false;
		}
	return true;
}

static int change_many(void)
{
	struct weft_pgtable *table = &mem.table;
	size_t size = (size_t)MANY * PAGE_SIZE;
	unsigned i;

	for (i = 0; i < MANY; i++)
		CHECK(user_mem_add(&mem, USER_VA + i * PAGE_SIZE, USER_RW));
	CHECK(all(can_write, true));
	CHECK(weft_pt_protect(table, USER_VA, size, USER_RO) == 0);
	CHECK(all(can_write, false));
	CHECK(all(can_read, true));
	CHECK(weft_pt_protect(table, USER_VA, size, USER_RW) == 0);
	CHECK(all(can_write, true));
	CHECK(weft_pt_unmap(table, USER_VA, size, user_mem_free, NULL) == 0);
	CHECK(all(can_read, false));
	return BOOT_PASS;
}

static int test_many(void)
{
	CHECK(begin());
	return end(change_many());
}

static int change_block(void)
{
	uint64_t va = UINT64_C(0x40000000), pa = page_alloc(PAGE_MAX_ORDER);
	uint64_t last = va + BLOCK_SIZE - 8;
	struct weft_pt_entry entry;

	CHECK(pa);
	CHECK(weft_pt_map(&mem.table, va, pa, BLOCK_SIZE,
			  USER_RW | WEFT_PT_BLOCKS) == 0);
	CHECK(weft_pt_lookup(&mem.table, last, &entry) == 0);
	CHECK_NUM(entry.size, ==, BLOCK_SIZE);
	CHECK(can_write(va) && can_write(last));
	CHECK(!can_read(va - 8) && !can_read(last + 8));
	CHECK_NUM(see(pa)[BLOCK_SIZE / 8 - 1], ==, 1);
	CHECK(weft_pt_protect(&mem.table, va, BLOCK_SIZE, USER_RO) == 0);
	CHECK(!can_write(va) && !can_write(last) && can_read(last));
	CHECK(weft_pt_unmap(&mem.table, va, PAGE_SIZE, NULL, NULL) != 0);
	CHECK(can_read(va));
	CHECK(weft_pt_unmap(&mem.table, va, BLOCK_SIZE, user_mem_free,
			    NULL) == 0);
	CHECK(!can_read(va) && !can_read(last));
	return BOOT_PASS;
}

static int test_block(void)
{
	CHECK(begin());
	return end(change_block());
}

/* A block, split and merged again, while what is in it is used. */
static int divide_block(void)
{
	uint64_t va = UINT64_C(0x40000000), pa = page_alloc(PAGE_MAX_ORDER);
	struct weft_pgtable *table = &mem.table;
	size_t before;
	uint64_t part = va + 300 * PAGE_SIZE, value;
	struct weft_pt_entry entry;
	unsigned i;

	CHECK(pa);
	CHECK(weft_pt_trim(table, va, BLOCK_SIZE) == 0);
	before = table->pages;
	CHECK(weft_pt_map(table, va, pa, BLOCK_SIZE,
			  USER_RW | WEFT_PT_BLOCKS) == 0);
	for (i = 0; i < BLOCK_SIZE / PAGE_SIZE; i++)
		CHECK(try_user_store(va + i * PAGE_SIZE, i));
	CHECK(weft_pt_split(table, part) == 0);
	CHECK(weft_pt_lookup(table, part, &entry) == 0);
	CHECK_NUM(entry.size, ==, PAGE_SIZE);
	CHECK_NUM(entry.pa, ==, pa + 300 * PAGE_SIZE);
	for (i = 0; i < BLOCK_SIZE / PAGE_SIZE; i++)
		CHECK(try_user_load(va + i * PAGE_SIZE, &value) && value == i);
	CHECK(weft_pt_protect(table, part, PAGE_SIZE, USER_RO) == 0);
	CHECK(!can_write(part) && can_read(part) && can_write(va));
	CHECK(weft_pt_merge(table, part) == WEFT_EINVAL);
	CHECK(weft_pt_unmap(table, part, PAGE_SIZE, NULL, NULL) == 0);
	CHECK(!can_read(part) && can_read(part + PAGE_SIZE));
	CHECK(weft_pt_merge(table, part) == WEFT_ENOENT);
	CHECK(weft_pt_map(table, part, pa + 300 * PAGE_SIZE, PAGE_SIZE,
			  USER_RW) == 0);
	CHECK(weft_pt_merge(table, va) == 0);
	CHECK(weft_pt_lookup(table, part, &entry) == 0);
	CHECK_NUM(entry.size, ==, BLOCK_SIZE);
	CHECK(try_user_load(part, &value) && value == 300);
	CHECK(can_write(part) && !can_read(va + BLOCK_SIZE));
	CHECK(weft_pt_unmap(table, va, BLOCK_SIZE, user_mem_free, NULL) == 0);
	CHECK(!can_read(part));
	CHECK(weft_pt_trim(table, va, PAGE_SIZE) == 0);
	CHECK_NUM(table->pages, ==, before);
	return BOOT_PASS;
}

static int test_divide(void)
{
	CHECK(begin());
	return end(divide_block());
}

/* Tables go and come, and each time what is mapped next is what is seen. */
static int trim_tables(void)
{
	size_t before = mem.table.pages;
	uint64_t value, i, pa;

	for (i = 1; i < 20; i++) {
		uint64_t va = UINT64_C(0x7000000000) + i % 3 * BLOCK_SIZE;

		pa = user_mem_add(&mem, va, USER_RW);
		CHECK(pa);
		see(pa)[0] = i;
		CHECK(try_user_load(va, &value) && value == i);
		CHECK_NUM(mem.table.pages, ==, before + 2);
		CHECK(user_mem_remove(&mem, va));
		CHECK(!can_read(va));
		CHECK(weft_pt_trim(&mem.table, va, PAGE_SIZE) == 0);
		CHECK_NUM(mem.table.pages, ==, before);
		CHECK(!can_read(va));
	}
	return BOOT_PASS;
}

static int test_trim(void)
{
	CHECK(begin());
	return end(trim_tables());
}

/* With and without range operations, if the CPU has them. */
static int test_range(void)
{
	unsigned flags[] = { 0, WEFT_TLB_RANGE }, i;
	int result = BOOT_PASS;

	if (!(kvm_tlb_flags() & WEFT_TLB_RANGE))
		return BOOT_SKIP;
	for (i = 0; i < 2 && result == BOOT_PASS; i++) {
		CHECK(begin());
		mem.table.tlb_flags = flags[i];
		result = change_many();
		if (result == BOOT_PASS)
			result = change_block();
		if (result == BOOT_PASS)
			result = divide_block();
		end(result);
	}
	return result;
}

/* What the hardware would let EL1 and EL0 do is in the descriptors. */
static int test_descriptors(void)
{
	const unsigned flags[] = { USER_RO, USER_RW, 0,
				   WEFT_PT_USER | WEFT_PT_EXEC };
	uint64_t *entry;
	unsigned i, level;

	CHECK(user_mem_init(&mem, NULL));
	for (i = 0; i < 4; i++)
		CHECK(user_mem_add(&mem, USER_VA + i * PAGE_SIZE, flags[i]));
	CHECK(weft_pt_map(&mem.table, USER_VA, 0, PAGE_SIZE,
			  USER_RW | WEFT_PT_EXEC) != 0);
	entry = see(mem.table.root);
	for (level = 1; level < 3; level++) {
		unsigned index = USER_VA >> (39 - 9 * level) & 511;

		CHECK_NUM(entry[index] & 3, ==, 3);
		CHECK_NUM(entry[index] & ~(WEFT_PTE_ADDR | 3), ==, 0);
		entry = see(entry[index] & WEFT_PTE_ADDR);
	}
	for (i = 0; i < 4; i++, entry++) {
		uint64_t e = entry[USER_VA >> 12 & 511];

		CHECK((e & WEFT_PTE_NG) && (e & WEFT_PTE_PXN));
		CHECK((e & WEFT_PTE_AF) && !(e & WEFT_PTE_CONT));
		CHECK((e & WEFT_PTE_SH_INNER) == WEFT_PTE_SH_INNER);
		CHECK(!(e & WEFT_PTE_UXN) == !!(flags[i] & WEFT_PT_EXEC));
		CHECK(!(e & WEFT_PTE_RDONLY) == !!(flags[i] & WEFT_PT_WRITE));
		CHECK(!(e & WEFT_PTE_USER) == !(flags[i] & WEFT_PT_USER));
	}
	user_mem_destroy(&mem);
	return BOOT_PASS;
}

/* Two spaces, one address */

#define SPACES 12

static struct user_mem mems[SPACES];

static bool make_spaces(unsigned n, struct weft_asid_domain *domain)
{
	unsigned i;

	for (i = 0; i < n; i++) {
		uint64_t pa;

		if (!user_mem_init(&mems[i], domain))
			return false;
		pa = user_mem_add(&mems[i], USER_VA, USER_RW);
		if (!pa)
			return false;
		see(pa)[0] = 1000 + i;
	}
	return true;
}

static void free_spaces(unsigned n)
{
	unsigned i;

	user_mem_enter(NULL);
	for (i = 0; i < n; i++)
		user_mem_destroy(&mems[i]);
}

/* TTBR0 holds what the running thread's space says, and it is not stale. */
static bool ttbr_right(void)
{
	uint64_t daif = weft_read_daif();
	bool right;

	weft_mask_all();
	right = weft_read_ttbr0_el1() == weft_task_current()->space->ttbr;
	weft_write_daif(daif);
	return right;
}

static int visit(unsigned i)
{
	uint64_t value;

	user_mem_enter(&mems[i]);
	CHECK(ttbr_right());
	CHECK(try_user_load(USER_VA, &value));
	CHECK_NUM(value, ==, 1000 + i);
	CHECK(!can_read(USER_VA + PAGE_SIZE));
	return BOOT_PASS;
}

static int visit_all(unsigned n, unsigned rounds)
{
	unsigned i, round;

	for (round = 0; round < rounds; round++) {
		for (i = 0; i < n; i++)
			if (visit((i * 5 + round) % n) != BOOT_PASS)
				return BOOT_FAIL;
		user_mem_enter(NULL);
		CHECK(!can_read(USER_VA));
		CHECK(ttbr_right());
	}
	return BOOT_PASS;
}

static int test_two(void)
{
	int result;

	CHECK(make_spaces(2, NULL));
	result = visit_all(2, 50);
	free_spaces(2);
	return result;
}

/*
 * An unmapping while another space is in use: nothing of it is left when the
 * first one runs again.
 */
static int change_from_afar(void)
{
	uint64_t value, pa;

	CHECK(visit(0) == BOOT_PASS);
	user_mem_enter(&mems[1]);
	CHECK(user_mem_remove(&mems[0], USER_VA));
	CHECK(try_user_load(USER_VA, &value) && value == 1001);
	user_mem_enter(&mems[0]);
	CHECK(!can_read(USER_VA));
	user_mem_enter(&mems[1]);
	pa = user_mem_add(&mems[0], USER_VA, USER_RO);
	CHECK(pa);
	see(pa)[0] = 7;
	user_mem_enter(&mems[0]);
	CHECK(try_user_load(USER_VA, &value) && value == 7);
	CHECK(!can_write(USER_VA));
	return BOOT_PASS;
}

static int test_afar(void)
{
	int result;

	CHECK(make_spaces(2, NULL));
	result = change_from_afar();
	free_spaces(2);
	return result;
}

/* Threads, each in a space of its own */

#define RIDERS 5

static struct rider {
	struct worker worker;
	unsigned index;
	uint64_t seen, wrong;
} riders[RIDERS];

static bool riders_stop;

static void ride(void *arg)
{
	struct rider *self = arg;
	uint64_t value, n = 0;

	user_mem_enter(&mems[self->index]);
	try_user_store(USER_VA + 8, 0);
	while (!__atomic_load_n(&riders_stop, __ATOMIC_RELAXED)) {
		if (!try_user_load(USER_VA, &value) ||
		    value != 1000 + self->index || !ttbr_right())
			self->wrong++;
		if (!try_user_load(USER_VA + 8, &value) || value != n)
			self->wrong++;
		try_user_store(USER_VA + 8, ++n);
		self->seen++;
		if (n % 16 == self->index)
			sched_yield();
	}
	user_mem_enter(NULL);
}

/* At any time: so says the timer, whoever it hits. */
static struct timeout inspector;
static uint64_t inspections, inspections_wrong;

static void inspect(struct timeout *timeout)
{
	struct weft_task *task = weft_task_current();

	inspections++;
	if (weft_read_ttbr0_el1() != task->space->ttbr ||
	    task->cpu->ttbr0 != task->space->ttbr)
		inspections_wrong++;
	timeout_start(timeout, clock_deadline(150000));
}

static int ride_all(void)
{
	unsigned i;

	riders_stop = false;
	inspections = 0;
	inspections_wrong = 0;
	timeout_init(&inspector, inspect);
	timeout_start(&inspector, clock_deadline(150000));
	for (i = 0; i < RIDERS; i++) {
		riders[i] = (struct rider){ .index = i };
		CHECK(worker_start(&riders[i].worker, "rider", ride,
				   &riders[i], BOOT_PRIO_MIDDLE));
	}
	boot_sleep_ms(300);
	__atomic_store_n(&riders_stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < RIDERS; i++)
		CHECK(worker_join(&riders[i].worker));
	timeout_stop(&inspector);
	for (i = 0; i < RIDERS; i++) {
		CHECK_NUM(riders[i].wrong, ==, 0);
		CHECK_NUM(riders[i].seen, >, 100);
	}
	CHECK_NUM(inspections, >, 100);
	CHECK_NUM(inspections_wrong, ==, 0);
	return BOOT_PASS;
}

static int test_threads(void)
{
	int result;

	CHECK(make_spaces(RIDERS, NULL));
	result = ride_all();
	free_spaces(RIDERS);
	return result;
}

/*
 * More spaces than ASIDs. The kernel's domain may have too many to run out of,
 * so this one has its own; what both left in the TLB goes before the other
 * is used.
 */
static struct weft_asid_domain few;
static struct weft_asid_cpu few_cpus[CPU_MAX];

static int test_rollover(void)
{
	uint64_t map[WEFT_ASID_MAP_WORDS(8)];
	uint32_t count;
	int result = BOOT_PASS;

	for (count = 3; count <= 5 && result == BOOT_PASS; count++) {
		CHECK(weft_asid_init(&few, WEFT_ASID_GENERATIONS, count, map,
				     few_cpus, 1) == 0);
		weft_tlb_flush_all(0);
		CHECK(make_spaces(SPACES, &few));
		result = visit_all(SPACES, 10);
		if (result == BOOT_PASS)
			result = ride_all();
		free_spaces(SPACES);
		weft_tlb_flush_all(0);
		CHECK_NUM(few.rollovers, >, 20);
	}
	return result;
}

/* The same with a common ASID, whatever the kernel's own policy is. */
static int flush_under(enum weft_asid_policy policy)
{
	int result;

	CHECK(weft_asid_init(&few, policy, 1, NULL, few_cpus, 1) == 0);
	weft_tlb_flush_all(0);
	CHECK(make_spaces(SPACES, &few));
	result = visit_all(SPACES, 10);
	if (result == BOOT_PASS)
		result = change_from_afar();
	free_spaces(SPACES);
	weft_tlb_flush_all(0);
	return result;
}

static int test_flush_change(void)
{
	return flush_under(WEFT_ASID_FLUSH_CHANGE);
}

static int test_flush_always(void)
{
	return flush_under(WEFT_ASID_FLUSH_ALWAYS);
}

/* Freed and made anew: nothing of the old one is met in the new one. */
static int test_reborn(void)
{
	unsigned i;

	for (i = 0; i < 50; i++) {
		CHECK(make_spaces(1, NULL));
		CHECK(visit(0) == BOOT_PASS);
		CHECK(can_write(USER_VA));
		CHECK(!can_read(USER_VA + (i + 1) * PAGE_SIZE));
		CHECK(user_mem_add(&mems[0], USER_VA + (i + 2) * PAGE_SIZE,
				   USER_RW));
		CHECK(can_write(USER_VA + (i + 2) * PAGE_SIZE));
		free_spaces(1);
	}
	return BOOT_PASS;
}

const struct boot_test weft_space_tests[] = {
	{ "weft.space.map", "a page allows what its flags say, at once",
	  test_map },
	{ "weft.space.protect", "new permissions count at once",
	  test_protect },
	{ "weft.space.unmap", "an unmapped page is out of reach before it is "
	  "given up", test_unmap },
	{ "weft.space.many", "the same for more pages than one batch",
	  test_many },
	{ "weft.space.block", "the same for a block", test_block },
	{ "weft.space.divide", "a block is split and merged in use",
	  test_divide },
	{ "weft.space.trim", "empty tables go, and nothing remembers them",
	  test_trim },
	{ "weft.space.range", "by range or one by one, it is the same",
	  test_range },
	{ "weft.space.descriptors", "user pages are non-global and never "
	  "executable in EL1", test_descriptors },
	{ "weft.space.two", "two spaces, one address, two contents",
	  test_two },
	{ "weft.space.afar", "a space is changed while another one is in use",
	  test_afar },
	{ "weft.space.threads", "each thread has its own space, TTBR0 is "
	  "always the running one's", test_threads },
	{ "weft.space.rollover", "with 3-5 ASIDs, 12 spaces are never "
	  "confused", test_rollover },
	{ "weft.space.flush-change", "nor are they with one",
	  test_flush_change },
	{ "weft.space.flush-always", "nor with one that is always flushed",
	  test_flush_always },
	{ "weft.space.reborn", "a new space has nothing of a dead one",
	  test_reborn },
	{ NULL, NULL, NULL },
};

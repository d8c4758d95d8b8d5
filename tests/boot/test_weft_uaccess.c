// SPDX-License-Identifier: MIT
/*
 * Copies to and from user memory: what arrives, what is said to be missing,
 * and what they refuse.
 */
#include <weft/arch.h>
#include <weft/cpu.h>
#include <weft/errno.h>
#include <weft/sysreg.h>
#include <weft/uaccess.h>

#include "boot_test.h"
#include "lib/string.h"
#include "mm/aspace.h"
#include "mm/kvm.h"
#include "proc/process.h"
#include "sched/sched.h"
#include "sched/thread.h"
#include "test_weft_regs.h"
#include "test_weft_user.h"

#define LENGTHS 71
#define EDGE (USER_VA + PAGE_SIZE)	/* where the first page ends */
#define FILLER 0xee

static struct user_mem mem;
static uint8_t *user;			/* the first page, seen here */
static uint8_t buffer[256], expected[256];

static uint8_t pattern(unsigned n)
{
	return (uint8_t)(n * 7 + 1);
}

static void fill_pattern(uint8_t *to, unsigned n)
{
	unsigned i;

	for (i = 0; i < n; i++)
		to[i] = pattern(i);
}

/* One page at USER_VA, the next as @second says (0: nothing), and in use. */
static bool begin(unsigned second)
{
	uint64_t pa;

	if (!user_mem_init(&mem, NULL))
		return false;
	pa = user_mem_add(&mem, USER_VA, USER_RW);
	if (!pa || (second && !user_mem_add(&mem, EDGE, second)))
		return false;
	user = phys_to_virt(pa);
	user_mem_enter(&mem);
	return true;
}

static int end(int result)
{
	user_mem_enter(NULL);
	user_mem_destroy(&mem);
	return result;
}

/*
 * Copy @len bytes of which @good are there, to (from) the kernel's @at. All of
 * the good ones arrive, nothing else changes, and the rest is counted.
 */
static bool from_user_ok(unsigned len, unsigned good, unsigned at)
{
	size_t missing;

	memset(buffer, FILLER, sizeof(buffer));
	memset(expected, FILLER, sizeof(expected));
	memcpy(expected + at, user + PAGE_SIZE - good, good);
	missing = weft_copy_from_user(buffer + at, EDGE - good, len);
	if (missing == len - good && !memcmp(buffer, expected, sizeof(buffer)))
		return true;
	boot_note("from user: length %u, %u there, to %u: %zu missing", len,
		  good, at, missing);
	return false;
}

static bool to_user_ok(unsigned len, unsigned good, unsigned at)
{
	uint8_t *last = user + PAGE_SIZE - 128;
	size_t missing;

	memset(last, FILLER, 128);
	memset(expected, FILLER, 128);
	fill_pattern(buffer + at, len);
	memcpy(expected + 128 - good, buffer + at, good);
	missing = weft_copy_to_user(EDGE - good, buffer + at, len);
	if (missing == len - good && !memcmp(last, expected, 128))
		return true;
	boot_note("to user: length %u, %u there, from %u: %zu missing", len,
		  good, at, missing);
	return false;
}

static bool clear_ok(unsigned len, unsigned good)
{
	uint8_t *last = user + PAGE_SIZE - 128;
	size_t missing;

	memset(last, FILLER, 128);
	memset(expected, FILLER, 128);
	memset(expected + 128 - good, 0, good);
	missing = weft_clear_user(EDGE - good, len);
	if (missing == len - good && !memcmp(last, expected, 128))
		return true;
	boot_note("clear: length %u, %u there: %zu missing", len, good,
		  missing);
	return false;
}

/* The fault at every byte, with every alignment of the kernel's side. */
static int copy_all_faults(void)
{
	unsigned len, good, at;

	for (len = 0; len < LENGTHS; len++) {
		for (good = 0; good <= len; good++) {
			for (at = 0; at < 8; at++) {
				CHECK(from_user_ok(len, good, at));
				CHECK(to_user_ok(len, good, at));
			}
			CHECK(clear_ok(len, good));
		}
	}
	return BOOT_PASS;
}

static int test_faults(void)
{
	CHECK(begin(0));
	fill_pattern(user, PAGE_SIZE);
	return end(copy_all_faults());
}

/* Without a fault, at every alignment of both sides. */
static bool aligned_ok(unsigned len, unsigned there, unsigned here)
{
	memset(buffer, FILLER, sizeof(buffer));
	memset(expected, FILLER, sizeof(expected));
	memcpy(expected + here, user + there, len);
	if (weft_copy_from_user(buffer + here, USER_VA + there, len) ||
	    memcmp(buffer, expected, sizeof(buffer)))
		return false;
	fill_pattern(buffer, sizeof(buffer));
	memset(user, FILLER, sizeof(expected));
	memset(expected, FILLER, sizeof(expected));
	memcpy(expected + there, buffer + here, len);
	return weft_copy_to_user(USER_VA + there, buffer + here, len) == 0 &&
	       !memcmp(user, expected, sizeof(expected));
}

static int copy_all_alignments(void)
{
	unsigned len, there, here;

	for (len = 0; len < LENGTHS; len++)
		for (there = 0; there < 16; there++)
			for (here = 0; here < 16; here++)
				CHECK(aligned_ok(len, there, here));
	return BOOT_PASS;
}

static int test_alignments(void)
{
	CHECK(begin(0));
	return end(copy_all_alignments());
}

/* The second page may be read, not written. */
static int copy_readonly(void)
{
	unsigned good;

	for (good = 0; good < 40; good++) {
		CHECK(to_user_ok(40, good, 3));
		CHECK(clear_ok(40, good));
		CHECK_NUM(weft_copy_from_user(buffer, EDGE - good, 40), ==, 0);
	}
	return BOOT_PASS;
}

static int test_readonly(void)
{
	CHECK(begin(USER_RO));
	return end(copy_readonly());
}

/* Addresses that are no program's: the hardware refuses all of them. */
static int refuse(uint64_t va)
{
	char text[16];

	fill_pattern(buffer, 64);
	CHECK_NUM(weft_copy_from_user(expected, va, 33), ==, 33);
	CHECK_NUM(weft_copy_to_user(va, buffer, 33), ==, 33);
	CHECK_NUM(weft_clear_user(va, 33), ==, 33);
	CHECK(weft_string_from_user(text, va, sizeof(text)) == WEFT_EFAULT);
	CHECK_NUM(weft_copy_from_user(expected, va, 0), ==, 0);
	return BOOT_PASS;
}

static int refuse_all(void)
{
	static uint8_t secret[64] = "kernel memory";
	uint64_t linear = (uint64_t)(uintptr_t)user;
	const uint64_t bad[] = {
		0, 1, USER_TOP, USER_TOP + 8, UINT64_C(0x0080000000000000),
		UINT64_C(0xff7fffffffffffff), UINT64_MAX - 7, LINEAR_BASE,
		linear, (uint64_t)(uintptr_t)secret,
		(uint64_t)(uintptr_t)refuse,
		(uint64_t)(uintptr_t)thread_current()->stack,
	};
	unsigned i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (refuse(bad[i]) != BOOT_PASS) {
			boot_note("address %#llx", (unsigned long long)bad[i]);
			return BOOT_FAIL;
		}
	CHECK(!memcmp(secret, "kernel memory", 14));
	/* Over the end of the user half. */
	CHECK_NUM(weft_copy_from_user(buffer, USER_TOP - 8, 16), ==, 16);
	CHECK(user_mem_add(&mem, USER_TOP - PAGE_SIZE, USER_RW));
	CHECK_NUM(weft_copy_from_user(buffer, USER_TOP - 8, 16), ==, 8);
	CHECK_NUM(weft_copy_to_user(USER_TOP - 5, buffer, 16), ==, 11);
	/* Over the end of the address space, into what is mapped at 0. */
	CHECK_NUM(weft_copy_from_user(buffer, UINT64_MAX - 3, 16), ==, 16);
	return BOOT_PASS;
}

static int test_refused(void)
{
	CHECK(begin(0));
	return end(refuse_all());
}

/* A string of @len bytes and its NUL, of which @good bytes are there. */
static int check_string(unsigned len, unsigned good, size_t size)
{
	unsigned at = PAGE_SIZE - good;
	long result, right = (long)len;
	char text[64];

	memset(user, 'x', PAGE_SIZE);
	if (len < good)
		user[at + len] = '\0';
	memset(text, FILLER, sizeof(text));
	result = weft_string_from_user(text, EDGE - good, size);
	if (size <= len && size <= good)
		right = WEFT_ENAMETOOLONG;
	else if (len >= good)
		right = WEFT_EFAULT;
	CHECK(result == right);
	CHECK((uint8_t)text[size] == FILLER);
	if (right >= 0) {
		CHECK(text[len] == '\0' && strlen(text) == len);
		CHECK((uint8_t)text[len + 1] == FILLER);
	}
	return BOOT_PASS;
}

static int check_strings(void)
{
	unsigned len, good, size;

	for (len = 0; len < 20; len++)
		for (good = 0; good < 24; good++)
			for (size = 0; size < 24; size++)
				if (check_string(len, good, size) !=
				    BOOT_PASS) {
					boot_note("length %u, %u there, size "
						  "%u", len, good, size);
					return BOOT_FAIL;
				}
	return BOOT_PASS;
}

static int test_strings(void)
{
	CHECK(begin(0));
	return end(check_strings());
}

/* PAN */

static uint64_t pan_loads, pan_passed, pan_copies;
static bool pan_stop;

/* Needs a user space that maps USER_VA. */
static void load_plainly(void *arg)
{
	uint64_t value;

	user_mem_enter(arg);
	while (!__atomic_load_n(&pan_stop, __ATOMIC_RELAXED)) {
		pan_loads++;
		if (try_load(USER_VA, &value) || try_store(USER_VA, 1))
			pan_passed++;
		if (weft_copy_from_user(&value, USER_VA, 8) == 0)
			pan_copies++;
		if (pan_loads % 64 == 0)
			sched_yield();
	}
	user_mem_enter(NULL);
}

static int pan_over_switches(void)
{
	static struct worker workers[2];
	uint64_t value;
	unsigned i;

	CHECK(!try_load(USER_VA, &value));
	CHECK(!try_store(USER_VA, 0));
	CHECK(try_user_load(USER_VA, &value));
	/* It is PAN that refused: the kernel's own memory is no problem. */
	CHECK(try_load((uint64_t)(uintptr_t)user, &value));
	pan_stop = false;
	pan_loads = 0;
	pan_passed = 0;
	pan_copies = 0;
	for (i = 0; i < 2; i++)
		CHECK(worker_start(&workers[i], "pan", load_plainly, &mem,
				   BOOT_PRIO_MIDDLE));
	boot_sleep_ms(250);
	__atomic_store_n(&pan_stop, true, __ATOMIC_RELAXED);
	for (i = 0; i < 2; i++)
		CHECK(worker_join(&workers[i]));
	CHECK_NUM(pan_loads, >, 128);
	CHECK_NUM(pan_passed, ==, 0);
	CHECK_NUM(pan_copies, ==, pan_loads);
	return BOOT_PASS;
}

static int test_pan(void)
{
	struct weft_features features;

	weft_features_read(&features);
	if (!features.pan)
		return BOOT_SKIP;
	CHECK(begin(0));
	return end(pan_over_switches());
}

/* Demand paging in the middle of a copy */

#define PAGER_PAGES 3
#define PAGER_BYTES (PAGER_PAGES * PAGE_SIZE - 100)

/*
 * As much of a process as the page-fault hook looks at: the worker becomes
 * its thread for the time of the copy.
 */
struct pager {
	struct process process;
	struct worker worker;
	uint8_t *data;			/* PAGER_BYTES of the kernel's */
	bool atomic;			/* no sleep allowed */
	size_t missing;
};

static struct pager pagers[2];

static void set_process(struct process *process, struct weft_space *space)
{
	struct thread *self = thread_current();
	uint64_t daif = weft_read_daif();

	weft_mask_all();
	self->process = process;
	weft_task_set_space(&self->task, space);
	weft_write_daif(daif);
}

static void pager_enter(struct pager *pager)
{
	set_process(&pager->process, &pager->process.aspace->space);
}

static void pager_leave(void)
{
	set_process(NULL, kvm_empty_space());
}

static void copy_as_process(void *arg)
{
	struct pager *pager = arg;

	pager_enter(pager);
	if (pager->atomic)
		preempt_disable();
	pager->missing = weft_copy_to_user(USER_VA + 50, pager->data,
					   PAGER_BYTES);
	if (pager->atomic)
		preempt_enable();
	pager_leave();
}

static bool pager_init(struct pager *pager, unsigned seed)
{
	const struct mapping m = {
		.len = PAGER_PAGES * PAGE_SIZE,
		.prot = AREA_READ | AREA_WRITE,
		.may = AREA_ALL,
	};
	struct aspace *as = aspace_create();
	uint64_t pa = page_alloc(2);
	size_t i;

	*pager = (struct pager){ .process.aspace = as };
	if (!as || !pa)
		return false;
	pager->data = phys_to_virt(pa);
	for (i = 0; i < PAGER_BYTES; i++)
		pager->data[i] = (uint8_t)(i * 3 + i / 256 + seed);
	return aspace_map(as, USER_VA, &m) == 0;
}

static void pager_end(struct pager *pager)
{
	page_free(virt_to_phys(pager->data), 2);
	aspace_put(pager->process.aspace);
}

/* Every byte is where it belongs, and zeros around. */
static bool pager_right(const struct pager *pager)
{
	const struct weft_pgtable *table = &pager->process.aspace->table;
	struct weft_pt_entry entry;
	uint64_t offset;

	for (offset = 0; offset < PAGER_PAGES * PAGE_SIZE; offset++) {
		bool inside = offset >= 50 && offset - 50 < PAGER_BYTES;
		uint8_t right = inside ? pager->data[offset - 50] : 0;

		if (weft_pt_lookup(table, USER_VA + offset, &entry))
			return false;
		if (*(uint8_t *)phys_to_virt(entry.pa) != right)
			return false;
	}
	return true;
}

/* Both sleep in their faults while we hold the locks that these take. */
static int copy_with_sleep(void)
{
	unsigned i;

	for (i = 0; i < 2; i++) {
		mutex_lock(&pagers[i].process.aspace->lock);
		CHECK(worker_start(&pagers[i].worker, "pager", copy_as_process,
				   &pagers[i], BOOT_PRIO_MIDDLE));
		WAIT_FOR(pagers[i].worker.thread->state == THREAD_BLOCKED);
		mutex_unlock(&pagers[i].process.aspace->lock);
	}
	for (i = 0; i < 2; i++) {
		CHECK(worker_join(&pagers[i].worker));
		CHECK_NUM(pagers[i].missing, ==, 0);
		CHECK(pager_right(&pagers[i]));
	}
	return BOOT_PASS;
}

static int test_demand(void)
{
	int result;

	CHECK(pager_init(&pagers[0], 11));
	CHECK(pager_init(&pagers[1], 77));
	result = copy_with_sleep();
	pager_end(&pagers[0]);
	pager_end(&pagers[1]);
	return result;
}

/* Who must not sleep gets the fault instead, at the first page. */
static int test_atomic(void)
{
	struct pager *pager = &pagers[0];

	CHECK(pager_init(pager, 5));
	pager->atomic = true;
	CHECK(worker_start(&pager->worker, "atomic", copy_as_process, pager,
			   BOOT_PRIO_MIDDLE));
	CHECK(worker_join(&pager->worker));
	CHECK_NUM(pager->missing, ==, PAGER_BYTES);
	CHECK_NUM(pager->process.aspace->pages, ==, 0);
	pager_end(pager);
	return BOOT_PASS;
}

/* Atomics */

typedef int (*atomic_fn)(uint64_t addr, uint32_t value, uint32_t *old);

static const struct {
	const char *name;
	atomic_fn function;
	uint32_t result;	/* of 0xf0f0a5a5 with 0x0ff05a01 */
} atomics[] = {
	{ "swap", weft_user_swap32, 0x0ff05a01 },
	{ "add", weft_user_add32, 0x00e0ffa6 },
	{ "or", weft_user_or32, 0xfff0ffa5 },
	{ "andn", weft_user_andn32, 0xf000a5a4 },
	{ "xor", weft_user_xor32, 0xff00ffa4 },
};

enum { ATOMICS = sizeof(atomics) / sizeof(atomics[0]) };

#define ATOMIC_BEFORE UINT32_C(0xf0f0a5a5)
#define ATOMIC_VALUE UINT32_C(0x0ff05a01)

/* PSTATE.PAN is set, on a CPU that has it. */
static bool pan_in_force(void)
{
	struct weft_features features;
	uint64_t pan;

	weft_features_read(&features);
	if (!features.pan)
		return true;
	__asm__ volatile("mrs %0, s3_0_c4_c2_3" : "=r"(pan));
	return pan & WEFT_PSTATE_PAN;
}

/* The word at @offset of the first page, its neighbours guarded. */
static bool atomic_word(unsigned offset, unsigned n)
{
	uint32_t *word = (uint32_t *)(user + offset), old = 0;

	word[-1] = word[1] = 0x11111111;
	word[0] = ATOMIC_BEFORE;
	return !atomics[n].function(USER_VA + offset, ATOMIC_VALUE, &old) &&
	       old == ATOMIC_BEFORE && word[0] == atomics[n].result &&
	       word[-1] == 0x11111111 && word[1] == 0x11111111 &&
	       pan_in_force();
}

static int atomic_results(void)
{
	uint32_t *word = (uint32_t *)(user + 8), old, value;
	unsigned n;

	for (n = 0; n < ATOMICS; n++) {
		if (!atomic_word(4, n) || !atomic_word(PAGE_SIZE - 8, n)) {
			boot_note("%s", atomics[n].name);
			return BOOT_FAIL;
		}
	}
	*word = 5;
	CHECK_NUM(weft_user_cas32(USER_VA + 8, 4, 9, &old), ==, 0);
	CHECK_NUM(old, ==, 5);
	CHECK_NUM(*word, ==, 5);
	CHECK_NUM(weft_user_cas32(USER_VA + 8, 5, 9, &old), ==, 0);
	CHECK_NUM(old, ==, 5);
	CHECK_NUM(*word, ==, 9);
	CHECK(pan_in_force());
	CHECK_NUM(weft_user_load32(USER_VA + 8, &value), ==, 0);
	CHECK_NUM(value, ==, 9);
	/* A tag in the top byte is no part of the address. */
	CHECK_NUM(weft_user_add32(USER_VA + 8 + (UINT64_C(0xa5) << 56), 1,
				  &old), ==, 0);
	CHECK_NUM(*word, ==, 10);
	return BOOT_PASS;
}

static int test_atomics(void)
{
	CHECK(begin(0));
	return end(atomic_results());
}

/* Every operation on @va fails with @error and leaves *@old alone. */
static int atomic_refused(uint64_t va, int error)
{
	uint32_t old = 0x12345678;
	unsigned n;

	for (n = 0; n < ATOMICS; n++)
		CHECK_NUM(atomics[n].function(va, 1, &old), ==, error);
	CHECK_NUM(weft_user_cas32(va, 0, 1, &old), ==, error);
	CHECK_NUM(old, ==, 0x12345678);
	CHECK(pan_in_force());
	return BOOT_PASS;
}

static int atomic_refusals(void)
{
	static uint32_t secret = 77;
	const uint64_t bad[] = {
		0, 4, USER_VA + 2 * PAGE_SIZE, USER_TOP,
		UINT64_C(0x0080000000000000), UINT64_MAX - 3, LINEAR_BASE,
		(uint64_t)(uintptr_t)user, (uint64_t)(uintptr_t)&secret,
	};
	uint32_t value = 3;
	unsigned i;

	memset(user, 0, PAGE_SIZE);
	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		CHECK(atomic_refused(bad[i], WEFT_EFAULT) == BOOT_PASS);
		CHECK_NUM(weft_user_load32(bad[i], &value), ==, WEFT_EFAULT);
	}
	for (i = 1; i < 4; i++) {
		CHECK(atomic_refused(USER_VA + i, WEFT_EINVAL) == BOOT_PASS);
		CHECK_NUM(weft_user_load32(USER_VA + i, &value), ==,
			  WEFT_EINVAL);
	}
	/* The second page may be read only. */
	CHECK(atomic_refused(EDGE, WEFT_EFAULT) == BOOT_PASS);
	CHECK_NUM(value, ==, 3);
	CHECK_NUM(weft_user_load32(EDGE, &value), ==, 0);
	CHECK_NUM(value, ==, 0);
	CHECK_NUM(secret, ==, 77);
	CHECK_NUM(user[0], ==, 0);
	return BOOT_PASS;
}

static int test_atomics_refused(void)
{
	CHECK(begin(USER_RO));
	return end(atomic_refusals());
}

#define ROUNDS 20000

static uint32_t atomic_errors;

static bool increment_by_cas(uint64_t va)
{
	uint32_t seen, old;

	do {
		if (weft_user_load32(va, &seen) ||
		    weft_user_cas32(va, seen, seen + 1, &old))
			return false;
	} while (old != seen);
	return true;
}

/* One of two that count in the same word and are preempted anywhere. */
static void count_together(void *arg)
{
	uint32_t old, i;

	user_mem_enter(arg);
	for (i = 0; i < ROUNDS; i++) {
		if (weft_user_add32(USER_VA, 1, &old) || old >= 4 * ROUNDS)
			__atomic_add_fetch(&atomic_errors, 1,
					   __ATOMIC_RELAXED);
		if (!increment_by_cas(USER_VA + 4))
			__atomic_add_fetch(&atomic_errors, 1,
					   __ATOMIC_RELAXED);
		if (i % 1024 == 0)
			sched_yield();
	}
	if (!pan_in_force())
		__atomic_add_fetch(&atomic_errors, 1, __ATOMIC_RELAXED);
	user_mem_enter(NULL);
}

static int atomic_counting(void)
{
	static struct worker workers[2];
	unsigned i;

	memset(user, 0, PAGE_SIZE);
	atomic_errors = 0;
	for (i = 0; i < 2; i++)
		CHECK(worker_start(&workers[i], "atomic", count_together, &mem,
				   BOOT_PRIO_MIDDLE));
	for (i = 0; i < 2; i++)
		CHECK(worker_join(&workers[i]));
	CHECK_NUM(atomic_errors, ==, 0);
	CHECK_NUM(((uint32_t *)user)[0], ==, 2 * ROUNDS);
	CHECK_NUM(((uint32_t *)user)[1], ==, 2 * ROUNDS);
	return BOOT_PASS;
}

static int test_atomics_counting(void)
{
	CHECK(begin(0));
	return end(atomic_counting());
}

/* A page that comes while the operation waits for it. */
static void add_as_process(void *arg)
{
	struct pager *pager = arg;
	uint32_t old = 1;

	pager_enter(pager);
	pager->missing = weft_user_add32(USER_VA + 64, 7, &old) || old;
	if (!pan_in_force())
		pager->missing = 2;
	pager_leave();
}

static int test_atomics_demand(void)
{
	struct pager *pager = &pagers[0];
	struct weft_pt_entry entry;

	CHECK(pager_init(pager, 1));
	mutex_lock(&pager->process.aspace->lock);
	CHECK(worker_start(&pager->worker, "atomic", add_as_process, pager,
			   BOOT_PRIO_MIDDLE));
	WAIT_FOR(pager->worker.thread->state == THREAD_BLOCKED);
	CHECK(pan_in_force());
	mutex_unlock(&pager->process.aspace->lock);
	CHECK(worker_join(&pager->worker));
	CHECK_NUM(pager->missing, ==, 0);
	CHECK_NUM(weft_pt_lookup(&pager->process.aspace->table, USER_VA + 64,
				 &entry), ==, 0);
	CHECK_NUM(*(uint32_t *)phys_to_virt(entry.pa), ==, 7);
	pager_end(pager);
	return BOOT_PASS;
}

const struct boot_test weft_uaccess_tests[] = {
	{ "weft.uaccess.faults", "a copy that faults at any byte says exactly "
	  "what is missing", test_faults },
	{ "weft.uaccess.alignments", "copies of 0-70 bytes at all alignments",
	  test_alignments },
	{ "weft.uaccess.readonly", "a page for reading is read, not written",
	  test_readonly },
	{ "weft.uaccess.refused", "kernel, wild and wrapping addresses are "
	  "refused by the hardware", test_refused },
	{ "weft.uaccess.strings", "strings end at NUL, size or fault",
	  test_strings },
	{ "weft.uaccess.pan", "PAN is in force, over switches and preemption, "
	  "too", test_pan },
	{ "weft.uaccess.demand", "a copy sleeps in its page faults and goes on "
	  "in its own space", test_demand },
	{ "weft.uaccess.atomic", "a copy that must not sleep does not",
	  test_atomic },
	{ "weft.uaccess.atomics", "atomic operations do what they say to one "
	  "word, and PAN is back", test_atomics },
	{ "weft.uaccess.atomics-refused", "kernel, wild, misaligned and "
	  "read-only words are refused", test_atomics_refused },
	{ "weft.uaccess.atomics-counting", "no count is lost between threads "
	  "that are preempted anywhere", test_atomics_counting },
	{ "weft.uaccess.atomics-demand", "an atomic operation sleeps in its "
	  "page fault, others under PAN", test_atomics_demand },
	{ NULL, NULL, NULL },
};

// SPDX-License-Identifier: MIT
/*
 * memory: what is mapped is what is seen, at once and by all who should. Every
 * page is used before its mapping changes, so that a copy of the old one is in
 * the TLB, and nothing but the kernel's invalidation takes it away.
 */
#include "kit.h"

enum {
	RESULTS = 8,
	PAGE = 65536,		/* of any granule */
	TIMES = 64 * KIT_ROUNDS,
	YIELDS = 500 * KIT_ROUNDS,
	STACK = 8192,
	PATIENCE = 20000000,
};

enum { PROT_READ = 1, PROT_WRITE = 2, READ_WRITE = 3 };
enum { MAP_PRIVATE = 2, MAP_FIXED = 16, MAP_ANONYMOUS = 32 };
/* At which addresses of a page: one for each of four small ones. */
enum { STEP = PAGE / 4 / 8, STEPS = 4 };

static long map(const volatile uint64_t *at)
{
	return kit_call(NR_MMAP, (long)at, PAGE, READ_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS | (at ? MAP_FIXED : 0),
			-1, 0);
}

static bool unmap(const volatile uint64_t *at)
{
	return kit_call(NR_MUNMAP, (long)at, PAGE, 0, 0, 0, 0) == 0;
}

static bool protect(const volatile uint64_t *at, long prot)
{
	return kit_call(NR_MPROTECT, (long)at, PAGE, prot, 0, 0, 0) == 0;
}

static void fill(volatile uint64_t *at, uint64_t value)
{
	for (int i = 0; i < STEPS; i++)
		at[i * STEP] = value;
}

/* The first word that is not @value, or NULL. */
static const volatile uint64_t *wrong(const volatile uint64_t *at,
				      uint64_t value)
{
	for (int i = 0; i < STEPS; i++)
		if (at[i * STEP] != value)
			return &at[i * STEP];
	return NULL;
}

static bool is_filled(const volatile uint64_t *at, uint64_t value)
{
	const volatile uint64_t *word = wrong(at, value);

	if (word)
		kit_note("the word at %016lx is %016lx, not %016lx",
			 (unsigned long)word, *word, value);
	return !word;
}

static volatile uint64_t *new_page(void)
{
	long at = map(NULL);

	if (at < 0 && at > -4096) {
		kit_note("mmap: error %ld", -at);
		kit_exit(1);
	}
	return (volatile uint64_t *)at;
}

static void check_checker(void)
{
	volatile uint64_t *page = new_page();
	bool found;

	fill(page, 1);
	found = !wrong(page, 1);
	page[2 * STEP] = 0;
	found = found && wrong(page, 1) == &page[2 * STEP];
	unmap(page);
	kit_ok(found, "a wrong word is found");
}

static void check_mapped_again(void)
{
	volatile uint64_t *page = new_page();
	bool kept = is_filled(page, 0);

	for (uint64_t i = 1; i <= TIMES && kept; i++) {
		fill(page, i);
		kept = unmap(page) && map(page) == (long)page &&
		       is_filled(page, 0);
	}
	kit_ok(kept, "what is mapped where something was is new");
	for (uint64_t i = 1; i <= TIMES && kept; i++) {
		fill(page, i);
		kept = map(page) == (long)page && is_filled(page, 0);
	}
	kit_ok(kept, "and so is what is mapped over it");
	unmap(page);
}

enum way { UNMAPPED, READ_ONLY, WRITABLE_AGAIN };

/* A child touches what it has just used and changed: its status. */
static int child_that(enum way way)
{
	long pid = kit_fork();
	volatile uint64_t *page;

	if (pid != 0)
		return kit_wait(pid);
	page = new_page();
	fill(page, 1);
	if (way == UNMAPPED) {
		unmap(page);
		(void)page[0];
		kit_exit(2);
	}
	protect(page, PROT_READ);
	if (!is_filled(page, 1))
		kit_exit(3);
	if (way == WRITABLE_AGAIN)
		protect(page, READ_WRITE);
	fill(page, 2);
	kit_exit(is_filled(page, 2) ? 0 : 4);
}

static void check_deaths(void)
{
	kit_ok((child_that(UNMAPPED) & 0x7f) == KIT_SIGSEGV,
	       "what munmap took away is not there (SIGSEGV)");
	kit_ok((child_that(READ_ONLY) & 0x7f) == KIT_SIGSEGV,
	       "what mprotect made read-only is not written (SIGSEGV)");
	kit_ok(child_that(WRITABLE_AGAIN) == KIT_EXITED(0),
	       "and what is made writable again is written");
}

/* The same addresses, other contents, a switch each time. */
static void check_spaces(void)
{
	volatile uint64_t *page = new_page();
	uint64_t who = 1;
	bool kept = true;
	long pid[2] = { 0, 0 };

	fill(page, 0);
	for (int i = 0; i < 2; i++, who++) {
		pid[i] = kit_fork();
		if (pid[i] == 0)
			break;
	}
	for (uint64_t i = 0; i < YIELDS && kept; i++) {
		fill(page, who << 32 | i);
		kit_yield();
		kept = is_filled(page, who << 32 | i);
	}
	if (who < 3)
		kit_exit(kept ? 0 : 1);
	for (int i = 0; i < 2; i++)
		kept = kit_wait(pid[i]) == KIT_EXITED(0) && kept;
	kit_ok(kept, "three processes see their own at one address");
	unmap(page);
}

static struct {
	volatile uint64_t *page;
	volatile uint64_t turn;		/* the page is new */
	volatile uint64_t looked;
	volatile bool stale, stop;
	volatile int alive;
} other;

/* Reads all the time; what is new is zero as soon as it is told to be. */
static int look(void *arg)
{
	(void)arg;
	while (!other.stop) {
		uint64_t turn = __atomic_load_n(&other.turn, __ATOMIC_ACQUIRE);
		uint64_t value = other.page[0];

		if (turn != other.looked) {
			other.stale = other.stale || value != 0;
			__atomic_store_n(&other.looked, turn, __ATOMIC_RELEASE);
			kit_yield();
		}
	}
	return 0;
}

static bool looked(uint64_t turn)
{
	for (long i = 0; i < PATIENCE; i++) {
		if (__atomic_load_n(&other.looked, __ATOMIC_ACQUIRE) == turn)
			return true;
		kit_yield();
	}
	return false;
}

static void check_threads(void)
{
	static char stack[STACK] __attribute__((aligned(16)));
	bool good = true;

	other.page = new_page();
	other.alive = 1;
	good = kit_thread(KIT_THREAD_FLAGS | KIT_CHILD_CLEARTID, stack + STACK,
			  NULL, NULL, &other.alive, look, NULL) > 0;
	for (uint64_t i = 1; i <= TIMES && good; i++) {
		fill(other.page, i);
		/* Let it read that. */
		kit_yield();
		good = map(other.page) == (long)other.page;
		__atomic_store_n(&other.turn, i, __ATOMIC_RELEASE);
		good = good && looked(i);
	}
	other.stop = true;
	for (long i = 0; i < PATIENCE && other.alive && good; i++)
		kit_yield();
	kit_ok(good && !other.stale, "another thread sees a new page at once");
}

void kit_main(void)
{
	kit_note("needs write (64), exit (93), sched_yield (124)");
	kit_note("needs munmap (215), mmap (222), mprotect (226)");
	kit_note("needs clone (220) as fork and of threads, wait4 (260)");
	kit_plan(RESULTS);
	check_checker();
	check_mapped_again();
	check_deaths();
	check_spaces();
	check_threads();
}

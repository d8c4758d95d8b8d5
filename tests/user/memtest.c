// SPDX-License-Identifier: MIT
/*
 * memtest: the heap, mapped memory, its protections and its limits.
 *
 *   memtest           what one process sees; any Linux can run it
 *   memtest deaths    what kills: touched by this program once more, each
 *                     with --touch and a number
 */
#define _GNU_SOURCE
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/child.h"
#include "lib/tap.h"
#include "touch.h"

#define PAGE 4096ul
#define HUGE_SIZE (1ul << 46)

static char *map(size_t pages, int protection)
{
	char *p = mmap(NULL, pages * PAGE, protection,
		       MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		tap_bail("mmap of %zu pages", pages);
	return p;
}

static bool is_filled(const char *p, size_t size, char with)
{
	for (size_t i = 0; i < size; i++)
		if (p[i] != with)
			return false;
	return true;
}

/* Death, in a child */

static void touch_unmapped(void)
{
	volatile char *p = map(3, PROT_READ | PROT_WRITE);

	p[PAGE] = 1;
	munmap((char *)p + PAGE, PAGE);
	p[0] = p[2 * PAGE] = 1;
	p[PAGE] = 1;
}

static void touch_read_only(void)
{
	volatile char *p = map(1, PROT_READ | PROT_WRITE);

	p[0] = 1;
	mprotect((char *)p, PAGE, PROT_READ);
	if (p[0] == 1)
		p[0] = 2;
}

static void touch_never_written(void)
{
	volatile char *p = map(1, PROT_READ);

	if (p[0] == 0)
		p[0] = 1;
}

static void touch_none(void)
{
	volatile char *p = map(1, PROT_READ | PROT_WRITE);

	p[0] = 1;
	mprotect((char *)p, PAGE, PROT_NONE);
	p[1] = p[0];
}

static void touch_execute(void)
{
	uint32_t *p = (uint32_t *)map(1, PROT_READ | PROT_WRITE);
	void (*run)(void) = (void (*)(void))(uintptr_t)p;

	p[0] = 0xd65f03c0;	/* ret */
	run();
}

static void touch_behind_brk(void)
{
	char *end = sbrk(0);
	uintptr_t next = ((uintptr_t)end + PAGE - 1) & ~(PAGE - 1);

	*(volatile char *)next = 1;
}

static void touch_old_brk(void)
{
	volatile char *end = sbrk(4 * PAGE);

	end[3 * PAGE] = 1;
	sbrk(-4 * (intptr_t)PAGE);
	end[3 * PAGE] = 1;
}

/* Write a return instruction, make it executable, run it: this one lives. */
static void touch_generated(void)
{
	uint32_t *p = (uint32_t *)map(1, PROT_READ | PROT_WRITE);
	int (*run)(void) = (int (*)(void))(uintptr_t)p;

	p[0] = 0x52800540;	/* mov w0, #42 */
	p[1] = 0xd65f03c0;	/* ret */
	mprotect(p, PAGE, PROT_READ | PROT_EXEC);
	__builtin___clear_cache((char *)p, (char *)p + 8);
	exit(run() == 42 ? 0 : 1);
}

static const struct touch {
	const char *name;
	void (*run)(void);
	int result;
} touches[] = {
	{ "an unmapped page", touch_unmapped, -SIGSEGV },
	{ "a page made read-only", touch_read_only, -SIGSEGV },
	{ "a read-only page", touch_never_written, -SIGSEGV },
	{ "a page without access", touch_none, -SIGSEGV },
	{ "data as code", touch_execute, -SIGSEGV },
	{ "memory behind the heap", touch_behind_brk, -SIGSEGV },
	{ "memory the heap gave back", touch_old_brk, -SIGSEGV },
	{ "code that was written", touch_generated, 0 },
};

static void check_touches(void)
{
	char number[8];

	for (size_t i = 0; i < sizeof(touches) / sizeof(*touches); i++) {
		snprintf(number, sizeof(number), "%zu", i);
		tap_equal(child_wait(child_again("--touch", number, NULL, -1,
						 -1)),
			  touches[i].result, "touching %s: %s",
			  touches[i].name,
			  touches[i].result ? "SIGSEGV" : "works");
	}
}

/* Here */

static void check_brk(void)
{
	char *start = sbrk(0), *grown;

	grown = sbrk(100 * PAGE + 77);
	tap_ok(grown == start, "brk: grows");
	tap_ok(is_filled(start, 100 * PAGE + 77, 0), "brk: with zeroes");
	memset(start, 1, 100 * PAGE + 77);
	sbrk(-(intptr_t)(50 * PAGE + 77));
	tap_ok((char *)sbrk(0) == start + 50 * PAGE, "brk: shrinks");
	tap_ok(is_filled(start, 50 * PAGE, 1), "brk: keeps the rest");
	sbrk(50 * PAGE);
	tap_ok(is_filled(start + 50 * PAGE, 50 * PAGE, 0),
	       "brk: is zero again where it had shrunk");
	/* The system call gives back the old end instead of an error. */
	tap_ok(syscall(SYS_brk, (char *)sbrk(0) + HUGE_SIZE) ==
	       (long)(intptr_t)sbrk(0), "brk: refuses what is too much");
	sbrk(-100 * (intptr_t)PAGE);
}

static void check_mmap(void)
{
	char *p = map(16, PROT_READ | PROT_WRITE), *q;

	tap_ok((uintptr_t)p % PAGE == 0, "mmap: a whole page's address");
	tap_ok(is_filled(p, 16 * PAGE, 0), "mmap: zeroes");
	memset(p, 2, 16 * PAGE);
	tap_equal(munmap(p + 4 * PAGE, 8 * PAGE), 0,
		  "munmap: in the middle");
	tap_ok(is_filled(p, 4 * PAGE, 2) &&
	       is_filled(p + 12 * PAGE, 4 * PAGE, 2),
	       "munmap: both ends stay");
	q = mmap(p + 6 * PAGE, 2 * PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	tap_ok(q == p + 6 * PAGE, "mmap: MAP_FIXED into the hole");
	tap_ok(is_filled(q, 2 * PAGE, 0), "mmap: with fresh zeroes");
	q = mmap(p, 2 * PAGE, PROT_READ | PROT_WRITE,
		 MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
	tap_ok(q == p && is_filled(p, 2 * PAGE, 0),
	       "mmap: MAP_FIXED replaces what was there");
	tap_ok(is_filled(p + 2 * PAGE, 2 * PAGE, 2), "mmap: and no more");
	tap_equal(munmap(p, 16 * PAGE), 0, "munmap: over holes");
	tap_equal(munmap(p, 16 * PAGE), 0, "munmap: of nothing");
}

static long errno_of(const void *result)
{
	return result == MAP_FAILED ? errno : 0;
}

static void check_mmap_errors(void)
{
	int flags = MAP_PRIVATE | MAP_ANONYMOUS, rw = PROT_READ | PROT_WRITE;
	/* Volatile: clang takes it that an unused malloc has worked. */
	volatile size_t too_much = PTRDIFF_MAX;
	void *volatile none;
	char *p = map(2, rw);

	tap_equal(errno_of(mmap(NULL, 0, rw, flags, -1, 0)), EINVAL,
		  "mmap: nothing is EINVAL");
	tap_equal(errno_of(mmap(NULL, HUGE_SIZE * 8, rw, flags, -1, 0)),
		  ENOMEM, "mmap: more than there is room for is ENOMEM");
	tap_equal(errno_of(mmap(NULL, SIZE_MAX, rw, flags, -1, 0)), ENOMEM,
		  "mmap: a size that wraps is ENOMEM");
	tap_equal(errno_of(mmap(p + 1, PAGE, rw, flags | MAP_FIXED, -1, 0)),
		  EINVAL, "mmap: MAP_FIXED within a page is EINVAL");
	tap_equal(errno_of(mmap((void *)-PAGE, PAGE, rw, flags | MAP_FIXED,
				-1, 0)), ENOMEM,
		  "mmap: MAP_FIXED in the kernel is ENOMEM");
	tap_equal(errno_of(mmap(NULL, PAGE, rw, MAP_PRIVATE, 99, 0)), EBADF,
		  "mmap: of no file is EBADF");
	tap_ok(munmap(p + 1, PAGE) == -1 && errno == EINVAL,
	       "munmap: within a page is EINVAL");
	tap_ok(munmap(p, 0) == -1 && errno == EINVAL,
	       "munmap: nothing is EINVAL");
	tap_ok(mprotect(p + 1, PAGE, rw) == -1 && errno == EINVAL,
	       "mprotect: within a page is EINVAL");
	munmap(p + PAGE, PAGE);
	tap_ok(mprotect(p, 2 * PAGE, PROT_READ) == -1 && errno == ENOMEM,
	       "mprotect: over a hole is ENOMEM");
	munmap(p, PAGE);
	none = malloc(too_much);
	/* Not freed: with free() the compiler would drop both calls. */
	/* NOLINTNEXTLINE(clang-analyzer-unix.Malloc) */
	tap_ok(none == NULL && errno == ENOMEM,
	       "malloc: far too much is ENOMEM");
}

static void check_mprotect(void)
{
	char *p = map(5, PROT_READ | PROT_WRITE);

	memset(p, 3, 5 * PAGE);
	tap_equal(mprotect(p + PAGE, 3 * PAGE, PROT_READ), 0,
		  "mprotect: the middle, read-only");
	tap_ok(is_filled(p, 5 * PAGE, 3), "mprotect: nothing is lost");
	p[0] = p[4 * PAGE] = 4;
	tap_equal(mprotect(p + 2 * PAGE, PAGE, PROT_NONE), 0,
		  "mprotect: the middle of that, no access");
	tap_equal(mprotect(p, 5 * PAGE, PROT_READ | PROT_WRITE), 0,
		  "mprotect: all of it, writable again");
	tap_ok(is_filled(p + PAGE, 3 * PAGE, 3),
	       "mprotect: nothing is lost");
	memset(p, 5, 5 * PAGE);
	munmap(p, 5 * PAGE);
}

/* Many mappings, next to one another and removed in another order. */
static void check_many(void)
{
	enum { COUNT = 200 };
	char *p[COUNT];
	int wrong = 0;

	for (int i = 0; i < COUNT; i++) {
		p[i] = map(1 + i % 3, PROT_READ | PROT_WRITE);
		memset(p[i], i, PAGE);
	}
	for (int i = 0; i < COUNT; i += 2)
		munmap(p[i], (1 + i % 3) * PAGE);
	for (int i = 1; i < COUNT; i += 2)
		wrong += !is_filled(p[i], PAGE, (char)i);
	for (int i = 1; i < COUNT; i += 2)
		munmap(p[i], (1 + i % 3) * PAGE);
	tap_equal(wrong, 0, "200 mappings, every other one removed");
}

static void check_large(void)
{
	size_t size = 32 * 1024 * 1024;
	char *p = map(size / PAGE, PROT_READ | PROT_WRITE);
	int wrong = 0;

	for (size_t i = 0; i < size; i += PAGE)
		*(size_t *)(p + i) = i;
	for (size_t i = 0; i < size; i += PAGE)
		wrong += *(size_t *)(p + i) != i;
	tap_equal(wrong, 0, "32 megabytes, a word in each page");
	munmap(p, size);
}

static uint32_t next_random(uint32_t *state)
{
	*state = *state * 1664525 + 1013904223;
	return *state >> 8;
}

/* malloc, realloc and free at random; each block knows what it must hold. */
static void check_malloc(void)
{
	enum { BLOCKS = 256, STEPS = 20000 };
	static struct { unsigned char *p; size_t size; } block[BLOCKS];
	uint32_t state = 1;
	int wrong = 0;

	for (int step = 0; step < STEPS; step++) {
		unsigned int i = next_random(&state) % BLOCKS;
		size_t size = next_random(&state) % 3000 + 1, old;

		/* Now and then one that malloc maps by itself. */
		if (step % 500 == 0)
			size = 300000;
		old = block[i].size < size ? block[i].size : size;
		block[i].p = realloc(block[i].p, size);
		if (block[i].p == NULL)
			tap_bail("realloc");
		wrong += !is_filled((char *)block[i].p, old, (char)i);
		memset(block[i].p, (int)i, size);
		block[i].size = size;
		if (step % 3 == 0) {
			free(block[i].p);
			block[i].p = NULL;
			block[i].size = 0;
		}
	}
	for (int i = 0; i < BLOCKS; i++) {
		wrong += !is_filled((char *)block[i].p, block[i].size,
				    (char)i);
		free(block[i].p);
	}
	tap_equal(wrong, 0, "20000 steps of malloc, realloc and free");
}

/*
 * A fault keeps all registers: of pages of zeros, most of which a kernel may
 * have a short way for, and of copies.
 */
static void check_registers(void)
{
	enum { PAGES = 600 };	/* more than one table of pages */
	char *p = map(PAGES, PROT_READ | PROT_WRITE);
	int stored = 0, loaded = 0, again = 0, copied = 0, right = 0;

	for (size_t i = 0; i < PAGES; i += 2) {
		stored += touch_store(p + i * PAGE);
		loaded += touch_load(p + (i + 1) * PAGE);
		right += *(char **)(p + i * PAGE) == p + i * PAGE + 1 &&
			 is_filled(p + (i + 1) * PAGE, PAGE, 0);
	}
	tap_equal(stored, PAGES / 2, "a first store keeps all registers");
	tap_equal(loaded, PAGES / 2, "a first load does");
	for (size_t i = 1; i < PAGES; i += 2)
		again += touch_store(p + i * PAGE);
	tap_equal(again, PAGES / 2, "a store to what was only read does");
	tap_equal(right, PAGES / 2, "what was stored is there, the rest is 0");
	mprotect(p, PAGES * PAGE, PROT_READ);
	mprotect(p, PAGES * PAGE, PROT_READ | PROT_WRITE);
	for (size_t i = 0; i < PAGES; i++)
		copied += touch_store(p + i * PAGE);
	tap_equal(copied, PAGES, "a store to what was protected does");
	munmap(p, PAGES * PAGE);
}

/* A deep stack, within the limit that every program may rely on. */
static int dig(int depth)
{
	volatile char here[1024];

	here[0] = here[1023] = (char)depth;
	return depth == 0 ? 0 : dig(depth - 1) + (here[0] != here[1023]);
}

int main(int argc, char **argv)
{
	if (argc == 3 && strcmp(argv[1], "--touch") == 0) {
		touches[atoi(argv[2])].run();
		return 0;
	}
	if (argc == 2 && strcmp(argv[1], "deaths") == 0) {
		child_init(argv[0]);
		check_touches();
		return tap_done();
	}
	check_brk();
	check_mmap();
	check_mmap_errors();
	check_mprotect();
	check_many();
	check_large();
	check_malloc();
	check_registers();
	tap_equal(dig(4000), 0, "a stack of four megabytes");
	return tap_done();
}

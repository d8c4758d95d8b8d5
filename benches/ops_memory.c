// SPDX-License-Identifier: MIT
/*
 * The first store to a page, and giving pages back.
 */
#define _GNU_SOURCE
#include <sys/mman.h>

#include "bench.h"

enum {
	PAGE = 4096,
	PAGES = 32,		/* of a batch */
	WARM = 2,
	BATCHES = 60,		/* nearly all of four tables */
};

static char *map(void)
{
	size_t size = (size_t)(WARM + BATCHES + 1) * PAGES * PAGE;
	char *at = mmap(NULL, size, PROT_READ | PROT_WRITE,
			MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED)
		bench_die("mmap");
	madvise(at, size, MADV_NOHUGEPAGE);	/* as loom, by pages */
	return at;
}

static uint64_t touch(char *at)
{
	uint64_t start = bench_now();

	loop_touch(at, PAGES);
	return bench_now() - start;
}

static void fault(const char *name)
{
	uint64_t batch[WARM + BATCHES], loop = UINT64_MAX, traced;
	char *at = map(), *end = at;

	for (int i = 0; i < WARM + BATCHES; i++, end += (size_t)PAGES * PAGE)
		batch[i] = touch(end);
	trace_on();
	traced = bench_now();
	loop_touch_traced(end + PAGE, LOOP_TRACED);
	traced = bench_now() - traced;
	trace_off();
	for (int i = 0; i < 5; i++) {
		uint64_t again = touch(at);	/* they are there now */

		if (again < loop)
			loop = again;
	}
	for (int i = 0; i < WARM + BATCHES; i++)
		batch[i] -= loop;
	bench_report(name, PAGES, loop / PAGES, batch + WARM, BATCHES);
	bench_report_traced(name, traced);
}

static void unmap(const char *name)
{
	uint64_t batch[BATCHES];
	char *at = map();

	for (int i = 0; i < BATCHES; i++, at += (size_t)PAGES * PAGE) {
		uint64_t start;

		touch(at);
		start = bench_now();
		munmap(at, (size_t)PAGES * PAGE);
		batch[i] = bench_now() - start;
	}
	bench_report(name, PAGES, 0, batch, BATCHES);
}

const struct operation memory_operations[] = {
	{ "fault", NULL, fault },
	{ "unmap", NULL, unmap },
	{ NULL, NULL, NULL },
};

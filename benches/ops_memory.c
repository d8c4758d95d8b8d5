// SPDX-License-Identifier: MIT
/*
 * The first store to a page, and giving pages back.
 */
#include <sys/mman.h>
#include <sys/syscall.h>

#include "bench.h"
#include "sys.h"

enum {
	PAGE = 4096,
	PAGES = 32,		/* of a batch */
	BATCH = PAGES * PAGE,
	WARM = 2,
	BATCHES = 60,		/* nearly all of four tables */
};

static char *map(void)
{
	long size = (WARM + BATCHES + 1) * BATCH;
	char *at = (char *)must("mmap", sys(SYS_mmap, 0, size,
					    PROT_READ | PROT_WRITE,
					    MAP_PRIVATE | MAP_ANONYMOUS, -1,
					    0));

	/* As loom, by pages. */
	sys3(SYS_madvise, at, size, MADV_NOHUGEPAGE);
	return at;
}

__attribute__((noinline))
static uint64_t touch(char *at)
{
	uint64_t start = bench_now();

	loop_touch(at, PAGES);
	return bench_now() - start;
}

static void fault(const char *name)
{
	uint64_t batch[WARM + BATCHES], loop = UINT64_MAX, traced;
	char *first = map(), *at = first;

	for (int i = 0; i < WARM + BATCHES; i++, at += BATCH)
		batch[i] = touch(at);
	trace_on();
	traced = bench_now();
	loop_touch_traced(at + PAGE, LOOP_TRACED);
	traced = bench_now() - traced;
	trace_off();
	for (int i = 0; i < 5; i++) {
		uint64_t again = touch(first);	/* they are there now */

		if (again < loop)
			loop = again;
	}
	for (int i = 0; i < WARM + BATCHES; i++)
		batch[i] -= loop;
	bench_report(name, PAGES, 1, loop / PAGES, batch + WARM, BATCHES);
	bench_report_list("traced", name, &traced, 1);
}

static void unmap(const char *name)
{
	uint64_t batch[BATCHES];
	char *at = map();

	for (int i = 0; i < BATCHES; i++, at += BATCH) {
		uint64_t start;

		touch(at);
		start = bench_now();
		must("munmap", sys2(SYS_munmap, at, BATCH));
		batch[i] = bench_now() - start;
	}
	bench_report(name, PAGES, 1, 0, batch, BATCHES);
}

const struct operation memory_operations[] = {
	{ "fault", NULL, fault },
	{ "unmap", NULL, unmap },
	{ NULL, NULL, NULL },
};

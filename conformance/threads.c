// SPDX-License-Identifier: MIT
/*
 * threads: clone with CLONE_VM, CLONE_THREAD and CLONE_SETTLS. Threads of one
 * process check their registers side by side, each with a thread pointer of
 * its own; what they count tells that others ran in between.
 */
#include "kit.h"
#include "pattern.h"

enum {
	RESULTS = 6,
	THREADS = 4,
	YIELDS = 500 * KIT_ROUNDS,
	SPINS = 16 * KIT_ROUNDS,
	STACK = 8192,
	/* Yields until a thread that has not ended never will. */
	PATIENCE = 20000000,
};

struct thread {
	uint64_t identity;
	volatile uint64_t tls;		/* as the kernel set it */
	volatile int alive;
	volatile bool kept_yields, kept_spins, done;
	volatile bool saw_others;
	volatile uint64_t rounds;
};

static struct thread threads[THREADS];
static char stacks[THREADS][STACK] __attribute__((aligned(16)));

static uint64_t thread_pointer(void)
{
	uint64_t value;

	__asm__ volatile("mrs	%0, tpidr_el0" : "=r"(value));
	return value;
}

static uint64_t rounds_of_others(const struct thread *t)
{
	uint64_t sum = 0;

	for (int i = 0; i < THREADS; i++)
		if (&threads[i] != t)
			sum += threads[i].rounds;
	return sum;
}

static bool do_rounds(struct thread *t, uint64_t rounds,
		      bool (*round)(uint64_t, uint64_t))
{
	bool kept = true;

	for (uint64_t i = 0; i < rounds && kept; i++) {
		uint64_t before = rounds_of_others(t);

		kept = round(t->identity, i);
		t->rounds++;
		if (rounds_of_others(t) != before)
			t->saw_others = true;
	}
	return kept;
}

static int run(void *arg)
{
	struct thread *t = arg;

	t->tls = thread_pointer();
	t->kept_yields = do_rounds(t, YIELDS, kit_yields);
	t->kept_spins = do_rounds(t, SPINS, kit_spin);
	if (thread_pointer() != t->tls)
		t->tls = 0;
	t->done = true;
	return 0;
}

/* No futex: the word is zeroed at the end whether somebody waits or not. */
static bool has_ended(const struct thread *t)
{
	for (long i = 0; i < PATIENCE && t->alive; i++)
		kit_yield();
	return t->done && !t->alive;
}

static bool start(struct thread *t, int number)
{
	t->identity = kit_identity * 256 + (unsigned int)number;
	t->alive = 1;
	return kit_thread(KIT_THREAD_FLAGS | KIT_SETTLS | KIT_CHILD_CLEARTID,
			  stacks[number] + STACK, NULL, t, &t->alive, run,
			  t) > 0;
}

void kit_main(void)
{
	bool ended = true, tls = true, yields = true, spins = true;
	bool saw_others = false;
	int n = 0;

	kit_note("needs write (64), exit (93), sched_yield (124)");
	kit_note("needs clone (220) of threads, FP at EL0");
	kit_plan(RESULTS);
	kit_check_checker();
	while (n < THREADS && start(&threads[n], n))
		n++;
	for (int i = 0; i < n; i++) {
		const struct thread *t = &threads[i];

		ended = has_ended(t) && ended;
		tls = t->tls == (uint64_t)t && tls;
		yields = t->kept_yields && yields;
		spins = t->kept_spins && spins;
		saw_others = t->saw_others || saw_others;
	}
	kit_ok(n == THREADS && ended, "threads start and end, each alone, "
	       "and CLEARTID tells");
	kit_ok(tls, "TPIDR_EL0 of each is what CLONE_SETTLS gave it");
	kit_ok(yields, "registers of each are kept over sched_yield");
	kit_ok(spins, "and over loops that ticks interrupt");
	if (saw_others)
		kit_ok(true, "others ran meanwhile");
	else
		kit_skip("there was no switch", "others ran meanwhile");
}

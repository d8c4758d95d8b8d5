// SPDX-License-Identifier: MIT
/*
 * registers (and general, which leaves the FP registers alone): every register
 * is kept over system calls, over sched_yield and over preemption, and so is
 * the memory. Start several, more than there are CPUs: each has the others'
 * addresses and other values in all of them.
 */
#include "kit.h"
#include "pattern.h"

enum {
	RESULTS = 6,
	YIELDS = 2000 * KIT_ROUNDS,
	SPINS = 32 * KIT_ROUNDS,
	WRITES = 8,
	QUIET = 40,		/* rounds in which nothing is to happen */
	WORDS = 512,
};

/* At the same address in every copy of this program. */
static volatile uint64_t memory[WORDS];
static bool memory_kept = true;

static void fill_memory(uint64_t generation)
{
	for (unsigned int i = 0; i < WORDS; i++)
		memory[i] = (uint64_t)kit_identity << 32 ^ generation << 10 ^ i;
}

static void check_memory(uint64_t generation)
{
	for (unsigned int i = 0; memory_kept && i < WORDS; i++) {
		uint64_t want = (uint64_t)kit_identity << 32 ^
				generation << 10 ^ i;

		if (memory[i] == want)
			continue;
		memory_kept = false;
		kit_note("the word at %016lx is %016lx, not %016lx",
			 (unsigned long)&memory[i], memory[i], want);
	}
}

static void check_quiet(void)
{
	bool kept = true;

	for (uint64_t i = 0; kept && i < QUIET; i++)
		kept = kit_window(kit_identity, i, OP_NOTHING, NULL,
				  "nothing");
	kit_ok(kept, "registers hold what they are given");
}

/* Writing may block, or not: it is the kernel's longest way in this tier. */
static void check_writes(void)
{
	struct kit_svc svc = {
		.number = NR_WRITE,
		.arg = { 1, (long)kit_line, (long)kit_line_size },
		.result = (long)kit_line_size,
	};
	bool kept = true;

	for (uint64_t i = 0; kept && i < WRITES; i++)
		kept = kit_window(kit_identity, i, OP_SVC, &svc, "write");
	kit_ok(kept, "registers are kept over write");
}

/* The lines between are for summary.py: others' between them show switches. */
static void check_rounds(bool (*round)(uint64_t, uint64_t), long rounds,
			 const char *what)
{
	bool kept = true;

	for (long i = 0; kept && i < rounds; i++) {
		if (i % (rounds / 4) == 0)
			kit_note("%s, round %ld of %ld", what, i, rounds);
		fill_memory((uint64_t)i);
		kept = round(kit_identity, (uint64_t)i);
		check_memory((uint64_t)i);
	}
	kit_ok(kept, "registers are kept over %s", what);
}

void kit_main(void)
{
	kit_note("needs write (64), exit (93), sched_yield (124)");
	if (pattern_has(OP_CORRUPT_V))
		kit_note("needs FP and SIMD at EL0");
	kit_note("checks x0-x30, sp, NZCV, TPIDR_EL0%s",
		 pattern_has(OP_CORRUPT_V) ? ", v0-v31, FPCR, FPSR" : "");
	kit_plan(RESULTS);
	kit_check_checker();
	check_quiet();
	check_writes();
	check_rounds(kit_yields, YIELDS, "sched_yield");
	check_rounds(kit_spin, SPINS, "loops that ticks interrupt");
	kit_ok(memory_kept, "memory is this program's own");
}

// SPDX-License-Identifier: MIT
/*
 * processes: clone as fork has it. A child has its parent's registers and a
 * copy of its memory; several children check theirs side by side, all at the
 * same addresses, while their parent waits and its registers are kept.
 */
#include "kit.h"
#include "pattern.h"

enum {
	RESULTS = 7,
	CHILDREN = 4,
	YIELDS = 500 * KIT_ROUNDS,
	SPINS = 16 * KIT_ROUNDS,
	PAGES = 4,
	WORDS = PAGES * 4096 / 8,
};

/* What a child ends with. */
enum { GOOD, BAD_REGISTERS, BAD_MEMORY };

static volatile uint64_t memory[WORDS] __attribute__((aligned(4096)));

static void fill(uint64_t identity)
{
	for (unsigned int i = 0; i < WORDS; i++)
		memory[i] = identity << 32 | i;
}

static bool is_filled(uint64_t identity)
{
	for (unsigned int i = 0; i < WORDS; i++)
		if (memory[i] != (identity << 32 | i)) {
			kit_note("the word at %016lx is %016lx, not %016lx",
				 (unsigned long)&memory[i], memory[i],
				 identity << 32 | i);
			return false;
		}
	return true;
}

/* clone in a window: both come out of it with what went in. */
static void check_clone(void)
{
	struct pattern_regs want, got;
	uint64_t pid;
	int reg, status;

	pattern_fill(&want, kit_identity, 1);
	want.x[8] = NR_CLONE;
	want.x[0] = KIT_SIGCHLD;
	for (int i = 1; i < 5; i++)
		want.x[i] = 0;
	pattern_window(&want, &got, OP_SVC);
	pid = got.x[0];
	want.x[0] = pid;
	reg = pattern_differs(&want, &got, PATTERN_FIRST);
	if (reg != PATTERN_END) {
		char name[PATTERN_NAME];
		uint64_t value[2];

		pattern_name(reg, name);
		pattern_values(&want, &got, reg, value);
		kit_note("%s in the %s: expected %016lx, found %016lx", name,
			 pid ? "parent" : "child", value[0], value[1]);
	}
	if (pid == 0)
		kit_exit(reg == PATTERN_END ? GOOD : BAD_REGISTERS);
	status = kit_wait((long)pid);
	/* First what the child may have said something about. */
	kit_ok(status == KIT_EXITED(GOOD),
	       "the child has the parent's registers, but for x0");
	kit_ok(reg == PATTERN_END, "the parent's are kept over clone");
}

/*
 * Pages that the parent has just written are written by neither so that the
 * other sees it: copies of a translation that still permits it would let it.
 */
static void check_copies(void)
{
	int status = 0;
	long pid;
	bool kept = true;

	for (uint64_t i = 0; i < 20 && kept && status == 0; i++) {
		fill(i);
		pid = kit_fork();
		if (pid == 0) {
			kit_yield();
			if (!is_filled(i))
				kit_exit(BAD_MEMORY);
			fill(i + 1000);
			kit_exit(is_filled(i + 1000) ? GOOD : BAD_MEMORY);
		}
		/* Only the last page: the child has not read it yet. */
		memory[WORDS - 1] = 0;
		status = kit_wait(pid);
		kept = memory[0] == i << 32 && memory[WORDS - 1] == 0;
	}
	kit_ok(status == KIT_EXITED(GOOD),
	       "what the parent writes after clone is not the child's");
	kit_ok(kept, "what the child writes is not the parent's");
}

_Noreturn static void child(uint64_t identity)
{
	int result = GOOD;

	for (uint64_t i = 0; i < YIELDS + SPINS && result == GOOD; i++) {
		bool (*round)(uint64_t, uint64_t) =
			i < YIELDS ? kit_yields : kit_spin;

		if (i % 16 == 0)
			fill(identity + i);
		if (!round(identity, i))
			result = BAD_REGISTERS;
		else if (i % 16 == 15 && !is_filled(identity + i - 15))
			result = BAD_MEMORY;
	}
	kit_exit(result);
}

/* Waiting for a child that is at work is a call that blocks. */
static bool wait_in_window(long pid, int *status)
{
	const struct kit_svc svc = {
		.number = NR_WAIT4,
		.arg = { pid, (long)status },
		.result = pid,
	};

	return kit_window(kit_identity, (uint64_t)pid, OP_SVC, &svc, "wait4");
}

static void check_children(void)
{
	long pid[CHILDREN];
	bool good = true, kept = true;

	for (int i = 0; i < CHILDREN; i++) {
		pid[i] = kit_fork();
		if (pid[i] == 0)
			child(kit_identity * 256 + (unsigned int)i);
	}
	for (int i = 0; i < CHILDREN; i++) {
		int status = -1;

		kept = wait_in_window(pid[i], &status) && kept;
		if (status == KIT_EXITED(GOOD))
			continue;
		good = false;
		kit_note("child %ld ends with status %ld", (long)i,
			 (long)status);
	}
	kit_ok(good, "children side by side keep registers and memory");
	kit_ok(kept, "registers are kept over wait4, which blocks");
}

void kit_main(void)
{
	kit_note("needs write (64), exit (93), sched_yield (124)");
	kit_note("needs clone (220) as fork, wait4 (260), FP at EL0");
	kit_plan(RESULTS);
	kit_check_checker();
	check_clone();
	check_copies();
	check_children();
}

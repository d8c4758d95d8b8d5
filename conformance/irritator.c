// SPDX-License-Identifier: MIT
/*
 * irritator: what disturbs the others. It fills all registers with rubbish,
 * yields and loops, and looks at nothing. It lasts about twice as long as one
 * that checks.
 */
#include "kit.h"
#include "pattern.h"

enum { ROUNDS = 4000 * KIT_ROUNDS, LOOPS = 100000 };

void kit_main(void)
{
	struct pattern_regs want, got;

	kit_note("needs write (64), exit (93), sched_yield (124)");
	kit_note("needs FP and SIMD at EL0");
	kit_plan(1);
	for (uint64_t i = 0; i < ROUNDS; i++) {
		pattern_fill(&want, kit_identity, i);
		want.x[8] = NR_SCHED_YIELD;
		if (i % 4 == 0)
			want.x[0] = LOOPS;
		pattern_window(&want, &got, i % 4 ? OP_SVC : OP_SPIN_X0);
	}
	kit_ok(true, "comes to its end");
}

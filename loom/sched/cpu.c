// SPDX-License-Identifier: MIT
/* The CPUs: which are online, and how one stops. See cpu.h. */
#include "sched/cpu.h"

#include <weft/sysreg.h>

#include "lib/relaxed.h"
#include "sched/ipi.h"

struct cpu cpus[CPU_MAX];

uint64_t cpu_online_set;

void cpu_expect_others(void)
{
	unsigned i, prio;

	for (i = 0; i < CPU_MAX; i++) {
		cpus[i].others = true;
		for (prio = 0; prio < PRIO_COUNT; prio++) {
			struct run_level *level = &cpus[i].level[prio];

			if (!level->woken)
				level->woken = &level->queue;
		}
	}
}

void cpu_set_online(struct cpu *cpu)
{
	__atomic_fetch_or(&cpu_online_set, UINT64_C(1) << cpu->weft.index,
			  __ATOMIC_RELEASE);
	__atomic_store_n(&cpu->online, true, __ATOMIC_RELEASE);
}

void cpu_ask_for_switch(struct cpu *cpu)
{
	/*
	 * Who asked before sent the interrupt. The request stands until the
	 * CPU takes it back under the lock, which is held here.
	 */
	if (cpu->need_resched)
		return;
	relaxed_store(&cpu->need_resched, true);
	if (cpu != cpu_current())
		ipi_reschedule(cpu);
}

void cpu_stop(const struct weft_frame *frame)
{
	struct cpu *self = cpu_current();

	weft_mask_all();
	self->stop_frame = frame;
	/* Release: who sees it reads the frame, and the stack under it. */
	__atomic_store_n(&self->stopped, true, __ATOMIC_RELEASE);
	for (;;)
		weft_wfi();
}

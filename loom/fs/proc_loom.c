// SPDX-License-Identifier: MIT
/*
 * What /proc/loom shows of the machine: the counters of each CPU, ASIDs and
 * TLBs, and what programs called that is not here. docs/live.md says what each
 * figure is.
 *
 * A counter is read while its CPU goes on. Nothing is stopped for it, so that
 * figures of one text may be of moments that are a few microseconds apart.
 */
#include <weft/asid.h>

#include "dev/irq.h"
#include "dev/timer.h"
#include "fs/proc.h"
#include "lib/relaxed.h"
#include "mm/kvm.h"
#include "sched/cpu.h"
#include "sched/ipi.h"
#include "sched/sched.h"
#include "syscall/syscall.h"

static uint64_t short_switches(const struct cpu *cpu)
{
	return cpu == &cpus[0] ? sched_quick_count() : 0;
}

static uint64_t switches(const struct cpu *cpu)
{
	return relaxed_load(&cpu->switches) + short_switches(cpu);
}

static uint64_t arrivals(const struct cpu *cpu)
{
	return relaxed_load(&cpu->arrivals);
}

static uint64_t interrupts(const struct cpu *cpu)
{
	return irq_total_of((unsigned)cpu->weft.index);
}

static uint64_t timer(const struct cpu *cpu)
{
	return relaxed_load(&cpu->irq_count[timer_irq]);
}

/* Those that were none are looked at first: there are never more than all. */
static uint64_t ticks(const struct cpu *cpu)
{
	uint64_t others = relaxed_load(&cpu->timeouts_only);

	return timer(cpu) - others;
}

static uint64_t fp_saves(const struct cpu *cpu)
{
	return relaxed_load(&cpu->weft.fp_saves) +
	       relaxed_load(&cpu->weft.fp_swaps);
}

static uint64_t fp_loads(const struct cpu *cpu)
{
	return relaxed_load(&cpu->weft.fp_loads) +
	       relaxed_load(&cpu->weft.fp_swaps);
}

static uint64_t asid_flushes(const struct cpu *cpu)
{
	return relaxed_load(&cpu->asid_flushes);
}

#define IPI_FIGURES(name, kind)						\
	static uint64_t name##_sent(const struct cpu *cpu)		\
	{								\
		return relaxed_load(&cpu->ipis_sent[kind]);		\
	}								\
	static uint64_t name##_received(const struct cpu *cpu)		\
	{								\
		return relaxed_load(&cpu->irq_count[kind]);		\
	}

IPI_FIGURES(reschedule, IPI_RESCHEDULE)
IPI_FIGURES(call, IPI_CALL)
IPI_FIGURES(stop, IPI_STOP)

static const struct {
	const char *name;
	uint64_t (*read)(const struct cpu *cpu);
} figures[] = {
	{ "switches", switches },
	{ "short_switches", short_switches },
	{ "arrivals", arrivals },
	{ "interrupts", interrupts },
	{ "timer", timer },
	{ "ticks", ticks },
	{ "reschedule_sent", reschedule_sent },
	{ "reschedule_received", reschedule_received },
	{ "call_sent", call_sent },
	{ "call_received", call_received },
	{ "stop_sent", stop_sent },
	{ "stop_received", stop_received },
	{ "fp_saves", fp_saves },
	{ "fp_loads", fp_loads },
	{ "asid_flushes", asid_flushes },
};

enum { FIGURES = sizeof(figures) / sizeof(figures[0]) };

int proc_cpus(struct proc_text *t, struct proc_id id)
{
	uint64_t online = cpu_online();
	unsigned f, i;

	(void)id;
	proc_add(t, "%-19s", "");
	for (i = 0; i < CPU_MAX; i++)
		if (online >> i & 1)
			proc_add(t, "%10s%u", "cpu", i);
	proc_add(t, "\n");
	for (f = 0; f < FIGURES; f++) {
		proc_add(t, "%-19s", figures[f].name);
		for (i = 0; i < CPU_MAX; i++)
			if (online >> i & 1)
				proc_add(t, " %10llu", (unsigned long long)
					 figures[f].read(&cpus[i]));
		proc_add(t, "\n");
	}
	return 0;
}

static void add(struct proc_text *t, const char *name, uint64_t value)
{
	proc_add(t, "%s %llu\n", name, (unsigned long long)value);
}

int proc_asid(struct proc_text *t, struct proc_id id)
{
	static const char *const policies[] = {
		[WEFT_ASID_GENERATIONS] = "generations",
		[WEFT_ASID_FLUSH_CHANGE] = "flush-change",
		[WEFT_ASID_FLUSH_ALWAYS] = "flush-always",
	};
	struct kvm_asid_usage usage;

	(void)id;
	kvm_asid_usage(&usage);
	proc_add(t, "policy %s\n", policies[usage.policy]);
	if (usage.policy == WEFT_ASID_GENERATIONS) {
		add(t, "asids", usage.count);
		add(t, "next", usage.next);
		add(t, "generation", usage.generation);
		add(t, "rollovers", usage.rollovers);
	}
	add(t, "tlb_user_broadcasts", relaxed_load(&kvm_flushes.user));
	add(t, "tlb_kernel_broadcasts", relaxed_load(&kvm_flushes.kernel));
	return 0;
}

static void add_missing(const char *name, uint32_t count, void *text)
{
	proc_add(text, "%10u %s\n", count, name);
}

int proc_calls(struct proc_text *t, struct proc_id id)
{
	(void)id;
	syscall_each_missing(add_missing, t);
	return 0;
}

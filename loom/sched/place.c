// SPDX-License-Identifier: MIT
/*
 * The choice of a CPU; see place.h. Called by sched.c.
 *
 * A thread that wakes goes where it runs at once: to a CPU where something of
 * a lower priority runs and nothing better waits, the lowest of all, which is
 * an idle one if there is one; among equals to the one it was on, whose caches
 * know it. If it would run at once nowhere it stays where it was.
 *
 * The choice reads what other CPUs do without their locks: it may be out of
 * date by the time the thread gets there. What is wrong then is a place, not a
 * fact: a CPU with nothing to do looks at all queues before it sleeps, and
 * each tick of a CPU where threads wait looks for one that sleeps, another one
 * each time.
 */
#include "sched/place.h"

#include <stddef.h>

#include "lib/assert.h"
#include "lib/list.h"
#include "lib/relaxed.h"
#include "sched/chaos.h"
#include "sched/cpu.h"
#include "sched/ipi.h"
#include "sched/runq.h"
#include "sched/thread.h"
#include "trace/trace.h"

static bool allows(uint64_t cpus_allowed, unsigned index)
{
	return cpus_allowed >> index & 1;
}

/* Never none: who sets it looks at that, and no CPU goes offline. */
static uint64_t allowed_cpus(const struct thread *thread)
{
	return __atomic_load_n(&thread->affinity, __ATOMIC_RELAXED) &
	       cpu_online();
}

/* The priority that a thread must beat to run on @cpu at once. */
static unsigned to_beat(const struct cpu *cpu)
{
	unsigned runs = __atomic_load_n(&cpu->running_prio, __ATOMIC_RELAXED);
	unsigned waits = runq_best(cpu);

	return runs < waits ? runs : waits;
}

static void tell_move(const struct thread *thread, const struct cpu *from,
		      const struct cpu *to)
{
	trace(TRACE_MIGRATE, (uintptr_t)thread,
	      from->weft.index << 32 | to->weft.index);
}

static struct cpu *choose(struct cpu *home, const struct thread *thread)
{
	uint64_t allowed = allowed_cpus(thread);
	struct cpu *best = NULL;
	unsigned i;

	if (chaos_on())
		return &cpus[chaos_pick(allowed)];
	if (allows(allowed, (unsigned)home->weft.index))
		best = home;
	for (i = 0; i < CPU_MAX; i++) {
		struct cpu *cpu = &cpus[i];

		if (!allows(allowed, i) || cpu == home)
			continue;
		if (!best || to_beat(cpu) > to_beat(best))
			best = cpu;
	}
	assert(best);
	/* Nowhere at once: then where it was. */
	if (best != home && allows(allowed, (unsigned)home->weft.index) &&
	    to_beat(best) <= thread->prio)
		return home;
	return best;
}

/* A thread is of @cpu now and was of another. @cpu is locked. */
static void came(struct cpu *cpu)
{
	relaxed_store(&cpu->arrivals, cpu->arrivals + 1);
}

struct cpu *place_settle(struct cpu *cpu, struct thread *thread)
{
	struct cpu *target = cpu;

	assert(spin_held(&cpu->lock) && cpu->current != thread);
	if (cpu_online() == 1)
		return cpu;
	target = choose(cpu, thread);
	if (target == cpu)
		return cpu;
	while (target != cpu) {
		tell_move(thread, cpu, target);
		__atomic_store_n(&thread->cpu, target, __ATOMIC_RELEASE);
		spin_unlock_masked(&cpu->lock);
		cpu = target;
		spin_lock_masked(&cpu->lock);
		/* What it is allowed may have changed on the way. */
		if (!place_allows(thread, cpu))
			target = choose(cpu, thread);
	}
	came(cpu);
	return cpu;
}

/* The first that waits for @from and is allowed on @to. */
static struct thread *find(struct cpu *from, const struct cpu *to)
{
	uint64_t levels = from->levels;
	struct thread *thread;

	for (; levels; levels &= levels - 1) {
		struct run_level *level =
			&from->level[__builtin_ctzll(levels)];

		list_for_each_entry(thread, &level->queue, struct thread, run)
			if (place_allows(thread, to))
				return thread;
	}
	return NULL;
}

static struct thread *take_from(struct cpu *from, struct cpu *to)
{
	struct thread *thread;

	spin_lock_masked(&from->lock);
	thread = find(from, to);
	if (thread) {
		runq_remove(from, thread);
		tell_move(thread, from, to);
		__atomic_store_n(&thread->cpu, to, __ATOMIC_RELEASE);
	}
	spin_unlock_masked(&from->lock);
	return thread;
}

/* @thread, in our hands, was on the way to @cpu. */
static void queue_taken(struct cpu *cpu, struct thread *thread)
{
	struct cpu *home = cpu;

	spin_lock_masked(&cpu->lock);
	came(cpu);
	/* What it is allowed may have changed on the way. */
	if (!place_allows(thread, cpu))
		home = place_settle(cpu, thread);
	runq_add(home, thread, PLACE_LAST);
	if (thread->prio < home->current->prio)
		cpu_ask_for_switch(home);
	spin_unlock_masked(&home->lock);
}

bool place_pull(struct cpu *cpu)
{
	uint64_t online = cpu_online();
	struct thread *thread = NULL;
	unsigned i;

	for (i = 1; i < CPU_MAX && !thread; i++) {
		unsigned index = ((unsigned)cpu->weft.index + i) % CPU_MAX;

		if (allows(online, index) &&
		    runq_load(&cpus[index]) > runq_load(cpu))
			thread = take_from(&cpus[index], cpu);
	}
	if (!thread)
		return false;
	queue_taken(cpu, thread);
	return true;
}

/*
 * One after the other: the first may not be allowed what waits here, and an
 * idle CPU has no tick to look by itself.
 */
void place_call_idle(struct cpu *cpu)
{
	uint64_t online = cpu_online();
	unsigned i;

	for (i = 1; i <= CPU_MAX; i++) {
		unsigned index = (cpu->called + i) % CPU_MAX;

		if (!allows(online, index) || &cpus[index] == cpu ||
		    __atomic_load_n(&cpus[index].running_prio,
				    __ATOMIC_RELAXED) != PRIO_IDLE)
			continue;
		cpu->called = index;
		/* It looks at all queues before it sleeps again. */
		ipi_reschedule(&cpus[index]);
		return;
	}
}

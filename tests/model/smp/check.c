// SPDX-License-Identifier: MIT
/*
 * What must never happen, looked at after every step. A run queue is looked at
 * while nobody holds its lock: then all that sched.c says of it must hold.
 */
#include <string.h>

#include "../search.h"
#include "model.h"
#include "sched/runq.h"

static bool is_free(unsigned cpu)
{
	return !cpus[cpu].lock.next;
}

static const char *cpu_state(const struct thread *thread)
{
	static const char *const names[] = {
		"ready", "blocked", "new", "dead",
	};

	return thread->state <= THREAD_DEAD ? names[thread->state] : "?";
}

/* The queues that threads are on: how often each is. */
static unsigned count[THREADS];

static unsigned walk(unsigned c, const struct list *queue, unsigned prio)
{
	const struct thread *thread;
	const struct list *node;
	unsigned n = 0;

	list_for_each(node, queue) {
		thread = container_of(node, struct thread, run);
		if (thread < world->pool || thread >= world->pool + THREADS ||
		    node->next->prev != node || ++n > THREADS)
			violation("the run queue of cpu %u is no list", c);
		if (thread->state != THREAD_READY)
			violation("%s is %s on the run queue of cpu %u",
				  thread->name, cpu_state(thread), c);
		if (thread->cpu != &cpus[c] || thread->prio != prio)
			violation("%s is on a queue of cpu %u that is not its",
				  thread->name, c);
		if (!scenario->affinity && !(thread->affinity >> c & 1))
			violation("%s is on the run queue of cpu %u, where "
				  "it may not run", thread->name, c);
		if (!world->contexts[thread - world->pool].saved)
			violation("%s is on the run queue of cpu %u before "
				  "its context is saved", thread->name, c);
		count[thread - world->pool]++;
	}
	return n;
}

static void check_queue(unsigned c)
{
	const struct cpu *cpu = &cpus[c];
	unsigned prio, here, n = 0;

	for (prio = 0; prio < PRIO_COUNT; prio++) {
		const struct run_level *level = &cpu->level[prio];
		bool said = cpu->levels >> prio & 1;

		if (!said && list_empty(&level->queue))
			continue;
		here = walk(c, &level->queue, prio);
		if (level->woken && !here)
			violation("priority %u of cpu %u has one that woke "
				  "and nobody", prio, c);
		if (said != (here != 0))
			violation("cpu %u has %u of priority %u and says %d",
				  c, here, prio, said);
		n += here;
	}
	if (n != cpu->nready)
		violation("%u wait on cpu %u, which says %u", n, c,
			  cpu->nready);
}

static void check_cpu(unsigned c)
{
	const struct cpu *cpu = &cpus[c];
	const struct sim_cpu *sim = &world->cpu[c];

	if (&cpu->current->task != sim->running)
		violation("cpu %u runs %s and says that it runs %s", c,
			  ((const struct thread *)sim->running)->name,
			  cpu->current->name);
	if (cpu->current->cpu != cpu || sim->running->cpu != &cpu->weft)
		violation("%s runs on cpu %u and belongs to another",
			  cpu->current->name, c);
	if (cpu->current->state != THREAD_READY &&
	    cpu->current->state != THREAD_BLOCKED)
		violation("cpu %u runs %s, which is %s", c,
			  cpu->current->name, cpu_state(cpu->current));
	if (cpu->running_prio != cpu->current->prio)
		violation("cpu %u says another priority", c);
	check_queue(c);
}

static unsigned cpus_that_run(unsigned context)
{
	unsigned n = 0, c;

	for (c = 0; c < scenario->cpus; c++)
		n += world->cpu[c].context == context;
	return n;
}

/* CPUs that may have a thread in their hands: in the scheduler. */
static unsigned hands(void)
{
	unsigned n = 0, c;

	for (c = 0; c < scenario->cpus; c++) {
		const struct sim_cpu *cpu = &world->cpu[c];

		n += !machine_listens(c) &&
		     world->contexts[cpu->context].wait != WAIT_INTERRUPT;
	}
	return n;
}


/* True if it is ready, and on no queue. */
static bool check_thread(unsigned i)
{
	const struct thread *thread = &world->pool[i];
	unsigned runs = cpus_that_run(i);

	if (runs > 1)
		violation("%s runs on two CPUs", thread->name);
	if (world->contexts[i].used && world->contexts[i].saved == (runs == 1))
		violation("%s: saved, and runs", thread->name);
	if (count[i] > 1)
		violation("%s is on two run queues", thread->name);
	if (!is_free((unsigned)(thread->cpu - cpus)) || runs)
		return false;
	if (thread->state == THREAD_DEAD && thread->cpu->current == thread)
		violation("%s is dead and runs", thread->name);
	return thread->state == THREAD_READY && !count[i];
}

static unsigned check_threads(void)
{
	unsigned lost = 0, i;

	for (i = 0; i < THREADS; i++)
		if (world->allocated >> i & 1 && world->pool[i].cpu)
			lost += check_thread(i);
	return lost;
}

void check_all(void)
{
	unsigned c;

	if (booting)
		return;
	memset(count, 0, sizeof(count));
	for (c = 0; c < scenario->cpus; c++)
		if (is_free(c))
			check_cpu(c);
	if (check_threads() > hands())
		violation("a thread is ready, on no queue and in nobody's "
			  "hands");
}

void check_free_stack(unsigned context)
{
	const struct thread *thread = &world->pool[context];

	if (thread->state != THREAD_DEAD && thread->state != THREAD_NEW)
		violation("the stack of %s is freed, which is %s",
			  thread->name, cpu_state(thread));
	if (cpus_that_run(context) || !world->contexts[context].saved)
		violation("the stack of %s is freed while a CPU is on it",
			  thread->name);
}

void check_free_thread(const struct thread *thread)
{
	unsigned c;

	for (c = 0; c < scenario->cpus; c++)
		if (cpus[c].current == thread ||
		    world->cpu[c].running == &thread->task)
			violation("%s is freed while cpu %u still looks at it",
				  thread->name, c);
}

/* ---- when nothing can happen any more ---- */

static void check_cpu_end(unsigned c)
{
	const struct cpu *cpu = &cpus[c];
	const struct context *context =
		&world->contexts[world->cpu[c].context];
	unsigned i;

	if (context->wait == WAIT_LOCK)
		violation("deadlock: cpu %u waits for %s", c,
			  ((const struct spinlock *)context->what)->name);
	if (!is_free(c))
		violation("the run queue of cpu %u stays locked", c);
	if (!(cpu->current->affinity >> c & 1))
		violation("%s stays on cpu %u, where it may not",
			  cpu->current->name, c);
	if (context->wait != WAIT_INTERRUPT)
		return;
	if (cpu->need_resched)
		violation("cpu %u sleeps over a wake-up", c);
	for (i = 0; i < THREADS; i++)
		if (world->allocated >> i & 1 &&
		    world->pool[i].state == THREAD_READY &&
		    &world->pool[i] != world->pool[i].cpu->current &&
		    world->pool[i].affinity >> c & 1)
			violation("cpu %u sleeps while %s waits for cpu %u", c,
				  world->pool[i].name, (unsigned)
				  (world->pool[i].cpu - cpus));
}

void check_end(void)
{
	unsigned c, i;

	check_all();
	for (c = 0; c < scenario->cpus; c++)
		check_cpu_end(c);
	if (check_threads())
		violation("a thread is ready and on no queue");
	for (i = 0; i < script_threads(); i++)
		if (!scenario->role[i].open && !(world->done >> i & 1))
			violation("%s does not come to its end (%s)",
				  scenario->role[i].name,
				  cpu_state(&world->pool[i + 1]));
}

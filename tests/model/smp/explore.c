// SPDX-License-Identifier: MIT
/*
 * The scheduler's model as search.c sees it: which CPU executes its next
 * step, which takes an interrupt, or that time passes.
 *
 * Time passes to the next moment at which a timer is set: at any step as often
 * as the scenario says, and, also a limited number of times, when nothing else
 * can happen. Programs and what they wait for are infinitely fast, so that a
 * thing that only the tick puts right is seen to wait for it.
 */
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <ucontext.h>

#include <weft/arch.h>

#include "../search.h"
#include "model.h"
#include "sched/ipi.h"

enum { TIME_PASSES = 2 * CPUS };

extern uint64_t loom_state_begin[], loom_state_end[];

struct world *world;
const struct scenario *scenario;
int current = -1;
bool booting;

static jmp_buf scheduler;
static struct world *base;
static uint64_t *loom_base, *loom_start;
/* What may happen: c: a step of CPU c; CPUS + c: it is interrupted. */
static unsigned list[2 * CPUS + 1];

static size_t loom_words(void)
{
	return (size_t)(loom_state_end - loom_state_begin);
}

/* ---- coroutines ---- */

static bool is_over(const struct context *context)
{
	switch (context->wait) {
	case WAIT_NOTHING:
		return true;
	case WAIT_LOCK:
		return !((const struct spinlock *)context->what)->next;
	case WAIT_VAR:
		return *(const uint64_t *)context->what;
	case WAIT_GO:
		return !booting;
	default:
		return false;
	}
}

static bool can_step(unsigned cpu)
{
	const struct context *context =
		&world->contexts[world->cpu[cpu].context];

	if (context->wait == WAIT_INTERRUPT)
		return machine_pending(cpu);
	return context->used && is_over(context);
}

static bool can_interrupt(unsigned cpu)
{
	return machine_listens(cpu) && machine_pending(cpu);
}

static void park(struct context *context)
{
	/* Below this frame nothing is alive; 256 bytes for its own locals. */
	context->sp = (uint64_t)(uintptr_t)__builtin_frame_address(0) - 256;
	if (!_setjmp(context->regs))
		_longjmp(scheduler, 1);
}

void point(enum wait wait, const void *what)
{
	struct context *context = &world->contexts[world->cpu[current].context];

	for (;;) {
		context->wait = wait;
		context->what = what;
		if (booting && can_interrupt((unsigned)current))
			world->cpu[current].deliver = true;
		else if (!booting || !is_over(context))
			park(context);
		if (!world->cpu[current].deliver)
			break;
		world->cpu[current].deliver = false;
		machine_interrupt();
	}
	context->wait = WAIT_NOTHING;
	context->what = NULL;
}

static void resume(unsigned cpu, bool deliver)
{
	world->cpu[cpu].deliver = deliver;
	current = (int)cpu;
	if (!_setjmp(scheduler))
		_longjmp(world->contexts[world->cpu[cpu].context].regs, 1);
	current = -1;
}

/* For a coroutine that begins. */
static jmp_buf starter;
static struct {
	unsigned n;
	void (*entry)(struct weft_task *prev, void *arg);
	void *arg;
} beginner;

static void coroutine(void)
{
	struct context *context = &world->contexts[beginner.n];
	void (*entry)(struct weft_task *, void *) = beginner.entry;
	void *arg = beginner.arg;

	context->used = true;
	context->sp = (uint64_t)(uintptr_t)__builtin_frame_address(0) - 256;
	/* Back here when it first runs. */
	if (!_setjmp(context->regs))
		_longjmp(starter, 1);
	entry(world->cpu[current].left, arg);
	abort();
}

void context_start(unsigned n, void (*entry)(struct weft_task *prev, void *arg),
		   void *arg)
{
	static ucontext_t coming, going;

	beginner.n = n;
	beginner.entry = entry;
	beginner.arg = arg;
	getcontext(&coming);
	coming.uc_stack.ss_sp = world->stacks[n];
	coming.uc_stack.ss_size = STACK_SIZE;
	coming.uc_link = NULL;
	makecontext(&coming, coroutine, 0);
	if (!_setjmp(starter))
		swapcontext(&going, &coming);
}

/* ---- choices ---- */

static uint64_t next_timer(void)
{
	uint64_t next = UINT64_MAX;
	unsigned c;

	for (c = 0; c < scenario->cpus; c++)
		if (world->cpu[c].timer > world->now &&
		    world->cpu[c].timer < next)
			next = world->cpu[c].timer;
	return next;
}

static unsigned choices(void)
{
	unsigned n = 0, c;
	bool idle;

	for (c = 0; c < scenario->cpus; c++) {
		if (can_step(c))
			list[n++] = c;
		if (can_interrupt(c))
			list[n++] = CPUS + c;
	}
	idle = !n;
	if ((world->times || (idle && world->quiet)) &&
	    next_timer() != UINT64_MAX)
		list[n++] = TIME_PASSES + idle;
	return n;
}

static void pass_time(bool idle)
{
	if (idle && world->quiet)
		world->quiet--;
	else
		world->times--;
	world->now = next_timer();
	trace("it is %lu us", (unsigned long)(world->now / 1000));
}

/* What only counts is no part of the state. */
static void forget_counts(void)
{
	struct thread *thread;
	unsigned i;

	for (i = 0; i < scenario->cpus; i++) {
		cpus[i].switches = cpus[i].arrivals = 0;
		cpus[i].user = cpus[i].nice = cpus[i].begun = 0;
	}
	for (i = 0; i < CONTEXTS; i++) {
		thread = i < THREADS ? &world->pool[i] :
				       world->idle[i - THREADS];
		if (!thread)
			continue;
		thread->voluntary = thread->involuntary = 0;
		/* What is left of its slice is the difference, and does. */
		thread->slice_end -= thread_cpu_time(thread);
		thread->utime = thread->stime = 0;
	}
}

static void execute(unsigned n)
{
	unsigned what = list[n];

	if (what >= TIME_PASSES)
		pass_time(what > TIME_PASSES);
	else
		resume(what % CPUS, what >= CPUS);
	forget_counts();
	check_all();
}

/* ---- the first state ---- */

/* In one order, until all wait. */
static void settle(void)
{
	unsigned n;

	while ((n = choices()) && list[n - 1] < TIME_PASSES)
		execute(n - 1);
}

static void reset(void)
{
	unsigned c;

	if (!loom_start) {
		loom_start = malloc(loom_words() * 8);
		loom_base = malloc(loom_words() * 8);
		memcpy(loom_start, loom_state_begin, loom_words() * 8);
	}
	memcpy(loom_state_begin, loom_start, loom_words() * 8);
	memset(world, 0, sizeof(*world));
	current = -1;
	booting = true;
	ipi_init();
	for (c = 0; c < scenario->cpus; c++) {
		world->cpu[c].daif = WEFT_PSTATE_DAIF;
		world->cpu[c].timer = UINT64_MAX;
		world->cpu[c].context = THREADS + c;
	}
	for (c = 0; c < scenario->cpus; c++) {
		machine_boot_cpu(c);
		settle();
	}
	script_setup();
	settle();
	booting = false;
	world->times = scenario->times;
	world->quiet = scenario->quiet;
	memcpy(base, world, sizeof(*world));
	memcpy(loom_base, loom_state_begin, loom_words() * 8);
}

/* ---- states ---- */

static unsigned list_parts(struct part *parts)
{
	unsigned n = 0, i;

	parts[n++] = (struct part){ (uint64_t *)(void *)world,
				    (const uint64_t *)(const void *)base,
				    offsetof(struct world, stacks) / 8 };
	parts[n++] = (struct part){ loom_state_begin, loom_base,
				    loom_words() };
	for (i = 0; i < CONTEXTS; i++) {
		uint64_t sp = world->contexts[i].sp & ~UINT64_C(7);
		uint64_t end = (uint64_t)(uintptr_t)world->stacks[i + 1];
		struct part *part = &parts[n];

		if (!world->contexts[i].used)
			continue;
		*part = (struct part){ (uint64_t *)(uintptr_t)sp, NULL,
				       (end - sp) / 8 };
		/* Most have not moved. */
		if (world->contexts[i].sp == base->contexts[i].sp)
			part->base = (const uint64_t *)(const void *)base +
				     (part->from - (uint64_t *)(void *)world);
		n++;
	}
	return n;
}

/* Stacks below their pointers become zeros, the same in every run. */
static void clear(void)
{
	unsigned i;

	for (i = 0; i < CONTEXTS; i++)
		memset(world->stacks[i] + STACK_SIZE - STACK_USED, 0,
		       STACK_USED);
}

/* ---- scenarios ---- */

static const struct title *title_of(unsigned n)
{
	static struct title title;
	unsigned i;

	for (i = 0; i <= n; i++)
		if (!scenarios[i].name)
			return NULL;
	title = (struct title){ scenarios[n].name, scenarios[n].text,
				false, scenarios[n].large };
	return &title;
}

static size_t prepare(unsigned n, uint32_t more, bool unbounded)
{
	static struct scenario copy;

	copy = scenarios[n];
	copy.times += more;
	if (unbounded)
		copy.times = copy.quiet = 1000;
	scenario = &copy;
	free(world);
	free(base);
	world = aligned_alloc(64, sizeof(*world));
	base = aligned_alloc(64, sizeof(*world));
	if (!world || !base) {
		fprintf(stderr, "model: out of memory\n");
		exit(2);
	}
	return sizeof(*world) / 8 + loom_words();
}

const struct model model = {
	.title = title_of,
	.prepare = prepare,
	.reset = reset,
	.choices = choices,
	.execute = execute,
	.check_end = check_end,
	.parts = list_parts,
	.clear = clear,
};

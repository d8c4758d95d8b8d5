// SPDX-License-Identifier: MIT
/*
 * The clock: what time it is, the queue of timeouts of each CPU, and the tick.
 * Called by the timer's interrupt handler, by wait queues and system calls.
 *
 * A CPU's timer is set to the earlier of its next tick and its first timeout,
 * both of which it keeps as the counter will read then: only who starts a
 * timeout converts.
 * The tick goes on only while a thread runs: an idle CPU lets the one that is
 * set expire and asks for no other, until the scheduler starts it again. A
 * timeout lives on the queue of the CPU that started it, so the timer is
 * always set by its own CPU, with DAIF masked; a timeout that another CPU
 * takes off leaves the timer as it is, for an interrupt that finds nothing.
 */
#include "sched/clock.h"

#include <stddef.h>

#include <weft/sysreg.h>

#include "dev/timer.h"
#include "lib/assert.h"
#include "proc/timers.h"
#include "sched/chaos.h"
#include "sched/cpu.h"
#include "sched/loadavg.h"
#include "sched/sched.h"

uint64_t clock_tick_period;

static uint64_t boot_realtime_ns;

uint64_t clock_now(void)
{
	return timer_now_ns();
}

uint64_t clock_realtime(void)
{
	return __atomic_load_n(&boot_realtime_ns, __ATOMIC_RELAXED) +
	       clock_now();
}

void clock_set_boot_realtime(uint64_t ns_at_boot)
{
	__atomic_store_n(&boot_realtime_ns, ns_at_boot, __ATOMIC_RELAXED);
}

uint64_t clock_when_realtime(uint64_t ns)
{
	uint64_t boot = __atomic_load_n(&boot_realtime_ns, __ATOMIC_RELAXED);

	if (ns == UINT64_MAX)
		return ns;
	return ns > boot ? ns - boot : 0;
}

uint64_t clock_deadline(uint64_t delta_ns)
{
	uint64_t when;

	if (__builtin_add_overflow(clock_now(), delta_ns, &when))
		return UINT64_MAX;
	return when;
}

/* This CPU's own, DAIF masked. */
static void set_timer(const struct cpu *cpu)
{
	if (cpu->clock_works)
		timer_set(cpu->tick_at < cpu->timeout_at ? cpu->tick_at :
							   cpu->timeout_at);
}

static uint64_t counter_at(uint64_t ns)
{
	return ns == TIMEOUTS_NEVER ? ns : timer_ns_to_ticks(ns);
}

void clock_start_tick(void)
{
	struct cpu *cpu = cpu_current();

	if (cpu->tick_at != TIMEOUTS_NEVER)
		return;
	cpu->tick_at = timer_counter() + clock_tick_period;
	set_timer(cpu);
}

void timeout_init(struct timeout *timeout, void (*fn)(struct timeout *))
{
	timeout->when_ns = TIMEOUTS_NEVER;
	timeout->fn = fn;
	timeout->cpu = NULL;
	list_init(&timeout->link);
}

void timeout_start(struct timeout *timeout, uint64_t when_ns)
{
	struct cpu *cpu;
	uint64_t daif;

	if (!list_empty(&timeout->link))
		timeout_stop(timeout);
	daif = weft_read_daif();
	weft_mask_all();
	cpu = cpu_current();
	spin_lock_masked(&cpu->timeout_lock);
	timeout->when_ns = when_ns;
	timeout->cpu = cpu;
	timeouts_add(&cpu->timeouts, timeout);
	if (cpu->timeouts.next == &timeout->link) {
		cpu->timeout_at = counter_at(when_ns);
		set_timer(cpu);
	}
	spin_unlock_irqrestore(&cpu->timeout_lock, daif);
}

void timeout_stop(struct timeout *timeout)
{
	struct cpu *cpu = timeout->cpu;
	uint64_t daif;
	bool running;

	if (!cpu)
		return;
	do {
		daif = spin_lock_irqsave(&cpu->timeout_lock);
		list_del(&timeout->link);
		running = cpu->running == timeout;
		/* On its own CPU only its function itself could see that. */
		assert(!running || cpu != cpu_current());
		spin_unlock_irqrestore(&cpu->timeout_lock, daif);
		if (running)
			weft_yield_hint();
	} while (running);
}

static void run_timeouts(struct cpu *cpu)
{
	struct timeout *due;

	if (timer_counter() < cpu->timeout_at)
		return;
	spin_lock_masked(&cpu->timeout_lock);
	for (;;) {
		due = timeouts_pop(&cpu->timeouts, clock_now());
		cpu->running = due;
		if (!due)
			break;
		spin_unlock_masked(&cpu->timeout_lock);
		/* From its end on the timeout may be gone. */
		due->fn(due);
		spin_lock_masked(&cpu->timeout_lock);
	}
	cpu->timeout_at = counter_at(timeouts_next(&cpu->timeouts));
	spin_unlock_masked(&cpu->timeout_lock);
}

/* What is seldom due, and only while a thread runs. */
static void do_chores(struct cpu *cpu)
{
	struct watchdog *dog = &cpu->watchdog;
	uint64_t now = clock_now();
	uint64_t next;

	loadavg_tick(now);
	next = loadavg_due();
	if (!dog->on) {
		if (now >= dog->next_ns)
			watchdog_tick(cpu, now);
		if (dog->next_ns < next)
			next = dog->next_ns;
	}
	cpu->chores_at = counter_at(next);
}

static void run_tick(struct cpu *cpu, bool from_user)
{
	uint64_t now = timer_counter();

	if (now < cpu->tick_at) {
		irq_count(&cpu->timeouts_only);
		return;
	}
	if (thread_current() == cpu->idle) {
		cpu->tick_at = TIMEOUTS_NEVER;
		return;
	}
	cpu->tick_at = timeouts_next_tick(cpu->tick_at, now,
					  clock_tick_period);
	if (chaos_on())		/* up to a tick earlier */
		cpu->tick_at = now + (clock_tick_period >> chaos_pick(0xff));
	sched_tick(from_user);
	timers_tick();
	if (now >= cpu->chores_at)
		do_chores(cpu);
	cpu->plain_until = cpu->chores_at;
	if (cpu_online() != 1 && cpu->balance_at < cpu->chores_at)
		cpu->plain_until = cpu->balance_at;
}

void clock_interrupt(bool from_user)
{
	struct cpu *cpu = cpu_current();

	run_timeouts(cpu);
	run_tick(cpu, from_user);
	/* Always: the interrupt is on until the timer is set to the future. */
	set_timer(cpu);
}

void clock_init_cpu(struct cpu *cpu)
{
	spin_init(&cpu->timeout_lock, RANK_TIMER, "timeouts");
	list_init(&cpu->timeouts);
	cpu->tick_at = TIMEOUTS_NEVER;
	cpu->timeout_at = TIMEOUTS_NEVER;
}

void clock_init(void)
{
	uint64_t daif = weft_read_daif();
	struct cpu *cpu;

	weft_mask_all();
	cpu = cpu_current();
	if (!clock_tick_period)
		clock_tick_period = timer_ns_to_ticks(TICK_NS);
	sched_clock_works(cpu);
	cpu->clock_works = true;
	set_timer(cpu);
	weft_write_daif(daif);
}

// SPDX-License-Identifier: MIT
/*
 * The tick that finds a program running and nothing else to do: weft's leaf
 * function for interrupts (weft/leaf.h), called with all of DAIF masked. It
 * charges the time, renews a slice that nobody waits for the end of, and sets
 * the timer to the next. Everything else is clock.c's, by way of irq_dispatch,
 * which gets the interrupt that was taken here.
 *
 * What is asked before anything has changed:
 *
 *	is it the timer's interrupt	other handlers want a whole frame
 *	is a tick due, and one only	else a timeout is, or the CPU was away
 *	does nobody wait here		whose turn it is, and where he could
 *					run instead, is sched_tick's to know
 *	is it before plain_until	load average, watchdog, balance
 *	has the process no timers	CPU time may be what they wait for
 *	has the thread no work		a signal that another thread was chosen
 *					for, and which this one may take
 *
 * Not asked, as in a leaf call: whether a switch was asked for. Who does that
 * from elsewhere sends an interrupt, which is taken as soon as ERET unmasks it.
 */
#include <weft/leaf.h>
#include <weft/sysreg.h>
#include <weft/timer.h>

#include "dev/gic.h"
#include "dev/timer.h"
#include "lib/relaxed.h"
#include "proc/process.h"
#include "sched/chaos.h"
#include "sched/charge.h"
#include "sched/clock.h"
#include "sched/cpu.h"
#include "sched/sched.h"
#include "sched/thread.h"
#include "trace/trace.h"

static inline bool is_plain(const struct cpu *cpu, const struct thread *self,
			    uint64_t now, uint64_t next)
{
	return now >= cpu->tick_at && now < next && now < cpu->plain_until &&
	       !relaxed_load(&cpu->levels) &&
	       !relaxed_load(&self->process->timers) &&
	       !relaxed_load(&self->task.work) && !chaos_on();
}

struct weft_leaf_result weft_hook_leaf_irq(void)
{
	struct thread *self = thread_current();
	struct cpu *cpu = (struct cpu *)self->task.cpu;
	uintptr_t gic = gic_cpu_if;
	uint64_t taken = gic_take(gic);
	uint64_t irq = gic_number(taken);
	uint64_t now, tick, next;

	trace(TRACE_IRQ, irq, 0);
	/* Not read early: an exception synchronizes (SCTLR_EL1.EIS). */
	now = weft_read_cntvct_el0();
	tick = cpu->tick_at + clock_tick_period;
	next = tick < cpu->timeout_at ? tick : cpu->timeout_at;
	/*
	 * No barrier after the acknowledgement: the timer is this CPU's, and
	 * is not written before its number is known.
	 */
	if (__builtin_expect(irq != timer_irq ||
			     !is_plain(cpu, self, now, next), 0))
		return (struct weft_leaf_result){ IRQ_TAKEN | taken,
						  WEFT_LEAF_DEFER };
	charge_tick(cpu, self, now);
	/*
	 * As next_slice() of sched.c: it is overdrawn by less than a slice.
	 * Without the lock: while a thread runs nobody else changes it.
	 */
	if (slice_left(self) <= 0)
		self->slice_end += SLICE_TICKS * clock_tick_period;
	cpu->tick_at = tick;
	weft_vtimer_move(next);
	irq_count(&cpu->irq_count[irq]);
	gic_end(gic, taken);
	return (struct weft_leaf_result){ taken, 0 };
}

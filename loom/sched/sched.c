// SPDX-License-Identifier: MIT
/*
 * The scheduler: run queues, the choice of the next thread, and the hand-over
 * from one thread to the next. Called by wait queues, mutexes, the trap path
 * and the timer.
 *
 * How a CPU changes hands
 *
 * Facts kept, all under the lock of the CPU's run queue:
 *
 *	thread->cpu	the run queue a thread belongs to, asleep or not
 *	cpu->current	whose registers are in the CPU
 *	thread->state	READY: it is its cpu's current (or is about to be or was
 *			just now), or waits to be; current may also be BLOCKED:
 *			it said that it will sleep and is on its way to
 *			reschedule()
 *	thread->run	on a level of cpu iff READY, not current, not the idle
 *			thread, not on the way to another CPU
 *			(sched/place.h), and not cpu->displaced
 *
 * Invariant: whoever holds cpu->lock finds every thread of that queue either
 * as current or completely saved in memory. For the lock is taken by the
 * thread that leaves, held over weft_switch_to, and released by the thread
 * that runs next, in finish_switch(): between the two nobody else can look.
 * So "is its context saved" needs no flag that a waker spins on; it is
 * `thread != cpu->current`, read under the lock.
 *
 *	A (leaves)		B (runs next)		C (another CPU)
 *	lock(q)						sched_wake(A)
 *	A BLOCKED, current = B					lock(q) ...
 *	weft_switch_to: saves A					   waits
 *				returns in B
 *				finish_switch: unlock(q)
 *							...has the lock: A is
 *							BLOCKED, not current:
 *							queue it, unlock
 *
 * A CPU that takes A off a queue holds the queue's lock. So the pair that
 * publishes a saved context is: the release of cpu->lock in finish_switch(),
 * by the successor, and the acquire of it by whoever next looks at A. weft's
 * stores of A's registers come before the first and its loads after the
 * second, wherever A is resumed.
 *
 * All of DAIF is masked from the choice of the next thread to the end of
 * finish_switch(): in between, sp, TPIDR_EL1 and cpu->current may name
 * different threads. The lock checker's entry for the run-queue lock is moved
 * from the books of the one to those of the other (spin_disown, spin_adopt),
 * because the next time they run it may be on another CPU, under another lock.
 *
 * A new thread has no reschedule() to return to: it comes up in first_run()
 * of sched/thread.c, which does the same finish_switch(); nor has one that was
 * parked at its frame by a leaf call, for which weft_hook_resumed does it.
 * (Where there is one CPU leaf calls switch without any of this, as nobody
 * else is there to look: sched/quick.h.)
 *
 * A thread that ends becomes DEAD under the lock and switches away for good.
 * Its successor, who is out of its stack and has its registers out of the CPU,
 * frees it after the unlock. (If its stack has to be unmapped, the reaper does:
 * to wait until every CPU's TLB has dropped it is too long for the successor,
 * whose DAIF is masked and who has work of its own.)
 *
 * Why no wake-up is lost
 *
 *	sleeper				waker
 *	S1 lock(q) BLOCKED unlock(q)	W1 condition = true
 *	S2 look at the condition	W2 lock(q) look at state unlock(q)
 *
 * The lock orders S1 and W2. If S1 is first, W2 sees BLOCKED and wakes. If W2
 * is first, its release and the acquire in S1 make W1 visible to S2. This
 * holds for conditions (sched/wait.c), for signals (the condition is the
 * pending set; kill_wakeups is under the same lock) and for timeouts (the
 * condition is the clock). A waker that finds the sleeper BLOCKED but still
 * current makes it READY again; reschedule() then goes on without a switch.
 *
 * A thread that is preempted between S1 and its going to sleep has perhaps not
 * looked at the condition yet, so it must not stay away: preemption treats it
 * as woken, and it looks again.
 *
 * When a request is heard
 *
 * Locks that are taken with interrupts masked know nothing of preemption. Who
 * asks for a switch of its own CPU (a wake-up, a change of priority) makes it
 * in let_go(), if its caller had interrupts on and may be preempted. If not,
 * the request stands until one of these looks: the drop of the preemption
 * count to zero, the end of an interrupt (the next tick, if there is no other),
 * the next sleep, the way out to user mode. So a thread that wakes others
 * under a lock, or with interrupts masked, goes on until one of those.
 */
#include "sched/sched.h"

#include <stddef.h>

#include <weft/arch.h>
#include <weft/leaf.h>
#include <weft/sysreg.h>

#include "dev/timer.h"
#include "lib/assert.h"
#include "lib/panic.h"
#include "lib/relaxed.h"
#include "mm/kvm.h"
#include "sched/chaos.h"
#include "sched/charge.h"
#include "sched/clock.h"
#include "sched/cpu.h"
#include "sched/ipi.h"
#include "sched/place.h"
#include "sched/runq.h"
#include "sched/timeouts.h"
#include "trace/trace.h"

static struct thread idle_threads[CPU_MAX];

/*
 * In ticks of the counter, written once, before other CPUs start: a slice, and
 * how often a busy CPU looks whether another has more to do. Who comes before
 * the clock works has a slice of nothing, which is renewed when it is used up.
 */
static int64_t slice_ticks;
static uint64_t balance_ticks;

/* Why a thread leaves the CPU. */
enum leave {
	LEAVE_PREEMPTED = TRACE_PREEMPTED,	/* it would go on */
	LEAVE_YIELDS = TRACE_YIELDS,	/* it lets others of its level run */
	LEAVE_SLEEPS = TRACE_SLEEPS,	/* unless it was woken meanwhile */
	LEAVE_ENDS = TRACE_ENDS,
};

/*
 * DAIF masked. Who was displaced in a leaf call is put on the queue where one
 * belongs that would go on: only leaf calls know of another place.
 */
static void lock_queue(struct cpu *cpu)
{
	struct thread *displaced;

	spin_lock_masked(&cpu->lock);
	displaced = cpu->displaced;
	if (!displaced)
		return;
	cpu->displaced = NULL;
	runq_add(cpu, displaced, PLACE_NEXT);
}

/* Lock the queue that @thread belongs to. DAIF masked. */
static struct cpu *lock_home(struct thread *thread)
{
	struct cpu *cpu;

	for (;;) {
		cpu = __atomic_load_n(&thread->cpu, __ATOMIC_ACQUIRE);
		lock_queue(cpu);
		if (cpu == relaxed_load(&thread->cpu))
			return cpu;
		/* It was moved meanwhile. */
		spin_unlock_masked(&cpu->lock);
	}
}

/* CPU time and slices, in ticks of the counter */

static void set_slice(struct thread *thread, int64_t left)
{
	thread->slice_end = thread_cpu_time(thread) + (uint64_t)left;
}

/* What a thread overdrew it owes from the next slice; one at most. */
static int64_t slice_or_debt(const struct thread *thread)
{
	int64_t left = slice_left(thread);

	return left < -slice_ticks ? -slice_ticks : left;
}

/* What @thread would have had of the CPU while it slept is its to spend. */
static void earn_slice(const struct cpu *cpu, struct thread *thread)
{
	int64_t slept = (int64_t)(weft_read_cntvct_el0() - thread->blocked_at);
	int64_t left = slice_or_debt(thread);

	/* It may have gone to sleep on a CPU that reads the counter later. */
	if (slept < 0)
		slept = 0;
	if (cpu->nready)
		slept /= (int64_t)cpu->nready + 1;
	if (slept >= slice_ticks - left)
		left = slice_ticks;
	else
		left += slept;
	set_slice(thread, left);
}

static void next_slice(struct thread *thread)
{
	if (slice_left(thread) <= 0)
		set_slice(thread, slice_or_debt(thread) + slice_ticks);
}

/* Leaving the CPU */

static bool stays_ready(const struct thread *thread, enum leave why)
{
	return why != LEAVE_ENDS &&
	       (thread->state == THREAD_READY || why != LEAVE_SLEEPS);
}

static bool keeps_cpu(const struct cpu *cpu, const struct thread *thread,
		      enum leave why)
{
	unsigned best = runq_best(cpu);

	if (!place_allows(thread, cpu))
		return false;
	if (best == thread->prio && chaos_happens(3))
		return false;
	if (best != thread->prio)
		return best > thread->prio;
	return why != LEAVE_YIELDS && slice_left(thread) > 0 &&
	       !cpu->need_resched;
}

/*
 * @thread leaves the CPU, ready to go on. One that may not stay here is on no
 * queue: its successor finds a place for it.
 */
static void requeue(struct cpu *cpu, struct thread *thread, enum leave why)
{
	/* BLOCKED, and not asleep: as if it had been woken. */
	thread->state = THREAD_READY;
	if (thread == cpu->idle || !place_allows(thread, cpu) || chaos_on())
		return;
	if (thread->boosted && why != LEAVE_YIELDS) {
		runq_add(cpu, thread, PLACE_FIRST);
	} else if (slice_left(thread) > 0 && why != LEAVE_YIELDS) {
		runq_add(cpu, thread, PLACE_NEXT);
	} else {
		next_slice(thread);
		runq_add(cpu, thread, PLACE_LAST);
	}
}

/*
 * The commonest of all: @prev yields to one of its level that waits in turn.
 * NULL: it is not as simple.
 */
static struct thread *rotate(struct cpu *cpu, struct thread *prev)
{
	struct run_level *level = &cpu->level[prev->prio];
	struct thread *next;

	if (chaos_on() || !place_allows(prev, cpu))
		return NULL;
	if (runq_best(cpu) != prev->prio)
		return NULL;
	next = runq_in_turn(cpu, level);
	if (!next)
		return NULL;
	runq_rotate(level, prev, next);
	next_slice(prev);
	return next;
}

/* Who runs next; @prev, if it is not that one, is put where it belongs. */
static struct thread *choose(struct cpu *cpu, struct thread *prev,
			     enum leave why)
{
	bool ready = stays_ready(prev, why);
	struct thread *next;

	if (why == LEAVE_YIELDS) {
		next = rotate(cpu, prev);
		if (next)
			return next;
	}
	if (ready && keeps_cpu(cpu, prev, why))
		return prev;
	/* Taken before @prev is put back, which goes behind it. */
	next = cpu->levels ? runq_take(cpu) : cpu->idle;
	if (ready)
		requeue(cpu, prev, why);
	else if (why == LEAVE_ENDS)
		prev->state = THREAD_DEAD;
	else
		prev->blocked_at = cpu->charged;
	return next;
}

static void set_current(struct cpu *cpu, struct thread *thread)
{
	cpu->current = thread;
	relaxed_store(&cpu->running_prio, thread->prio);
}

/*
 * A program may invalidate caches (DC, IC) and be switched away before its own
 * DSB, which would be executed elsewhere and wait for nothing that this CPU
 * does. So the CPU that it leaves executes one. Only there can it be done, and
 * whether the thread will come back is not known yet.
 */
static void pay_barrier(void)
{
	weft_dsb_ish();
}

/*
 * @thread is ready, completely saved and on no queue; @cpu, which it belongs
 * to, is locked. Queue it where it is to run, and return that CPU, locked.
 * Whoever runs there gives way to it if it is better, or as good and @urgent.
 */
static struct cpu *make_ready(struct cpu *cpu, struct thread *thread,
			      enum place place, bool urgent)
{
	unsigned runs;

	cpu = place_settle(cpu, thread);
	runs = cpu->current->prio;
	runq_add(cpu, thread, place);
	if (thread->prio < runs || (urgent && thread->prio == runs))
		cpu_ask_for_switch(cpu);
	return cpu;
}

/*
 * The second half of a switch, in the thread that runs now: @left is the one
 * that ran before. DAIF masked, the run queue locked by @left.
 */
void sched_finish_switch(struct weft_task *left)
{
	struct cpu *cpu = cpu_current();
	struct thread *prev = (struct thread *)left;
	bool dead = prev->state == THREAD_DEAD;
	bool moves = prev->state == THREAD_READY && !runq_has(prev) &&
		     prev != cpu->idle;

	spin_adopt(&cpu->lock);
	if (dead)
		weft_task_forget_fp(&cpu->weft, &prev->fp);
	if (moves)
		cpu = make_ready(cpu, prev, PLACE_LAST, false);
	spin_unlock_masked(&cpu->lock);
	if (dead)
		thread_bury(prev);
}

/*
 * The first half of a switch: the calling thread, @prev, leaves the CPU to the
 * one that is returned, with the run queue locked. NULL: it stays.
 */
static struct thread *pick_next(struct thread *prev, enum leave why)
{
	struct cpu *cpu = cpu_current();
	struct thread *next;

	lock_queue(cpu);
	charge(cpu, prev, false);
	next = choose(cpu, prev, why);
	cpu->need_resched = false;
	if (next == prev) {
		spin_unlock_masked(&cpu->lock);
		return NULL;
	}
	if (why == LEAVE_PREEMPTED)
		prev->involuntary++;
	else
		prev->voluntary++;
	assert(next->state == THREAD_READY && next->cpu == cpu);
	trace(TRACE_LEAVE, (uint64_t)prev->state << 8 | why, (uintptr_t)next);
	set_current(cpu, next);
	cpu->switches++;
	if (cpu->tick_at == TIMEOUTS_NEVER && next != cpu->idle)
		clock_start_tick();
	if (prev->process && cpu_online() != 1)
		pay_barrier();
	spin_disown(&cpu->lock);
	return next;
}

static void reschedule(enum leave why)
{
	struct thread *prev = thread_current();
	struct thread *next = pick_next(prev, why);

	/* Back from it this may be another CPU. */
	if (next)
		sched_finish_switch(weft_switch_to(&prev->task, &next->task));
}

static bool must_switch(void)
{
	return thread_current()->preempt == 0 && sched_need_resched();
}

static void leave_cpu(enum leave why)
{
	uint64_t daif = weft_read_daif();

	weft_mask_all();
	reschedule(why);
	/* The hand-over may have woken the reaper. */
	while (must_switch())
		reschedule(LEAVE_PREEMPTED);
	weft_write_daif(daif);
}

void sched_switch(void)
{
	struct thread *self = thread_current();
	enum thread_state state =
		relaxed_load(&self->state);

	lock_assert_none_spinning();
	/* A waker may change BLOCKED at any time: reschedule looks again. */
	if (state == THREAD_BLOCKED) {
		assert(self->preempt == 0);
		leave_cpu(LEAVE_SLEEPS);
	} else {
		leave_cpu(LEAVE_PREEMPTED);
	}
}

void sched_yield(void)
{
	lock_assert_none_spinning();
	leave_cpu(LEAVE_YIELDS);
}

static struct weft_leaf_result leaf_leave(enum leave why)
{
	struct thread *next = pick_next(thread_current(), why);
	uint64_t task = (uintptr_t)next;

	return (struct weft_leaf_result){
		0, next ? task | WEFT_LEAF_HANDED : 0
	};
}

struct weft_leaf_result sched_leaf_yield(void)
{
	return leaf_leave(LEAVE_YIELDS);
}

struct weft_leaf_result sched_leaf_sleep(uint64_t value)
{
	struct weft_leaf_result result;

	/* No other CPU is there to look: without the lock. */
	thread_current()->state = THREAD_BLOCKED;
	result = leaf_leave(LEAVE_SLEEPS);
	result.value = value;
	return result;
}

void sched_exit(void)
{
	lock_assert_none_spinning();
	weft_mask_all();
	reschedule(LEAVE_ENDS);
	panic("thread %s ran after its end", thread_current()->name);
}

/*
 * The end of whatever may have asked for a switch: unlock, make the switch if
 * the caller, whose DAIF was @daif, may be switched away, and put DAIF back.
 */
static void let_go(struct cpu *cpu, uint64_t daif)
{
	spin_unlock_masked(&cpu->lock);
	if (!(daif & WEFT_PSTATE_I) && must_switch())
		leave_cpu(LEAVE_PREEMPTED);
	weft_write_daif(daif);
}

/* Sleeping and waking */

/*
 * Is it asleep in a leaf call? Who wakes it without giving it what it waits
 * for, and all of its result, lets it go on in the general way. A signal
 * always may.
 */
static bool sched_sleeps_in_leaf(const struct thread *thread)
{
	return thread->task.leaf_cpu && thread->state == THREAD_BLOCKED;
}

/* Atomic: signal_send has a look at it without the lock. */
static void store_kill_wakeups(struct thread *self, bool value)
{
	relaxed_store(&self->kill_wakeups, value);
}

void sched_prepare_block(bool kill_wakeups)
{
	struct thread *self = thread_current();
	uint64_t daif = weft_read_daif();
	struct cpu *cpu;

	weft_mask_all();
	cpu = lock_home(self);
	store_kill_wakeups(self, kill_wakeups);
	self->state = THREAD_BLOCKED;
	spin_unlock_irqrestore(&cpu->lock, daif);
}

void sched_cancel_block(void)
{
	struct thread *self = thread_current();
	uint64_t daif = weft_read_daif();
	struct cpu *cpu;

	weft_mask_all();
	cpu = lock_home(self);
	store_kill_wakeups(self, false);
	self->state = THREAD_READY;
	spin_unlock_irqrestore(&cpu->lock, daif);
}

/* @cpu is locked. Make a BLOCKED thread of it ready; as make_ready. */
static struct cpu *wake_locked(struct cpu *cpu, struct thread *thread)
{
	if (cpu->current == thread) {
		thread->state = THREAD_READY;
		return cpu;
	}
	if (sched_sleeps_in_leaf(thread))
		thread_add_work(thread, WORK_LEAF);
	earn_slice(cpu, thread);
	thread->state = THREAD_READY;
	if (slice_left(thread) > 0)
		return make_ready(cpu, thread, PLACE_WOKEN, true);
	next_slice(thread);
	return make_ready(cpu, thread, PLACE_LAST, false);
}

static bool wake(struct thread *thread, bool by_signal)
{
	uint64_t daif = weft_read_daif();
	struct cpu *cpu;
	bool asleep;

	weft_mask_all();
	cpu = lock_home(thread);
	asleep = thread->state == THREAD_BLOCKED &&
		 (!by_signal || thread_heeds_signals(thread));
	if (asleep)
		trace(TRACE_WAKE, (uintptr_t)thread,
		      by_signal ? TRACE_WAKE_SIGNAL : TRACE_WAKE_PLAIN);
	if (asleep)
		cpu = wake_locked(cpu, thread);
	else if (by_signal && cpu->current == thread && cpu != cpu_current())
		ipi_reschedule(cpu);	/* in user mode it would not look */
	let_go(cpu, daif);
	return asleep;
}

bool sched_wake(struct thread *thread)
{
	return wake(thread, false);
}

bool sched_wake_signal(struct thread *thread)
{
	return wake(thread, true);
}

void sched_hurry(struct thread *thread)
{
	if (__atomic_load_n(&thread->base_prio, __ATOMIC_RELAXED) > PRIO_USER)
		sched_set_prio(thread, PRIO_USER);
}

void sched_start(struct thread *thread)
{
	struct thread *self = thread_current();
	enum place place = PLACE_LAST;
	uint64_t daif = weft_read_daif();
	struct cpu *cpu;
	int64_t left;

	weft_mask_all();
	cpu = lock_home(thread);
	assert(thread->state == THREAD_NEW);
	trace_thread(thread, self);
	thread->state = THREAD_READY;
	left = slice_left(self);
	if (self->process && thread->process && left > 1) {
		set_slice(self, left / 2);
		set_slice(thread, left / 2);
		place = PLACE_WOKEN;
	} else {
		set_slice(thread, slice_ticks);
	}
	cpu = make_ready(cpu, thread, place, false);
	let_go(cpu, daif);
}

/* Preemption */

bool sched_need_resched(void)
{
	return relaxed_load(&cpu_current()->need_resched);
}

void sched_preempt_irq(void)
{
	if (must_switch())
		leave_cpu(LEAVE_PREEMPTED);
}

void preempt_disable(void)
{
	struct thread *self = thread_current();

	if (self)
		self->preempt++;
	/* An interrupt on this CPU sees the count before what follows it. */
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
}

/* Any point at which preemption is allowed is one at which it may happen. */
static void chaos_preempt(const struct thread *self)
{
	uint64_t daif;

	daif = weft_read_daif();
	if (!chaos_on() || self->preempt || daif & WEFT_PSTATE_I)
		return;
	weft_mask_all();
	if (chaos_happens(200))
		__atomic_store_n(&cpu_current()->need_resched, true,
				 __ATOMIC_RELAXED);
	weft_write_daif(daif);
}

void preempt_enable(void)
{
	struct thread *self = thread_current();

	/* Before the first thread exists. */
	if (!self)
		return;
	assert(self->preempt > 0);
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	self->preempt--;
	__atomic_signal_fence(__ATOMIC_SEQ_CST);
	chaos_preempt(self);
	/*
	 * An interrupt before the decrement left its request to us, one after
	 * it switches by itself. If we are moved between the two lines, the
	 * request that we read is another CPU's: a switch too many at most.
	 */
	if (must_switch() && !(weft_read_daif() & WEFT_PSTATE_I))
		leave_cpu(LEAVE_PREEMPTED);
}

void sched_account(bool was_user)
{
	charge(cpu_current(), thread_current(), was_user);
}

/*
 * Threads wait here: one CPU that has nothing to do comes and takes some. Fewer
 * wait here than elsewhere: take one. With three that compute on two CPUs that
 * makes each of them wait in turn. At a tick, DAIF masked.
 */
static void share_load(struct cpu *cpu)
{
	if (runq_load(cpu))
		place_call_idle(cpu);
	if (cpu->charged < cpu->balance_at)
		return;
	cpu->balance_at = cpu->charged + balance_ticks;
	place_pull(cpu);
}

void sched_tick(bool from_user)
{
	struct cpu *cpu = cpu_current();
	struct thread *self = thread_current();

	lock_queue(cpu);
	charge(cpu, self, from_user);
	if (slice_left(self) <= 0 && !self->boosted) {
		if (runq_best(cpu) <= self->prio)
			cpu_ask_for_switch(cpu);
		else
			next_slice(self);
	}
	spin_unlock_masked(&cpu->lock);
	if (cpu_online() != 1)
		share_load(cpu);
}

/* Priorities */

/* @place: where it goes if it is queued. */
static void change_prio(struct cpu *cpu, struct thread *thread, unsigned prio,
			enum place place)
{
	bool queued = runq_has(thread);

	if (queued)
		runq_remove(cpu, thread);
	thread->prio = (uint8_t)prio;
	if (queued)
		runq_add(cpu, thread, place);
	if (thread == cpu->current)
		set_current(cpu, thread);
	if (runq_best(cpu) < cpu->current->prio)
		cpu_ask_for_switch(cpu);
}

void sched_set_prio(struct thread *thread, unsigned prio)
{
	uint64_t daif = weft_read_daif();
	struct cpu *cpu;

	assert(prio <= PRIO_LOWEST);
	weft_mask_all();
	cpu = lock_home(thread);
	thread->base_prio = (uint8_t)prio;
	if (!thread->boosted || prio < thread->prio)
		change_prio(cpu, thread, prio, PLACE_LAST);
	let_go(cpu, daif);
}

void sched_boost(struct thread *owner, unsigned prio)
{
	uint64_t daif = weft_read_daif();
	struct cpu *cpu;

	weft_mask_all();
	cpu = lock_home(owner);
	owner->boosted = true;
	change_prio(cpu, owner, prio < owner->prio ? prio : owner->prio,
		    PLACE_FIRST);
	let_go(cpu, daif);
}

void sched_unboost(void)
{
	struct thread *self = thread_current();
	uint64_t daif = weft_read_daif();
	struct cpu *cpu;

	if (!relaxed_load(&self->boosted))
		return;
	weft_mask_all();
	cpu = lock_home(self);
	self->boosted = false;
	change_prio(cpu, self, self->base_prio, PLACE_LAST);
	if (runq_best(cpu) == self->prio && slice_left(self) <= 0)
		cpu_ask_for_switch(cpu);
	let_go(cpu, daif);
}

/* Start and idle */

static void init_queue(struct cpu *cpu)
{
	unsigned prio;

	spin_init(&cpu->lock, RANK_RUNQ, "runqueue");
	for (prio = 0; prio < PRIO_COUNT; prio++) {
		list_init(&cpu->level[prio].queue);
		if (cpu->others)
			cpu->level[prio].woken = &cpu->level[prio].queue;
	}
}

void sched_init(struct cpu *cpu)
{
	struct thread *idle = &idle_threads[cpu->weft.index];

	init_queue(cpu);
	thread_init_idle(idle, cpu);
	cpu->idle = idle;
	set_current(cpu, idle);
	clock_init_cpu(cpu);
	weft_task_adopt(&idle->task, &cpu->weft, kvm_empty_space());
	trace_thread(idle, NULL);
}

void sched_clock_works(struct cpu *cpu)
{
	if (!slice_ticks) {
		slice_ticks = (int64_t)timer_ns_to_ticks(SLICE_NS);
		balance_ticks = timer_ns_to_ticks(5 * (uint64_t)TICK_NS);
	}
	cpu->charged = weft_read_cntvct_el0();
	cpu->begun = cpu->charged;
	/* What was charged until now is no time that anybody looks at. */
	cpu->idle->stime = 0;
}

void sched_idle(void)
{
	struct cpu *cpu = cpu_current();
	bool work;

	thread_start_reaper();
	for (;;) {
		weft_mask_all();
		/*
		 * An interrupt that comes after this look stays pending, and
		 * WFI does not wait while one is pending, masked or not (Arm
		 * ARM D1.6). So none is slept over.
		 */
		work = __atomic_load_n(&cpu->need_resched,
				       __ATOMIC_RELAXED) ||
		       place_pull(cpu);
		if (!work) {
			trace_flush();
			weft_wfi();
		}
		if (!cpu->watchdog.on)
			watchdog_start(cpu);
		if (work)
			leave_cpu(LEAVE_PREEMPTED);
		weft_unmask_all();
		/* What is pending is taken here, before it is masked again. */
		weft_isb();
	}
}

/*
 * A short switch (sched/quick.h) has no instruction to spare for a count of its
 * own: it counts in the thread that leaves, as every switch does. So what all
 * threads have counted and the CPU has not were short ones. Interrupts do not
 * switch: while this thread is not switched away both sums stand still.
 */
uint64_t sched_quick_count(void)
{
	const struct cpu *cpu = &cpus[0];
	uint64_t count;

	if (cpu->others)
		return 0;
	preempt_disable();
	count = thread_switches() + cpu->idle->voluntary +
		cpu->idle->involuntary - cpu->switches;
	preempt_enable();
	return count;
}

uint64_t sched_switch_count(void)
{
	uint64_t count = sched_quick_count();
	unsigned i;

	for (i = 0; i < CPU_MAX; i++)
		count += __atomic_load_n(&cpus[i].switches, __ATOMIC_RELAXED);
	return count;
}

/* As charge.h says: @cpu's lock is held. */
static uint64_t read_times(const struct cpu *cpu, uint64_t *user,
			   uint64_t *nice)
{
	uint64_t charged;

	do {
		charged = __atomic_load_n(&cpu->charged, __ATOMIC_ACQUIRE);
		*user = __atomic_load_n(&cpu->user, __ATOMIC_RELAXED);
		*nice = __atomic_load_n(&cpu->nice, __ATOMIC_RELAXED);
		__atomic_thread_fence(__ATOMIC_ACQUIRE);
	} while (!charged || charged != __atomic_load_n(&cpu->charged,
							__ATOMIC_RELAXED));
	return charged;
}

/* Under the lock all that is charged to others than the system stands still. */
bool sched_times(unsigned index, struct sched_times *times)
{
	struct cpu *cpu = &cpus[index];
	uint64_t daif, idle, user, nice, all;

	if (index >= CPU_MAX || !(cpu_online() >> index & 1))
		return false;
	daif = spin_lock_irqsave(&cpu->lock);
	idle = thread_cpu_time(cpu->idle);
	all = read_times(cpu, &user, &nice) - cpu->begun;
	spin_unlock_irqrestore(&cpu->lock, daif);
	*times = (struct sched_times){
		.user_ns = timer_ticks_to_ns(user),
		.nice_ns = timer_ticks_to_ns(nice),
		.system_ns = timer_ticks_to_ns(all - user - nice - idle),
		.idle_ns = timer_ticks_to_ns(idle),
	};
	return true;
}

uint64_t sched_idle_ns(void)
{
	struct sched_times times;
	uint64_t ns = 0;
	unsigned i;

	for (i = 0; i < CPU_MAX; i++)
		if (sched_times(i, &times))
			ns += times.idle_ns;
	return ns;
}

void sched_set_affinity(struct thread *thread, uint64_t allowed)
{
	uint64_t daif = weft_read_daif();
	struct cpu *cpu;

	assert(allowed & cpu_online());
	weft_mask_all();
	cpu = lock_home(thread);
	__atomic_store_n(&thread->affinity, allowed, __ATOMIC_RELAXED);
	if (place_allows(thread, cpu)) {
		/* It stays. */
	} else if (runq_has(thread)) {
		runq_remove(cpu, thread);
		cpu = make_ready(cpu, thread, PLACE_LAST, false);
	} else if (cpu->current == thread) {
		cpu_ask_for_switch(cpu);
	}
	let_go(cpu, daif);
}

void sched_where(const struct thread *thread, unsigned *cpu,
		 uint64_t *allowed)
{
	const struct cpu *home =
		__atomic_load_n(&thread->cpu, __ATOMIC_RELAXED);

	*cpu = (unsigned)home->weft.index;
	*allowed = __atomic_load_n(&thread->affinity, __ATOMIC_RELAXED) &
		   cpu_online();
}

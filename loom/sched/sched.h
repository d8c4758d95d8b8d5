// SPDX-License-Identifier: MIT
/*
 * The scheduler: fixed priorities, round robin within one, preemption by the
 * timer.
 *
 * A thread has a slice of CPU time, charged to the counter's tick. When a tick
 * finds it used up the thread goes behind the others of its priority and gets
 * the next one. A thread that blocks keeps what is left, and earns more at the
 * rate of its fair share: the time it slept, divided among all that wanted the
 * CPU, up to one whole slice. If it has anything when it wakes it goes before
 * the others of its priority and preempts the one that runs. That is what
 * makes a typed key come back at once while ten programs burn the CPU, and
 * sleeping often gains nothing.
 *
 * CPU time: the total of a thread is exact, taken from the counter at each
 * switch. Its parts, user and kernel, are sampled: the time since the last
 * look goes to the side that a tick or a switch finds, because two looks at
 * the counter in each system call would cost more than the split is worth.
 * Inside the scheduler all of it is in ticks of the counter: nothing is
 * converted on the way of a switch, but where somebody asks.
 */
#ifndef LOOM_SCHED_SCHED_H
#define LOOM_SCHED_SCHED_H

#include <stdbool.h>
#include <stdint.h>

#include "sched/thread.h"

struct cpu;
struct weft_leaf_result;

enum {
	TICK_HZ = 100,		/* timer period: 10 ms */
	TICK_NS = 1000000000 / TICK_HZ,
	SLICE_TICKS = 5,	/* 50 ms, then others of the priority */
	SLICE_NS = SLICE_TICKS * TICK_NS,
};

/*
 * Once per CPU, on it, at boot, DAIF masked, after kvm_init; its index and its
 * spare stack are set already. The caller becomes the CPU's idle thread, on the
 * stack that it is on; it is not switched away before it calls sched_idle.
 * Until then TPIDR_EL1 is zero: locks work, and count nothing.
 */
void sched_init(struct cpu *cpu);

/* From clock_init, DAIF masked: from now on the CPU's time is accounted for. */
void sched_clock_works(struct cpu *cpu);

/* Never returns: runs when no other thread can. Enables interrupts. */
_Noreturn void sched_idle(void);

/*
 * Let another thread have the CPU. READY: if one of higher priority is
 * there, or a switch was asked for; else returns at once. BLOCKED: until
 * sched_wake. The caller holds no spinlock. Interrupts may be on or off and
 * are as before on return.
 */
void sched_switch(void);

/* The end of the calling thread, for thread_exit. */
_Noreturn void sched_exit(void);

/* sched_yield(2): behind the others of the same priority. */
void sched_yield(void);

/* The same in a leaf call, DAIF masked: what the leaf function returns. */
struct weft_leaf_result sched_leaf_yield(void);

/*
 * The calling thread, queued for what it waits for, is BLOCKED and sleeps; in a
 * leaf call of the only CPU, DAIF masked. Until it is woken @value is its x0.
 */
struct weft_leaf_result sched_leaf_sleep(uint64_t value);

/*
 * BLOCKED -> READY. False if it was not blocked. From any context. A wake
 * too many is harmless: who sleeps looks at its condition again.
 */
bool sched_wake(struct thread *thread);

/* The same if the thread's present sleep may be ended by a signal. */
bool sched_wake_signal(struct thread *thread);

/*
 * @thread has at least PRIO_USER from now on: all that it still has to do is
 * to end, and that must not wait until others of a better priority sleep.
 */
void sched_hurry(struct thread *thread);

/* Put the calling thread to sleep and take that back: for sched/wait.c. */
void sched_prepare_block(bool kill_wakeups);
void sched_cancel_block(void);

/* From the timer interrupt: charge the slice, ask for a switch when it ends. */
void sched_tick(bool from_user);

/*
 * Charge the running thread's CPU time since the last charge, to user or
 * kernel; at entry from and exit to user. DAIF masked.
 */
void sched_account(bool was_user);

/* True if a switch was asked for on this CPU. */
bool sched_need_resched(void);

/*
 * At the end of an interrupt that hit the kernel, DAIF masked: switch if one
 * was asked for and the thread may be preempted.
 */
void sched_preempt_irq(void);

void sched_set_prio(struct thread *thread, unsigned prio);

/*
 * @thread runs on the CPUs of the set @allowed from now on, one of which is
 * online. If it is on another it moves: the calling thread has when this
 * returns (interrupts on, may be preempted), another one soon.
 */
void sched_set_affinity(struct thread *thread, uint64_t allowed);

/* The CPU that @thread runs on or ran on last, and those that it may. */
void sched_where(const struct thread *thread, unsigned *cpu,
		 uint64_t *allowed);

/*
 * For sched/mutex.c: @owner runs next, with at least @prio, until it calls
 * sched_unboost. The caller holds the lock of the mutex's queue, so @owner
 * cannot let go of the mutex meanwhile.
 */
void sched_boost(struct thread *owner, unsigned prio);
void sched_unboost(void);

/* For sched/thread.c: a new thread's start, and its first moment. */
void sched_start(struct thread *thread);
void sched_finish_switch(struct weft_task *left);

/* Raise and drop the preemption count; the last drop switches if asked to. */
void preempt_disable(void);
void preempt_enable(void);

/* Total switches since boot, and time idle: the sum of all CPUs. */
uint64_t sched_switch_count(void);
/* Of them the short ones, which the first CPU makes while nobody else is. */
uint64_t sched_quick_count(void);
uint64_t sched_idle_ns(void);

/* What a CPU has spent its time on: programs, nice ones, kernel, nothing. */
struct sched_times {
	uint64_t user_ns, nice_ns, system_ns, idle_ns;
};

/* Of the CPU with this index; false if it is not online. */
bool sched_times(unsigned index, struct sched_times *times);

#endif
